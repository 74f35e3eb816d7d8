import {
  and,
  avg,
  type ColumnOf,
  type Columns,
  count,
  max,
  min,
  optional,
  or,
  referrers,
  type Store,
  sum,
} from 'corollary';
import { beforeEach, describe, expect, test } from 'vitest';
import { codeOf } from '../support/a-refusal.js';
import { aStoreToAsk } from '../support/a-store-to-ask.js';
import { City, Country, fillWorld, Ghost, Mayor, Review, types, type World } from './world.js';

let store: Store;
let world: World;
const worldToAsk = aStoreToAsk({ types }, fillWorld);
beforeEach(() => {
  ({ store, filled: world } = worldToAsk());
});

type Column = (c: Columns<City>) => ColumnOf<unknown>;
const cities = () => store.query(City);
const NAMES = ['Paris', 'Lyon', 'Nice', 'Bonn', 'Camp'];

describe('each calculation, of Paris, Lyon, Nice, Bonn and Camp', () => {
  test.each<[string, Column, unknown[]]>([
    ['plus a number', (c) => c.population.plus(1), [2_100_001, 520_001, 340_001, 340_001, null]],
    ['plus a fraction', (c) => c.population.plus(0.5), [2_100_000.5, 520_000.5, 340_000.5, 340_000.5, null]],
    ['minus a number', (c) => c.population.minus(2_100_000), [0, -1_580_000, -1_760_000, -1_760_000, null]],
    ['times a number', (c) => c.population.times(-2), [-4_200_000, -1_040_000, -680_000, -680_000, null]],
    ['times a fraction', (c) => c.population.times(0.5), [1_050_000, 260_000, 170_000, 170_000, null]],
    ['real plus real', (c) => c.area.plus(c.area), [210.8, 95.8, 143.8, null, null]],
    ['real times integer', (c) => c.area.times(10), [1054, 479, 719, null, null]],
    ['integer plus real', (c) => c.population.plus(c.area), [2_100_105.4, 520_047.9, 340_071.9, null, null]],
    ['decimal plus decimal', (c) => c.tax.plus(c.tax), ['25.00', '14.50', null, '0.20', null]],
    ['decimal plus a text', (c) => c.tax.plus('0.05'), ['12.55', '7.30', null, '0.15', null]],
    ['decimal plus an integer', (c) => c.tax.plus(1), ['13.50', '8.25', null, '1.10', null]],
    ['decimal minus a decimal', (c) => c.tax.minus('12.50'), ['0.00', '-5.25', null, '-12.40', null]],
    ['decimal times an integer', (c) => c.tax.times(3), ['37.50', '21.75', null, '0.30', null]],
    ['decimal times a decimal', (c) => c.tax.times(c.tax), ['156.2500', '52.5625', null, '0.0100', null]],
    ['decimal times a text', (c) => c.tax.times('0.50'), ['6.2500', '3.6250', null, '0.0500', null]],
    ['decimals of unlike scales', (c) => c.tax.times(c.tax).plus(c.tax), ['168.7500', '59.8125', null, '0.1100', null]],
    [
      'decimal minus one of another scale',
      (c) => c.tax.minus(c.tax.times(c.tax)),
      ['-143.7500', '-45.3125', null, '0.0900', null],
    ],
    [
      'decimal plus an integer column',
      (c) => c.tax.plus(c.population),
      ['2100012.50', '520007.25', null, '340000.10', null],
    ],
    ['decimal times an integer column', (c) => c.tax.times(c.name.length()), ['62.50', '29.00', null, '0.40', null]],
    ['bigint plus bigint', (c) => c.stars.plus(c.stars), [10n, 8n, null, 6n, null]],
    [
      'bigint plus a value',
      (c) => c.stars.plus(2n ** 60n),
      [2n ** 60n + 5n, 2n ** 60n + 4n, null, 2n ** 60n + 3n, null],
    ],
    ['bigint times a value', (c) => c.stars.times(-3n), [-15n, -12n, null, -9n, null]],
    ['coalesce with a value', (c) => c.population.coalesce(-1), [2_100_000, 520_000, 340_000, 340_000, -1]],
    ['coalesce with a column', (c) => c.alias.coalesce(c.name), ['Lutetia', 'lugdunum', 'Nice', 'BONNA', 'Camp']],
    ['coalesce of decimals', (c) => c.tax.coalesce('9.99'), ['12.50', '7.25', '9.99', '0.10', '9.99']],
    ['coalesce of booleans', (c) => c.capital.coalesce(false), [true, false, false, false, false]],
    ['coalesce of dates', (c) => c.founded.coalesce(new Date(0)).year(), [2001, 1999, 1970, 1970, 1970]],
    ['coalesce of references', (c) => c.twin.to.name.coalesce('-'), ['-', 'Paris', 'Lyon', 'Paris', '-']],
    ['concat', (c) => c.name.concat('!', c.name), NAMES.map((name) => `${name}!${name}`)],
    [
      'concat with null',
      (c) => c.name.concat('/', c.alias),
      ['Paris/Lutetia', 'Lyon/lugdunum', null, 'Bonn/BONNA', null],
    ],
    ['concat of nothing', (c) => c.name.concat(), NAMES],
    ['length', (c) => c.alias.length(), [7, 8, null, 5, null]],
    ['lower', (c) => c.alias.lower(), ['lutetia', 'lugdunum', null, 'bonna', null]],
    ['upper', (c) => c.name.upper(), ['PARIS', 'LYON', 'NICE', 'BONN', 'CAMP']],
    ['year', (c) => c.founded.year(), [2001, 1999, null, null, null]],
    ['month', (c) => c.founded.month(), [2, 12, null, null, null]],
    ['day', (c) => c.founded.day(), [3, 31, null, null, null]],
    ['hour', (c) => c.founded.hour(), [4, 23, null, null, null]],
    ['minute', (c) => c.founded.minute(), [5, 59, null, null, null]],
    ['second', (c) => c.founded.second(), [6, 59, null, null, null]],
    ['weekday', (c) => c.founded.weekday(), [6, 5, null, null, null]],
    ['a chain', (c) => c.name.lower().concat(c.name.upper()).length().times(10).minus(1), [99, 79, 79, 79, 79]],
    ['a reference', (c) => c.twin.to.twin.to.name, [null, null, 'Paris', null, null]],
    ['two hops', (c) => c.country.to.continent.to.name, ['Europe', 'Europe', 'Europe', 'Europe', null]],
    ['three hops', (c) => c.twin.to.country.to.continent.to.name, [null, 'Europe', 'Europe', 'Europe', null]],
    ['the id at the end of a path', (c) => c.twin.to.country.to.code, [null, 'FR', 'FR', 'FR', null]],
    [
      'a calculation over a path',
      (c) => c.twin.to.population.minus(c.population),
      [null, 1_580_000, 180_000, 1_760_000, null],
    ],
    ['json', (c) => c.notes.at('colour'), ['blue', 'red', null, 'blue', null]],
    ['json in json', (c) => c.notes.at('size').at('width'), [12, 9, null, null, null]],
    ['json null in json', (c) => c.notes.at('size').at('unit'), ['km', null, null, null, null]],
    ['json in a list', (c) => c.notes.at('tags').at(0), ['old', 'silk', null, null, null]],
    ['json behind the end', (c) => c.notes.at('tags').at(1), ['large', null, null, null, null]],
    ['json with quotes', (c) => c.notes.at('it\'s "quoted"'), [null, null, null, 7, null]],
    ['json truth', (c) => c.notes.at('public'), [true, false, null, null, null]],
    [
      'json objects',
      (c) => c.notes.at('size'),
      [{ width: 12, unit: 'km' }, { width: 9, unit: null }, null, null, null],
    ],
    ['json lists', (c) => c.notes.at('tags'), [['old', 'large'], ['silk'], null, null, null]],
    ['json over a path', (c) => c.twin.to.notes.at('colour'), [null, 'blue', 'red', 'blue', null]],
    ['referrers', (c) => referrers(c, Review, (r) => r.city).count(), [2, 1, 0, 2, 0]],
    [
      'referrers with a condition',
      (c) => referrers(c, Review, (r) => r.city).count((r) => r.stars.gte(4)),
      [1, 1, 0, 1, 0],
    ],
    ['referrers of a reference', (c) => referrers(c.country, City, (x) => x.country).count(), [3, 3, 3, 1, 1]],
    ['referrers of self', (c) => referrers(c.self, City, (x) => x.twin).count(), [2, 1, 0, 0, 0]],
    [
      'referrers at the end of a path',
      (c) => referrers(c.twin.to.country, City, (x) => x.country).count(),
      [0, 3, 3, 3, 0],
    ],
    ['referrers of a type never stored', (c) => referrers(c, Ghost, (g) => g.city).count(), [0, 0, 0, 0, 0]],
    [
      'referrers calculated with',
      (c) =>
        referrers(c, Review, (r) => r.city)
          .count()
          .times(2)
          .plus(1),
      [5, 3, 1, 5, 1],
    ],
  ])('%s, plucked, selected, ordered, grouped, distinct, found and paged', (_, column, expected) => {
    const plucked = cities().pluck(column);
    expect(plucked.all()).toEqual(expected);
    expect(
      cities()
        .select((c) => ({ v: column(c) }))
        .all(),
    ).toEqual(expected.map((v) => ({ v })));
    expect(plucked.count()).toBe(5);
    expect([...plucked.pages(2)].flat()).toEqual(expected);
    expect(store.tree.query(City).pluck(column).all()).toEqual(expected);
    const nulls = expected.filter((value) => value === null).length;
    const isNull = (c: Columns<City>) => (column(c) as Columns<City>['population']).isNull();
    expect(cities().where(isNull).count()).toBe(nulls);
    expect(
      cities()
        .where((c) => isNull(c).not())
        .count(),
    ).toBe(5 - nulls);
    const distinct = new Set(
      expected.map((value) => JSON.stringify(value, (__, v) => (typeof v === 'bigint' ? `${v}n` : v))),
    );
    expect(
      cities()
        .groupBy(column)
        .select((c) => ({ v: column(c), n: count() }))
        .all(),
    ).toHaveLength(distinct.size);
    expect(
      cities()
        .groupBy(column)
        .pluck(() => count())
        .all()
        .reduce((a, b) => a + b, 0),
    ).toBe(5);
    expect(plucked.distinct().count()).toBe(distinct.size);
    expect(plucked.distinct().all()).toHaveLength(distinct.size);
    const orderable = (c: Columns<City>) => column(c) as Columns<City>['population'];
    const ascending = cities().orderBy((c) => orderable(c).asc());
    const ids = ascending.pluck((c) => c.name).all();
    expect([...ascending.pages(2)].flat().map(({ name }) => name)).toEqual(ids);
    expect(
      store.tree
        .query(City)
        .orderBy((c) => orderable(c).asc())
        .pluck((c) => c.name)
        .all(),
    ).toEqual(ids);
    const descending = cities().orderBy((c) => orderable(c).desc({ nulls: 'first' }));
    expect([...descending.pages(1)].flat()).toEqual(descending.all());
    expect(cities().firstPer(column).all()).toHaveLength(distinct.size);
  });
});

describe('each aggregate', () => {
  test.each<[string, (c: Columns<City>) => ColumnOf<unknown>, unknown]>([
    ['rows', () => count(), 5],
    ['values', (c) => count(c.alias), 3],
    ['references', (c) => count(c.twin), 3],
    ['values at paths', (c) => count(c.twin.to.twin), 1],
    ['a sum', (c) => sum(c.population), 3_300_000],
    ['a sum of reals', (c) => sum(c.area), 225.2],
    ['a sum of decimals', (c) => sum(c.tax), '19.85'],
    ['a sum of bigints', (c) => sum(c.stars), 12n],
    ['a sum calculated', (c) => sum(c.population.plus(1).times(2)), 6_600_008],
    ['a sum of calculated decimals', (c) => sum(c.tax.times('0.50')), '9.9250'],
    ['a sum of calculated bigints', (c) => sum(c.stars.times(2n ** 50n)), 12n * 2n ** 50n],
    ['a sum over a path', (c) => sum(c.twin.to.population), 4_720_000],
    ['a sum of counts', (c) => sum(referrers(c, Review, (r) => r.city).count()), 5],
    ['an average', (c) => avg(c.population), 825_000],
    ['an average of decimals', (c) => avg(c.tax), '6.62'],
    ['an average of bigints', (c) => avg(c.stars), 4],
    ['an average of reals', (c) => avg(c.area), 225.2 / 3],
    ['the least text', (c) => min(c.name), 'Bonn'],
    ['the greatest text', (c) => max(c.name), 'Paris'],
    ['the least text of a collation', (c) => min(c.alias), 'BONNA'],
    ['the greatest text of a collation', (c) => max(c.alias), 'Lutetia'],
    ['the least date', (c) => min(c.founded), new Date('1999-12-31T23:59:59Z')],
    ['the greatest decimal', (c) => max(c.tax), '12.50'],
    ['the greatest bigint', (c) => max(c.stars), 5n],
    ['the greatest over a path', (c) => max(c.country.to.name), 'Germany'],
    ['the greatest calculated', (c) => max(c.name.upper()), 'PARIS'],
    ['calculated of aggregates', (c) => sum(c.population).plus(count()).times(2), 6_600_010],
    ['coalesce of an aggregate', (c) => max(c.population.minus(c.twin.to.population)).coalesce(0), -180_000],
    ['aggregates of two kinds', (c) => max(c.name).concat('-', min(c.name)), 'Paris-Bonn'],
    ['a difference of two', (c) => max(c.population).minus(min(c.population)), 1_760_000],
    ['decimal with count', (c) => sum(c.tax).plus(count()), '24.85'],
  ])('%s, of a store and a tree', (_, column, expected) => {
    const close = typeof expected === 'number' && !Number.isInteger(expected);
    const wanted = close ? expect.closeTo(expected, 9) : expected;
    expect(cities().pluck(column).all()).toEqual([wanted]);
    expect(
      cities()
        .select((c) => ({ v: column(c) }))
        .one(),
    ).toEqual({ v: wanted });
    expect(cities().pluck(column).count()).toBe(1);
    expect(store.tree.query(City).pluck(column).all()).toEqual([wanted]);
    expect(
      cities()
        .where((c) => c.name.eq('nowhere'))
        .pluck(column)
        .count(),
    ).toBe(1);
    expect(() => store.query(City).pluck(column).explain()).not.toThrow();
  });

  test.each<[string, (g: Columns<Ghost>) => ColumnOf<unknown>, unknown]>([
    ['count', () => count(), 0],
    ['count of values', (g) => count(g.name), 0],
    ['sum', (g) => sum(g.size), 0],
    ['avg', (g) => avg(g.size), null],
    ['min', (g) => min(g.name), null],
    ['max', (g) => max(g.size), null],
    ['max over a path', (g) => max(g.city.to.tax), null],
    ['sum of decimals over a path', (g) => sum(g.city.to.tax), '0.00'],
    ['sum of bigints over a path', (g) => sum(g.city.to.stars), 0n],
  ])('%s of nothing', (_, column, expected) => {
    expect(store.query(Ghost).pluck(column).all()).toEqual([expected]);
    expect(store.tree.query(Ghost).pluck(column).all()).toEqual([expected]);
    expect(
      store
        .query(Ghost)
        .groupBy((g) => g.name)
        .pluck(column)
        .all(),
    ).toEqual([]);
  });

  test('as a method equals the function', () => {
    expect(cities().sum((c) => c.population.plus(1))).toBe(3_300_004);
    expect(cities().max((c) => c.country.to.name)).toBe('Germany');
    expect(cities().min((c) => c.notes.at('size').at('width'))).toBe(9);
    expect(cities().avg((c) => c.founded.year())).toBe(2000);
    expect(cities().sum((c) => referrers(c, Review, (r) => r.city).count())).toBe(5);
    expect(
      cities()
        .limit(2)
        .sum((c) => c.twin.to.population),
    ).toBe(2_100_000);
  });

  test('a calculation beyond its kind is OUT_OF_RANGE where it is read', () => {
    expect(
      codeOf(() =>
        cities()
          .pluck((c) => c.population.times(2 ** 40))
          .all(),
      ),
    ).toBe('OUT_OF_RANGE');
    expect(
      codeOf(() =>
        cities()
          .pluck((c) => c.stars.times(2n ** 62n))
          .all(),
      ),
    ).toBe('OUT_OF_RANGE');
    expect(
      codeOf(() =>
        cities()
          .pluck((c) => c.area.times(1e308).times(1e308))
          .all(),
      ),
    ).toBe('OUT_OF_RANGE');
    expect(codeOf(() => cities().sum((c) => c.population.times(2 ** 40)))).toBe('OUT_OF_RANGE');
    expect(
      cities()
        .where((c) => c.population.times(2 ** 40).gt(2 ** 52))
        .count(),
    ).toBe(4);
  });
});

describe('select', () => {
  test('gives what is asked for, items included', () => {
    const [, lyon] = cities()
      .select((c) => ({ city: c, self: c.self, twin: c.twin, land: c.country, about: c.about, n: c.name }))
      .all();
    expect(lyon).toEqual({
      city: world.lyon,
      self: world.lyon,
      twin: world.paris,
      land: world.fr,
      about: world.fr,
      n: 'Lyon',
    });
    expect(lyon?.twin).toBe(world.paris);
    expect(lyon?.about).toBe(world.fr);
  });

  test('gives items at the end of paths', () => {
    const rows = cities()
      .select((c) => ({ far: c.twin.to.twin, land: c.twin.to.country, itself: c.twin.to.self }))
      .all();
    expect(rows[2]).toEqual({ far: world.paris, land: world.fr, itself: world.lyon });
    expect(rows[0]).toEqual({ far: null, land: null, itself: null });
  });

  test('takes strange names of members', () => {
    const row = cities()
      .select((c) => ({
        '': c.name,
        'a"b': c.name,
        "a'b": c.name,
        constructor: c.name,
        'ü.x y': c.name,
        toString: c.name,
      }))
      .first();
    expect(Object.keys(row ?? {})).toEqual(['', 'a"b', "a'b", 'constructor', 'ü.x y', 'toString']);
    expect(new Set(Object.values(row ?? {}))).toEqual(new Set(['Paris']));
  });

  test('keeps the order of its members', () => {
    expect(
      Object.keys(
        cities()
          .select((c) => ({ z: c.name, a: c.alias, m: c.area }))
          .first() ?? {},
      ),
    ).toEqual(['z', 'a', 'm']);
  });

  test('is distinct by all its members', () => {
    const rows = cities().select((c) => ({ land: c.country, capital: c.capital }));
    expect(rows.distinct().count()).toBe(5);
    const colours = cities().select((c) => ({
      colour: c.notes.at('colour'),
      people: c.population.gt(0) && c.country.to.continent.to.name,
    }));
    expect(colours.distinct().count()).toBe(4);
    expect(colours.distinct().limit(2).count()).toBe(2);
    expect(colours.distinct().offset(3).all()).toHaveLength(1);
  });

  test('is ordered and limited before it is read', () => {
    expect(
      cities()
        .orderBy((c) => c.name.desc())
        .limit(2)
        .select((c) => ({ n: c.name }))
        .all(),
    ).toEqual([{ n: 'Paris' }, { n: 'Nice' }]);
    expect(
      cities()
        .select((c) => ({ n: c.alias }))
        .orderBy((c) => c.name.desc())
        .limit(2)
        .all(),
    ).toEqual([{ n: 'Lutetia' }, { n: null }]);
  });

  test('replaces pluck, and pluck replaces it', () => {
    expect(
      cities()
        .pluck((c) => c.name)
        .select((c) => ({ a: c.alias }))
        .first(),
    ).toEqual({ a: 'Lutetia' });
    expect(
      cities()
        .select((c) => ({ a: c.alias }))
        .pluck((c) => c.name)
        .first(),
    ).toBe('Paris');
  });

  test('gives copies of dates, bytes and frozen json', () => {
    const query = cities().select((c) => ({ d: c.founded, f: c.flag, n: c.notes }));
    const [row] = query.all();
    row?.d?.setTime(0);
    row?.f?.fill(9);
    expect(query.first()).toEqual({
      d: new Date('2001-02-03T04:05:06.007Z'),
      f: new Uint8Array([1, 2, 3]),
      n: world.paris.notes,
    });
    expect(Object.isFrozen(row?.n)).toBe(true);
  });

  test.each<[string, (c: Columns<City>) => unknown]>([
    ['nothing', () => ({})],
    ['no object', (c) => c.name],
    ['undefined', () => undefined],
    ['null', () => null],
    ['a list', (c) => [c.name]],
    ['an undefined member', () => ({ a: undefined })],
    ['a value', () => ({ a: 5 })],
    ['a condition', (c) => ({ a: c.name.eq('x') })],
    ['an order', (c) => ({ a: c.name.asc() })],
    ['a nested object', (c) => ({ a: { b: c.name } })],
    ['a promise', async (c) => ({ a: c.name })],
    ['__proto__', (c) => JSON.parse('{"__proto__": 1}', (key, value) => (key === '__proto__' ? c.name : value))],
  ])('refuses %s', (_, pick) => {
    expect(['BAD_QUERY', 'INVALID_VALUE']).toContain(
      codeOf(() =>
        cities()
          .select(pick as never)
          .all(),
      ),
    );
  });
});

describe('groups', () => {
  const byLand = () => cities().groupBy((c) => c.country);

  test('read what they are grouped by, what it settles, and aggregates', () => {
    expect(
      byLand()
        .select((c) => ({ land: c.country, code: c.country.to.code, on: c.country.to.continent.to.name, n: count() }))
        .all(),
    ).toEqual([
      { land: world.fr, code: 'FR', on: 'Europe', n: 3 },
      { land: world.de, code: 'DE', on: 'Europe', n: 1 },
      { land: world.aq, code: 'AQ', on: null, n: 1 },
    ]);
  });

  test('are counted, limited and skipped as groups', () => {
    const groups = byLand().pluck(() => count());
    expect([groups.count(), groups.limit(2).count(), groups.offset(1).count()]).toEqual([3, 2, 2]);
    expect(groups.offset(1).limit(1).all()).toEqual([1]);
    expect(groups.exists()).toBe(true);
    expect(groups.first()).toBe(3);
    expect(codeOf(() => groups.one())).toBe('NOT_UNIQUE');
  });

  test('are ordered by aggregates, keys, and ties by keys', () => {
    const groups = byLand().pluck((c) => c.country.to.code);
    expect(groups.orderBy(() => count().desc()).all()).toEqual(['FR', 'DE', 'AQ']);
    expect(groups.orderBy(() => count().asc()).all()).toEqual(['DE', 'AQ', 'FR']);
    expect(groups.orderBy((c) => sum(c.population).asc()).all()).toEqual(['AQ', 'DE', 'FR']);
    expect(groups.orderBy((c) => c.country.to.code.asc()).all()).toEqual(['AQ', 'DE', 'FR']);
    expect(groups.orderBy((c) => max(c.tax).desc({ nulls: 'first' })).all()).toEqual(['AQ', 'FR', 'DE']);
    expect(groups.orderBy((c) => [count().asc(), c.country.to.name.asc()]).all()).toEqual(['AQ', 'DE', 'FR']);
  });

  test('are paged', () => {
    const groups = byLand()
      .select((c) => ({ code: c.country.to.code, n: count() }))
      .orderBy(() => count().desc());
    expect([...groups.pages(1)].flat()).toEqual(groups.all());
    expect([...groups.pages(2)].flat()).toEqual(groups.all());
  });

  test('are narrowed before and after', () => {
    const groups = byLand()
      .pluck((c) => c.country.to.code)
      .orderBy((c) => c.country.to.code.asc());
    expect(groups.having(() => count().gt(1)).all()).toEqual(['FR']);
    expect(groups.having((c) => sum(c.population).lt(1_000_000)).all()).toEqual(['AQ', 'DE']);
    expect(groups.having((c) => c.country.to.code.startsWith('D')).all()).toEqual(['DE']);
    expect(groups.having((c) => or(count().gt(1), max(c.population).isNull())).all()).toEqual(['AQ', 'FR']);
    expect(
      groups
        .having(() => count().gt(1))
        .having(() => count().lt(3))
        .all(),
    ).toEqual([]);
    expect(groups.having(() => count().gt(1).not()).all()).toEqual(['AQ', 'DE']);
    expect(groups.having(() => count().in([1, 2])).count()).toBe(2);
    expect(groups.having((c) => max(c.name).eq(min(c.name))).all()).toEqual(['AQ', 'DE']);
    expect(groups.where((c) => c.population.gt(400_000)).all()).toEqual(['FR']);
    expect(groups.having((c) => max(c.tax).eq('12.50')).all()).toEqual(['FR']);
    expect(groups.having((c) => sum(c.stars).between(1n, 5n)).all()).toEqual(['DE']);
    expect(groups.having((c) => max(c.name).like('p%')).all()).toEqual(['FR']);
    expect(groups.having((c) => c.country.in([world.de])).all()).toEqual(['DE']);
    expect(groups.having((c) => c.country.eq(world.aq)).all()).toEqual(['AQ']);
    expect(groups.having((c) => c.country.in(store.query(Country, { code: 'FR' }))).all()).toEqual(['FR']);
    expect(groups.having((c) => c.country.notIn(store.query(Country, { code: 'FR' }))).all()).toEqual(['AQ', 'DE']);
    expect(
      groups.having((c) => referrers(c.country, City, (x) => x.country).exists((x) => x.capital.eq(true))).all(),
    ).toEqual(['FR']);
    expect(
      groups.having((c) => referrers(c.country, City, (x) => x.country).notExists((x) => x.twin.isNotNull())).all(),
    ).toEqual(['AQ']);
    expect(
      groups
        .having((c) =>
          referrers(c.country, City, (x) => x.country)
            .count()
            .gt(1),
        )
        .all(),
    ).toEqual(['FR']);
    const sizes = store
      .query(City)
      .groupBy((c) => c.country)
      .pluck(() => count());
    expect(groups.having((c) => count(c.name).in(sizes.limit(1))).all()).toEqual(['FR']);
  });

  test('fold what a collation does not tell apart', () => {
    store.create(City, { name: 'Paname', alias: 'LUTETIA', country: world.fr });
    const groups = cities()
      .groupBy((c) => c.alias)
      .select((c) => ({ alias: c.alias, n: count() }))
      .orderBy(() => count().desc());
    expect(groups.all().map(({ n }) => n)).toEqual([2, 2, 1, 1]);
    expect(
      cities()
        .pluck((c) => c.alias)
        .distinct()
        .count(),
    ).toBe(4);
    const lower = cities()
      .groupBy((c) => c.alias.lower())
      .pluck((c) => c.alias.lower());
    expect(lower.orderBy((c) => c.alias.lower().asc()).all()).toEqual([null, 'bonna', 'lugdunum', 'lutetia']);
  });

  test('of several keys, of calculated ones, of none', () => {
    expect(
      cities()
        .groupBy((c) => [c.country, c.capital])
        .pluck(() => count())
        .all(),
    ).toHaveLength(5);
    expect(
      cities()
        .groupBy((c) => c.country)
        .groupBy((c) => c.capital)
        .pluck(() => count())
        .all(),
    ).toHaveLength(5);
    expect(
      cities()
        .groupBy((c) => c.name.length())
        .select((c) => ({ l: c.name.length(), n: count() }))
        .all(),
    ).toEqual([
      { l: 4, n: 4 },
      { l: 5, n: 1 },
    ]);
    expect(
      cities()
        .groupBy((c) => c.notes.at('colour'))
        .select((c) => ({ l: c.notes.at('colour'), n: count() }))
        .all(),
    ).toEqual([
      { l: null, n: 2 },
      { l: 'blue', n: 2 },
      { l: 'red', n: 1 },
    ]);
    expect(
      cities()
        .having(() => count().gt(4))
        .pluck(() => count())
        .all(),
    ).toEqual([5]);
    expect(
      cities()
        .having(() => count().gt(5))
        .pluck(() => count())
        .all(),
    ).toEqual([]);
    expect(
      cities()
        .groupBy((c) => c)
        .select((c) => ({ c, n: count() }))
        .all(),
    ).toHaveLength(5);
    expect(
      cities()
        .groupBy((c) => c.capital)
        .select((c) => ({ k: c.capital, n: count() }))
        .all(),
    ).toEqual([
      { k: null, n: 2 },
      { k: false, n: 2 },
      { k: true, n: 1 },
    ]);
    expect(
      cities()
        .groupBy((c) => c.flag)
        .select((c) => ({ k: c.flag, n: count() }))
        .orderBy(() => count().asc())
        .all(),
    ).toEqual([
      { k: new Uint8Array([1, 2, 3]), n: 1 },
      { k: null, n: 4 },
    ]);
  });

  test('read a calculation over a key', () => {
    const groups = cities()
      .groupBy((c) => c.founded.year())
      .select((c) => ({ next: c.founded.year().plus(1), n: count() }));
    expect(groups.all()).toEqual([
      { next: null, n: 3 },
      { next: 2000, n: 1 },
      { next: 2002, n: 1 },
    ]);
  });

  test.each<[string, () => unknown]>([
    ['groups that are read as items', () => byLand().all()],
    ['groups that are iterated as items', () => [...byLand()]],
    [
      'a value that differs within a group',
      () =>
        byLand()
          .pluck((c) => c.name)
          .all(),
    ],
    [
      'a selected value that differs',
      () =>
        byLand()
          .select((c) => ({ a: c.name, n: count() }))
          .all(),
    ],
    [
      'an order by a value that differs',
      () =>
        byLand()
          .pluck(() => count())
          .orderBy((c) => c.name.asc())
          .all(),
    ],
    [
      'a condition on a value that differs',
      () =>
        byLand()
          .pluck(() => count())
          .having((c) => c.name.eq('x'))
          .all(),
    ],
    [
      'a column beside an aggregate',
      () =>
        cities()
          .select((c) => ({ a: c.name, n: count() }))
          .all(),
    ],
    ['an aggregate in where', () => cities().where(() => count().gt(1))],
    ['an aggregate of an aggregate', () => cities().pluck((c) => sum(max(c.population) as never))],
    ['an aggregate as a key', () => cities().groupBy((c) => max(c.name))],
    ['an aggregate in firstPer', () => cities().firstPer((c) => max(c.name))],
    ['an aggregate in a join', () => store.query([City, Country], (c, k) => and(c.country.eq(k), count().gt(1)))],
    ['an aggregate in an optional join', () => store.query([City, optional(Mayor)], (_, m) => max(m.name).eq('x'))],
    [
      'an aggregate in exists',
      () => cities().where((c) => referrers(c, Review, (r) => r.city).exists(() => count().gt(1))),
    ],
    ['a method over groups', () => byLand().sum((c) => c.population)],
    ['an aggregate in a method', () => cities().sum((c) => sum(c.population))],
    [
      'distinct groups',
      () =>
        byLand()
          .pluck(() => count())
          .distinct()
          .all(),
    ],
    ['a sum of texts', () => sum(undefined as never)],
    ['a sum of a text column', () => cities().pluck((c) => sum(c.name as never))],
    ['a sum of references', () => cities().pluck((c) => sum(c.country as never))],
    ['a sum of dates', () => cities().sum((c) => c.founded as never)],
    ['a max of references', () => cities().max((c) => c.country)],
    ['a min of json', () => cities().min((c) => c.notes)],
    [
      'groups of json',
      () =>
        cities()
          .groupBy((c) => c.notes)
          .pluck(() => count())
          .all(),
    ],
    [
      'distinct json',
      () =>
        cities()
          .pluck((c) => c.notes)
          .distinct()
          .all(),
    ],
    ['update of groups', () => byLand().update({ name: 'x' })],
    [
      'preload with groups',
      () =>
        byLand()
          .preload((c) => c.twin)
          .pluck(() => count())
          .all(),
    ],
    [
      'firstPer of a join',
      () =>
        store
          .query([City, Country], (c, k) => c.country.eq(k))
          .firstPer((c) => c.name)
          .all(),
    ],
    [
      'groupBy of nothing',
      () =>
        cities()
          .groupBy(() => [] as never)
          .pluck(() => count())
          .all(),
    ],
    ['groupBy of undefined', () => cities().groupBy(() => undefined as never)],
  ])('refuse %s', (_, act) => {
    expect(['BAD_QUERY', 'INVALID_VALUE']).toContain(codeOf(act));
  });
});

describe('firstPer', () => {
  test('is the one way to the latest child of each parent', () => {
    const best = store
      .query(Review)
      .orderBy((r) => r.stars.desc())
      .firstPer((r) => r.city);
    expect(best.all().map(({ words }) => words)).toEqual(['lovely', 'good food', 'calm']);
    expect(best.count()).toBe(3);
    expect(
      best
        .limit(1)
        .all()
        .map(({ words }) => words),
    ).toEqual(['lovely']);
    expect(
      best
        .offset(2)
        .all()
        .map(({ words }) => words),
    ).toEqual(['calm']);
    expect(best.pluck((r) => r.stars).all()).toEqual([5, 4, 4]);
    expect(best.sum((r) => r.stars)).toBe(13);
    expect([...best.pages(1)].flat()).toEqual(best.all());
    expect(
      best
        .where((r) => r.stars.lt(5))
        .all()
        .map(({ words }) => words),
    ).toEqual(['good food', 'calm', 'crowded']);
    expect(best.select((r) => ({ city: r.city.to.name, w: r.words })).all()[0]).toEqual({ city: 'Paris', w: 'lovely' });
    expect(best.exists()).toBe(true);
  });

  test('breaks ties by the id, takes several columns, nulls and paths', () => {
    expect(
      cities()
        .firstPer((c) => c.population)
        .all()
        .map(({ name }) => name),
    ).toEqual(['Paris', 'Lyon', 'Nice', 'Camp']);
    expect(
      cities()
        .orderBy((c) => c.name.asc())
        .firstPer((c) => c.population)
        .all()
        .map(({ name }) => name),
    ).toEqual(['Bonn', 'Camp', 'Lyon', 'Paris']);
    expect(
      cities()
        .firstPer((c) => [c.country, c.capital])
        .count(),
    ).toBe(5);
    expect(
      cities()
        .firstPer(
          (c) => c.country,
          (c) => c.capital,
        )
        .count(),
    ).toBe(5);
    expect(
      cities()
        .firstPer((c) => c.country.to.continent)
        .all()
        .map(({ name }) => name),
    ).toEqual(['Paris', 'Camp']);
    expect(
      cities()
        .firstPer((c) => c.twin)
        .all()
        .map(({ name }) => name),
    ).toEqual(['Paris', 'Lyon', 'Nice']);
  });

  test('can be changed in bulk', () => {
    expect(
      store
        .query(Review)
        .orderBy((r) => r.stars.asc())
        .firstPer((r) => r.city)
        .delete(),
    ).toBe(3);
    expect(
      store
        .query(Review)
        .pluck((r) => r.words)
        .all(),
    ).toEqual(['lovely', 'calm']);
    expect(
      cities()
        .firstPer((c) => c.country)
        .update({ alias: 'first' }),
    ).toBe(3);
  });

  test('stands inside in', () => {
    const best = store
      .query(Review)
      .orderBy((r) => r.stars.desc())
      .firstPer((r) => r.city);
    expect(
      store
        .query(Mayor, (m) => m.self.in(best.pluck((r) => r.by)))
        .all()
        .map(({ name }) => name),
    ).toEqual(['Annie', 'Greg']);
  });
});
