import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { CorollaryError } from '../../src/errors.js';
import { attributeType } from '../../src/item/attribute-type.js';
import {
  attribute,
  attributes,
  bigint,
  boolean,
  bytes,
  decimal,
  integer,
  json,
  real,
  reference,
  text,
  timestamp,
} from '../../src/item/attributes.js';
import { Item } from '../../src/item/item.js';
import { item } from '../../src/item/item-decorator.js';
import type { ItemInit } from '../../src/item/item-init.js';
import { readOnlyText } from '../../src/item/read-only.js';
import { typeOf } from '../../src/item/type-of.js';
import type { Decimal, Default, Memory, StoreId } from '../../src/schema/attribute-types.js';
import type { ItemClass } from '../../src/schema/item-class.js';
import { RESERVED_NAMES } from '../../src/schema/names.js';
import { TypeRegistry } from '../../src/schema/registry.js';
import { MemoryKeeper, undoCreation } from '../support/memory-keeper.js';

function errorOf(work: () => unknown): CorollaryError {
  try {
    work();
  } catch (error) {
    if (error instanceof CorollaryError) return error;
    throw error;
  }
  throw new RangeError('nothing was thrown');
}

/** A class with attributes that the compiler need not know, as in JavaScript. */
function classWith(decorators: Readonly<Record<string, unknown>>): ItemClass<Item> {
  class Loose extends Item {}
  attributes(Loose, decorators as never);
  return Loose;
}

function typeWith(decorators: Readonly<Record<string, unknown>>, options: object = {}): ItemClass<Item> {
  const itemClass = classWith(decorators);
  item('loose', options as never)(itemClass as never);
  return itemClass;
}

@item('country', { unique: [['code']] })
class Country extends Item {
  @text() declare code: string;
}

class Named extends Item {
  @text() declare name: string;
  @text({ nullable: true }) declare note: string | null;
}

@item('city', { version: 3, indexes: [['country', 'population']] })
class City extends Named {
  @integer({ nullable: true }) declare population: number | null;
  @reference(() => Country, { whenDeleted: 'cascade' }) declare country: Country;
  @text({ default: 'none' }) declare note: Default<string>;
  visits: Memory<number> = 0;
}

@item('sample')
class Sample extends Item {
  @bigint({ nullable: true }) declare big: bigint | null;
  @real({ nullable: true, validate: (value) => value >= 0 || 'below zero' }) declare weight: number | null;
  @boolean({ default: false }) declare flag: Default<boolean>;
  @timestamp({ default: () => new Date(0) }) declare at: Default<Date>;
  @bytes({ nullable: true }) declare raw: Uint8Array | null;
  @json({ default: () => ({ list: [] }) }) declare tree: Default<{ list: number[] }>;
  @decimal({ scale: 2, default: 3 }) declare price: Default<Decimal>;
  @reference({ nullable: true }) declare any: Item | null;
}

const franceIn = (keeper: MemoryKeeper) => keeper.create(Country, { code: 'FR' });

describe('a type', () => {
  test('has the attributes of its bases first, in the order written; one declared again keeps its place', () => {
    const type = typeOf(City);
    expect(type.attributes.map(({ name, index }) => [name, index])).toEqual([
      ...[
        ['name', 0],
        ['note', 1],
        ['population', 2],
        ['country', 3],
      ],
    ]);
    expect(type.byName.get('note')).toMatchObject({ nullable: false, default: 'none' });
    expect(type).toMatchObject({ name: 'city', version: 3, indexes: [['country', 'population']], unique: [] });
    expect(typeOf(City)).toBe(type);
  });

  test('knows which hooks its class overrides', () => {
    @item('hooked')
    class Hooked extends Item {
      @text() declare name: string;
      override stored(): void {}
    }
    expect(typeOf(Hooked).hooks).toEqual({ activate: false, stored: true, committed: false, deleted: false });
  });

  test('has the full-text attributes of its decorators and of @item, in the order of its attributes', () => {
    const own = typeWith(
      {
        a: text(),
        b: text({ fullText: true }),
        c: text({ nullable: true }),
        d: text({ fullText: false }),
        e: integer(),
      },
      { fullText: ['c', 'b', 'a'] },
    );
    expect(typeOf(own).fullText).toEqual(['a', 'b', 'c']);
    expect(typeOf(City).fullText).toEqual([]);
  });

  test('can search what its base class declares by words', () => {
    @item('stream', { fullText: ['name'] })
    class Stream extends Named {
      @text({ fullText: true }) declare source: string;
    }
    expect(typeOf(Stream).fullText).toEqual(['name', 'source']);
  });

  test('shares a base class with other types', () => {
    @item('river')
    class River extends Named {
      @real() declare length: number;
    }
    const keeper = new MemoryKeeper();
    const loire = keeper.create(River, { name: 'Loire', length: 1006 });
    const paris = keeper.create(City, { name: 'Paris', country: franceIn(keeper) });
    expect([loire.name, loire.note, paris.name, paris.note]).toEqual(['Loire', null, 'Paris', 'none']);
  });

  test('refuses deletions for mandatory references and nullifies nullable ones, if nothing else is said', () => {
    const own = typeOf(
      typeWith({ must: reference(() => Country), may: reference(() => Country, { nullable: true }), any: reference() }),
    );
    expect(own.attributes.map((one) => one.reference?.whenDeleted)).toEqual(['refuse', 'nullify', 'refuse']);
  });
});

describe('BAD_TYPE', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['a class without @item', () => typeOf(Named), /Class Named: it has no type name: write @item/],
    ['something else than a class', () => typeOf('city' as never), /An item class is needed here, not string/],
    ['a class that is no item class', () => typeOf(class Other {} as never), /Other: it does not extend Item/],
    [
      'an unknown option of @item',
      () => typeWith({}, { versions: 2 }),
      /has no option 'versions'.*version, was, indexes/,
    ],
    ['version 0', () => typeWith({}, { version: 0 }), /integer from 1 to 2\^31/],
    ['indexes that are no lists', () => typeWith({}, { indexes: ['a'] }), /lists of attribute names/],
    ['full text that is no list', () => typeWith({}, { fullText: 'a' }), /list of attribute names as fullText/],
    [
      'full text that is no boolean',
      () => classWith({ a: text({ fullText: 1 } as never) }),
      /true or false as fullText/,
    ],
    ['full text of numbers', () => classWith({ a: integer({ fullText: true } as never) }), /no option 'fullText'/],
    ['full text of JSON', () => classWith({ a: json({ fullText: true } as never) }), /no option 'fullText'/],
    ['a check that is no function', () => typeWith({}, { checks: [1] }), /list of functions as checks/],
    ['an unknown option of an attribute', () => classWith({ a: text({ nulable: true } as never) }), /'nulable'/],
    ['a flag that is no boolean', () => classWith({ a: text({ nullable: 1 } as never) }), /true or false as nullable/],
    ['options that are none', () => classWith({ a: text('x' as never) }), /object of options, not string/],
    ['null as options', () => classWith({ a: text(null as never) }), /object of options, not null/],
    ['null as default', () => classWith({ a: text({ default: null as never }) }), /has null as default: leave it out/],
    ['a collation that there is not', () => classWith({ a: text({ collate: 'x' as never }) }), /'binary' or 'nocase'/],
    ['scale 19', () => classWith({ a: decimal({ scale: 19 }) }), /from 0 to 18/],
    ['decimal without options', () => classWith({ a: decimal(undefined as never) }), /from 0 to 18/],
    [
      'nullify without nullable',
      () => classWith({ a: reference(() => Country, { whenDeleted: 'nullify' }) }),
      /nullable/,
    ],
    [
      'an unknown rule',
      () => classWith({ a: reference(() => Country, { whenDeleted: 'x' as never }) }),
      /one of nullify/,
    ],
    ['an item as default', () => classWith({ a: reference({ default: {} as never }) }), /function as default/],
    ['a validator that is none', () => classWith({ a: json({ schema: {} as never }) }), /Standard Schema/],
    ['unique json', () => classWith({ a: json({ unique: true }) }), /cannot be indexed or unique/],
    ['something else than a decorator', () => classWith({ a: 'text' }), /takes text\(\) and the like, not string/],
    ['a name with a hyphen', () => classWith({ 'a-b': text() }), /letters, digits and underscores/],
    ['a name of 64 letters', () => classWith({ ['a'.repeat(64)]: text() }), /1 to 63 letters/],
    ['the name sqlite_x', () => classWith({ sqlite_x: text() }), /'sqlite_'/],
    ['the type name sqlite_x', () => item('SQLite_x'), /'sqlite_'/],
    ['an empty type name', () => item(''), /1 to 63 letters/],
    ['a missing type name', () => item(undefined as never), /must be a text, not undefined/],
    [
      'a default that is refused',
      () => typeOf(typeWith({ a: integer({ default: 1.5 }) })),
      /a has a default that it refuses/,
    ],
    [
      'a default that its own validate refuses',
      () => typeOf(typeWith({ a: integer({ default: 1, validate: (n) => n > 1 }) })),
      /a has a default that it refuses: it is refused by its validate/,
    ],
  ])('%s', (_, work, message) => {
    const error = errorOf(work);
    expect(error.code).toBe('BAD_TYPE');
    expect(error.message).toMatch(message);
  });

  test('lists all that is wrong with a class at once', () => {
    const itemClass = typeWith(
      { name: text(), NAME: text(), data: json(), rank: text() },
      { indexes: [['nam'], []], unique: [['name', 'name'], ['data']], fullText: ['nam', 'data', 'rank', 'rank'] },
    );
    const error = errorOf(() => typeOf(itemClass));
    expect(error.problems?.map((problem) => problem.message)).toEqual([
      'NAME differs from name only in case, which SQLite ignores',
      'nam is named in indexes, but is no attribute of the class',
      'indexes has an empty list of attributes',
      'name is named twice in one list of unique',
      'data is named in unique, but json values cannot be compared',
      'nam is named in fullText, but is no attribute of the class',
      'data is named in fullText, but json is not text',
      'rank is named twice in fullText',
      'rank cannot be searched by words: SQLite keeps that name for itself there; choose another',
    ]);
  });

  test('more than 99 attributes', () => {
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}`, text()]));
    expect(typeOf(typeWith(many(99))).attributes.length).toBe(99);
    expect(errorOf(() => typeOf(typeWith(many(100)))).message).toMatch(/100 attributes, at most 99/);
  });

  test('a class that extends an item type', () => {
    class Town extends City {}
    expect(errorOf(() => typeOf(Town)).message).toMatch(/Town: it extends the item type City/);
    expect(errorOf(() => item('town')(Town)).code).toBe('BAD_TYPE');
  });

  test('@item twice', () => {
    expect(errorOf(() => item('again')(Country)).message).toMatch(/@item twice/);
  });

  test('an attribute declared twice in one class', () => {
    const work = () => {
      class Twice extends Item {
        @integer() @integer() declare n: number;
      }
      return Twice;
    };
    expect(errorOf(work).message).toMatch(/n: Twice declares it twice/);
  });

  test('a getter, a method, a static member', () => {
    const decorate = text() as unknown as (target: object, name: string, descriptor?: PropertyDescriptor) => void;
    class Odd extends Item {}
    expect(errorOf(() => decorate(Odd.prototype, 'a', { get: () => 1 })).message).toMatch(/a method or a getter/);
    expect(errorOf(() => decorate(Odd.prototype, 'a', { value: () => 1 })).message).toMatch(/a method or a getter/);
    expect(errorOf(() => decorate(Odd, 'a')).message).toMatch(/not static ones/);
  });

  test('an attribute that comes after the first use', () => {
    typeOf(City);
    expect(errorOf(() => attributes(Named, { name: text() } as never)).message).toMatch(/too late/);
  });

  test('an attribute whose type cannot be inferred', () => {
    const work = () => {
      class Untold extends Item {
        @attribute() declare n: string;
      }
      return Untold;
    };
    expect(errorOf(work).message).toMatch(
      /Untold\.n: its type cannot be inferred: the compiler emitted none.*@text\(\)/s,
    );
  });

  test('a reference whose target is no class', () => {
    const circular = typeWith({ a: reference((() => undefined) as never) });
    const registry = new TypeRegistry(typeOf);
    expect(errorOf(() => registry.learn(circular)).message).toMatch(/Loose\.a: its target answers undefined/);
    expect(errorOf(() => registry.learn(typeWith({ a: reference(Country as never) }))).message).toMatch(/\(\) => City/);
    expect(registry.all()).toEqual([]);
  });
});

test('a name that items or columns need is reserved, in any case', () => {
  const members = Reflect.ownKeys(Item.prototype).filter((key) => typeof key === 'string');
  expect(RESERVED_NAMES).toEqual(expect.arrayContaining(members));
  expect(errorOf(() => classWith({ StoreID: text() })).code).toBe('RESERVED_NAME');
  expect(errorOf(() => classWith({ self: text() })).message).toMatch(/Loose\.self: items have a member of that name/);
  expect(errorOf(() => classWith({ constructor: text() })).code).toBe('RESERVED_NAME');
  expect(errorOf(() => classWith(JSON.parse('{"__proto__": 1}'))).code).toBe('BAD_TYPE');
});

describe('the registry', () => {
  @item('left')
  class Left extends Item {
    @reference(() => Right, { nullable: true }) declare right: Right | null;
  }
  @item('right')
  class Right extends Item {
    @reference(() => Left, { nullable: true }) declare left: Left | null;
    @reference(() => Country) declare country: Country;
  }

  test('learns what references point to, in circles too', () => {
    const registry = new TypeRegistry(typeOf);
    expect(registry.learn(Left)).toBe(typeOf(Left));
    expect(registry.all().map((type) => type.name)).toEqual(['left', 'right', 'country']);
    expect(registry.named('RIGHT')).toBe(typeOf(Right));
    expect(registry.learn(Right)).toBe(typeOf(Right));
    expect(registry.all().length).toBe(3);
  });

  test('refuses two classes of one name, ignoring case, and leaves nothing behind', () => {
    @item('COUNTRY')
    class Land extends Item {
      @text() declare code: string;
    }
    @item('traveller')
    class Traveller extends Item {
      @reference(() => Land) declare home: Land;
      @reference(() => Country) declare goal: Country;
    }
    const registry = new TypeRegistry(typeOf);
    const error = errorOf(() => registry.learn(Traveller));
    expect(error.code).toBe('DUPLICATE_TYPE');
    expect(error.message).toMatch(/Land \(type name 'COUNTRY'\) and Country \(type name 'country'\)/);
    expect(registry.all()).toEqual([]);
    registry.learn(Country);
    expect(errorOf(() => registry.learn(Land)).code).toBe('DUPLICATE_TYPE');
    expect(registry.all().map((type) => type.name)).toEqual(['country']);
  });
});

describe('creating', () => {
  test('fills defaults, and every item has its own', () => {
    const keeper = new MemoryKeeper();
    const one = keeper.create(Sample, {});
    expect(one.toJSON()).toEqual({
      ...{ storeId: 1, big: null, weight: null, flag: false, at: '1970-01-01T00:00:00.000Z', raw: null },
      ...{ tree: { list: [] }, price: '3.00', any: null },
    });
    expect(keeper.create(Sample, {}).tree).not.toBe(one.tree);
  });

  test('lists every fault in one error', () => {
    const error = errorOf(() => new MemoryKeeper().create(City, { note: 7, population: undefined, mayor: 'x' }));
    expect(error).toMatchObject({ type: 'city', attribute: 'note', code: 'INVALID_VALUE' });
    expect(error.problems?.map(({ code, attribute: name }) => [code, name])).toEqual([
      ['INVALID_VALUE', 'note'],
      ['INVALID_VALUE', 'population'],
      ['UNKNOWN_ATTRIBUTE', 'mayor'],
      ['MISSING_VALUE', 'name'],
      ['MISSING_VALUE', 'country'],
    ]);
    expect(error.message).toMatch(/^city: note takes a string, not number; population takes no undefined/);
  });

  test('counts an undefined mandatory value as missing', () => {
    const error = errorOf(() => new MemoryKeeper().create(Country, { code: undefined }));
    expect(error).toMatchObject({ code: 'MISSING_VALUE', attribute: 'code' });
    expect(errorOf(() => new MemoryKeeper().create(Country, null as never)).code).toBe('INVALID_VALUE');
    expect(errorOf(() => new MemoryKeeper().create(Country, { code: null })).code).toBe('INVALID_VALUE');
  });

  test('says only what is wrong where a constructor gives what is missing', () => {
    @item('counted')
    class Counted extends Item {
      @text() declare name: string;
      @text() declare key: Default<string>;
      constructor(init: ItemInit) {
        super(init);
        this.key = 'made';
      }
    }
    const keeper = new MemoryKeeper();
    keeper.create(Counted, { name: 'a' });
    expect(errorOf(() => keeper.create(Counted, { name: 1 })).problems).toMatchObject([{ attribute: 'name' }]);
  });

  test('says what is missing even if the constructor stumbles over it', () => {
    @item('stumbling')
    class Stumbling extends Item {
      @text() declare name: string;
      readonly length: number;
      constructor(init: ItemInit) {
        super(init);
        this.length = this.name.length;
      }
    }
    const keeper = new MemoryKeeper();
    expect(errorOf(() => keeper.create(Stumbling, {})).code).toBe('MISSING_VALUE');
    expect(keeper.create(Stumbling, { name: 'abc' }).length).toBe(3);
  });

  test('names the attribute whose default function throws or gives a wrong value', () => {
    const failing = typeWith({
      a: text({
        default: () => {
          throw new RangeError('no');
        },
      }),
      b: integer({ default: () => 0.5 }),
    });
    const error = errorOf(() => new MemoryKeeper().create(failing, {}));
    expect(error.problems?.map((problem) => problem.message)).toEqual([
      'a has a default function that threw an error',
      'b takes a safe integer, not a fractional number',
    ]);
    expect(error.cause).toBeInstanceOf(RangeError);
  });

  test('is not done by new', () => {
    const New = Country as unknown as new (values: unknown) => Country;
    expect(errorOf(() => new New({ code: 'FR' }))).toMatchObject({ code: 'NOT_SUPPORTED' });
    expect(errorOf(() => new New(undefined)).message).toMatch(/call store\.create\(Country, \{\.\.\.\}\)/);
  });
});

describe('assigning', () => {
  test('keeps the old value when the new one is refused', () => {
    const keeper = new MemoryKeeper();
    const paris = keeper.create(City, { name: 'Paris', country: franceIn(keeper) });
    const error = errorOf(() => {
      paris.name = 'a\0' as string;
    });
    expect(error).toMatchObject({ code: 'INVALID_VALUE', type: 'city', attribute: 'name', storeId: paris.storeId });
    expect(errorOf(() => paris.set({ name: 'Lutetia', population: 0.5 })).attribute).toBe('population');
    expect(errorOf(() => paris.set({ name: 'Lutetia', mayor: 1 } as never)).code).toBe('UNKNOWN_ATTRIBUTE');
    expect(errorOf(() => paris.set(null as never)).code).toBe('INVALID_VALUE');
    expect([paris.name, keeper.written]).toEqual(['Paris', []]);
  });

  test('hands on what set() is given in one go, and nothing for nothing', () => {
    const keeper = new MemoryKeeper();
    const paris = keeper.create(City, { name: 'Paris', country: franceIn(keeper) });
    paris.set({ name: 'Lutetia', population: 8000 });
    paris.set({});
    expect(keeper.written).toEqual([['name', 'population']]);
    expect([paris.name, paris.population]).toEqual(['Lutetia', 8000]);
  });

  test('gives what a reload would give', () => {
    const keeper = new MemoryKeeper();
    const one = keeper.create(Sample, {});
    const moment = new Date(5);
    one.set({ at: moment, price: '7.5', raw: Buffer.from([1]), tree: { list: [1] }, weight: -0 });
    moment.setTime(6);
    expect([one.at, one.price, one.raw, one.tree]).toEqual([new Date(5), '7.50', new Uint8Array([1]), { list: [1] }]);
    expect(Object.is(one.weight, 0)).toBe(true);
    expect(one.at).not.toBe(one.at);
    expect(one.tree, 'json is decoded once').toBe(one.tree);
    expect(Object.isFrozen(one.tree.list)).toBe(true);
    one.tree = { list: [2] };
    expect(one.tree.list).toEqual([2]);
  });

  test('runs validate, whose text or error is in the message or cause', () => {
    const keeper = new MemoryKeeper();
    const one = keeper.create(Sample, { weight: 1 });
    expect(errorOf(() => one.set({ weight: -1 })).message).toMatch(
      /weight is refused by its validate function: below zero/,
    );
    const throwing = typeWith({
      a: text({
        validate: () => {
          throw new RangeError('no');
        },
      }),
      b: text({ validate: () => Promise.resolve(true) as never }),
      c: text({ nullable: true, validate: () => false }),
    });
    const error = errorOf(() => keeper.create(throwing, { a: '', b: '', c: null }));
    expect(error.problems?.map((problem) => problem.attribute)).toEqual(['a', 'b']);
    expect(error.cause).toBeInstanceOf(RangeError);
    expect(error.message).toMatch(/b has a validate function that answers a Promise/);
  });

  test('json can have a Standard Schema validator, whose messages are kept out', () => {
    const schema = {
      '~standard': {
        validate: (value: unknown) =>
          value === 'ok' ? { value } : { issues: [{ message: 'secret', path: ['a', { key: 0 }] }] },
      },
    };
    const itemClass = typeWith({ a: json({ schema, validate: (value) => value !== 'no' }) });
    const keeper = new MemoryKeeper();
    keeper.create(itemClass, { a: 'ok' });
    const { message } = errorOf(() => keeper.create(itemClass, { a: { a: [1] } }));
    expect(message).toMatch(/does not fit its schema at a\.0$/);
  });

  test('refuses read-only attributes, which creation may give', () => {
    const keeper = new MemoryKeeper();
    const fixed = keeper.create(typeWith({ name: readOnlyText() }), { name: 'a' }) as Item & { name: string };
    const error = errorOf(() => {
      fixed.name = 'b';
    });
    expect(error).toMatchObject({ code: 'READ_ONLY', attribute: 'name' });
    expect(fixed.name).toBe('a');
  });

  test('goes to the store even if nothing changes here: another handle may have written', () => {
    const keeper = new MemoryKeeper();
    const france = franceIn(keeper);
    france.code = 'FR';
    expect(keeper.written).toEqual([['code']]);
  });
});

describe('references', () => {
  test('must be to a stored item of the right class and store', () => {
    const keeper = new MemoryKeeper();
    const france = franceIn(keeper);
    const paris = keeper.create(City, { name: 'Paris', country: france });
    const codeOf = (country: unknown) => errorOf(() => paris.set({ country: country as Country })).code;
    expect(codeOf(7)).toBe('INVALID_VALUE');
    expect(codeOf({ storeId: 1 })).toBe('INVALID_VALUE');
    expect(codeOf(paris)).toBe('WRONG_TYPE');
    expect(codeOf(franceIn(new MemoryKeeper()))).toBe('WRONG_STORE');
    const gone = franceIn(keeper);
    gone.delete();
    expect(codeOf(gone)).toBe('ITEM_GONE');
    expect(paris.country).toBe(france);
  });

  test('are followed late, and their ids are read without that', () => {
    const keeper = new MemoryKeeper();
    const france = franceIn(keeper);
    const paris = keeper.create(City, { name: 'Paris', country: france });
    const sample = keeper.create(Sample, { any: paris });
    keeper.forget();
    expect(sample.idOf('any')).toBe(paris.storeId);
    expect((sample.any as City).name).toBe('Paris');
    expect(keeper.create(Sample, {}).idOf('any')).toBeNull();
    expect(errorOf(() => paris.idOf('name' as never)).code).toBe('WRONG_TYPE');
    expect(errorOf(() => paris.idOf('mayor' as never)).code).toBe('UNKNOWN_ATTRIBUTE');
  });
});

describe('an item', () => {
  test('that is gone or was never committed can be read, and refuses every write', () => {
    const keeper = new MemoryKeeper();
    const france = franceIn(keeper);
    const spain = keeper.create(Country, { code: 'ES' });
    france.delete();
    undoCreation(spain);
    expect([france.isStored, spain.isStored]).toEqual([false, false]);
    expect([france.code, spain.code]).toEqual(['FR', 'ES']);
    expect(errorOf(() => france.set({ code: 'X' })).message).toMatch(/Item 1 \(country\) was deleted/);
    const error = errorOf(() => {
      spain.code = 'X';
    });
    expect(error).toMatchObject({ code: 'ITEM_GONE', type: 'country', storeId: 2 });
    expect(error.message).toMatch(/the transaction that created it was rolled back/);
  });

  test('that is stale is read again when it is next used', () => {
    const keeper = new MemoryKeeper();
    const france = franceIn(keeper);
    keeper.writeBehind(france.storeId, 0, 'FX');
    expect(france.code).toBe('FX');
  });

  test('is shown in JSON by its attributes', () => {
    const keeper = new MemoryKeeper();
    const france = franceIn(keeper);
    const sample = keeper.create(Sample, { big: 2n ** 60n, raw: new Uint8Array([1, 2]), any: france, price: '1.5' });
    expect(JSON.parse(JSON.stringify(sample))).toMatchObject({
      ...{ storeId: sample.storeId, big: '1152921504606846976', raw: 'AQI=', any: france.storeId, price: '1.50' },
    });
  });

  test('is printed from memory', () => {
    const keeper = new MemoryKeeper();
    const france = franceIn(keeper);
    keeper.writeBehind(france.storeId, 0, 'FX');
    expect(inspect(france)).toBe("Country #1 { code: 'FR' }");
  });

  test('has no own properties for its attributes, and memory fields of its own', () => {
    const keeper = new MemoryKeeper();
    const paris = keeper.create(City, { name: 'Paris', country: franceIn(keeper) });
    paris.visits++;
    expect(Object.keys(paris)).toEqual(['visits']);
    const id: StoreId<City> = paris.storeId;
    expect([paris.visits, id, paris.store.uid]).toEqual([1, 2, 'memory']);
  });
});

describe('an own attribute type', () => {
  class Color {
    constructor(readonly hex: string) {}
  }
  const color = attributeType({
    name: 'color',
    storedAs: 'text',
    encode: (value: Color) => value.hex.toLowerCase(),
    decode: (stored) => new Color(stored),
  });

  test('keeps its values under its persisted name', () => {
    @item('wall')
    class Wall extends Item {
      @color({ nullable: true }) declare paint: Color | null;
    }
    const keeper = new MemoryKeeper();
    const wall = keeper.create(Wall, { paint: new Color('FFF') });
    expect(wall.paint).toEqual(new Color('fff'));
    expect(typeOf(Wall).byName.get('paint')?.codec).toMatchObject({
      name: 'color',
      columnType: 'TEXT',
      ordered: false,
    });
    const error = errorOf(() => wall.set({ paint: 7 as never }));
    expect(error.message).toMatch(/paint takes what attribute type color can encode/);
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(errorOf(() => wall.set({ paint: new Color('\0') })).message).toMatch(/gave no good text: that takes text/);
  });

  test.each<[string, object, RegExp]>([
    ['a name of the library', { name: 'Decimal' }, /taken by an attribute type of the library/],
    ['no name', { name: undefined }, /must be a text/],
    ['an unknown storage', { storedAs: 'blob' }, /storedAs is one of text, integer, real, bytes/],
    ['no functions', { encode: 1 }, /encode and decode are functions/],
    ['an unknown option', { sorted: true }, /no option 'sorted'/],
  ])('is refused with %s', (_, wrong, message) => {
    const right = { name: 'own', storedAs: 'text', encode: String, decode: String };
    const error = errorOf(() => attributeType({ ...right, ...wrong } as never));
    expect([error.code, error.message]).toEqual(['BAD_TYPE', expect.stringMatching(message)]);
  });
});
