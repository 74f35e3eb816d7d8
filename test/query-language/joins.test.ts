import { and, count, max, not, optional, or, type Store, sum } from 'corollary';
import { beforeEach, describe, expect, test } from 'vitest';
import { codeOf, refusal } from '../support/a-refusal.js';
import { aStore } from '../support/a-store.js';
import { City, Continent, Country, fillWorld, Ghost, Mayor, Review, types, type World } from './world.js';

let store: Store;
let world: World;
beforeEach(() => {
  store = aStore({ types });
  world = fillWorld(store);
});

const placed = () => store.query([City, Country], (c, k) => c.country.eq(k));
const twins = () => store.query([City, City], (a, b) => a.twin.eq(b));
const governed = () => store.query([City, optional(Mayor)], (c, m) => m.city.eq(c));
const named = (rows: readonly (readonly ({ name: string } | null)[])[]) =>
  rows.map((row) => row.map((one) => one?.name ?? null).join(' '));

describe('a join of two types', () => {
  test('gives tuples of items in the order of ids', () => {
    expect(named(placed().all())).toEqual([
      'Paris France',
      'Lyon France',
      'Nice France',
      'Bonn Germany',
      'Camp Antarctica',
    ]);
  });

  test('gives the live objects', () => {
    const [first] = placed().all();
    expect(first?.[0]).toBe(world.paris);
    expect(first?.[1]).toBe(world.fr);
    world.paris.name = 'Pari';
    expect(first?.[0].name).toBe('Pari');
  });

  test('tells the types apart whatever side the condition names first', () => {
    expect(store.query([City, Country], (c, k) => k.self.eq(c.country)).count()).toBe(5);
    expect(store.query([City, Country], (c, k) => c.country.eq(k.self)).count()).toBe(5);
    expect(store.query([Country, City], (k, c) => c.country.eq(k)).count()).toBe(5);
  });

  test.each<[string, number]>([
    ['FR', 3],
    ['DE', 1],
    ['AQ', 1],
    ['XX', 0],
  ])('takes conditions over all types: %s', (code, found) => {
    expect(
      placed()
        .where((_, k) => k.code.eq(code))
        .count(),
    ).toBe(found);
    expect(store.query([City, Country], (c, k) => and(c.country.eq(k), k.code.eq(code))).all()).toHaveLength(found);
  });

  test('takes a disjunction over two types', () => {
    const rows = placed().where((c, k) => or(c.name.eq('Bonn'), k.code.eq('AQ')));
    expect(named(rows.all())).toEqual(['Bonn Germany', 'Camp Antarctica']);
    expect(rows.where((c, k) => not(or(c.name.eq('Bonn'), k.code.eq('FR')))).count()).toBe(1);
  });

  test('takes equalities of the first type', () => {
    expect(named(placed().where({ name: 'Lyon' }).all())).toEqual(['Lyon France']);
  });

  test('is ordered by columns of any type', () => {
    const rows = placed().orderBy(
      (_, k) => k.name.desc(),
      (c) => c.name.asc(),
    );
    expect(named(rows.all())).toEqual([
      'Bonn Germany',
      'Lyon France',
      'Nice France',
      'Paris France',
      'Camp Antarctica',
    ]);
  });

  test('counts, limits, and skips', () => {
    const rows = placed().orderBy((c) => c.name.asc());
    expect(rows.count()).toBe(5);
    expect(rows.limit(2).count()).toBe(2);
    expect(rows.offset(4).count()).toBe(1);
    expect(named(rows.limit(2).offset(1).all())).toEqual(['Camp Antarctica', 'Lyon France']);
    expect(rows.limit(0).all()).toEqual([]);
    expect(rows.exists()).toBe(true);
    expect(rows.offset(5).exists()).toBe(false);
    expect(named([rows.first() ?? []])).toEqual(['Bonn Germany']);
    expect(named([rows.where((c) => c.name.eq('Nice')).one()])).toEqual(['Nice France']);
    expect(codeOf(() => rows.one())).toBe('NOT_UNIQUE');
    expect(codeOf(() => rows.where((c) => c.name.eq('x')).one())).toBe('NOT_FOUND');
  });

  test('aggregates columns of any type', () => {
    expect(placed().sum((c) => c.population)).toBe(3_300_000);
    expect(placed().sum((_, k) => k.people)).toBe(288_000_000n);
    expect(placed().avg((c) => c.tax)).toBe('6.62');
    expect(placed().min((_, k) => k.name)).toBe('Antarctica');
    expect(placed().max((c) => c.founded)).toEqual(new Date('2001-02-03T04:05:06.007Z'));
    expect(
      placed()
        .limit(2)
        .sum((c) => c.population),
    ).toBe(2_620_000);
  });

  test('plucks and selects from any type', () => {
    expect(
      placed()
        .pluck((_, k) => k.code)
        .all(),
    ).toEqual(['FR', 'FR', 'FR', 'DE', 'AQ']);
    const codes = placed()
      .pluck((_, k) => k.code)
      .distinct();
    expect(codes.orderBy((_, k) => k.code.asc()).all()).toEqual(['AQ', 'DE', 'FR']);
    expect(codes.count()).toBe(3);
    const [first] = placed()
      .select((c, k) => ({ city: c, land: k, both: c.name.concat(', ', k.name) }))
      .all();
    expect(first).toEqual({ city: world.paris, land: world.fr, both: 'Paris, France' });
    expect(first?.city).toBe(world.paris);
  });

  test('is paged by orders over both types', () => {
    const rows = placed().orderBy(
      (_, k) => k.people.desc(),
      (c) => c.population.desc(),
    );
    expect(named([...rows.pages(2)].flat())).toEqual(named(rows.all()));
    const first = rows.page({ size: 3 });
    expect(named(rows.page({ size: 3, after: first.next }).items)).toEqual(named(rows.all().slice(3)));
  });

  test('groups by columns of either', () => {
    const rows = placed()
      .groupBy((_, k) => k.code)
      .select((c, k) => ({ code: k.code, n: count(), people: sum(c.population) }))
      .orderBy((_, k) => k.code.asc());
    expect(rows.all()).toEqual([
      { code: 'AQ', n: 1, people: 0 },
      { code: 'DE', n: 1, people: 340_000 },
      { code: 'FR', n: 3, people: 2_960_000 },
    ]);
  });
});

describe('a self-join', () => {
  test('keeps its two parts apart', () => {
    expect(named(twins().all())).toEqual(['Lyon Paris', 'Nice Lyon', 'Bonn Paris']);
    expect(
      named(
        twins()
          .orderBy(
            (_, b) => b.name.asc(),
            (a) => a.name.desc(),
          )
          .all(),
      ),
    ).toEqual(['Nice Lyon', 'Lyon Paris', 'Bonn Paris']);
    expect(
      named(
        twins()
          .where((a, b) => a.country.eq(b.country))
          .all(),
      ),
    ).toEqual(['Lyon Paris', 'Nice Lyon']);
    expect(
      named(
        twins()
          .where((a, b) => a.country.ne(b.country))
          .all(),
      ),
    ).toEqual(['Bonn Paris']);
  });

  test('compares values of its parts', () => {
    const equal = store.query([City, City], (a, b) => and(a.population.eq(b.population), a.storeId.lt(b.storeId)));
    expect(named(equal.all())).toEqual(['Nice Bonn']);
    expect(store.query([City, City], (a, b) => a.population.lt(b.population)).count()).toBe(5);
    expect(named(store.query([City, City], (a, b) => and(a.twin.eq(b), b.twin.eq(a))).all())).toEqual([]);
  });

  test('null equals null, as in JavaScript', () => {
    const rows = store.query([City, City], (a, b) => and(a.alias.eq(b.alias), a.storeId.ne(b.storeId)));
    expect(named(rows.all()).sort()).toEqual(['Camp Nice', 'Nice Camp']);
  });

  test('joins a type three times', () => {
    const rows = store.query([City, City, City], (a, b, c) => and(a.twin.eq(b), b.twin.eq(c)));
    expect(named(rows.all())).toEqual(['Nice Lyon Paris']);
  });
});

describe('an optional type', () => {
  test('stands as null where no item ties', () => {
    expect(named(governed().all())).toEqual(['Paris Annie', 'Lyon Greg', 'Nice ', 'Bonn Katja', 'Camp ']);
    expect(governed().all()[2]?.[1]).toBeNull();
    expect(governed().count()).toBe(5);
  });

  test('keeps its ties apart from later conditions', () => {
    expect(
      named(
        governed()
          .where((_, m) => m.name.isNull())
          .all(),
      ),
    ).toEqual(['Nice ', 'Camp ']);
    expect(
      named(
        governed()
          .where((_, m) => m.self.isNull())
          .all(),
      ),
    ).toEqual(['Nice ', 'Camp ']);
    expect(
      named(
        governed()
          .where((_, m) => m.storeId.isNotNull())
          .all(),
      ),
    ).toHaveLength(3);
    expect(
      named(
        governed()
          .where((_, m) => m.name.ne('Greg'))
          .all(),
      ),
    ).toHaveLength(4);
    const early = store.query([City, optional(Mayor)], (c, m) => and(m.city.eq(c), m.since.isNotNull()));
    expect(named(early.all())).toEqual(['Paris Annie', 'Lyon ', 'Nice ', 'Bonn Katja', 'Camp ']);
    expect(
      named(
        governed()
          .where((_, m) => m.since.isNotNull())
          .all(),
      ),
    ).toEqual(['Paris Annie', 'Bonn Katja']);
  });

  test('leaves conditions on the first type to all rows', () => {
    const rows = store.query([City, optional(Mayor)], (c, m) => and(m.city.eq(c), c.name.in(['Nice', 'Bonn'])));
    expect(named(rows.all())).toEqual(['Nice ', 'Bonn Katja']);
  });

  test('is ordered with its nulls where they are said to stand', () => {
    const rows = governed();
    expect(named(rows.orderBy((_, m) => m.name.asc()).all()).slice(0, 2)).toEqual(['Nice ', 'Camp ']);
    expect(named(rows.orderBy((_, m) => m.name.asc({ nulls: 'last' })).all()).slice(3)).toEqual(['Nice ', 'Camp ']);
    expect(named(rows.orderBy((_, m) => m.storeId.desc()).all())[0]).toBe('Bonn Katja');
  });

  test('is paged with its nulls in every direction', () => {
    const rows = [
      governed().orderBy((_, m) => m.name.asc()),
      governed().orderBy((_, m) => m.name.desc()),
      governed().orderBy((_, m) => m.name.asc({ nulls: 'last' })),
      governed().orderBy((_, m) => [m.since.desc({ nulls: 'first' }), m.name.desc()]),
      governed(),
    ];
    expect(rows.map((query) => named([...query.pages(1)].flat()))).toEqual(rows.map((query) => named(query.all())));
  });

  test('may be joined by others', () => {
    const rows = store.query([City, optional(Mayor), optional(Review)], (c, m, r) => and(m.city.eq(c), r.by.eq(m)));
    expect(rows.all().map(([c, m, r]) => [c.name, m?.name, r?.words])).toEqual([
      ['Paris', 'Annie', 'good food'],
      ['Paris', 'Annie', 'dull'],
      ['Lyon', 'Greg', 'lovely'],
      // Null equals null: nobody's reviews are tied to the missing mayor.
      ['Nice', undefined, 'crowded'],
      ['Nice', undefined, 'calm'],
      ['Bonn', 'Katja', undefined],
      ['Camp', undefined, 'crowded'],
      ['Camp', undefined, 'calm'],
    ]);
  });

  test('may be looked at along references', () => {
    const rows = store.query([Continent, optional(City)], (k, c) => c.country.to.continent.eq(k));
    expect(rows.all().map(([k, c]) => [k.name, c?.name])).toEqual([
      ['Europe', 'Paris'],
      ['Europe', 'Lyon'],
      ['Europe', 'Nice'],
      ['Europe', 'Bonn'],
    ]);
    const lands = store.query([Country, optional(Mayor)], (k, m) => m.city.to.country.eq(k));
    expect(named(lands.all())).toEqual(['France Annie', 'France Greg', 'Germany Katja', 'Antarctica ']);
    expect(lands.where((_, m) => m.city.to.name.isNull()).count()).toBe(1);
    expect(lands.pluck((_, m) => m.city.to.twin.to.name).all()).toEqual([null, 'Paris', 'Paris', null]);
  });

  test('counts what is there', () => {
    const rows = governed()
      .groupBy((c) => c)
      .select((c, m) => ({ city: c.name, mayors: count(m.name), rows: count(), last: max(m.since) }))
      .orderBy((c) => c.name.asc());
    expect(rows.all().map(({ city, mayors, rows: n }) => [city, mayors, n])).toEqual([
      ['Bonn', 1, 1],
      ['Camp', 0, 1],
      ['Lyon', 1, 1],
      ['Nice', 0, 1],
      ['Paris', 1, 1],
    ]);
    expect(rows.all()[1]?.last).toBeNull();
  });

  test('of a type never stored is null everywhere', () => {
    const rows = store.query([City, optional(Ghost)], (c, g) => g.city.eq(c));
    expect(rows.count()).toBe(5);
    expect(rows.all().every(([, ghost]) => ghost === null)).toBe(true);
    expect(rows.where((_, g) => g.name.isNull()).count()).toBe(5);
    expect(rows.where((_, g) => g.size.gt(0)).count()).toBe(0);
    expect(
      rows
        .orderBy((_, g) => g.name.desc())
        .pluck((_, g) => g.size)
        .all(),
    ).toEqual(Array(5).fill(null));
    expect(rows.select((_c, g) => ({ g, n: g.city.to.name })).first()).toEqual({ g: null, n: null });
  });

  test('is refused as the first type, and alone', () => {
    expect(codeOf(() => store.query([optional(City) as never, Country], () => and()))).toBe('BAD_QUERY');
    expect(codeOf(() => store.query(optional(City) as never))).toBe('BAD_QUERY');
    expect(codeOf(() => store.query([City, optional(optional(Mayor) as never)]))).toBe('BAD_TYPE');
  });
});

describe('a type that is tied to no other', () => {
  test('is refused in every way of reading', () => {
    const loose = store.query([City, Country], (c) => c.name.eq('Paris'));
    const ways: (() => unknown)[] = [
      () => loose.all(),
      () => [...loose],
      () => loose.first(),
      () => loose.one(),
      () => loose.count(),
      () => loose.exists(),
      () => loose.sum((c) => c.population),
      () => loose.min((_, k) => k.name),
      () => loose.page({ size: 2 }),
      () => [...loose.pages(2)],
      () => loose.update({ population: 1 }),
      () => loose.delete(),
      () => loose.explain(),
      () => loose.pluck((c) => c.name).all(),
      () => loose.select((c) => ({ c })).all(),
      () =>
        loose
          .groupBy((c) => c.name)
          .select(() => ({ n: count() }))
          .all(),
    ];
    expect(ways.map((way) => codeOf(way))).toEqual(ways.map(() => 'BAD_QUERY'));
    expect(store.count(City)).toBe(5);
  });

  test('is named, with the way out', () => {
    const { message } = refusal(() => store.query([City, Country, Mayor], (c, k) => c.country.eq(k)).all());
    expect(message).toContain('mayor');
    expect(message).toContain('cross()');
  });

  test.each<[string, () => { all(): unknown }]>([
    ['no condition', () => store.query([City, Country])],
    ['a condition on each', () => store.query([City, Country], (c, k) => and(c.name.eq('x'), k.name.eq('y')))],
    [
      'ties two and two',
      () => store.query([City, Country, Mayor, Review], (c, k, m, r) => and(c.country.eq(k), r.by.eq(m))),
    ],
    ['ties under or', () => store.query([City, Country], (c, k) => or(c.country.eq(k), c.name.eq('Paris')))],
    ['a tie under not', () => store.query([City, Country], (c, k) => not(c.country.eq(k)))],
    ['an optional without', () => store.query([City, optional(Mayor)])],
  ])('is refused for %s', (_, made) => {
    expect(codeOf(() => made().all())).toBe('BAD_QUERY');
  });

  test('is allowed by cross()', () => {
    expect(store.query([City, Country]).cross().count()).toBe(15);
    expect(
      store
        .query([Country, Country])
        .cross()
        .where((a, b) => a.storeId.lt(b.storeId))
        .count(),
    ).toBe(3);
    expect(
      store
        .query([City, optional(Ghost)])
        .cross()
        .count(),
    ).toBe(5);
    expect(store.query([City, Ghost]).cross().all()).toEqual([]);
    expect(
      store
        .query([City, optional(Country)])
        .cross()
        .count(),
    ).toBe(15);
  });
});

describe('update and delete of a join', () => {
  test('change the first type, each item once', () => {
    const reviewed = store.query([City, Review], (c, r) => r.city.eq(c));
    expect(reviewed.count()).toBe(5);
    expect(reviewed.update({ population: 7 })).toBe(3);
    expect([world.paris.population, world.lyon.population, world.nice.population]).toEqual([7, 7, 340_000]);
  });

  test('delete the first type only', () => {
    expect(store.query([Review, City], (r, c) => and(r.city.eq(c), c.name.eq('Paris'))).delete()).toBe(2);
    expect(store.count(Review)).toBe(3);
    expect(store.count(City)).toBe(5);
    expect(store.query([Mayor, City], (m, c) => and(m.city.eq(c), c.name.eq('Bonn'))).delete()).toBe(1);
    expect(world.katja.isStored).toBe(false);
  });

  test('hold for the limit and the order', () => {
    const rows = store
      .query([Review, City], (r, c) => r.city.eq(c))
      .orderBy(
        (_, c) => c.name.asc(),
        (r) => r.stars.asc(),
      );
    expect(rows.limit(1).delete()).toBe(1);
    expect(
      store
        .query(Review)
        .pluck((r) => r.words)
        .all(),
    ).toEqual(['lovely', 'crowded', 'good food', 'calm']);
  });

  test('take optional types', () => {
    expect(
      governed()
        .where((_, m) => m.self.isNull())
        .update({ alias: 'nobody' }),
    ).toBe(2);
    expect(world.nice.alias).toBe('nobody');
    expect(
      governed()
        .where((_, m) => m.self.isNull())
        .delete(),
    ).toBe(2);
  });

  test('refuse plucked, selected and grouped values', () => {
    expect(
      codeOf(() =>
        placed()
          .pluck((c) => c.name)
          .delete(),
      ),
    ).toBe('BAD_QUERY');
    expect(
      codeOf(() =>
        placed()
          .select((c) => ({ c }))
          .update({ name: 'x' }),
      ),
    ).toBe('BAD_QUERY');
    expect(
      codeOf(() =>
        placed()
          .groupBy((c) => c.name)
          .delete(),
      ),
    ).toBe('BAD_QUERY');
  });
});

describe('a join of many types', () => {
  test('takes sixteen, and refuses seventeen', () => {
    const chain = (length: number) =>
      store.query(
        Array.from({ length }, () => City) as never,
        ((...all: { twin: { eq(x: unknown): never } }[]) =>
          and(...all.slice(1).map((one, at) => one.twin.eq(all[at])))) as never,
      );
    expect(chain(16).count()).toBe(0);
    expect(codeOf(() => chain(17))).toBe('BAD_QUERY');
  });

  test('takes as many tables as SQLite does, and refuses more by name', () => {
    const from = ['city', 'city', 'city'];
    expect(from).toHaveLength(3);
    const far = (c: { twin: { to: never } }, hops: number): { name: { isNull(): never } } =>
      hops === 0 ? (c as never) : far(c.twin.to, hops - 1);
    const joined = (hops: number) =>
      store.query([City, City, City], (a, b, c) =>
        and(a.twin.eq(b), b.twin.eq(c), ...[a, b, c].map((one) => far(one as never, hops).name.isNull())),
      );
    expect(joined(20).count()).toBe(1);
    expect(refusal(() => joined(21).count()).message).toMatch(/64/);
  });

  test('mixes every kind', () => {
    const rows = store
      .query([Review, City, Country, optional(Mayor)], (r, c, k, m) => and(r.city.eq(c), c.country.eq(k), r.by.eq(m)))
      .where((_, __, k) => k.continent.to.name.eq('Europe'))
      .orderBy((r, _, __, m) => [m.name.asc({ nulls: 'last' }), r.stars.desc()]);
    expect(rows.all().map(([r, c, k, m]) => [r.stars, c.name, k.code, m?.name ?? null])).toEqual([
      [4, 'Lyon', 'FR', 'Annie'],
      [1, 'Bonn', 'DE', 'Annie'],
      [5, 'Paris', 'FR', 'Greg'],
      [4, 'Bonn', 'DE', null],
      [2, 'Paris', 'FR', null],
    ]);
  });
});

test('iterating a join skips rows of which an item was deleted meanwhile', () => {
  const seen: string[] = [];
  for (const [city] of placed()) {
    seen.push(city.name);
    if (city === world.paris) world.lyon.delete();
  }
  expect(seen).toEqual(['Paris', 'Nice', 'Bonn', 'Camp']);
});
