import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { boolean, type Default, Item, integer, item, reference, type Store, type StoreId, text } from 'corollary';
import { beforeEach, describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aStore, aStoreDirectory } from './support/a-store.js';

@item('country')
class Country extends Item {
  @text({ unique: true }) declare code: string;
}

@item('city')
class City extends Item {
  @text() declare name: string;
  @integer({ nullable: true }) declare population: number | null;
  @boolean({ default: false }) declare capital: Default<boolean>;
  @reference(() => Country, { nullable: true }) declare country: Country | null;
}

@item('animal')
class Animal extends Item {
  @text() declare name: string;
}

const types = [Country, City, Animal];
/** An id that came from outside. */
const id = (value: unknown) => value as StoreId<City>;

let place: string;
let store: Store;
beforeEach(() => {
  place = aStoreDirectory();
  store = aStore({ types }, place);
});

describe('createMany', () => {
  const rows = [{ name: 'Paris' }, { name: 'Lyon', population: 5 }, { name: 'Nice', capital: false }];

  test('gives the number of items it made', () => {
    expect(store.createMany(City, rows)).toBe(3);
    expect(
      store
        .query(City)
        .pluck((c) => c.name)
        .all(),
    ).toEqual(['Paris', 'Lyon', 'Nice']);
  });

  test('gives the items on request, in the order of the rows', () => {
    const made = store.createMany(City, rows, { items: true });

    expect(made.map((city) => [city.name, city.population, city.isStored])).toEqual([
      ['Paris', null, true],
      ['Lyon', 5, true],
      ['Nice', null, true],
    ]);
    expect(store.query(City).all()).toEqual(made);
    expect(store.get(City, made[1]!.storeId)).toBe(made[1]);
  });

  test('of nothing makes nothing', () => {
    expect(store.createMany(City, [])).toBe(0);
    expect(store.createMany(City, [], { items: true })).toEqual([]);
  });

  test('takes the rows of a generator, each once, and those of a set', () => {
    let made = 0;
    function* counting() {
      while (made < 100) yield { name: `n${made++}` };
    }

    expect(store.createMany(City, counting())).toBe(100);
    expect(store.createMany(City, new Set(rows))).toBe(3);
    expect([made, store.count(City)]).toEqual([100, 103]);
  });

  test('takes rows that are made from what is stored so far', () => {
    store.create(City, { name: 'Paris' });
    function* doubled() {
      for (const city of store.query(City)) yield { name: `New ${city.name}` };
    }

    expect(store.createMany(City, doubled())).toBe(1);
    expect(
      store
        .query(City)
        .pluck((c) => c.name)
        .all(),
    ).toEqual(['Paris', 'New Paris']);
  });

  test('does nothing when the generator throws', () => {
    function* failing() {
      yield* Array.from({ length: 100 }, () => ({ name: 'x' }));
      throw new RangeError('no more');
    }

    expect(() => store.createMany(City, failing())).toThrow('no more');
    expect(store.count(City)).toBe(0);
  });

  test('makes 20,000 items that are all there after reopening', () => {
    const many = Array.from({ length: 20_000 }, (_, at) => ({ name: `n${at}`, population: at }));

    expect(store.createMany(City, many)).toBe(20_000);
    store.close();

    const again = aStore({ types }, place);
    expect([again.count(City), again.query(City).sum((c) => c.population)]).toEqual([20_000, 199_990_000]);
  });

  test.each<[string, unknown, string, string | undefined]>([
    ['a missing value', {}, 'MISSING_VALUE', 'name'],
    ['a refused value', { name: 'a\0' }, 'INVALID_VALUE', 'name'],
    ['an unknown attribute', { name: 'x', mayor: 1 }, 'UNKNOWN_ATTRIBUTE', 'mayor'],
    ['undefined', undefined, 'INVALID_VALUE', undefined],
    ['null', null, 'INVALID_VALUE', undefined],
    ['a number', 5, 'INVALID_VALUE', undefined],
  ])('is all or nothing, and names the row, when one row has %s', (_, bad, code, attribute) => {
    const good = Array.from({ length: 90 }, () => ({ name: 'x' }));

    const error = refusal(() => store.createMany(City, [...good.slice(0, 71), bad as never, ...good]));

    expect(error).toMatchObject({ code, type: 'city' });
    expect(error.attribute).toBe(attribute);
    expect(error.message).toMatch(/row 71\b/i);
    expect(store.count(City)).toBe(0);
  });

  test.each([
    ['in a large batch', 90],
    ['in a small batch', 0],
  ])('is all or nothing, and names the row, when a row breaks a constraint %s', (_, more) => {
    store.create(Country, { code: 'FR' });
    const good = (count: number, prefix: string) => Array.from({ length: count }, (_, at) => ({ code: prefix + at }));

    const error = refusal(() => store.createMany(Country, [...good(71, 'a'), { code: 'FR' }, ...good(more, 'b')]));

    expect(error).toMatchObject({ code: 'CONSTRAINT', type: 'country', attribute: 'code' });
    expect(error.message).toMatch(/row 71\b/i);
    expect(
      store
        .query(Country)
        .pluck((c) => c.code)
        .all(),
    ).toEqual(['FR']);
  });

  test('lists all faults of the row', () => {
    const error = refusal(() => store.createMany(City, [{ capital: 1, population: 'x' } as never]));

    expect(error.problems?.map((problem) => problem.attribute).sort()).toEqual(['capital', 'name', 'population']);
  });

  test('refused inside a transaction leaves the rest of the transaction', () => {
    store.transact(() => {
      store.create(City, { name: 'Paris' });
      expect(codeOf(() => store.createMany(City, [{ name: 'Lyon' }, {} as never]))).toBe('MISSING_VALUE');
      store.create(City, { name: 'Nice' });
    });

    expect(
      store
        .query(City)
        .pluck((c) => c.name)
        .all(),
    ).toEqual(['Paris', 'Nice']);
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['one row', { name: 'Paris' }],
    ['a text', 'Paris'],
    ['a number', 5],
    ['a promise', Promise.resolve([])],
  ])('is refused when the rows are %s', (_, given) => {
    expect(codeOf(() => store.createMany(City, given as never))).toBe('INVALID_VALUE');
    expect(store.count(City)).toBe(0);
  });
});

describe('an item by its id', () => {
  test('is given by get, getAny, find and findAny, always as the same object', () => {
    const paris = store.create(City, { name: 'Paris' });

    const found = [
      store.get(City, paris.storeId),
      store.getAny(paris.storeId),
      store.find(City, paris.storeId),
      store.findAny(paris.storeId),
    ];

    expect(found.map((one) => one === paris)).toEqual([true, true, true, true]);
  });

  test('is the same after reopening', () => {
    const ids = [store.create(City, { name: 'Paris' }).storeId, store.create(Animal, { name: 'Cat' }).storeId];
    store.close();
    store = aStore({ types }, place);

    const found = ids.map((one) => store.getAny(one));

    expect(found.map((one) => one.toJSON().name)).toEqual(['Paris', 'Cat']);
    expect(found[0]).toBeInstanceOf(City);
    expect(found[1]).toBeInstanceOf(Animal);
  });

  test('that is not there is NOT_FOUND for get, undefined for find', () => {
    const gone = store.create(City, { name: 'Paris' });
    gone.delete();

    const error = refusal(() => store.get(City, gone.storeId));

    expect(error).toMatchObject({ code: 'NOT_FOUND', type: 'city', storeId: gone.storeId });
    expect(codeOf(() => store.getAny(gone.storeId))).toBe('NOT_FOUND');
    expect(store.find(City, gone.storeId)).toBe(undefined);
    expect(store.findAny(gone.storeId)).toBe(undefined);
  });

  test.each([0, -1, 1, 4095, 4096, 123_456_789, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])(
    'that no item ever had (%d) is not found',
    (number) => {
      expect(codeOf(() => store.get(City, id(number)))).toBe('NOT_FOUND');
      expect(codeOf(() => store.getAny(id(number)))).toBe('NOT_FOUND');
      expect([store.find(City, id(number)), store.findAny(id(number))]).toEqual([undefined, undefined]);
    },
  );

  test('of another type is WRONG_TYPE for get, undefined for find', () => {
    const cat = store.create(Animal, { name: 'Cat' });

    const error = refusal(() => store.get(City, id(cat.storeId)));

    expect(error).toMatchObject({ code: 'WRONG_TYPE', storeId: cat.storeId });
    expect(error.message).toMatch(/animal.*city/);
    expect(store.find(City, id(cat.storeId))).toBe(undefined);
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', '7'],
    ['a bigint', 7n],
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a fraction', 4097.5],
    ['2^53', 2 ** 53],
    ['an object', {}],
  ])('is refused when the id is %s', (_, bad) => {
    store.create(City, { name: 'Paris' });

    const codes = [
      codeOf(() => store.get(City, id(bad))),
      codeOf(() => store.getAny(id(bad))),
      codeOf(() => store.find(City, id(bad))),
      codeOf(() => store.findAny(id(bad))),
    ];

    expect(codes).toEqual(Array(4).fill('INVALID_VALUE'));
  });
});

test('all ids of a store differ, over all types', () => {
  const items = [...Array(20).keys()].flatMap((at) => [
    store.create(City, { name: 'x' }),
    store.create(Animal, { name: 'x' }),
    store.create(Country, { code: `${at}` }),
  ]);

  expect(new Set(items.map((one) => one.storeId)).size).toBe(60);
  expect(items.every((one) => Number.isSafeInteger(one.storeId) && one.storeId > 0)).toBe(true);
});

describe('an item by what it is like', () => {
  let paris: City;
  let lyon: City;
  beforeEach(() => {
    paris = store.create(City, { name: 'Paris', population: 2, capital: true });
    lyon = store.create(City, { name: 'Lyon' });
    store.create(City, { name: 'Lyon', population: 7 });
  });

  test('findFirst gives the one with the smallest id, undefined when there is none', () => {
    expect(store.findFirst(City)).toBe(paris);
    expect(store.findFirst(City, { name: 'Lyon' })).toBe(lyon);
    expect(store.findFirst(City, (c) => c.population.gt(1))).toBe(paris);
    expect(store.findFirst(City, { name: 'Nice' })).toBe(undefined);
    expect(store.findFirst(Animal)).toBe(undefined);
  });

  test('findUnique gives the only one, undefined when there is none, and refuses two', () => {
    expect(store.findUnique(City, { name: 'Paris' })).toBe(paris);
    expect(store.findUnique(City, { name: 'Lyon', population: null })).toBe(lyon);
    expect(store.findUnique(City, (c) => c.capital.eq(true))).toBe(paris);
    expect(store.findUnique(City, { name: 'Nice' })).toBe(undefined);
    expect(refusal(() => store.findUnique(City, { name: 'Lyon' }))).toMatchObject({ code: 'NOT_UNIQUE', type: 'city' });
  });

  test('getUnique gives the only one, and refuses none and two', () => {
    expect(store.getUnique(City, { name: 'Paris' })).toBe(paris);
    expect(refusal(() => store.getUnique(City, { name: 'Nice' }))).toMatchObject({ code: 'NOT_FOUND', type: 'city' });
    expect(refusal(() => store.getUnique(City, { name: 'Lyon' }))).toMatchObject({ code: 'NOT_UNIQUE', type: 'city' });
  });

  test('count counts them', () => {
    expect([store.count(City), store.count(Animal)]).toEqual([3, 0]);
    expect(store.count(City, { name: 'Lyon' })).toBe(2);
    expect(store.count(City, (c) => c.population.isNotNull())).toBe(2);
  });

  test.each<[string, object, string]>([
    ['undefined in a plain object', { name: undefined }, 'INVALID_VALUE'],
    ['an unknown attribute', { nam: 'x' }, 'UNKNOWN_ATTRIBUTE'],
    ['a value of a wrong type', { name: 5 }, 'INVALID_VALUE'],
    ['a callback that gives no condition', () => true, 'BAD_QUERY'],
    ['an array', [], 'BAD_QUERY'],
  ])('%s is refused by all of them', (_, where, code) => {
    const codes = [
      codeOf(() => store.findFirst(City, where as never)),
      codeOf(() => store.findUnique(City, where as never)),
      codeOf(() => store.getUnique(City, where as never)),
      codeOf(() => store.count(City, where as never)),
      codeOf(() => store.query(City, where as never).all()),
    ];

    expect(codes).toEqual(Array(5).fill(code));
  });

  test.each([undefined, null])('a condition is mandatory where one item is meant, and %s is none', (where) => {
    store.create(Animal, { name: 'Cat' });

    expect(codeOf(() => store.findUnique(Animal, where as never))).toBe('BAD_QUERY');
    expect(codeOf(() => store.getUnique(Animal, where as never))).toBe('BAD_QUERY');
  });
});

describe('findOrCreate', () => {
  test('gives what is there, and makes nothing', () => {
    const paris = store.create(City, { name: 'Paris', population: 2 });

    expect(store.findOrCreate(City, { name: 'Paris' })).toBe(paris);
    expect(store.findOrCreate(City, { name: 'Paris' }, { population: 99, capital: true })).toBe(paris);
    expect([store.count(City), paris.population, paris.capital]).toEqual([1, 2, false]);
  });

  test('makes what is not there, with the equalities and the rest', () => {
    const france = store.create(Country, { code: 'FR' });

    const paris = store.findOrCreate(City, { name: 'Paris', country: france }, { population: 2 });

    expect([paris.name, paris.country, paris.population]).toEqual(['Paris', france, 2]);
    expect(store.findOrCreate(City, { name: 'Paris', country: france })).toBe(paris);
  });

  test('finds null by null', () => {
    const nowhere = store.findOrCreate(City, { name: 'Nowhere', country: null });

    expect(store.findOrCreate(City, { name: 'Nowhere', country: null })).toBe(nowhere);
    expect(store.count(City)).toBe(1);
  });

  test('finds and makes inside a transaction, and goes back with it', () => {
    expect(() =>
      store.transact(() => {
        const first = store.findOrCreate(City, { name: 'Paris' });
        expect(store.findOrCreate(City, { name: 'Paris' })).toBe(first);
        throw new Error('no');
      }),
    ).toThrow('no');

    expect(store.count(City)).toBe(0);
  });

  test('refuses two that fit', () => {
    store.createMany(City, [{ name: 'Lyon' }, { name: 'Lyon' }]);

    expect(codeOf(() => store.findOrCreate(City, { name: 'Lyon' }))).toBe('NOT_UNIQUE');
    expect(store.count(City)).toBe(2);
  });

  test.each<[string, unknown, unknown, string]>([
    ['undefined', { name: undefined }, {}, 'INVALID_VALUE'],
    ['a wrong type', { name: 5 }, {}, 'INVALID_VALUE'],
    ['an unknown attribute', { nam: 'x' }, {}, 'UNKNOWN_ATTRIBUTE'],
    ['a callback', () => true, {}, 'INVALID_VALUE'],
    ['no equalities at all', undefined, {}, 'INVALID_VALUE'],
    ['a missing value', { population: 5 }, {}, 'MISSING_VALUE'],
    ['undefined in the rest', { name: 'x' }, { population: undefined }, 'INVALID_VALUE'],
    ['a wrong type in the rest', { name: 'x' }, { population: 'y' }, 'INVALID_VALUE'],
    ['an unknown attribute in the rest', { name: 'x' }, { mayor: 'y' }, 'UNKNOWN_ATTRIBUTE'],
  ])('refuses %s, and makes nothing', (_, equalities, rest, code) => {
    expect(codeOf(() => store.findOrCreate(City, equalities as never, rest as never))).toBe(code);
    expect(store.count(City)).toBe(0);
  });
});

describe('delete', () => {
  test('takes the item out of the store, and leaves it readable', () => {
    const [paris, lyon] = [store.create(City, { name: 'Paris', population: 2 }), store.create(City, { name: 'Lyon' })];

    store.delete(paris);
    lyon.delete();

    expect(store.count(City)).toBe(0);
    expect([paris.name, paris.population, paris.isStored, lyon.isStored]).toEqual(['Paris', 2, false, false]);
  });

  test('of a deleted item, and every other use of it, is ITEM_GONE', () => {
    const france = store.create(Country, { code: 'FR' });
    const paris = store.create(City, { name: 'Paris' });
    france.delete();
    paris.delete();

    const codes = [
      codeOf(() => store.delete(paris)),
      codeOf(() => paris.delete()),
      codeOf(() => paris.set({ name: 'x' })),
      codeOf(() => Object.assign(paris, { name: 'x' })),
      codeOf(() => store.create(City, { name: 'x', country: france })),
      codeOf(() => store.query(City, (c) => c.country.eq(france)).all()),
    ];

    expect(codes).toEqual(Array(6).fill('ITEM_GONE'));
    expect(paris.name).toBe('Paris');
    expect(store.count(City)).toBe(0);
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['an id', 4097],
    ['a plain object', { storeId: 4097 }],
    ['a class', City],
  ])('of %s is refused', (_, what) => {
    store.create(City, { name: 'Paris' });

    expect(codeOf(() => store.delete(what as never))).toBe('INVALID_VALUE');
    expect(store.count(City)).toBe(1);
  });
});

describe('a class that is no item type is refused by', () => {
  class Plain {}
  const methods: [string, (type: never) => unknown][] = [
    ['create', (type) => store.create(type, {} as never)],
    ['createMany', (type) => store.createMany(type, [])],
    ['get', (type) => store.get(type, id(1) as never)],
    ['find', (type) => store.find(type, id(1) as never)],
    ['findFirst', (type) => store.findFirst(type)],
    ['findUnique', (type) => store.findUnique(type, {} as never)],
    ['getUnique', (type) => store.getUnique(type, {} as never)],
    ['findOrCreate', (type) => store.findOrCreate(type, {} as never)],
    ['query', (type) => store.query(type).all()],
    ['count', (type) => store.count(type)],
  ];

  test.each(methods)('%s', (_, use) => {
    const codes = [Plain, Item, {}, 'city', null, undefined].map((type) => codeOf(() => use(type as never)));

    expect(codes).toEqual(Array(6).fill('BAD_TYPE'));
  });
});

describe('an item of another store is WRONG_STORE', () => {
  let elsewhere: Country;
  let home: Country;
  let city: City;
  beforeEach(() => {
    elsewhere = aStore({ types }).create(Country, { code: 'DE' });
    home = store.create(Country, { code: 'FR' });
    city = store.create(City, { name: 'Paris', country: home });
  });

  test.each<[string, () => unknown]>([
    ['in create', () => store.create(City, { name: 'x', country: elsewhere })],
    ['in createMany', () => store.createMany(City, [{ name: 'x' }, { name: 'y', country: elsewhere }])],
    ['in an assignment', () => Object.assign(city, { country: elsewhere })],
    ['in set', () => city.set({ name: 'x', country: elsewhere })],
    ['in findOrCreate', () => store.findOrCreate(City, { name: 'Paris', country: elsewhere })],
    ['in the rest of findOrCreate', () => store.findOrCreate(City, { name: 'x' }, { country: elsewhere })],
    ['in delete', () => store.delete(elsewhere)],
    ['in a plain object', () => store.query(City, { country: elsewhere }).all()],
    ['in findFirst', () => store.findFirst(City, { country: elsewhere })],
    ['in findUnique', () => store.findUnique(City, { country: elsewhere })],
    ['in getUnique', () => store.getUnique(City, { country: elsewhere })],
    ['in count', () => store.count(City, { country: elsewhere })],
    ['in eq', () => store.query(City, (c) => c.country.eq(elsewhere)).all()],
    ['in ne', () => store.query(City, (c) => c.country.ne(elsewhere)).all()],
    ['in in', () => store.query(City, (c) => c.country.in([home, elsewhere])).all()],
    ['in notIn', () => store.query(City, (c) => c.country.notIn([elsewhere])).all()],
    ['in self', () => store.query(Country, (c) => c.self.eq(elsewhere)).all()],
    ['in a bulk update', () => store.query(City).update({ country: elsewhere })],
    [
      'in a query in place of a list',
      () => store.query(City, (c) => c.country.in(elsewhere.store.query(Country))).all(),
    ],
  ])('%s', (_, use) => {
    expect(codeOf(use)).toBe('WRONG_STORE');
    expect(city.country).toBe(home);
    expect([store.count(City), city.name, elsewhere.isStored]).toEqual([1, 'Paris', true]);
  });

  test('also when it is one of a substore, and one of a parent', () => {
    const part = store.substores.create('part');
    const below = part.create(Country, { code: 'DE' });

    expect(codeOf(() => store.create(City, { name: 'x', country: below }))).toBe('WRONG_STORE');
    expect(codeOf(() => part.create(City, { name: 'x', country: home }))).toBe('WRONG_STORE');
    expect(codeOf(() => part.delete(home))).toBe('WRONG_STORE');
  });
});

interface World {
  readonly city: City;
  readonly store: Store;
  readonly part: Store;
}

const READS: [string, (world: World) => unknown][] = [
  ['get', ({ store, city }) => store.get(City, city.storeId)],
  ['getAny', ({ store, city }) => store.getAny(city.storeId)],
  ['find', ({ store, city }) => store.find(City, city.storeId)],
  ['findAny', ({ store, city }) => store.findAny(city.storeId)],
  ['findFirst', ({ store }) => store.findFirst(City)],
  ['findUnique', ({ store }) => store.findUnique(City, { name: 'Paris' })],
  ['getUnique', ({ store }) => store.getUnique(City, { name: 'Paris' })],
  ['findOrCreate of what is there', ({ store }) => store.findOrCreate(City, { name: 'Paris' })],
  ['count', ({ store }) => store.count(City)],
  ['query.all', ({ store }) => store.query(City).all()],
  ['query iteration', ({ store }) => [...store.query(City)]],
  ['query.first', ({ store }) => store.query(City).first()],
  ['query.one', ({ store }) => store.query(City).one()],
  ['query.count', ({ store }) => store.query(City).count()],
  ['query.exists', ({ store }) => store.query(City).exists()],
  ['query.sum', ({ store }) => store.query(City).sum((c) => c.population)],
  ['query.avg', ({ store }) => store.query(City).avg((c) => c.population)],
  ['query.min', ({ store }) => store.query(City).min((c) => c.name)],
  ['query.max', ({ store }) => store.query(City).max((c) => c.name)],
  [
    'query.pluck',
    ({ store }) =>
      store
        .query(City)
        .pluck((c) => c.name)
        .all(),
  ],
  ['query.pages', ({ store }) => [...store.query(City).pages(5)]],
  ['query.page', ({ store }) => store.query(City).page({ size: 5 })],
  ['query.explain', ({ store }) => store.query(City).explain()],
  ['transact that only reads', ({ store }) => store.transact(() => store.count(City), { readOnly: true })],
  ['refresh', ({ store }) => store.refresh()],
  ['check', ({ store }) => store.check()],
  ['stats', ({ store }) => store.stats()],
  ['afterCommit', ({ store }) => store.afterCommit(() => undefined)],
  ['at', ({ store }) => store.at('part')],
  ['substores.open', ({ store }) => store.substores.open('part')],
  ['substores.openOrCreate of what is there', ({ store }) => store.substores.openOrCreate('part')],
  ['substores.has', ({ store }) => store.substores.has('part')],
  ['substores.names', ({ store }) => store.substores.names()],
  ['substores.size', ({ store }) => store.substores.size],
  ['substores.query', ({ store }) => store.substores.query().all()],
  ['tree.query', ({ store }) => store.tree.query(City).all()],
  ['tree.count', ({ store }) => store.tree.count(City)],
  ['tree.stores', ({ store }) => [...store.tree.stores()]],
  ['tree.stats', ({ store }) => store.tree.stats()],
  ['a query of a substore', ({ part }) => part.query(City).all()],
];

const WRITES: [string, (world: World) => unknown][] = [
  ['create', ({ store }) => store.create(City, { name: 'x' })],
  ['createMany', ({ store }) => store.createMany(City, [{ name: 'x' }])],
  ['findOrCreate of what is not there', ({ store }) => store.findOrCreate(City, { name: 'x' })],
  ['delete', ({ store, city }) => store.delete(city)],
  ['item.delete', ({ city }) => city.delete()],
  ['an assignment', ({ city }) => Object.assign(city, { name: 'x' })],
  ['item.set', ({ city }) => city.set({ name: 'x' })],
  ['query.update', ({ store }) => store.query(City).update({ name: 'x' })],
  ['query.update of nothing', ({ store }) => store.query(Animal).update({ name: 'x' })],
  ['query.delete', ({ store }) => store.query(City).delete()],
  ['query.delete of nothing', ({ store }) => store.query(Animal).delete()],
  ['transact', ({ store }) => store.transact(() => 1)],
  ['vacuum', ({ store }) => store.vacuum()],
  ['substores.create', ({ store }) => store.substores.create('new')],
  ['substores.openOrCreate of what is not there', ({ store }) => store.substores.openOrCreate('new')],
  ['substores.delete', ({ store }) => store.substores.delete('part')],
  ['deleting a SubStore item', ({ store }) => store.substores.query().one().delete()],
  ['writing into a substore', ({ part }) => part.create(City, { name: 'x' })],
];

/** A store with one item and one substore, opened once more. */
function aWorld(options: { readonly readOnly?: boolean } = {}): World {
  const { storeId } = store.create(City, { name: 'Paris', population: 2 });
  store.substores.create('part');
  store.close();
  const again = aStore({ types, ...options }, place);
  return { store: again, city: again.get(City, storeId), part: again.at('part') };
}

describe('a closed store refuses', () => {
  test.each([...READS, ...WRITES])('%s', (_, use) => {
    const world = aWorld();
    world.store.close();

    expect(codeOf(() => use(world))).toBe('STORE_CLOSED');
  });

  test('queries, pages and iterations that were begun before', async () => {
    const world = aWorld();
    const query = world.store.query(City);
    const pages = query.pages(1);
    const tree = world.store.tree.query(City);
    const { substores } = world.store;
    world.store.close();

    const codes = [() => query.all(), () => [...pages], () => tree.count(), () => substores.names()].map(codeOf);

    expect(codes).toEqual(Array(4).fill('STORE_CLOSED'));
    await expect(pages[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });

  test('nothing of what its items hold in memory', () => {
    const { store: opened, city } = aWorld();
    opened.close();

    expect([city.name, city.population, city.toJSON().name]).toEqual(['Paris', 2, 'Paris']);
  });

  test('nothing else: the same store can be opened again', () => {
    const { store: opened } = aWorld();
    opened.close();
    opened.close();

    expect(aStore({ types }, place).count(City)).toBe(1);
  });
});

describe('a store opened readOnly', () => {
  test.each(READS)('answers %s', (_, use) => {
    const world = aWorld({ readOnly: true });

    expect(() => use(world)).not.toThrow();
  });

  test.each(WRITES)('refuses %s', (_, use) => {
    const world = aWorld({ readOnly: true });
    const before = readFileSync(join(place, 'db.sqlite'));

    expect(codeOf(() => use(world))).toBe('READ_ONLY');
    expect([world.city.name, world.city.isStored, world.store.count(City)]).toEqual(['Paris', true, 1]);
    expect(readFileSync(join(place, 'db.sqlite')).equals(before)).toBe(true);
  });
});
