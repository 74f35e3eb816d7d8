import { count, Item, integer, item, max, type Query, reference, type Store, text } from 'corollary';
import { describe, expect, test, vi } from 'vitest';
import { aStore, aStoreDirectory } from './support/a-store.js';
import { before, withBefore } from './support/between-statements.js';

// Somebody else commits right before any statement of a question. In each state of the world all ages are the same.

@item('moment_city')
class City extends Item {
  @integer({ indexed: true }) declare age: number;
}
@item('moment_person')
class Person extends Item {
  @integer({ indexed: true }) declare age: number;
  @text() declare name: string;
  @reference(() => City, { whenDeleted: 'nullify', nullable: true }) declare city: City | null;
}

const types = [City, Person];

/** A store with a substore that two handles have open, and so many people in each; half of them stay in memory. */
function aWorld(people: number) {
  const place = aStoreDirectory();
  const store = aStore({ types }, place);
  const below = store.substores.create('below');
  for (const each of [store, below]) fill(each, people);
  const other = aStore({ types }, place);
  const held = [...store.tree.query(Person, (p) => p.name.endsWith('even'))];
  return { store, held, commit: () => other.transact(() => [other, other.substores.open('below')].forEach(grow)) };
}

function fill(store: Store, people: number): void {
  store.transact(() => {
    const cities = [1, 2].map(() => store.create(City, { age: 1 }));
    for (let at = 0; at < people; at++) {
      const name = at % 2 === 0 ? `${at} even` : `${at} odd`;
      store.create(Person, { age: 1, name, city: cities[at % 2] as City });
    }
  });
}

/** All grow older by one; somebody goes, and somebody else comes. */
function grow(store: Store): void {
  for (const type of types) for (const one of store.query<City | Person>(type)) one.age++;
  const gone = store
    .query(Person)
    .orderBy((p) => p.storeId.asc())
    .first() as Person;
  const { age, name, city } = gone;
  gone.delete();
  store.create(Person, { age, name, city });
}

type Ages = readonly (number | null | undefined)[];
const agesOf = (people: readonly Person[]): Ages => people.map(({ age }) => age);
const perCity = (query: Query<Person>) =>
  query.groupBy((p) => p.city).select((p) => ({ city: p.city, age: max(p.age) }));

/** What is asked, and the ages that the answer shows. */
const questions: [string, (query: Query<Person>) => Ages][] = [
  ['all', (query) => agesOf(query.all())],
  ['a loop', (query) => agesOf([...query])],
  ['with a condition', (query) => agesOf(query.where((p) => p.age.gte(1)).all())],
  ['in an order', (query) => agesOf(query.orderBy((p) => p.age.desc()).all())],
  ['with a limit', (query) => agesOf(query.limit(20).all())],
  ['a page', (query) => agesOf(query.page({ size: 20 }).items)],
  ['a large page', (query) => agesOf(query.page({ size: 2000 }).items)],
  ['plucked', (query) => query.pluck((p) => p.age).all()],
  [
    'items beside values',
    (query) =>
      query
        .select((p) => ({ p, age: p.age }))
        .all()
        .flatMap(({ p, age }) => [p.age, age]),
  ],
  [
    'what is referred to beside values',
    (query) =>
      query
        .select((p) => ({ city: p.city, age: p.age }))
        .all()
        .flatMap(({ city, age }) => [city?.age, age]),
  ],
  [
    'plucked references',
    (query) =>
      query
        .pluck((p) => p.city)
        .all()
        .map((city) => city?.age),
  ],
  [
    'groups',
    (query) =>
      query
        .groupBy((p) => p.age)
        .select((p) => ({ age: p.age, count: count() }))
        .all()
        .map(({ age }) => age),
  ],
  [
    'groups of items',
    (query) =>
      perCity(query)
        .all()
        .flatMap(({ city, age }) => [city?.age, age]),
  ],
  [
    'a few items beside values',
    (query) =>
      query
        .limit(20)
        .select((p) => ({ p, age: p.age }))
        .all()
        .flatMap(({ p, age }) => [p.age, age]),
  ],
  [
    'what is referred to beside few values',
    (query) =>
      query
        .limit(20)
        .select((p) => ({ city: p.city, age: p.age }))
        .all()
        .flatMap(({ city, age }) => [city?.age, age]),
  ],
  [
    'a page of groups',
    (query) =>
      perCity(query)
        .page({ size: 5 })
        .items.flatMap(({ city, age }) => [city?.age, age]),
  ],
];

/** Asks again and again, each time with a commit one statement later, until the question is over before. */
function eachMoment(world: ReturnType<typeof aWorld>, ask: () => void): number {
  let number = 0;
  for (let goesOn = true; goesOn; number++) {
    ask(); // what is in memory is new
    const whereNew = withBefore(number, world.commit, ask).happened;
    world.commit();
    world.store.refresh(); // that was seen: what is in memory is old
    goesOn = withBefore(number, world.commit, ask).happened || whereNew;
  }
  return number;
}

describe.each([10, 120])('a question for %d items shows one state of a store, whenever another commits:', (people) => {
  test.each(questions)('%s', (_, ask) => {
    const world = aWorld(people);
    const moments = eachMoment(world, () => {
      const ages = ask(world.store.query(Person));
      expect(new Set(ages).size).toBe(1);
    });
    expect(moments).toBeGreaterThan(1);
  });

  test.each([
    ['of a tree', (query: Query<Person>) => query.all(), people],
    [
      'of a tree, for few',
      (query: Query<Person>) =>
        query
          .orderBy((p) => p.name.asc())
          .limit(2 * 10)
          .all(),
      10,
    ],
    ['of a tree, in the order of an index', (query: Query<Person>) => query.orderBy((p) => p.age.desc()).all(), people],
  ] as const)('%s, the state of each store', (_, ask, each) => {
    const world = aWorld(people);
    eachMoment(world, () => {
      const all = ask(world.store.tree.query(Person));
      for (const store of [world.store, world.store.substores.open('below')]) {
        const found = all.filter((p) => p.store === store);
        if (each === people) expect(found).toHaveLength(people);
        // Whoever has gone since, which a look at another store may tell, keeps the age that he had.
        expect(new Set(agesOf(found.filter((p) => p.isStored))).size).toBe(1);
      }
    });
  });

  test('what a subquery finds is of the same state', () => {
    const world = aWorld(people);
    eachMoment(world, () => {
      const oldest = world.store
        .query(Person)
        .groupBy((p) => p.city)
        .pluck((p) => max(p.age));
      expect(world.store.query(Person, (p) => p.age.in(oldest)).count()).toBe(people);
      expect(world.store.query(Person, (p) => p.age.in(oldest)).all()).toHaveLength(people);
    });
  });
});

test.each([10, 120])('a live query of %d items ends with what is there, whenever another commits', async (people) => {
  const { store, commit } = aWorld(people);
  for (const query of [store.query(Person), store.tree.query(Person)]) {
    const now = () => new Map(query.all().map((one) => [keyOf(one.store.path, one), one.age]));
    const seen = now();
    using _ = query.subscribe(
      ({ added, changed, removed }) => {
        for (const one of [...added, ...changed]) seen.set(keyOf(one.store.path, one), one.age);
        for (const one of removed) seen.delete(keyOf(one.path, one));
      },
      { changes: true, pollMs: 1 },
    );
    for (let number = 0; number < 30; number++) {
      commit();
      using second = before(number, commit);
      await vi.waitUntil(() => second.happened, { interval: 1 }); // it looks again and again
      await looks();
      expect(seen).toEqual(now());
    }
  }
});

const keyOf = (path: readonly string[], { storeId }: { readonly storeId: number }) => [...path, storeId].join();
const looks = () => new Promise((resolve) => setTimeout(resolve, 25));
