import {
  bigint,
  boolean,
  bytes,
  type Decimal,
  type Default,
  decimal,
  Item,
  type ItemClass,
  integer,
  item,
  json,
  real,
  reference,
  type Store,
  text,
  timestamp,
} from 'corollary';
import { fc } from '../../support/chance.js';

// A small world of related items, twice: in stores, and as plain rows of JavaScript.

/** What a note holds, to have places inside of JSON. */
interface Note {
  readonly any?: string | number | null | { readonly x: number };
  readonly tags: readonly string[];
  readonly deep?: { readonly x?: number | null };
  readonly port: boolean;
  readonly 'a "b".c'?: string;
}

@item('continent')
export class Continent extends Item {
  @integer() declare serial: number;
  @text({ nullable: true, collate: 'nocase' }) declare name: string | null;
  @integer({ nullable: true }) declare wild: number | null;
  @real({ nullable: true }) declare area: number | null;
}

@item('country')
export class Country extends Item {
  @integer() declare serial: number;
  @text({ nullable: true, indexed: true }) declare code: string | null;
  @text({ collate: 'nocase', default: 'a' }) declare name: Default<string>;
  @real({ nullable: true }) declare area: number | null;
  @decimal({ scale: 1, nullable: true }) declare tax: Decimal | null;
  @reference(() => Continent, { nullable: true }) declare continent: Continent | null;
}

@item('city')
export class City extends Item {
  @integer() declare serial: number;
  @text({ nullable: true, collate: 'nocase', indexed: true }) declare name: string | null;
  @text({ nullable: true }) declare alias: string | null;
  @integer({ nullable: true, indexed: true }) declare population: number | null;
  @integer({ nullable: true }) declare wild: number | null;
  @real({ nullable: true }) declare area: number | null;
  @bigint({ nullable: true }) declare stars: bigint | null;
  @decimal({ scale: 2, nullable: true }) declare rent: Decimal | null;
  @timestamp({ nullable: true }) declare founded: Date | null;
  @boolean({ nullable: true }) declare port: boolean | null;
  @bytes({ nullable: true }) declare seal: Uint8Array | null;
  @json({ nullable: true }) declare note: Note | null;
  @reference(() => Country) declare country: Country;
  @reference(() => City, { nullable: true }) declare twin: City | null;
}

@item('mayor')
export class Mayor extends Item {
  @integer() declare serial: number;
  @text({ nullable: true }) declare name: string | null;
  @integer({ nullable: true }) declare population: number | null;
  @timestamp({ nullable: true }) declare born: Date | null;
  @reference(() => City, { nullable: true }) declare city: City | null;
}

export type TypeName = 'continent' | 'country' | 'city' | 'mayor';
export const TYPE_NAMES: readonly TypeName[] = ['continent', 'country', 'city', 'mayor'];
export const CLASSES: { readonly [T in TypeName]: ItemClass<Item> } = {
  continent: Continent,
  country: Country,
  city: City,
  mayor: Mayor,
};

/** What kind of value an attribute holds; nocase is a text, and wild integers are too large to calculate with. */
export type Kind =
  | 'text'
  | 'nocase'
  | 'integer'
  | 'wild'
  | 'real'
  | 'bigint'
  | `decimal${number}`
  | 'timestamp'
  | 'boolean'
  | 'bytes'
  | 'json'
  | 'jsonText'
  | 'jsonNumber'
  | TypeName;

export const ATTRIBUTES: { readonly [T in TypeName]: Readonly<Record<string, Kind>> } = {
  continent: { name: 'nocase', wild: 'wild', area: 'real' },
  country: { code: 'text', name: 'nocase', area: 'real', tax: 'decimal1', continent: 'continent' },
  city: {
    name: 'nocase',
    alias: 'text',
    population: 'integer',
    wild: 'wild',
    area: 'real',
    stars: 'bigint',
    rent: 'decimal2',
    founded: 'timestamp',
    port: 'boolean',
    seal: 'bytes',
    country: 'country',
    twin: 'city',
  },
  mayor: { name: 'text', population: 'integer', born: 'timestamp', city: 'city' },
};

export const isTypeName = (kind: Kind): kind is TypeName => TYPE_NAMES.includes(kind as TypeName);

const words = ['', 'a', 'A', 'b', 'B', 'Z', 'ab', 'aB', 'é', 'É', '10', '9', '1', '\uffee', '\u{1f600}', '%', '_', 'K'];
const moments = [0, -1, 1, 999, 1e12, 951_782_400_000, -62_167_219_200_001, -8.64e15, 8.64e15, 4_107_542_399_999];
const integers = [0, -0, 1, -1, 2, 3, 10, 1000];

/** The values that attributes and operands have: few, so that they meet, and odd ones. */
export const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  text: words,
  nocase: words,
  integer: integers,
  wild: [0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1, Number.MIN_SAFE_INTEGER],
  real: [0, -0, 0.1, 0.2, -0.3, 1, 2, 1e-9, 3e3, 10],
  bigint: [0n, 1n, -1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)],
  decimal1: ['0.0', '0.1', '-0.1', '1.1', '10.0', '2.5'],
  decimal2: ['0.00', '0.01', '-0.01', '1.10', '10.00', '9.99', '2.50', '99.99'],
  timestamp: moments.map((moment) => new Date(moment)),
  boolean: [true, false],
  bytes: [new Uint8Array(), Uint8Array.of(0), Uint8Array.of(0xff), Uint8Array.of(1, 2), Uint8Array.of(1)],
  json: [0, 1, -2.5, 10, 9, '1', '9', 'a', 'A', '', '\u{1f600}', '{"x":1}'],
  jsonText: words,
  jsonNumber: integers.map((number) => number + 0),
};

export const aValue = (kind: Kind): fc.Arbitrary<unknown> => fc.constantFrom(...(VALUES[kind] as readonly unknown[]));
export const orNull = <V>(value: fc.Arbitrary<V>, freq = 3) => fc.option(value, { freq, nil: null });

const note: fc.Arbitrary<unknown> = fc.record(
  {
    any: fc.constantFrom<Note['any'][]>(null, 0, 1, -2.5, 10, 9, '1', '9', 'a', 'A', '', '\u{1f600}', { x: 1 }),
    tags: fc.array(fc.constantFrom(...words), { maxLength: 2 }),
    deep: fc.record({ x: fc.constantFrom(null, 0, 1, -1, 2, 10) }, { requiredKeys: [] }),
    port: fc.boolean(),
    'a "b".c': fc.constantFrom(...words),
  },
  { requiredKeys: ['tags', 'port'] },
);

/** The values of an item; of references, a number that chooses among the items there are. */
type Drawn = Readonly<Record<string, unknown>>;
/** Items that refer to each other only, and so lie in one store. */
export type Cluster = { readonly [T in TypeName]: readonly Drawn[] };

function drawn(type: TypeName): fc.Arbitrary<Drawn> {
  const values = Object.entries(ATTRIBUTES[type]).map(([name, kind]) => {
    if (isTypeName(kind)) return [name, name === 'country' ? fc.nat(9) : orNull(fc.nat(9))];
    return [name, type === 'country' && name === 'name' ? aValue(kind) : orNull(aValue(kind))];
  });
  return fc.record({ ...Object.fromEntries(values), ...(type === 'city' && { note: orNull(note) }) });
}

export const aCluster: fc.Arbitrary<Cluster> = fc.record({
  continent: fc.array(drawn('continent'), { maxLength: 3 }),
  country: fc.array(drawn('country'), { minLength: 1, maxLength: 4 }),
  city: fc.array(drawn('city'), { maxLength: 8 }),
  mayor: fc.array(drawn('mayor'), { maxLength: 5 }),
});

/** An item as a plain object; what it refers to is the object itself. */
export interface Row {
  readonly type: TypeName;
  readonly serial: number;
  readonly [attribute: string]: unknown;
}
/** All rows, by type, each list in the order of creation. */
export type Rows = { readonly [T in TypeName]: readonly Row[] };

/** The rows of one cluster. `counts`: how many of each type there were before, counted on. */
export function rowsOf(cluster: Cluster, counts: { [T in TypeName]: number }): Rows {
  const rows = Object.fromEntries(
    TYPE_NAMES.map((type) => [type, cluster[type].map((values) => ({ ...values, type, serial: counts[type]++ }))]),
  ) as unknown as { [T in TypeName]: Record<string, unknown>[] };
  for (const row of Object.values(rows).flat())
    for (const [name, kind] of Object.entries(ATTRIBUTES[row.type as TypeName]))
      if (isTypeName(kind)) row[name] = chosen(rows[kind], row[name]);
  return rows as unknown as Rows;
}

function chosen(rows: readonly unknown[], drawn: unknown): unknown {
  return drawn === null || rows.length === 0 ? null : rows[(drawn as number) % rows.length];
}

export function allRows(parts: readonly Rows[]): Rows {
  return Object.fromEntries(TYPE_NAMES.map((type) => [type, parts.flatMap((rows) => rows[type])])) as unknown as Rows;
}

/** The live items of rows. */
export type Items = Map<Row, Item>;

/** Makes an item of every row in a store, and adds it to `items`. */
export function store(rows: Rows, into: Store, items: Items): void {
  for (const type of TYPE_NAMES) {
    const made = into.createMany(CLASSES[type], rows[type].map((row) => input(row, items)) as never, { items: true });
    for (const [i, one] of (made as unknown as Item[]).entries()) items.set(rows[type][i] as Row, one);
  }
  for (const row of rows.city)
    if (row.twin !== null) (items.get(row) as City).twin = items.get(row.twin as Row) as City;
}

function input({ type, ...values }: Row, items: Items): Record<string, unknown> {
  for (const [name, kind] of Object.entries(ATTRIBUTES[type]))
    if (isTypeName(kind)) values[name as 'serial'] = (items.get(values[name] as Row) ?? null) as never;
  return values;
}
