import { existsSync } from 'node:fs';
import {
  attributeType,
  boolean,
  type Columns,
  decimal,
  Item,
  integer,
  item,
  json,
  real,
  reference,
  Store,
  text,
  timestamp,
} from 'corollary';
import { expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory, type StoreOptions } from './support/a-store.js';
import { contentsOf, inDatabase, indexesOfTableWith, tablesOf, tableWith } from './support/on-disk.js';

// The database knows its types. A class that does not fit them is refused before anything is read or written.

type Types = NonNullable<StoreOptions['types']>;

@item('country')
class Country extends Item {
  @text({ unique: true }) declare code: string;
  @text() declare label: string;
}

@item('city')
class City extends Item {
  @text() declare name: string;
  @integer({ nullable: true, check: (c: Columns<City>) => c.population.gte(0) }) declare population: number | null;
  @boolean() declare capital: boolean;
  @reference(() => Country) declare country: Country;
}

@item('diary')
class Diary extends Item {
  @text() declare line: string;
  @reference({ nullable: true, whenDeleted: 'nullify' }) declare about: Item | null;
}

/** A closed store with a country and two cities in it, and its directory. */
function aWorld(): string {
  const place = aStoreDirectory();
  const store = Store.open(place, { types: [Country, City] });
  const fr = store.create(Country, { code: 'FR', label: 'France' });
  store.create(City, { name: 'Paris', population: 2, capital: true, country: fr });
  store.create(City, { name: 'Lyon', population: null, capital: false, country: fr });
  store.close();
  return place;
}

/** The error with which a store refuses these types. Nothing may have changed. */
function refused(place: string, types: Types) {
  const before = contentsOf(place);
  const error = refusal(() => Store.open(place, { types }).close());
  expect(contentsOf(place)).toEqual(before);
  return error;
}

// Types that changed without a new version

function changedTypes(): Types {
  @item('country')
  class OtherCountry extends Item {
    @text({ unique: true, collate: 'nocase' }) declare code: string;
    @text({ nullable: true }) declare label: string | null;
    @text() declare continent: string;
  }
  @item('city')
  class OtherCity extends Item {
    @text() declare title: string;
    @real({ nullable: true }) declare population: number | null;
    @integer() declare capital: number;
    @reference(() => OtherCity) declare country: OtherCity;
  }
  return [OtherCountry, OtherCity];
}

test('every difference of every type is listed in one SCHEMA_MISMATCH, and nothing is changed', () => {
  const { code, message, problems, store } = refused(aWorld(), changedTypes());
  expect(code).toBe('SCHEMA_MISMATCH');
  expect(problems?.map((problem) => problem.code)).toContain('SCHEMA_MISMATCH');
  for (const name of ['country', 'city', 'code', 'label', 'continent', 'name', 'title', 'population', 'capital'])
    expect(message).toContain(name);
  expect(store).toBeTypeOf('string');
});

test.each<[string, () => Types[number]]>([
  [
    'another kind',
    () => {
      @item('country')
      class Changed extends Item {
        @text({ unique: true }) declare code: string;
        @json() declare label: string[];
      }
      return Changed;
    },
  ],
  [
    'nullable where it was mandatory',
    () => {
      @item('country')
      class Changed extends Item {
        @text({ unique: true }) declare code: string;
        @text({ nullable: true }) declare label: string | null;
      }
      return Changed;
    },
  ],
  [
    'another collation',
    () => {
      @item('country')
      class Changed extends Item {
        @text({ unique: true }) declare code: string;
        @text({ collate: 'nocase' }) declare label: string;
      }
      return Changed;
    },
  ],
  [
    'a check where there was none',
    () => {
      @item('country')
      class Changed extends Item {
        @text({ unique: true }) declare code: string;
        @text({ check: (c: Columns<Changed>) => c.label.ne('') }) declare label: string;
      }
      return Changed;
    },
  ],
  [
    'an attribute left out',
    () => {
      @item('country')
      class Changed extends Item {
        @text({ unique: true }) declare code: string;
      }
      return Changed;
    },
  ],
  [
    'a name in another case',
    () => {
      @item('country')
      class Changed extends Item {
        @text({ unique: true }) declare code: string;
        @text() declare Label: string;
      }
      return Changed;
    },
  ],
])('an attribute that became %s is a SCHEMA_MISMATCH when the type is listed and when it is used', (_what, changed) => {
  const place = aWorld();
  const Changed = changed() as typeof Country;
  expect(refused(place, [Changed])).toMatchObject({ code: 'SCHEMA_MISMATCH' });
  const store = aStore({}, place);
  expect(codeOf(() => store.count(Changed))).toBe('SCHEMA_MISMATCH');
  expect(codeOf(() => store.query(Changed).delete())).toBe('SCHEMA_MISMATCH');
  expect(store.create(Diary, { line: 'the other types go on' }).isStored).toBe(true);
});

test('another scale of a decimal is a SCHEMA_MISMATCH: the stored numbers would mean something else', () => {
  const priceOf = (scale: number): Types[number] => {
    @item('price')
    class Price extends Item {
      @decimal({ scale }) declare amount: import('corollary').Decimal;
    }
    return Price;
  };
  const place = aStoreDirectory();
  const store = Store.open(place);
  store.create(priceOf(2) as never, { amount: '12.50' } as never);
  store.close();
  expect(refused(place, [priceOf(3)]).code).toBe('SCHEMA_MISMATCH');
});

test('what lives in JavaScript only may change: defaults, validation, methods, the class name, the order of attributes', () => {
  @item('country')
  class Renamed extends Item {
    @text({ default: 'unnamed', validate: (label) => label.length > 1 })
    declare label: import('corollary').Default<string>;
    @text({ unique: true }) declare code: string;
    shout() {
      return this.label.toUpperCase();
    }
  }
  const store = aStore({ types: [Renamed] }, aWorld());
  expect(store.getUnique(Renamed, { code: 'FR' }).shout()).toBe('FRANCE');
  expect(store.create(Renamed, { code: 'DE' }).label).toBe('unnamed');
});

test('a mismatch in a substore is found when the type is used there', () => {
  const place = aStoreDirectory();
  const store = Store.open(place);
  store.substores.create('part').create(Country, { code: 'FR', label: 'France' });
  store.close();
  const [Changed] = changedTypes() as [typeof Country, ...Types];
  const again = aStore({ types: [Changed] }, place);
  expect(codeOf(() => again.at('part').count(Changed))).toBe('SCHEMA_MISMATCH');
  expect(codeOf(() => again.tree.count(Changed))).toBe('SCHEMA_MISMATCH');
});

// Versions

function versionOf(name: string, version: number) {
  @item(name, { version })
  class Versioned extends Item {
    @text() declare label: string;
  }
  return Versioned;
}

/** A closed store with one item of each version. */
function aStoreOfVersions(...versions: readonly (readonly [name: string, version: number])[]): string {
  const place = aStoreDirectory();
  const store = Store.open(place);
  for (const [name, version] of versions) store.create(versionOf(name, version), { label: 'x' });
  store.close();
  return place;
}

test('a type written by a newer program is NEWER_DATABASE, when it is listed and when it is used', () => {
  const place = aStoreOfVersions(['note', 3], ['page', 1]);
  expect(refused(place, [versionOf('note', 2)])).toMatchObject({ code: 'NEWER_DATABASE' });
  const store = aStore({}, place);
  expect(codeOf(() => store.query(versionOf('note', 2)).all())).toBe('NEWER_DATABASE');
  expect(codeOf(() => aStore({}, place).create(versionOf('note', 2), { label: 'x' }))).toBe('NEWER_DATABASE');
  expect(store.count(versionOf('page', 1))).toBe(1);
});

test('a type written by an older program without an upgrade is NO_UPGRADE_PATH, naming type and versions', () => {
  const place = aStoreOfVersions(['note', 1]);
  const { code, message } = refused(place, [versionOf('note', 4)]);
  expect(code).toBe('NO_UPGRADE_PATH');
  expect(message).toMatch(/note/);
  expect(message).toMatch(/1/);
  expect(message).toMatch(/4/);
  expect(codeOf(() => aStore({}, place).count(versionOf('note', 4)))).toBe('NO_UPGRADE_PATH');
});

test('all types that do not fit are reported at once', () => {
  const place = aStoreOfVersions(['note', 1], ['page', 1], ['book', 5]);
  const { message, problems } = refused(place, [versionOf('note', 2), versionOf('page', 2), versionOf('book', 2)]);
  expect(problems?.map(({ code }) => code).sort()).toEqual(['NEWER_DATABASE', 'NO_UPGRADE_PATH', 'NO_UPGRADE_PATH']);
  for (const name of ['note', 'page', 'book']) expect(message).toContain(name);
});

test('two versions of a class live in two stores of one process', () => {
  const [old, young] = [versionOf('note', 1), versionOf('note', 2)];
  const [one, two] = [aStore({ types: [old] }), aMemoryStore({ types: [young] })];
  one.create(old, { label: 'old' });
  two.create(young, { label: 'young' });
  expect(one.findFirst(old)).toBeInstanceOf(old);
  expect(two.findFirst(young)).toBeInstanceOf(young);
});

test('another process that brings a newer version is noticed while the store is open', () => {
  const place = aStoreDirectory();
  const store = aStore({ types: [versionOf('note', 1)] }, place);
  aStore({}, place).create(versionOf('other', 1), { label: 'x' });
  expect(store.count(versionOf('other', 1))).toBe(1);
});

// Types without a class

test('a type on disk without a class is fine until an item of it is needed', () => {
  const place = aWorld();
  const store = aStore({ types: [Country] }, place);
  expect(store.count(Country)).toBe(1);
  store.create(Country, { code: 'DE', label: 'Germany' });
  expect(store.tree.count(Country)).toBe(2);
  expect(store.check().isSound).toBe(true);
});

test('an item of a type without a class is UNKNOWN_TYPE, and all types without a class are listed', () => {
  const place = aWorld();
  const before = aStore({}, place);
  const diary = before.create(Diary, { line: 'x', about: before.findFirst(City) ?? null });
  const [cityId, diaryId] = [before.findFirst(City)!.storeId, diary.storeId];
  before.close();
  const store = aStore({ types: [Country] }, place);
  const error = refusal(() => store.getAny(cityId));
  expect(error).toMatchObject({ code: 'UNKNOWN_TYPE', type: 'city' });
  expect(error.message).toMatch(/city/);
  expect(error.message).toMatch(/diary/);
  expect(error.message).not.toMatch(/\bcountry\b.*\bcountry\b/);
  expect(codeOf(() => store.findAny(diaryId))).toBe('UNKNOWN_TYPE');
});

test('a reference to an item without a class is UNKNOWN_TYPE when it is followed, and can be read by id', () => {
  const place = aWorld();
  const before = aStore({}, place);
  const { storeId } = before.create(Diary, { line: 'x', about: before.findFirst(City) ?? null });
  before.close();
  const store = aStore({ types: [Diary] }, place);
  const diary = store.get(Diary, storeId);
  expect(diary.line).toBe('x');
  expect(diary.idOf('about')).toBeTypeOf('number');
  expect(codeOf(() => diary.about)).toBe('UNKNOWN_TYPE');
});

test('a class used in a call is learned, and its items are then found by any way', () => {
  const place = aWorld();
  const store = aStore({}, place);
  const [city] = store.query(City).all() as [City, City];
  expect(city.country.label).toBe('France');
  expect(store.getAny(city.storeId)).toBe(city);
});

test('deleting an item keeps the rules of types without a class, or is refused', () => {
  const place = aWorld();
  const store = aStore({ types: [Country] }, place);
  const fr = store.findFirst(Country)!;
  expect(codeOf(() => fr.delete())).toBe('DELETE_REFUSED'); // the default of a mandatory reference
  expect(store.check().isSound).toBe(true);
});

// One name, two classes

test('two classes of one type name are DUPLICATE_TYPE, and no store is made', () => {
  const place = aStoreDirectory();
  const types = [versionOf('note', 1), versionOf('note', 1)];
  const { code, message } = refusal(() => Store.open(place, { types }));
  expect(code).toBe('DUPLICATE_TYPE');
  expect(message).toContain('note');
  expect(existsSync(place)).toBe(false);
  expect(codeOf(() => Store.inMemory({ types }))).toBe('DUPLICATE_TYPE');
});

test('type names that differ in case only are DUPLICATE_TYPE', () => {
  const place = aStoreDirectory();
  expect(codeOf(() => Store.open(place, { types: [versionOf('note', 1), versionOf('Note', 1)] }))).toBe(
    'DUPLICATE_TYPE',
  );
  expect(existsSync(place)).toBe(false);
});

test('the same class twice is one type', () => {
  expect(aStore({ types: [Country, Country] }).count(Country)).toBe(0);
});

test('a second class of a name is DUPLICATE_TYPE when it is used, and the first goes on', () => {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  const [one, two] = [versionOf('note', 1), versionOf('NOTE', 1)];
  store.create(one, { label: 'x' });
  const before = tablesOf(place);
  expect(codeOf(() => store.create(two, { label: 'x' }))).toBe('DUPLICATE_TYPE');
  expect(codeOf(() => store.query(two).all())).toBe('DUPLICATE_TYPE');
  expect(codeOf(() => store.substores.create('part').count(two))).toBe('DUPLICATE_TYPE');
  expect(store.count(one)).toBe(1);
  expect(tablesOf(place)).toEqual(before.includes('corollary_substore') ? before : expect.arrayContaining(before));
});

test('a program has no type of the name that SubStore has', () => {
  const { code } = refusal(() => aStore().create(versionOf('corollary_substore', 1), { label: 'x' }));
  expect(['DUPLICATE_TYPE', 'RESERVED_NAME', 'BAD_TYPE']).toContain(code);
});

// Indexes follow the class

function townOf(options: object, name: object) {
  @item('town', options)
  class Town extends Item {
    @text(name) declare townName: string;
    @integer() declare size: number;
  }
  return Town;
}

test('indexes added and removed without a new version are added and removed in the file', () => {
  const place = aStoreDirectory();
  const grow = (Town: ReturnType<typeof townOf>) => {
    const store = Store.open(place, { types: [Town] });
    store.create(Town, { townName: `town ${store.count(Town)}`, size: 1 });
    store.close();
    return indexesOfTableWith(place, 'townName');
  };
  expect(grow(townOf({}, {}))).toEqual([]);
  expect(grow(townOf({}, { indexed: true }))).toEqual(['townName']);
  expect(grow(townOf({ indexes: [['size', 'townName']] }, { indexed: true }))).toEqual(['size,townName', 'townName']);
  expect(grow(townOf({ unique: [['townName', 'size']] }, { unique: true }))).toEqual([
    'unique townName',
    'unique townName,size',
  ]);
  expect(grow(townOf({}, {}))).toEqual([]);
});

test('an attribute that becomes unique over double values is a CONSTRAINT error, and nothing is changed', () => {
  const place = aStoreDirectory();
  const Plain = townOf({}, {});
  const before = Store.open(place);
  before.createMany(Plain, [
    { townName: 'a', size: 1 },
    { townName: 'a', size: 2 },
  ]);
  before.close();
  const Unique = townOf({}, { unique: true });
  const after = Store.open(place, { types: [Unique] });
  const writes = [
    () => after.create(Unique, { townName: 'b', size: 3 }),
    () => after.findFirst(Unique, { size: 2 })?.delete(),
  ];
  // The message was 'a rule of the table was broken', without the type, the attribute, or what could be done.
  for (const write of writes) {
    const error = refusal(write);
    expect(error).toMatchObject({ code: 'CONSTRAINT', store: place, type: 'town', attribute: 'townName' });
    expect(error.message).toMatch(/townName must be unique, and items stored before have the same.*take that out/);
  }
  after.close();
  const plain = Store.open(place);
  expect(plain.count(Plain)).toBe(2);
  plain.findFirst(Plain, { size: 2 })?.delete();
  plain.close();
  expect(aStore({}, place).create(Unique, { townName: 'b', size: 3 }).isStored).toBe(true);
});

test('a transaction that added an index and failed leaves the file as it was, and the next one adds it', () => {
  const place = aStoreDirectory();
  const before = Store.open(place);
  before.create(townOf({}, {}), { townName: 'a', size: 1 });
  before.close();
  const Indexed = townOf({}, { indexed: true });
  const store = Store.open(place, { types: [Indexed] });
  expect(() =>
    store.transact(() => {
      store.create(Indexed, { townName: 'b', size: 1 });
      throw new TypeError('no');
    }),
  ).toThrow('no');
  store.create(Indexed, { townName: 'c', size: 1 });
  store.close();
  expect(indexesOfTableWith(place, 'townName')).toEqual(['townName']);
});

test('a type whose first item was rolled back is stored again by the next', () => {
  const store = aStore();
  expect(() =>
    store.transact(() => {
      store.create(Country, { code: 'FR', label: 'x' });
      throw new TypeError('no');
    }),
  ).toThrow('no');
  expect(store.count(Country)).toBe(0);
  store.create(Country, { code: 'FR', label: 'x' });
  expect(store.count(Country)).toBe(1);
});

// SQLite keeps the rules too

test.each<[string, string, RegExp]>([
  ['NOT NULL', 'SET name = NULL', /NOT NULL/],
  ['NOT NULL of a reference', 'SET country = NULL', /NOT NULL/],
  ['NOT NULL of a boolean', 'SET capital = NULL', /NOT NULL/],
  ['CHECK', 'SET population = -1', /CHECK/],
  ['the type of an integer', "SET population = 'many'", /cannot store TEXT/],
  ['the type of a text', "SET name = x'00'", /cannot store BLOB/],
  ['the type of a reference', "SET country = 'FR'", /cannot store TEXT/],
])('another program cannot break %s', (_rule, set, message) => {
  inDatabase(aWorld(), (database) => {
    const table = tableWith(database, 'population');
    expect(() => database.exec(`UPDATE "${table}" ${set}`)).toThrow(message);
  });
});

test('another program cannot break UNIQUE', () => {
  inDatabase(aWorld(), (database) => {
    const table = tableWith(database, 'label');
    const insert = `INSERT INTO "${table}" SELECT * FROM (SELECT * FROM "${table}") WHERE 1`;
    expect(() => database.exec(insert)).toThrow(/UNIQUE/);
    const copy = `INSERT INTO "${table}" (storeId, code, label) SELECT storeId + 4096, code, label FROM "${table}"`;
    expect(() => database.exec(copy)).toThrow(/UNIQUE/);
  });
});

test('all tables are STRICT, none declares references, and every reference is indexed', () => {
  const place = aWorld();
  inDatabase(place, (database) => {
    const table = tableWith(database, 'population');
    expect(
      database
        .prepare(
          "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite%'",
        )
        .pluck()
        .all(),
    ).toEqual([]);
    expect(database.pragma(`foreign_key_list("${table}")`)).toEqual([]);
  });
  expect(indexesOfTableWith(place, 'population')).toContain('country');
});

// Reading makes nothing

test('no query creates a table', () => {
  const place = aStoreDirectory();
  const store = aStore({ types: [Country, City] }, place);
  const before = tablesOf(place);
  expect(store.query(City).all()).toEqual([]);
  expect(
    store
      .query(City, (c) => c.name.eq('x'))
      .orderBy((c) => c.population.desc())
      .limit(1)
      .first(),
  ).toBeUndefined();
  expect(store.count(City)).toBe(0);
  expect(store.query(City).exists()).toBe(false);
  expect(store.query(City).sum((c) => c.population)).toBe(0);
  expect(store.query(City).max((c) => c.population)).toBeNull();
  expect(
    store
      .query(City)
      .pluck((c) => c.name)
      .distinct()
      .all(),
  ).toEqual([]);
  expect(store.query(City).update({ name: 'x' })).toBe(0);
  expect(store.query(City).delete()).toBe(0);
  expect(store.query(Diary).page({ size: 3 })).toMatchObject({ next: undefined });
  expect(store.findFirst(Diary)).toBeUndefined();
  expect(store.findUnique(Country, { code: 'FR' })).toBeUndefined();
  expect(store.tree.query(Country).all()).toEqual([]);
  expect(store.substores.names()).toEqual([]);
  expect(store.substores.has('part')).toBe(false);
  expect(store.check().isSound).toBe(true);
  expect(tablesOf(place)).toEqual(before);
});

// Own attribute types

class Color {
  readonly hex: string;
  constructor(hex: string) {
    this.hex = hex;
  }
}
const colorType = (name: string) =>
  attributeType({
    name,
    storedAs: 'text',
    encode: (color: Color) => {
      if (!/^#[0-9a-f]{6}$/.test(color.hex)) throw new TypeError('a color has six digits');
      return color.hex;
    },
    decode: (hex) => new Color(hex),
  });
const color = colorType('color');

@item('paint')
class Paint extends Item {
  @color() declare tone: Color;
  @color({ nullable: true }) declare trim: Color | null;
}

test('an own attribute type survives reopening', () => {
  const place = aStoreDirectory();
  const before = Store.open(place, { types: [Paint] });
  before.create(Paint, { tone: new Color('#ff0000'), trim: null });
  before.close();
  const store = aStore({ types: [Paint] }, place);
  const paint = store.query(Paint, (p) => p.tone.eq(new Color('#ff0000'))).one();
  expect(paint.tone).toBeInstanceOf(Color);
  expect(paint.tone.hex).toBe('#ff0000');
  expect(paint.trim).toBeNull();
});

test('a value that an own attribute type refuses is INVALID_VALUE, and is not shown', () => {
  const store = aStore();
  const error = refusal(() => store.create(Paint, { tone: new Color('secret') }));
  expect(error).toMatchObject({ code: 'INVALID_VALUE', attribute: 'tone' });
  expect(error.message).not.toContain('secret');
  expect(store.count(Paint)).toBe(0);
});

test('an own attribute type of another name is a SCHEMA_MISMATCH', () => {
  const place = aStoreDirectory();
  const before = Store.open(place, { types: [Paint] });
  before.create(Paint, { tone: new Color('#ff0000') });
  before.close();
  const shade = colorType('shade');
  @item('paint')
  class Shaded extends Item {
    @shade() declare tone: Color;
    @color({ nullable: true }) declare trim: Color | null;
  }
  @item('paint')
  class Plain extends Item {
    @text() declare tone: string;
    @color({ nullable: true }) declare trim: Color | null;
  }
  expect(refused(place, [Shaded])).toMatchObject({ code: 'SCHEMA_MISMATCH', message: expect.stringContaining('tone') });
  expect(refused(place, [Plain])).toMatchObject({ code: 'SCHEMA_MISMATCH', message: expect.stringContaining('tone') });
});

test('a class may inherit attributes from a base without @item, and is the same type without the base', () => {
  abstract class Dated extends Item {
    @timestamp() declare on: Date;
  }
  @item('event')
  class Event extends Dated {
    @text() declare title: string;
  }
  @item('event')
  class Flat extends Item {
    @timestamp() declare on: Date;
    @text() declare title: string;
  }
  const place = aStoreDirectory();
  const before = Store.open(place);
  before.create(Event, { on: new Date(5), title: 'x' });
  before.close();
  expect(aStore({ types: [Flat] }, place).findFirst(Flat)).toMatchObject({ on: new Date(5), title: 'x' });
});
