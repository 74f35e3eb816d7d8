import { Item, integer, item, reference, type Store, text } from 'corollary';
import { expect, test } from 'vitest';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { statementsOf } from './support/statements.js';

// A query of a tree passes by stores of which it knows that they have nothing for it.

@item('country')
class Country extends Item {
  @text() declare code: string;
}

@item('letter')
class Letter extends Item {
  @integer({ indexed: true }) declare year: number;
  @text({ nullable: true, indexed: true }) declare sender: string | null;
  @integer() declare pages: number;
  @reference(() => Country, { nullable: true, whenDeleted: 'nullify' }) declare to: Country | null;
}

const DECADES = ['1950', '1960', '1970', '1980'];

/** A store for each decade, with ten letters, one of each year. */
function archive(root: Store = aMemoryStore({ types: [Letter] })): Store {
  for (const decade of DECADES) {
    const years = Array.from({ length: 10 }, (_, year) => ({ year: Number(decade) + year, sender: null, pages: year }));
    root.substores.create(decade).createMany(Letter, years);
  }
  return root;
}

const latest = (root: Store) => root.tree.query(Letter).orderBy((l) => l.year.desc());
const years = (root: Store, count: number) =>
  latest(root)
    .limit(count)
    .pluck((l) => l.year)
    .all();
const of1965 = (root: Store) => root.tree.count(Letter, { year: 1965 });
/** How many statements look at letters, once bounds have been read. */
const asked = (work: () => unknown) => {
  for (let time = 0; time < 2; time++) work();
  return statementsOf(work).filter((sql) => sql.includes('"item_letter')).length;
};

test('the first of all stores are asked of the stores that have them', () => {
  const root = archive();
  expect(asked(() => years(root, 3))).toBe(1);
  expect(years(root, 3)).toEqual([1989, 1988, 1987]);
  expect(asked(() => years(root, 15))).toBe(2);
  expect(years(root, 15).at(-1)).toBe(1975);
  expect(asked(() => latest(root).first())).toBe(1);
});

test('a page is asked of the stores that have it', () => {
  const root = archive();
  const { next } = latest(root).page({ size: 15 });
  expect(asked(() => latest(root).page({ size: 3, after: next }))).toBe(1);
  expect(
    latest(root)
      .page({ size: 3, after: next })
      .items.map((l) => l.year),
  ).toEqual([1974, 1973, 1972]);
});

test('conditions are asked of the stores that may fulfil them', () => {
  const root = archive();
  expect(asked(() => of1965(root))).toBe(1);
  expect(asked(() => root.tree.query(Letter, (l) => l.year.between(1969, 1970)).all())).toBe(2);
  expect(asked(() => root.tree.query(Letter, (l) => l.year.gt(1989)).sum((l) => l.pages))).toBe(0);
  expect(asked(() => root.tree.query(Letter, (l) => l.sender.isNotNull()).exists())).toBe(0);
  expect(asked(() => root.tree.count(Letter, (l) => l.pages.gt(100)))).toBe(4); // no index tells
});

test('an item is looked for in its own store', () => {
  const root = archive();
  const italy = root.substores.open('1970').create(Country, { code: 'it' });
  expect(asked(() => root.tree.count(Letter, { to: italy }))).toBe(1);
});

test('a store that was written is asked again', () => {
  const root = archive();
  expect(asked(() => of1965(root))).toBe(1);
  root.substores.open('1980').create(Letter, { year: 1965, pages: 1 });
  expect(of1965(root)).toBe(2);
  root.substores.open('1950').query(Letter).first()!.year = 1965;
  expect(of1965(root)).toBe(3);
});

test('in a transaction a store counts with what was written, and after its end without what was undone', () => {
  const root = archive();
  expect(asked(() => years(root, 1))).toBe(1);
  const undone = () =>
    root.transact(() => {
      root.substores.open('1950').create(Letter, { year: 2001, pages: 1 });
      expect(years(root, 1)).toEqual([2001]);
      expect(years(root, 1)).toEqual([2001]);
      throw new Error('undone');
    });
  expect(undone).toThrow('undone');
  expect(years(root, 1)).toEqual([1989]);
  expect(years(root, 2)).toEqual([1989, 1988]);
});

test('what another handle has written is found', () => {
  const place = aStoreDirectory();
  const root = archive(aStore({ types: [Letter] }, place));
  expect(asked(() => of1965(root))).toBe(1);
  const other = aStore({ types: [Letter] }, place);
  other.substores.open('1980').create(Letter, { year: 1965, pages: 1 });
  expect(of1965(root)).toBe(2);
  expect(asked(() => of1965(root))).toBe(2);
});

test('a store that was written and then closed to make room is asked again', () => {
  const root = archive(aStore({ types: [Letter], maxOpenSubstores: 2, durability: 'relaxed' }));
  for (let time = 0; time < 3; time++) expect(of1965(root)).toBe(1); // its bounds are known
  root.at('1950').create(Letter, { year: 1965, sender: null, pages: 1 });
  for (const decade of DECADES.slice(1)) root.at(decade).count(Letter); // the first is closed meanwhile
  expect(of1965(root)).toBe(2);
});
