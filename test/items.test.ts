import { inspect } from 'node:util';
import {
  attribute,
  boolean,
  bytes,
  type Default,
  Item,
  type ItemInit,
  integer,
  item,
  json,
  type Memory,
  reference,
  Store,
  type StoreId,
  text,
  timestamp,
} from 'corollary';
import { beforeEach, describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';

interface Notes {
  readonly tags: readonly string[];
  readonly size?: { readonly area: number };
}

let countriesLoaded = 0;

@item('country')
class Country extends Item {
  @text({ unique: true }) declare code: string;
  override activate(): void {
    countriesLoaded++;
  }
}

@item('city')
class City extends Item {
  @text({ indexed: true }) declare name: string;
  @integer({ nullable: true }) declare population: number | null;
  @boolean({ default: false }) declare capital: Default<boolean>;
  @timestamp({ default: () => new Date(1_000) }) declare added: Default<Date>;
  @json({ default: { tags: [] } }) declare notes: Default<Notes>;
  @bytes({ nullable: true }) declare flag: Uint8Array | null;
  @reference(() => Country, { nullable: true }) declare country: Country | null;
  visits: Memory<number> = 0;
  #greeted = 0;
  get label(): string {
    return `${this.name} (${this.population ?? 'nobody'})`;
  }
  greet(): string {
    this.#greeted++;
    return `Welcome to ${this.name}, for the ${this.#greeted}. time`;
  }
}

@item('note')
class Note extends Item {
  @text({ nullable: true }) declare text: string | null;
}

// The same shape as Country: to TypeScript they are one type.
@item('region')
class Region extends Item {
  @text({ unique: true }) declare code: string;
}

@item('station')
class Station extends Item {
  @text({ unique: true }) declare code: string;
  @integer() declare platforms: number;
  @reference(() => Country, { nullable: true }) declare country: Country | null;
}

describe('a new item', () => {
  test('has the values given, defaults for what was left out, and null where nothing else is said', () => {
    const store = aStore();

    const paris = store.create(City, { name: 'Paris' });

    expect(paris).toBeInstanceOf(City);
    expect(paris.store).toBe(store);
    expect(paris.isStored).toBe(true);
    expect(paris.storeId).toBeGreaterThan(0);
    expect([paris.name, paris.population, paris.capital]).toEqual(['Paris', null, false]);
    expect([paris.added, paris.notes, paris.flag, paris.country]).toEqual([new Date(1_000), { tags: [] }, null, null]);
  });

  test('takes values instead of defaults, null included where it is allowed', () => {
    @item('sign')
    class Sign extends Item {
      @text({ default: 'x', nullable: true }) declare word: Default<string> | null;
      @boolean({ default: true }) declare lit: Default<boolean>;
    }
    const store = aStore();

    const sign = store.create(Sign, { word: null, lit: false });

    expect([sign.word, sign.lit]).toEqual([null, false]);
    expect(store.query(Sign, (s) => s.word.isNull()).one()).toBe(sign);
    expect(store.create(Sign, {}).word).toBe('x');
  });

  test('runs a default function once for each item that needs it', () => {
    let given = 0;
    @item('ticket')
    class Ticket extends Item {
      @integer({ default: () => ++given }) declare number: Default<number>;
    }
    const store = aStore();

    const numbers = [{}, { number: 50 }, {}].map((values) => store.create(Ticket, values).number);

    expect(numbers).toEqual([1, 50, 2]);
  });

  test('is the same after reopening', () => {
    const place = aStoreDirectory();
    const first = aStore({}, place);
    const france = first.create(Country, { code: 'FR' });
    const values = { name: 'Paris', population: 2, capital: true, added: new Date(5), notes: { tags: ['a'] } };
    const paris = first.create(City, { ...values, flag: new Uint8Array([1, 2]), country: france });
    const before = paris.toJSON();
    first.close();

    const again = aStore({}, place).get(City, paris.storeId);

    expect(again).not.toBe(paris);
    expect(again.toJSON()).toEqual(before);
    expect(again.country?.code).toBe('FR');
  });

  test('does not change with the object that its values came in', () => {
    const store = aStore();
    const values = { name: 'Paris', flag: new Uint8Array([1]), added: new Date(5), notes: { tags: ['a'] } };

    const paris = store.create(City, values);
    values.name = 'Lyon';
    values.flag[0] = 9;
    values.added.setTime(9);
    values.notes.tags.push('b');

    expect([paris.name, paris.flag, paris.added, paris.notes]).toEqual([
      'Paris',
      new Uint8Array([1]),
      new Date(5),
      { tags: ['a'] },
    ]);
    expect(Object.isFrozen(values.notes)).toBe(false);
  });
});

describe('creating is refused', () => {
  let store: Store;
  beforeEach(() => {
    store = aStore({ types: [City, Country] });
  });

  test.each<[string, object, string, string]>([
    ['a missing mandatory value', {}, 'MISSING_VALUE', 'name'],
    ['null for a mandatory value', { name: null }, 'MISSING_VALUE|INVALID_VALUE', 'name'],
    ['undefined for a mandatory value', { name: undefined }, 'MISSING_VALUE|INVALID_VALUE', 'name'],
    ['undefined for a nullable value', { name: 'x', population: undefined }, 'INVALID_VALUE', 'population'],
    ['undefined for a value with a default', { name: 'x', capital: undefined }, 'INVALID_VALUE', 'capital'],
    ['null for a value with a default', { name: 'x', capital: null }, 'MISSING_VALUE|INVALID_VALUE', 'capital'],
    ['a wrong type', { name: 5 }, 'INVALID_VALUE', 'name'],
    ['an unknown attribute', { name: 'x', nam: 'y' }, 'UNKNOWN_ATTRIBUTE', 'nam'],
    ['a memory field', { name: 'x', visits: 1 }, 'UNKNOWN_ATTRIBUTE', 'visits'],
    ['a getter', { name: 'x', label: 'y' }, 'UNKNOWN_ATTRIBUTE', 'label'],
    ['a method', { name: 'x', greet: 'y' }, 'UNKNOWN_ATTRIBUTE', 'greet'],
    ['an id', { name: 'x', storeId: 5 }, 'UNKNOWN_ATTRIBUTE', 'storeId'],
    ['toString', { name: 'x', toString: 'y' }, 'UNKNOWN_ATTRIBUTE', 'toString'],
    ['an own __proto__', JSON.parse('{"name": "x", "__proto__": {}}'), 'UNKNOWN_ATTRIBUTE', '__proto__'],
  ])('with %s, and nothing is stored', (_, values, codes, attributeName) => {
    const error = refusal(() => store.create(City, values as never));

    expect(codes.split('|')).toContain(error.code);
    expect(error).toMatchObject({ type: 'city', attribute: attributeName });
    expect(error.message).toContain(attributeName);
    expect(store.count(City)).toBe(0);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'Paris'],
    ['a number', 5],
    ['a function', () => ({ name: 'Paris' })],
  ])('when the values are %s', (_, values) => {
    expect(codeOf(() => store.create(City, values as never))).toBe('INVALID_VALUE');
    expect(store.count(City)).toBe(0);
  });

  test('when the values are an object of another kind, none of whose contents would be kept', () => {
    const note = store.create(Note, { text: 'x' });

    expect(codeOf(() => store.create(Note, new Map([['text', 'y']]) as never))).toBe('INVALID_VALUE');
    expect(codeOf(() => store.create(Note, [] as never))).toBe('INVALID_VALUE');
    expect(codeOf(() => store.create(Note, note as never))).toBe('INVALID_VALUE');
    expect(codeOf(() => note.set(new Map([['text', 'y']]) as never))).toBe('INVALID_VALUE');
    expect(store.query(Note).all()).toEqual([note]);
  });

  test('with one error that lists all faults', () => {
    const values = { population: 1.5, capital: 'yes', added: new Date(Number.NaN), flag: undefined, mayor: 'x' };

    const error = refusal(() => store.create(City, values as never));

    const found = error.problems?.map(({ code, attribute: name }) => `${name} ${code}`).sort();
    expect(found).toEqual([
      'added INVALID_VALUE',
      'capital INVALID_VALUE',
      'flag INVALID_VALUE',
      'mayor UNKNOWN_ATTRIBUTE',
      'name MISSING_VALUE',
      'population INVALID_VALUE',
    ]);
    expect(error.problems?.map(({ message }) => error.message.includes(message))).not.toContain(false);
  });

  test('without showing the values', () => {
    const secret = 'hunter2';

    const error = refusal(() => store.create(City, { name: 'x', population: secret, [`${'mayor'}`]: secret } as never));

    expect(inspect(error)).not.toContain(secret);
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a name', 'city'],
    ['an instance', {}],
    ['Item itself', Item],
    ['a class of something else', Date],
    ['a function', () => City],
  ])('when the type is %s', (_, type) => {
    expect(codeOf(() => store.create(type as never, { name: 'x' } as never))).toBe('BAD_TYPE');
  });

  test('by new', () => {
    const NewCity = City as unknown as new (values?: unknown) => City;

    const error = refusal(() => new NewCity({ name: 'Paris' }));

    expect(error.message).toContain('store.create(City');
    expect(codeOf(() => new NewCity())).toBe(error.code);
  });
});

describe('set', () => {
  let store: Store;
  let station: Station;
  beforeEach(() => {
    store = aStore();
    store.create(Station, { code: 'LYON', platforms: 13 });
    station = store.create(Station, { code: 'EST', platforms: 29 });
  });

  test('assigns several attributes', () => {
    const france = store.create(Country, { code: 'FR' });

    station.set({ code: 'NORD', country: france });

    expect([station.code, station.platforms, station.country]).toEqual(['NORD', 29, france]);
    expect(store.query(Station, (s) => s.code.eq('NORD')).one()).toBe(station);
  });

  test('assigns nothing when one value is refused', () => {
    const error = refusal(() => station.set({ platforms: 30, code: 'a\0b' }));

    expect(error).toMatchObject({ code: 'INVALID_VALUE', attribute: 'code', storeId: station.storeId });
    expect([station.code, station.platforms]).toEqual(['EST', 29]);
    expect(store.query(Station, (s) => s.platforms.eq(30)).count()).toBe(0);
  });

  test('assigns nothing when the values together break a constraint', () => {
    const error = refusal(() => station.set({ platforms: 30, code: 'LYON' }));

    expect(error).toMatchObject({ code: 'CONSTRAINT', type: 'station' });
    expect([station.code, station.platforms]).toEqual(['EST', 29]);
    expect(store.query(Station, (s) => s.platforms.eq(30)).count()).toBe(0);
  });

  test('lists all faults in one error', () => {
    const values = { code: undefined, platforms: '5', tracks: 1, storeId: 7, country: 9 };

    const error = refusal(() => station.set(values as never));

    expect(error.problems?.map((problem) => problem.attribute).sort()).toEqual([
      'code',
      'country',
      'platforms',
      'storeId',
      'tracks',
    ]);
  });

  test('of nothing changes nothing', () => {
    const before = station.toJSON();

    station.set({});

    expect(station.toJSON()).toEqual(before);
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'x'],
  ])('of %s is refused', (_, values) => {
    expect(codeOf(() => station.set(values as never))).toBe('INVALID_VALUE');
  });
});

describe('assigning', () => {
  test('undefined is refused and keeps the old value', () => {
    const store = aStore();
    const paris = store.create(City, { name: 'Paris', population: 2 });

    const error = refusal(() => {
      paris.population = undefined as never;
    });

    expect(error).toMatchObject({ code: 'INVALID_VALUE', attribute: 'population', type: 'city' });
    expect(paris.population).toBe(2);
  });

  test('to what is no attribute never reaches the store', () => {
    const store = aStore();
    const paris = store.create(City, { name: 'Paris' });
    const id = paris.storeId;

    expect(() => Object.assign(paris, { storeId: 99 })).toThrow();
    expect(() => Object.assign(paris, { store: null })).toThrow();
    expect(() => Object.assign(paris, { isStored: false })).toThrow();
    expect([paris.storeId, paris.store, paris.isStored]).toEqual([id, store, true]);
  });
});

describe('values read from an item', () => {
  test('can be changed without changing the item', () => {
    const store = aStore();
    const paris = store.create(City, { name: 'Paris', flag: new Uint8Array([1, 2]) });

    paris.added.setTime(99);
    paris.flag?.fill(9);
    const mutate = () => (paris.notes.tags as string[]).push('x');

    expect(mutate).toThrow(TypeError);
    expect([paris.added, paris.flag, paris.notes]).toEqual([new Date(1_000), new Uint8Array([1, 2]), { tags: [] }]);
  });

  test('json is frozen to its depths', () => {
    const store = aStore();

    const paris = store.create(City, { name: 'Paris', notes: { tags: ['a'], size: { area: 1 } } });

    expect([paris.notes, paris.notes.tags, paris.notes.size].map(Object.isFrozen)).toEqual([true, true, true]);
  });

  test('do not change with what was assigned', () => {
    const store = aStore();
    const paris = store.create(City, { name: 'Paris' });
    const [flag, added, notes] = [new Uint8Array([1]), new Date(5), { tags: ['a'] }];

    paris.set({ flag, added, notes });
    flag[0] = 9;
    added.setTime(9);
    notes.tags.push('b');

    expect([paris.flag, paris.added, paris.notes]).toEqual([new Uint8Array([1]), new Date(5), { tags: ['a'] }]);
  });
});

test('a default object is not shared', () => {
  const first = { tags: ['a'] };
  @item('shelf')
  class Shelf extends Item {
    @json({ default: first }) declare notes: Default<{ tags: string[] }>;
    @timestamp({ default: new Date(7) }) declare made: Default<Date>;
    @bytes({ default: new Uint8Array([1]) }) declare mark: Default<Uint8Array>;
  }
  const store = aStore();
  const one = store.create(Shelf, {});
  one.made.setTime(99);
  one.mark[0] = 9;
  const two = store.create(Shelf, {});
  first.tags.push('b');

  expect([two.notes, two.made, two.mark]).toEqual([{ tags: ['a'] }, new Date(7), new Uint8Array([1])]);
  expect([one.notes, one.made, one.mark]).toEqual([{ tags: ['a'] }, new Date(7), new Uint8Array([1])]);
});

describe('idOf', () => {
  test('gives the id of a reference without loading what it refers to', () => {
    const place = aStoreDirectory();
    const first = aStore({}, place);
    const france = first.create(Country, { code: 'FR' });
    const paris = first.create(City, { name: 'Paris', country: france });
    first.close();
    const loadedBefore = countriesLoaded;

    const again = aStore({ types: [City] }, place).get(City, paris.storeId);

    expect(again.idOf('country')).toBe(france.storeId);
    expect(countriesLoaded).toBe(loadedBefore);
    expect(again.country?.storeId).toBe(france.storeId);
    expect(countriesLoaded).toBe(loadedBefore + 1);
  });

  test('gives null for a reference to nothing', () => {
    expect(aStore().create(City, { name: 'Paris' }).idOf('country')).toBe(null);
  });

  test('refuses what is no reference', () => {
    const paris = aStore().create(City, { name: 'Paris' });

    expect(codeOf(() => paris.idOf('name' as never))).toBe('WRONG_TYPE');
    expect(codeOf(() => paris.idOf('mayor' as never))).toBe('UNKNOWN_ATTRIBUTE');
    expect(codeOf(() => paris.idOf('toString' as never))).toBe('UNKNOWN_ATTRIBUTE');
    expect(codeOf(() => paris.idOf(undefined as never))).toBe('UNKNOWN_ATTRIBUTE');
  });
});

test('toJSON shows the id and all attributes as JSON can hold them', () => {
  const store = aStore();
  const france = store.create(Country, { code: 'FR' });
  const paris = store.create(City, { name: 'Paris', flag: new Uint8Array([0, 255]), country: france });

  expect(JSON.parse(JSON.stringify(paris))).toEqual({
    storeId: paris.storeId,
    name: 'Paris',
    population: null,
    capital: false,
    added: '1970-01-01T00:00:01.000Z',
    notes: { tags: [] },
    flag: 'AP8=',
    country: france.storeId,
  });
});

describe('the class of an item', () => {
  const place = () => {
    const directory = aStoreDirectory();
    const first = aStore({}, directory);
    const { storeId } = first.create(City, { name: 'Paris', population: 2 });
    first.close();
    return { directory, storeId };
  };

  test('gives its getters, methods, private and memory fields to new items', () => {
    const paris = aStore().create(City, { name: 'Paris', population: 2 });
    paris.visits += 5;

    expect([paris.label, paris.visits]).toEqual(['Paris (2)', 5]);
    expect([paris.greet(), paris.greet()]).toEqual([
      'Welcome to Paris, for the 1. time',
      'Welcome to Paris, for the 2. time',
    ]);
  });

  test('gives them to loaded items too', () => {
    const { directory, storeId } = place();

    const paris = aStore({}, directory).get(City, storeId);

    expect([paris.label, paris.visits, paris.greet()]).toEqual(['Paris (2)', 0, 'Welcome to Paris, for the 1. time']);
  });

  test('keeps memory fields in memory only', () => {
    const { directory, storeId } = place();
    const first = Store.open(directory);
    first.get(City, storeId).visits = 7;
    first.close();

    expect(aStore({}, directory).get(City, storeId).visits).toBe(0);
  });

  test('may have a constructor of its own that hands on what it is given', () => {
    @item('counter')
    class Counter extends Item {
      @integer() declare start: number;
      readonly steps: Memory<number[]>;
      constructor(init: ItemInit) {
        super(init);
        this.steps = [1, 2];
      }
    }
    const directory = aStoreDirectory();
    const first = aStore({}, directory);
    const counter = first.create(Counter, { start: 5 });
    first.close();

    const loaded = aStore({}, directory).get(Counter, counter.storeId);

    expect([counter.start, counter.steps]).toEqual([5, [1, 2]]);
    expect([loaded.start, loaded.steps]).toEqual([5, [1, 2]]);
  });

  test('may give first values in its constructor, which what is given or loaded overrules', () => {
    @item('lamp')
    class Lamp extends Item {
      @text({ nullable: true }) declare color: string | null;
      constructor(init: ItemInit) {
        super(init);
        this.color = 'white';
      }
    }
    const directory = aStoreDirectory();
    const first = aStore({}, directory);
    const [plain, red] = [first.create(Lamp, {}), first.create(Lamp, { color: 'red' })];
    first.close();
    const again = aStore({}, directory);

    expect([plain.color, red.color]).toEqual(['white', 'red']);
    expect([again.get(Lamp, plain.storeId).color, again.get(Lamp, red.storeId).color]).toEqual(['white', 'red']);
  });

  // The row was written before the object was made, but for the first item of a class.
  test('whose field initialiser throws leaves nothing stored, also where the transaction goes on', () => {
    let isAllowed = true;
    const allowed = () => {
      if (!isAllowed) throw new RangeError('not now');
      return true;
    };
    @item('moody')
    class Moody extends Item {
      @integer() declare size: number;
      mood: Memory<boolean> = allowed();
    }
    const store = aMemoryStore();
    store.create(Moody, { size: 1 });
    store.transact(() => {
      isAllowed = false;
      expect(() => store.create(Moody, { size: 2 })).toThrow(RangeError);
      isAllowed = true;
    });
    expect(
      store
        .query(Moody)
        .pluck((m) => m.size)
        .all(),
    ).toEqual([1]);
  });

  // What the first item of a class had none of was never asked for again: null was stored.
  test.each(['create', 'createMany', 'createMany with items'])(
    'whose field initialiser gave nothing for the first item has what it gives for others: %s',
    (way) => {
      let who: string | undefined;
      @item('entry')
      class Entry extends Item {
        @integer() declare line: number;
        @text({ nullable: true }) by: string | null = who as string | null;
        @text({ default: 'none' }) declare note: Default<string>;
        @text({ nullable: true }) declare read: string | null;
        constructor(init: ItemInit) {
          super(init);
          this.read = `${this.line} ${this.note} ${this.by}`;
        }
      }
      const store = aMemoryStore();
      const createAll = (rows: { line: number; by?: string }[]) => {
        if (way === 'create') for (const row of rows) store.create(Entry, row);
        else if (way === 'createMany') store.createMany(Entry, rows);
        else store.createMany(Entry, rows, { items: true });
      };
      createAll([{ line: 1 }]);
      who = 'Ann';
      createAll([{ line: 2 }, { line: 3, by: 'Bob' }]);
      expect(
        store
          .query(Entry)
          .pluck((e) => e.by)
          .all(),
      ).toEqual([null, 'Ann', 'Bob']);
    },
  );

  // Once the first item of a class had been given nothing by its constructor, createMany ran none.
  test.each(['create', 'createMany', 'createMany with items'])(
    'whose constructor looks at what is given does so for each item: %s',
    (way) => {
      @item('shelf')
      class Shelf extends Item {
        @integer() declare width: number;
        @text({ nullable: true }) declare note: string | null;
        constructor(init: ItemInit) {
          super(init);
          if (this.width > 90) this.note = 'wide';
          if (this.width > 200) throw new RangeError('too wide');
        }
      }
      const store = aMemoryStore();
      const createAll = (...widths: number[]) => {
        const rows = widths.map((width) => ({ width }));
        if (way === 'create') for (const row of rows) store.create(Shelf, row);
        else if (way === 'createMany') store.createMany(Shelf, rows);
        else store.createMany(Shelf, rows, { items: true });
      };
      createAll(10);
      createAll(20, 100);
      expect(() => createAll(300)).toThrow('too wide');
      const notes = store.query(Shelf).pluck((s) => s.note);
      expect(notes.all()).toEqual([null, null, 'wide']);
    },
  );

  // The constructor of the first item saw no defaults, those of later ones did.
  test('whose constructor reads what was not given reads defaults and null, for each item alike', () => {
    const seen: unknown[] = [];
    @item('pot')
    class Pot extends Item {
      @integer({ default: 3 }) declare litres: Default<number>;
      @timestamp({ default: new Date(5) }) declare made: Default<Date>;
      @text({ nullable: true }) declare lid: string | null;
      @text() declare name: string;
      constructor(init: ItemInit) {
        super(init);
        seen.push([this.name, this.litres, this.made, this.lid]);
      }
    }
    const store = aMemoryStore();
    for (const name of ['a', 'b']) store.create(Pot, { name });
    store.createMany(Pot, [{ name: 'c', litres: 4, lid: 'x' }], { items: true });
    expect(seen).toEqual([
      ['a', 3, new Date(5), null],
      ['b', 3, new Date(5), null],
      ['c', 4, new Date(5), 'x'],
    ]);
  });

  test('whose constructor throws leaves nothing stored', () => {
    let isBroken = false;
    @item('fuse')
    class Fuse extends Item {
      @integer() declare amps: number;
      constructor(init: ItemInit) {
        super(init);
        if (isBroken) throw new RangeError('blown');
      }
    }
    const store = aStore({ types: [Fuse] });
    store.create(Fuse, { amps: 1 });
    isBroken = true;

    expect(() => store.create(Fuse, { amps: 2 })).toThrow('blown');

    isBroken = false;
    expect(
      store
        .query(Fuse)
        .pluck((f) => f.amps)
        .all(),
    ).toEqual([1]);
  });
});

describe('an item class', () => {
  test('has the attributes of base classes without @item, which several types may share', () => {
    abstract class Named extends Item {
      @text() declare name: string;
      get shout(): string {
        return this.name.toUpperCase();
      }
    }
    abstract class Placed extends Named {
      @integer({ default: 0 }) declare level: Default<number>;
    }
    @item('river')
    class River extends Placed {
      @integer() declare lengthKm: number;
    }
    @item('lake')
    class Lake extends Named {}
    const store = aStore();

    const seine = store.create(River, { name: 'Seine', lengthKm: 777 });
    const lake = store.create(Lake, { name: 'Annecy' });

    expect([seine.name, seine.level, seine.lengthKm, seine.shout]).toEqual(['Seine', 0, 777, 'SEINE']);
    expect(lake.toJSON()).toEqual({ storeId: lake.storeId, name: 'Annecy' });
    expect(store.query(River, (r) => r.level.eq(0).and(r.name.eq('Seine'))).one()).toBe(seine);
    expect([store.count(River), store.count(Lake)]).toEqual([1, 1]);
  });

  test('that extends an item class is refused', () => {
    class Town extends City {}
    const store = aStore();

    expect(codeOf(() => item('town')(Town))).toBe('BAD_TYPE');
    expect(codeOf(() => store.create(Town, { name: 'x' }))).toBe('BAD_TYPE');
    expect(codeOf(() => Store.inMemory({ types: [Town] }))).toBe('BAD_TYPE');
  });

  test('without @item is refused', () => {
    class Untitled extends Item {
      @text() declare name: string;
    }
    const store = aStore();

    const error = refusal(() => store.create(Untitled, { name: 'x' }));

    expect(error.code).toBe('BAD_TYPE');
    expect(error.message).toContain('@item');
  });

  test.each([
    ...['store', 'storeId', 'isStored', 'set', 'idOf', 'delete', 'toJSON'],
    ...['activate', 'stored', 'committed', 'deleted', 'self'],
  ])('with an attribute named %s is refused', (name) => {
    const declare = () => {
      class Odd extends Item {}
      (text() as unknown as PropertyDecorator)(Odd.prototype, name);
      item('odd')(Odd);
      return Store.inMemory({ types: [Odd] });
    };

    expect(refusal(declare)).toMatchObject({ code: 'RESERVED_NAME', attribute: name });
  });

  test('with a type name that another class of the store has is refused', () => {
    @item('City')
    class OtherCity extends Item {
      @text() declare name: string;
    }

    expect(codeOf(() => Store.inMemory({ types: [City, OtherCity] }))).toBe('DUPLICATE_TYPE');
    const store = aStore({ types: [City] });
    expect(codeOf(() => store.create(OtherCity, { name: 'x' }))).toBe('DUPLICATE_TYPE');
    expect(store.create(City, { name: 'Paris' }).isStored).toBe(true);
  });

  test('can share its type name with a class of another store', () => {
    @item('city')
    class Village extends Item {
      @text() declare name: string;
    }

    const [one, two] = [aStore({ types: [City] }), aStore({ types: [Village] })];

    expect(one.create(City, { name: 'Paris' }).name).toBe('Paris');
    expect(two.create(Village, { name: 'Eu' }).name).toBe('Eu');
  });

  test('whose attribute is declared by attribute() alone says what to write where the compiler tells no type', () => {
    const declare = () => {
      class Untold extends Item {
        @attribute() declare name: string;
      }
      return Untold;
    };

    expect(refusal(declare)).toMatchObject({ code: 'BAD_TYPE', message: expect.stringContaining('@text()') });
  });
});

describe('classes of the same shape are told apart', () => {
  test('when an item is asked for by id', () => {
    const store = aStore();
    const region = store.create(Region, { code: 'IDF' });
    const id = region.storeId as StoreId as StoreId<Country>;

    expect(codeOf(() => store.get(Country, id))).toBe('WRONG_TYPE');
    expect(store.find(Country, id)).toBe(undefined);
    expect(store.getAny(id)).toBe(region);
  });

  test('when an item is referred to', () => {
    const store = aStore();
    const region: Country = store.create(Region, { code: 'IDF' });
    const paris = store.create(City, { name: 'Paris' });

    expect(codeOf(() => store.create(City, { name: 'x', country: region }))).toBe('WRONG_TYPE');
    expect(codeOf(() => paris.set({ country: region }))).toBe('WRONG_TYPE');
    expect(
      codeOf(() => {
        paris.country = region;
      }),
    ).toBe('WRONG_TYPE');
    expect(paris.country).toBe(null);
    expect(store.count(City)).toBe(1);
  });

  test('when an item is compared with', () => {
    const store = aStore();
    const region: Country = store.create(Region, { code: 'IDF' });

    expect(codeOf(() => store.query(City, (c) => c.country.eq(region)).all())).toBe('WRONG_TYPE');
    expect(codeOf(() => store.query(City, (c) => c.country.in([region])).all())).toBe('WRONG_TYPE');
    expect(codeOf(() => store.query(City, { country: region }).all())).toBe('WRONG_TYPE');
    expect(codeOf(() => store.query(City, (c) => c.country.in(store.query(Region))).all())).toBe('WRONG_TYPE');
  });
});
