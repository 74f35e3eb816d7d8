import {
  bigint,
  boolean,
  bytes,
  type Decimal,
  decimal,
  Item,
  integer,
  item,
  json,
  real,
  reference,
  type Store,
  text,
  timestamp,
} from 'corollary';

@item('continent')
export class Continent extends Item {
  @text() declare name: string;
}

@item('country')
export class Country extends Item {
  @text({ unique: true }) declare code: string;
  @text() declare name: string;
  @bigint({ nullable: true }) declare people: bigint | null;
  @reference(() => Continent, { nullable: true }) declare continent: Continent | null;
}

/** What a city's json attribute holds. */
export interface Notes {
  readonly colour?: string;
  readonly size?: { readonly width: number; readonly unit: string | null };
  readonly tags?: readonly string[];
  readonly public?: boolean;
  readonly 'it\'s "quoted"'?: number;
}

@item('city')
export class City extends Item {
  @text({ indexed: true }) declare name: string;
  @text({ nullable: true, collate: 'nocase' }) declare alias: string | null;
  @integer({ nullable: true, indexed: true }) declare population: number | null;
  @real({ nullable: true }) declare area: number | null;
  @decimal({ scale: 2, nullable: true }) declare tax: Decimal | null;
  @bigint({ nullable: true }) declare stars: bigint | null;
  @timestamp({ nullable: true }) declare founded: Date | null;
  @boolean({ nullable: true }) declare capital: boolean | null;
  @bytes({ nullable: true }) declare flag: Uint8Array | null;
  @json({ nullable: true }) declare notes: Notes | null;
  @reference(() => Country, { whenDeleted: 'cascade' }) declare country: Country;
  @reference(() => City, { nullable: true }) declare twin: City | null;
  @reference({ nullable: true }) declare about: Item | null;
}

@item('mayor')
export class Mayor extends Item {
  @text() declare name: string;
  @reference(() => City, { whenDeleted: 'cascade' }) declare city: City;
  @timestamp({ nullable: true }) declare since: Date | null;
}

@item('review')
export class Review extends Item {
  @integer() declare stars: number;
  @text() declare words: string;
  @reference(() => City, { whenDeleted: 'cascade' }) declare city: City;
  @reference(() => Mayor, { nullable: true, whenDeleted: 'nullify' }) declare by: Mayor | null;
}

/** A type of which nothing is ever stored. */
@item('ghost')
export class Ghost extends Item {
  @text({ nullable: true }) declare name: string | null;
  @integer({ nullable: true }) declare size: number | null;
  @reference(() => City, { nullable: true }) declare city: City | null;
}

export const types = [Continent, Country, City, Mayor, Review, Ghost];

/** The items of {@link fillWorld}, by name. */
export interface World {
  readonly europe: Continent;
  readonly fr: Country;
  readonly de: Country;
  readonly aq: Country;
  readonly paris: City;
  readonly lyon: City;
  readonly nice: City;
  readonly bonn: City;
  readonly camp: City;
  readonly annie: Mayor;
  readonly greg: Mayor;
  readonly katja: Mayor;
}

/** Fills a store with a small world that each expectation of these tests can be read from. */
export function fillWorld(store: Store): World {
  return store.transact(() => {
    const europe = store.create(Continent, { name: 'Europe' });
    const fr = store.create(Country, { code: 'FR', name: 'France', people: 68_000_000n, continent: europe });
    const de = store.create(Country, { code: 'DE', name: 'Germany', people: 84_000_000n, continent: europe });
    const aq = store.create(Country, { code: 'AQ', name: 'Antarctica' });
    const paris = store.create(City, {
      name: 'Paris',
      alias: 'Lutetia',
      population: 2_100_000,
      area: 105.4,
      tax: '12.50',
      stars: 5n,
      founded: new Date('2001-02-03T04:05:06.007Z'),
      capital: true,
      flag: new Uint8Array([1, 2, 3]),
      notes: { colour: 'blue', size: { width: 12, unit: 'km' }, tags: ['old', 'large'], public: true },
      country: fr,
    });
    const lyon = store.create(City, {
      name: 'Lyon',
      alias: 'lugdunum',
      population: 520_000,
      area: 47.9,
      tax: '7.25',
      stars: 4n,
      founded: new Date('1999-12-31T23:59:59Z'),
      capital: false,
      notes: { colour: 'red', size: { width: 9, unit: null }, tags: ['silk'], public: false },
      country: fr,
      twin: paris,
      about: fr,
    });
    const nice = store.create(City, { name: 'Nice', population: 340_000, area: 71.9, country: fr, twin: lyon });
    const bonn = store.create(City, {
      name: 'Bonn',
      alias: 'BONNA',
      population: 340_000,
      tax: '0.10',
      stars: 3n,
      capital: false,
      notes: { colour: 'blue', 'it\'s "quoted"': 7 },
      country: de,
      twin: paris,
      about: paris,
    });
    const camp = store.create(City, { name: 'Camp', country: aq });
    const annie = store.create(Mayor, { name: 'Annie', city: paris, since: new Date('2014-04-05T00:00:00Z') });
    const greg = store.create(Mayor, { name: 'Greg', city: lyon });
    const katja = store.create(Mayor, { name: 'Katja', city: bonn, since: new Date('2020-11-01T00:00:00Z') });
    const opinions = [
      [5, 'lovely', paris, greg],
      [2, 'crowded', paris, null],
      [4, 'good food', lyon, annie],
      [4, 'calm', bonn, null],
      [1, 'dull', bonn, annie],
    ] as const;
    for (const [stars, words, city, by] of opinions) store.create(Review, { stars, words, city, by });
    return { europe, fr, de, aq, paris, lyon, nice, bonn, camp, annie, greg, katja };
  });
}
