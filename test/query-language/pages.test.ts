import { type Columns, count, Item, integer, item, type Order, Query, real, reference, Store, text } from 'corollary';
import { beforeEach, describe, expect, test } from 'vitest';
import { codeOf } from '../support/a-refusal.js';
import { aStore, aStoreDirectory } from '../support/a-store.js';
import { aStoreToAsk } from '../support/a-store-to-ask.js';

@item('shelf')
class Shelf extends Item {
  @text({ nullable: true }) declare label: string | null;
}

@item('book')
class Book extends Item {
  @integer() declare serial: number;
  @text({ nullable: true, collate: 'nocase' }) declare title: string | null;
  @integer({ nullable: true }) declare year: number | null;
  @real({ nullable: true }) declare weight: number | null;
  @reference(() => Shelf, { nullable: true }) declare shelf: Shelf | null;
}

const types = [Book, Shelf];
const TITLES = [null, 'a', 'A', 'b', 'é', 'z', '\u{1f600}', '\uffee'];
const WEIGHTS = [null, 0, -0, 0.1, 0.30000000000000004, -1e-9, 1e300];

/** Sixty books with many ties and nulls. */
function fill(store: Store): void {
  const shelves = store.createMany(Shelf, [{ label: null }, { label: 'x' }, { label: 'y' }], { items: true });
  const rows = Array.from({ length: 60 }, (_, serial) => ({
    serial,
    title: TITLES[(serial * 5) % TITLES.length] ?? null,
    year: serial % 7 === 0 ? null : 1990 + (serial % 4),
    weight: WEIGHTS[(serial * 3) % WEIGHTS.length] ?? null,
    shelf: shelves[serial % 4] ?? null,
  }));
  store.createMany(Book, rows);
}

let store: Store;
const booksToAsk = aStoreToAsk({ types }, (all) => {
  fill(all);
  fill(all.substores.create('b'));
  fill(all.substores.create('a').substores.create('below'));
});
beforeEach(() => {
  ({ store } = booksToAsk());
});

const ORDERS: [string, (b: Columns<Book>) => Order[]][] = [
  ['nothing', () => []],
  ['an id', (b) => [b.storeId.desc()]],
  ['a column with nulls', (b) => [b.year.asc()]],
  ['one descending', (b) => [b.year.desc()]],
  ['nulls last', (b) => [b.year.asc({ nulls: 'last' })]],
  ['nulls first, descending', (b) => [b.year.desc({ nulls: 'first' })]],
  ['a collation', (b) => [b.title.asc()]],
  ['a collation descending with nulls first', (b) => [b.title.desc({ nulls: 'first' }), b.serial.desc()]],
  ['three columns', (b) => [b.year.desc({ nulls: 'first' }), b.title.asc({ nulls: 'last' }), b.weight.desc()]],
  ['reals', (b) => [b.weight.asc({ nulls: 'last' }), b.year.asc()]],
  ['a path', (b) => [b.shelf.to.label.desc(), b.year.asc()]],
  ['a path with nulls last', (b) => [b.shelf.to.label.asc({ nulls: 'last' })]],
  ['a calculation', (b) => [b.year.times(-1).asc(), b.title.length().desc()]],
  ['the same column twice', (b) => [b.year.asc(), b.year.desc(), b.serial.desc()]],
];

describe.each(ORDERS)('ordered by %s', (_, order) => {
  const serials = (books: readonly Book[]) => books.map((book) => `${book.store.path.join('/')} ${book.serial}`);

  test.each([1, 2, 7, 59, 60, 61])('pages of %i are the whole answer in order', (size) => {
    const query = store.query(Book).orderBy(order);
    const whole = serials(query.all());
    expect(whole).toHaveLength(60);
    const pages = [...query.pages(size)];
    expect(serials(pages.flat())).toEqual(whole);
    expect(pages).toHaveLength(Math.ceil(60 / size));
  });

  test.each([1, 11, 180])('pages of %i of a tree are its answer in order', (size) => {
    const query = store.tree.query(Book).orderBy(order);
    const whole = serials(query.all());
    expect(new Set(whole).size).toBe(180);
    const first: Book[] = [];
    for (const page of query.pages(size)) if (first.push(...page) >= 40 * size) break;
    expect(serials(first)).toEqual(whole.slice(0, 40 * size));
  });

  test('a limit and an offset cut the same order', () => {
    for (const query of [store.query(Book).orderBy(order), store.tree.query(Book).orderBy(order)]) {
      const whole = serials(query.all());
      expect(serials(query.offset(5).limit(13).all())).toEqual(whole.slice(5, 18));
      expect(serials(query.offset(55).all())).toEqual(whole.slice(55));
      expect(query.offset(5).limit(13).count()).toBe(13);
    }
  });

  test('pages of distinct values and of groups', () => {
    const values = store
      .query(Book)
      .select((b) => ({ y: b.year, t: b.title }))
      .distinct();
    expect([...values.pages(3)].flat()).toEqual(values.all());
    const groups = store
      .query(Book)
      .groupBy((b) => [b.year, b.title])
      .select((b) => ({ y: b.year, t: b.title, n: count() }));
    expect(groups.all()).toHaveLength(values.count());
    for (const of of [store, store.tree]) {
      const all = Query.fromJSON(of, groups.orderBy(() => count().desc()).toJSON());
      expect([...all.pages(4)].flat()).toEqual(all.all());
    }
  });
});

describe('pages', () => {
  test('do not shift when items before come and go', () => {
    const query = store.query(Book).orderBy((b) => b.serial.asc());
    const first = query.page({ size: 10 });
    for (const book of first.items.slice(0, 5)) book.delete();
    store.create(Book, { serial: -1 });
    expect(query.page({ size: 2, after: first.next }).items.map(({ serial }) => serial)).toEqual([10, 11]);
  });

  test('go on after the item of the cursor is deleted', () => {
    const query = store.query(Book).orderBy((b) => b.year.desc());
    const first = query.page({ size: 10 });
    const rest = query.all().slice(10);
    first.items.at(-1)?.delete();
    expect([...query.page({ size: 100, after: first.next }).items]).toEqual(rest);
  });

  test('survive a restart, and go over JSON', () => {
    const place = aStoreDirectory();
    const ask = (of: Store) => of.query(Book, (b) => b.serial.gte(3)).orderBy((b) => [b.title.desc(), b.weight.asc()]);
    const before = Store.open(place, { types });
    fill(before);
    const { next } = ask(before).page({ size: 20 });
    const expected = ask(before)
      .all()
      .slice(20)
      .map(({ serial }) => serial);
    before.close();
    const after = aStore({ types }, place);
    const page = ask(after).page({ size: 100, after: JSON.parse(JSON.stringify(next)) as string });
    expect(page.items.map(({ serial }) => serial)).toEqual(expected);
    expect(page.next).toBeUndefined();
  });

  test('may be asked for by the query from JSON', () => {
    const query = store.query(Book).orderBy((b) => b.title.asc());
    const again = Query.fromJSON<Book, Book>(store, JSON.parse(JSON.stringify(query)));
    const { next } = query.page({ size: 7 });
    expect(again.page({ size: 7, after: next }).items).toEqual(query.page({ size: 7, after: next }).items);
  });

  test('preload makes no other query', () => {
    const query = store.query(Book).orderBy((b) => b.title.asc());
    const { next } = query.preload((b) => b.shelf).page({ size: 7 });
    expect(query.page({ size: 7, after: next }).items).toHaveLength(7);
  });

  test('end with no cursor, exactly', () => {
    expect(store.query(Book).page({ size: 60 }).next).toBeUndefined();
    expect(store.query(Book).page({ size: 59 }).next).toBeTypeOf('string');
    expect(store.query(Book, (b) => b.serial.lt(0)).page({ size: 1 })).toEqual({ items: [], next: undefined });
    expect([...store.query(Book, (b) => b.serial.lt(0)).pages(5)]).toEqual([]);
  });

  test('go on in for await, with writes between', async () => {
    const seen: number[] = [];
    for await (const page of store
      .query(Book)
      .orderBy((b) => b.serial.asc())
      .pages(7)) {
      for (const book of page) {
        seen.push(book.serial);
        book.title = 'seen';
      }
    }
    expect(seen).toEqual(Array.from({ length: 60 }, (_, at) => at));
    expect(store.count(Book, { title: 'seen' })).toBe(60);
  });

  test('read values, which go through the null of a key', () => {
    const titles = store
      .query(Book)
      .orderBy((b) => b.title.asc())
      .pluck((b) => b.year);
    expect([...titles.pages(9)].flat()).toEqual(titles.all());
  });

  test('see what a transaction has not committed', () => {
    const query = store.query(Book).orderBy((b) => b.serial.desc());
    store.transact(() => {
      store.create(Book, { serial: 1000 });
      expect(query.page({ size: 1 }).items[0]?.serial).toBe(1000);
    });
  });
});

describe('cursors', () => {
  const query = () => store.query(Book).orderBy((b) => b.year.asc());
  const cursor = () => query().page({ size: 5 }).next as string;
  const payload = () => JSON.parse(Buffer.from(cursor(), 'base64url').toString()) as [string, string, unknown[]];
  const forged = (change: (parts: [string, string, unknown[]]) => unknown) =>
    Buffer.from(JSON.stringify(change(payload()))).toString('base64url');

  test.each<[string, () => Query<Book, unknown>]>([
    ['another order', () => store.query(Book).orderBy((b) => b.year.desc())],
    ['other nulls', () => store.query(Book).orderBy((b) => b.year.asc({ nulls: 'last' }))],
    ['a condition', () => query().where((b) => b.serial.gt(0))],
    ['more orders', () => query().orderBy((b) => b.serial.asc())],
    ['plucked values', () => query().pluck((b) => b.year) as never],
    ['another type', () => store.query(Shelf).orderBy((s) => s.label.asc()) as never],
    ['firstPer', () => query().firstPer((b) => b.title)],
    [
      'another store',
      () =>
        store
          .at('b')
          .query(Book)
          .orderBy((b) => b.year.asc()),
    ],
    ['the tree', () => store.tree.query(Book).orderBy((b) => b.year.asc())],
  ])('of %s are refused', (_, other) => {
    expect(codeOf(() => other().page({ size: 5, after: cursor() }))).toBe('BAD_CURSOR');
  });

  test.each<[string, () => unknown]>([
    ['an empty text', () => ''],
    ['no base64', () => '%%%'],
    ['a number', () => 5],
    ['null', () => null],
    ['an object', () => ({})],
    ['a page', () => query().page({ size: 5 })],
    ['half of one', () => cursor().slice(0, -20)],
    ['no JSON', () => Buffer.from('nonsense').toString('base64url')],
    ['null as JSON', () => Buffer.from('null').toString('base64url')],
    ['too few keys', () => forged(([hash, scope]) => [hash, scope, []])],
    ['too many keys', () => forged(([hash, scope, place]) => [hash, scope, [...place, 1]])],
    ['a null id', () => forged(([hash, scope, place]) => [hash, scope, [place[0], null]])],
    ['a text as a number', () => forged(([hash, scope, place]) => [hash, scope, ['1990', place[1]]])],
    ['a fraction', () => forged(([hash, scope, place]) => [hash, scope, [1.5, place[1]]])],
    ['an unsafe integer', () => forged(([hash, scope, place]) => [hash, scope, [2 ** 60, place[1]]])],
    ['an object as a key', () => forged(([hash, scope, place]) => [hash, scope, [{ bytes: 'AA==' }, place[1]]])],
    ['SQL as a key', () => forged(([hash, scope, place]) => [hash, scope, ["1' OR 1=1 --", place[1]]])],
    ['a list as a key', () => forged(([hash, scope, place]) => [hash, scope, [[1], place[1]]])],
    ['another hash', () => forged(([, scope, place]) => ['x', scope, place])],
    ['another scope', () => forged(([hash, , place]) => [hash, 'x', place])],
    ['a member more', () => forged((parts) => [...parts, 1])],
    ['an object', () => forged(([a, b, c]) => ({ a, b, c }))],
    ['a megabyte', () => 'A'.repeat(1_000_000)],
  ])('%s is refused', (_, made) => {
    expect(codeOf(() => query().page({ size: 5, after: made() as string }))).toBe('BAD_CURSOR');
  });

  test('are opaque text that a URL can hold', () => {
    expect(cursor()).toMatch(/^[\w-]+$/);
  });

  test('are refused by a handle on another file, accepted by one on the same', () => {
    const other = aStore({ types });
    fill(other);
    expect(
      codeOf(() =>
        other
          .query(Book)
          .orderBy((b) => b.year.asc())
          .page({ size: 5, after: cursor() }),
      ),
    ).toBe('BAD_CURSOR');
    expect(query().page({ size: 5, after: cursor() }).items).toHaveLength(5);
  });

  test('of a tampered place begin there, or are refused', () => {
    const page = query().page({ size: 100, after: forged(([hash, scope]) => [hash, scope, [1993, 0]]) });
    expect(page.items.every((book) => book.year === 1993)).toBe(true);
  });
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, '5', null, undefined, {}, 5n])(
  'a page of %s is refused',
  (size) => {
    expect(codeOf(() => store.query(Book).page({ size } as never))).toBe('BAD_QUERY');
    expect(codeOf(() => store.query(Book).pages(size as never))).toBe('BAD_QUERY');
    expect(codeOf(() => store.tree.query(Book).pages(size as never))).toBe('BAD_QUERY');
  },
);

test('a page of a limited query is refused', () => {
  expect(codeOf(() => store.query(Book).limit(5).page({ size: 2 }))).toBe('BAD_QUERY');
  expect(codeOf(() => store.query(Book).offset(5).pages(2))).toBe('BAD_QUERY');
  expect(codeOf(() => store.query(Book).page(undefined as never))).toBe('BAD_QUERY');
});
