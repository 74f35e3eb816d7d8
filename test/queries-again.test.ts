import { Item, integer, item, reference, type Store, text } from 'corollary';
import { expect, test } from 'vitest';
import { aStore } from './support/a-store.js';

// A question that was asked before with other values is not compiled again.

@item('author')
class Author extends Item {
  @text({ indexed: true }) declare name: string;
}

@item('book')
class Book extends Item {
  @text({ indexed: true }) declare title: string;
  @integer({ nullable: true }) declare pages: number | null;
  @reference(() => Author, { nullable: true }) declare author: Author | null;
}

const PAGES = { a: 100, b: 200, c: null, d: 400 } as const;

function shelf(store: Store): Store {
  for (const [title, pages] of Object.entries(PAGES)) store.create(Book, { title, pages });
  return store;
}
const titles = (books: Iterable<Book>) => [...books].map(({ title }) => title).join('');

test('asked again with another value, null or a list, a query finds what it says now', () => {
  const store = shelf(aStore());
  const equal = (pages: number | null) => titles(store.query(Book, (b) => b.pages.eq(pages)));
  expect([100, null, 200, 300, null].map(equal)).toEqual(['a', 'c', 'b', '', 'c']);
  const without = (pages: number | null) => titles(store.query(Book, (b) => b.pages.ne(pages)));
  expect([100, null, 400].map(without)).toEqual(['bcd', 'abd', 'abc']);
  const among = (pages: readonly (number | null)[]) => titles(store.query(Book, (b) => b.pages.in(pages)));
  expect([[], [100], [200], [100, null], [200, 400], [null], [100, 400]].map(among)).toEqual([
    '',
    'a',
    'b',
    'ac',
    'bd',
    'c',
    'ad',
  ]);
});

test('asked again with another limit or offset, or none, a query gives the rows meant', () => {
  const store = shelf(aStore());
  const sorted = store.query(Book).orderBy((b) => b.title.desc());
  const asked = () =>
    [sorted.limit(1), sorted.offset(2), sorted, sorted.limit(2).offset(1), sorted.limit(0)].map(titles);
  expect(asked()).toEqual(['d', 'ba', 'dcba', 'cb', '']);
  expect(asked()).toEqual(['d', 'ba', 'dcba', 'cb', '']);
  expect([sorted.limit(3), sorted.offset(3), sorted.limit(1).offset(3)].map(titles)).toEqual(['dcb', 'a', 'a']);
});

test('asked of another store, with nothing of the type or an item elsewhere, a query is that of this store', () => {
  const store = shelf(aStore());
  const author = store.create(Author, { name: 'E' });
  store.query(Book, { title: 'b' }).update({ author });
  const other = aStore();
  const by = (of: Store) => of.query(Book, (b) => b.author.eq(author));
  expect(titles(by(store))).toBe('b');
  expect(() => titles(by(other))).toThrow(expect.objectContaining({ code: 'WRONG_STORE' }));
  const long = (of: Store) => of.query(Book, (b) => b.pages.gt(150));
  expect([long(store).count(), long(other).count()]).toEqual([2, 0]);
  shelf(other);
  expect([titles(long(other)), long(other).count(), long(store).count()]).toEqual(['bd', 2, 2]);
  expect(() => titles(by(other))).toThrow(expect.objectContaining({ code: 'WRONG_STORE' }));
});

test('asked again inside a tree, of substores that are made later, a query is answered by each', () => {
  const store = shelf(aStore());
  const find = (of: Store, title: string) => titles(of.query(Book, (b) => b.title.gte(title)));
  expect(find(store, 'c')).toBe('cd');
  const below = store.substores.create('below');
  expect(find(below, 'c')).toBe('');
  below.create(Book, { title: 'z' });
  expect([find(below, 'c'), find(store, 'd'), find(below, 'zz')]).toEqual(['z', 'd', '']);
});
