import {
  CorollaryError,
  type Default,
  type ErrorCode,
  Item,
  type ItemInit,
  integer,
  item,
  json,
  type Memory,
  reference,
  Store,
  text,
  timestamp,
} from 'corollary';
import { beforeAll, describe, expect, test } from 'vitest';
import { aProgram, type Program } from './support/a-process.js';
import { aStore, aStoreDirectory } from './support/a-store.js';
import type * as tasks from './tasks/identity.js';

@item('author')
class Author extends Item {
  @text({ unique: true }) declare name: string;
  @integer({ default: 0 }) declare age: Default<number>;
}

@item('book')
class Book extends Item {
  @text() declare title: string;
  @timestamp({ nullable: true }) declare published: Date | null;
  @json({ nullable: true }) declare tags: readonly string[] | null;
  @reference(() => Author, { whenDeleted: 'cascade' }) declare author: Author;
  @reference({ nullable: true }) declare about: Item | null;
}

/** Its constructor asks for all of its type, once it is told to. */
@item('curious')
class Curious extends Item {
  static asks = false;
  @integer() declare number: number;
  constructor(init: ItemInit) {
    super(init);
    if (!Curious.asks) return;
    Curious.asks = false;
    this.store.query(Curious).all();
  }
}

/** Its activation fails while it is told to. */
@item('shy')
class Shy extends Item {
  static refuses = false;
  @integer() declare number: number;
  isActive: Memory<boolean> = false;
  override activate(): void {
    if (Shy.refuses) throw new Error('not now');
    this.isActive = true;
  }
}

const types = [Author, Book];
const failure = (code: ErrorCode) => expect.objectContaining({ code, constructor: CorollaryError });

function aLibrary() {
  const place = aStoreDirectory();
  const store = aStore({ types }, place);
  const author = store.create(Author, { name: 'Lem', age: 60 });
  const book = store.create(Book, {
    title: 'Solaris',
    author,
    published: new Date(0),
    tags: ['ocean', 'planet'],
    about: author,
  });
  return { place, store, author, book };
}

class Refusal extends Error {}
function undone<R>(store: Store, work: () => R): R {
  let result: R | undefined;
  const attempt = () =>
    store.transact(() => {
      result = work();
      throw new Refusal('no');
    });
  expect(attempt).toThrow(Refusal);
  return result as R;
}

describe('one object stands for one stored item,', () => {
  const ways: [string, (store: Store, book: Book) => unknown][] = [
    ['get', (store, { storeId }) => store.get(Book, storeId)],
    ['getAny', (store, { storeId }) => store.getAny(storeId)],
    ['find', (store, { storeId }) => store.find(Book, storeId)],
    ['findAny', (store, { storeId }) => store.findAny(storeId)],
    ['findFirst', (store) => store.findFirst(Book)],
    ['findFirst with a condition', (store) => store.findFirst(Book, (b) => b.title.startsWith('Sol'))],
    ['findUnique', (store) => store.findUnique(Book, { title: 'Solaris' })],
    ['getUnique', (store) => store.getUnique(Book, { title: 'Solaris' })],
    ['findOrCreate', (store, { author }) => store.findOrCreate(Book, { title: 'Solaris', author })],
    ['all', (store) => store.query(Book).all()[0]],
    ['first', (store) => store.query(Book).first()],
    ['one', (store) => store.query(Book).one()],
    ['iteration', (store) => [...store.query(Book)][0]],
    ['a page', (store) => store.query(Book).page({ size: 1 }).items[0]],
    ['the tree', (store) => store.tree.query(Book).one()],
    ['a query inside a transaction', (store) => store.transact(() => store.query(Book).one())],
    ['a read-only transaction', (store) => store.transact(() => store.query(Book).one(), { readOnly: true })],
    ['an id as text from elsewhere', (store, { storeId }) => store.getAny(Number(`${storeId}`) as never)],
  ];

  test.each(ways)('also through %s', (_, way) => {
    const { store, book } = aLibrary();
    expect(way(store, book)).toBe(book);
  });

  test.each(ways)('also through %s after it was loaded by another way', (_, way) => {
    const { place, store } = aLibrary();
    store.close();
    const again = aStore({ types }, place);
    const [book] = again.query(Book).all();
    expect(way(again, book as Book)).toBe(book);
  });

  test('also through references, typed or not', () => {
    const { place, store, book, author } = aLibrary();
    expect(book.author).toBe(author);
    expect(book.about).toBe(author);
    const again = aStore({ types }, place);
    const loaded = again.query(Book).one();
    expect(loaded.author).toBe(loaded.about);
    expect(loaded.author).toBe(again.query(Author).one());
    expect(loaded.author).not.toBe(author);
    expect(
      store
        .query(Book)
        .pluck((b) => b.author)
        .all(),
    ).toEqual([author]);
  });

  test('also where its class asks for it while it is loaded or created', () => {
    const place = aStoreDirectory();
    const first = aStore({}, place);
    const { storeId } = first.create(Curious, { number: 1 });
    Curious.asks = true;
    const created = first.create(Curious, { number: 2 });
    expect(first.get(Curious, created.storeId)).toBe(created);
    first.close();
    const again = aStore({}, place);
    Curious.asks = true;
    const loaded = again.get(Curious, storeId);
    expect(Curious.asks).toBe(false);
    expect(again.get(Curious, storeId)).toBe(loaded);
    expect(again.query(Curious).all()).toContain(loaded);
  });

  test('also where activating it has failed before, in the same turn', () => {
    const place = aStoreDirectory();
    const first = aStore({}, place);
    const { storeId } = first.create(Shy, { number: 1 });
    const others = first.createMany(Shy, [{ number: 2 }, { number: 3 }], { items: true });
    first.close();
    const again = aStore({}, place);
    again.get(Shy, others[0]?.storeId as typeof storeId);
    Shy.refuses = true;
    expect(() => again.get(Shy, storeId)).toThrow();
    Shy.refuses = false;
    const loaded = again.get(Shy, storeId);
    expect(loaded.isActive).toBe(true);
    expect(again.get(Shy, storeId)).toBe(loaded);
    expect(again.query(Shy, { number: 1 }).one()).toBe(loaded);
  });

  test('also through createMany', () => {
    const { store } = aLibrary();
    const made = store.createMany(Author, [{ name: 'A' }, { name: 'B' }], { items: true });
    expect(store.query(Author, (a) => a.name.in(['A', 'B'])).all()).toEqual(made);
    expect(store.getUnique(Author, { name: 'B' })).toBe(made[1]);
  });

  test('also after changes, a rollback, a failed deletion and a refresh', () => {
    const { store, book } = aLibrary();
    book.title = 'Fiasco';
    undone(store, () => [book.set({ title: 'Eden' }), book.delete()]);
    store.refresh();
    expect(store.getUnique(Book, { title: 'Fiasco' })).toBe(book);
  });

  test('in every substore its own, even if the ids are equal', () => {
    const { store } = aLibrary();
    const [a, b] = ['a', 'b'].map((name) => store.substores.create(name).create(Author, { name: `of ${name}` }));
    expect(store.at('a').query(Author).one()).toBe(a);
    expect(store.at('b').query(Author).one()).toBe(b);
    expect(store.tree.query(Author, (author) => author.name.startsWith('of')).all()).toEqual([a, b]);
    expect(a?.store).toBe(store.at('a'));
  });

  test('and ids are stable over a reopening', () => {
    const { place, store, author, book } = aLibrary();
    store.close();
    const again = aStore({ types }, place);
    expect(again.getUnique(Author, { name: 'Lem' }).storeId).toBe(author.storeId);
    expect(again.get(Book, book.storeId).title).toBe('Solaris');
  });
});

/** Ways in which items stop being stored. Each gives a book and its author that are both gone. */
const ends: [string, () => { store: Store; book: Book; author: Author }][] = [
  ['created in a transaction that failed', rolledBack(false)],
  ['created in an inner transaction that failed', rolledBack(true)],
  ['deleted', ending(({ book, author }) => [book.delete(), author.delete()])],
  ['deleted by the store', ending(({ store, book, author }) => [store.delete(book), store.delete(author)])],
  ['deleted with what it refers to', ending(({ author }) => author.delete())],
  ['deleted by a query', ending(({ store }) => store.query(Author).delete())],
  ['deleted in a transaction', ending(({ store, author }) => store.transact(() => author.delete()))],
  [
    'deleted by another handle',
    ending(({ store, place }) => {
      const other = Store.open(place, { types });
      other.query(Author).delete();
      other.close();
      store.refresh();
    }),
  ],
];

function ending(end: (library: ReturnType<typeof aLibrary>) => unknown) {
  return () => {
    const library = aLibrary();
    end(library);
    return library;
  };
}

function rolledBack(isInner: boolean) {
  return () => {
    const store = aStore({ types });
    const create = () => {
      const author = store.create(Author, { name: 'Lem', age: 60 });
      const tags = ['ocean', 'planet'];
      const book = store.create(Book, { title: 'Solaris', author, published: new Date(0), tags, about: author });
      return { store, author, book };
    };
    return isInner ? store.transact(() => undone(store, create)) : undone(store, create);
  };
}

describe.each(ends)('an item that was %s', (_, end) => {
  test('is not stored and is not found', () => {
    const { store, book, author } = end();
    expect([book.isStored, author.isStored]).toEqual([false, false]);
    expect(store.find(Book, book.storeId)).toBeUndefined();
    expect(store.findAny(book.storeId)).toBeUndefined();
    expect(() => store.get(Book, book.storeId)).toThrow(failure('NOT_FOUND'));
    expect(() => store.getAny(book.storeId)).toThrow(failure('NOT_FOUND'));
    expect([store.count(Book), store.count(Author)]).toEqual([0, 0]);
  });

  test('can be read: its last values, its id, its references', () => {
    const { store, book, author } = end();
    expect([book.title, book.published, book.tags]).toEqual(['Solaris', new Date(0), ['ocean', 'planet']]);
    expect([author.name, author.age]).toEqual(['Lem', 60]);
    expect(book.idOf('author')).toBe(author.storeId);
    expect(book.toJSON()).toMatchObject({ title: 'Solaris', author: author.storeId, storeId: book.storeId });
    expect(book.store).toBe(store);
  });

  const writes: [string, (book: Book, author: Author) => unknown][] = [
    ['an assignment', (book) => Object.assign(book, { title: 'Eden' })],
    ['an assignment of the same value', (book) => Object.assign(book, { title: 'Solaris' })],
    ['set', (book) => book.set({ title: 'Eden', tags: null })],
    ['delete', (book) => book.delete()],
    ['store.delete', (book) => (book.store as Store).delete(book)],
    ['an assignment in a transaction', (book) => (book.store as Store).transact(() => book.set({ title: 'Eden' }))],
  ];

  test.each(writes)('refuses to be written, and nothing is written: %s', (_what, write) => {
    const { store, book, author } = end();
    expect(() => write(book, author)).toThrow(failure('ITEM_GONE'));
    expect(book.title).toBe('Solaris');
    expect([store.count(Book), store.count(Author)]).toEqual([0, 0]);
  });

  test('cannot be referred to', () => {
    const { store, author } = end();
    const other = store.create(Author, { name: 'Dick' });
    const book = store.create(Book, { title: 'Ubik', author: other, about: other });

    expect(() => store.create(Book, { title: 'Eden', author })).toThrow(failure('ITEM_GONE'));
    expect(() => store.create(Book, { title: 'Eden', author: other, about: author })).toThrow(failure('ITEM_GONE'));
    expect(() => store.createMany(Book, [{ title: 'Eden', author }])).toThrow(failure('ITEM_GONE'));
    expect(() => Object.assign(book, { author })).toThrow(failure('ITEM_GONE'));
    expect(() => book.set({ title: 'Eden', about: author })).toThrow(failure('ITEM_GONE'));
    expect(() => store.query(Book).update({ author })).toThrow(failure('ITEM_GONE'));

    expect(store.count(Book)).toBe(1);
    expect([book.title, book.author, book.about]).toEqual(['Ubik', other, other]);
  });

  test('keeps its id for ever, while a new item may have its unique values', () => {
    const { store, book, author } = end();
    const next = store.create(Author, { name: 'Lem' });
    expect([book.storeId, author.storeId]).not.toContain(next.storeId);
    expect(() => author.set({ age: 61 })).toThrow(failure('ITEM_GONE'));
    expect([next.age, author.age]).toEqual([0, 60]);
    expect(store.getUnique(Author, { name: 'Lem' })).toBe(next);
  });
});

describe('an item whose deletion is undone', () => {
  test('is stored again as the same object and can be written', () => {
    const { place, store, book, author } = aLibrary();
    undone(store, () => {
      author.delete();
      expect([book.isStored, author.isStored]).toEqual([false, false]);
      expect(() => book.set({ title: 'Eden' })).toThrow(failure('ITEM_GONE'));
    });
    expect([book.isStored, author.isStored]).toEqual([true, true]);
    book.title = 'Eden';
    expect(store.get(Book, book.storeId)).toBe(book);
    expect(aStore({ types }, place).query(Book).one().title).toBe('Eden');
  });

  test('can be referred to again', () => {
    const { store, author } = aLibrary();
    undone(store, () => author.delete());
    expect(store.create(Book, { title: 'Eden', author }).author).toBe(author);
  });
});

describe('an id is never given twice:', () => {
  test('over all types of a store, one by one, in bulk and after reopening', () => {
    const { place, store, author } = aLibrary();
    store.createMany(Author, [{ name: 'A' }, { name: 'B' }, { name: 'C' }]);
    store.createMany(
      Book,
      [1, 2, 3].map((n) => ({ title: `${n}`, author })),
    );
    store.close();
    const again = aStore({ types }, place);
    again.create(Author, { name: 'D' });
    again.create(Book, { title: '4', author: again.getUnique(Author, { name: 'D' }) });
    const ids = [...again.query(Author), ...again.query(Book)].map(({ storeId }) => storeId as number);
    expect(ids).toHaveLength(10);
    expect(new Set(ids).size).toBe(10);
    expect(ids.filter((id) => !Number.isSafeInteger(id) || id <= 0)).toEqual([]);
  });

  test('not after a deletion', () => {
    const store = aStore({ types });
    const used = ['a', 'b', 'c', 'd'].map((name) => {
      const made = store.create(Author, { name });
      made.delete();
      return made.storeId;
    });
    expect(new Set(used).size).toBe(4);
  });

  test.each([['the last'], ['every']])('not after %s item was deleted and the store reopened', (which) => {
    const { place, store, author, book } = aLibrary();
    const used = [author.storeId, book.storeId, store.create(Author, { name: 'last' }).storeId as number];
    store.query(Author, which === 'every' ? undefined : { name: 'last' }).delete();
    store.close();
    const again = aStore({ types }, place);
    expect(used).not.toContain(again.create(Author, { name: 'new' }).storeId);
  });

  test('not after everything was deleted, vacuumed and reopened', () => {
    const { place, store, author, book } = aLibrary();
    author.delete();
    store.vacuum();
    store.close();
    const again = aStore({ types }, place);
    const next = again.create(Author, { name: 'new' });
    expect([author.storeId, book.storeId]).not.toContain(next.storeId);
  });

  test('not after a rollback, at any level', () => {
    const store = aStore({ types });
    const create = () => store.create(Author, { name: 'the same' }).storeId as number;
    const many = () =>
      store.createMany(Author, [{ name: 'x' }, { name: 'y' }], { items: true }).map((a) => a.storeId as number);
    const used = [
      undone(store, create),
      undone(store, create),
      ...undone(store, many),
      store.transact(() => undone(store, create)),
      undone(store, () => store.transact(create)),
      create(),
    ];
    expect(new Set(used).size).toBe(used.length);
  });

  test('not after a rollback in a process that then reopens the store', () => {
    const { place, store } = aLibrary();
    const used = undone(store, () => store.create(Author, { name: 'a' }).storeId as number);
    store.close();
    const again = aStore({ types }, place);
    expect(again.create(Author, { name: 'a' }).storeId).not.toBe(used);
  });

  test('not after a creation that a constraint refused', () => {
    const { store } = aLibrary();
    expect(() => store.create(Author, { name: 'Lem' })).toThrow(failure('CONSTRAINT'));
    const ids = [store.create(Author, { name: 'a' }), store.create(Author, { name: 'b' })].map((a) => a.storeId);
    expect(new Set(ids).size).toBe(2);
    expect(store.count(Author)).toBe(3);
  });

  test('not by two handles that create in turn', () => {
    const { place, store } = aLibrary();
    const other = aStore({ types }, place);
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, n) => {
      const handle = n % 2 === 0 ? store : other;
      return handle.create(Author, { name }).storeId;
    });
    expect(new Set(ids).size).toBe(6);
  });

  test('and an item that was rolled back never stands for one that another handle created', () => {
    const { place, store } = aLibrary();
    const other = aStore({ types }, place);
    const lost = undone(store, () => store.create(Author, { name: 'lost', age: 1 }));
    const made = other.create(Author, { name: 'made', age: 2 });

    expect(() => lost.set({ age: 3 })).toThrow(failure('ITEM_GONE'));
    expect(() => lost.delete()).toThrow(failure('ITEM_GONE'));

    const found = store.getUnique(Author, { name: 'made' });
    expect(found).not.toBe(lost);
    expect([found.age, found.storeId, lost.isStored, lost.name]).toEqual([2, made.storeId, false, 'lost']);
  });
});

describe('after the store is closed', () => {
  test('items can be read', () => {
    const { store, book, author } = aLibrary();
    store.close();
    expect([book.title, book.published, book.tags]).toEqual(['Solaris', new Date(0), ['ocean', 'planet']]);
    expect(book.idOf('author')).toBe(author.storeId);
    expect(book.toJSON()).toMatchObject({ title: 'Solaris' });
    expect(() => book.isStored).not.toThrow();
  });

  test('items that another handle has changed can be read as they were last seen', () => {
    const { place, store, book } = aLibrary();
    const other = aStore({ types }, place);
    other.query(Book).one().title = 'Eden';
    store.refresh();
    store.close();
    expect(['Solaris', 'Eden']).toContain(book.title);
  });

  const writes: [string, (library: ReturnType<typeof aLibrary>) => unknown][] = [
    ['an assignment', ({ book }) => Object.assign(book, { title: 'Eden' })],
    ['set', ({ book }) => book.set({ title: 'Eden' })],
    ['delete', ({ book }) => book.delete()],
    ['store.delete', ({ store, book }) => store.delete(book)],
    ['create', ({ store }) => store.create(Author, { name: 'Dick' })],
    ['createMany', ({ store }) => store.createMany(Author, [{ name: 'Dick' }])],
    ['findOrCreate', ({ store }) => store.findOrCreate(Author, { name: 'Dick' })],
    ['transact', ({ store }) => store.transact(() => 1)],
    ['get', ({ store, book }) => store.get(Book, book.storeId)],
    ['findAny', ({ store, book }) => store.findAny(book.storeId)],
    ['a query', ({ store }) => store.query(Book).all()],
    ['count', ({ store }) => store.count(Book)],
    ['a tree query', ({ store }) => store.tree.query(Book).all()],
    ['a bulk update', ({ store }) => store.query(Book).update({ title: 'Eden' })],
    ['a bulk delete', ({ store }) => store.query(Book).delete()],
    ['substores', ({ store }) => store.substores.names()],
    ['a substore', ({ store }) => store.substores.create('below')],
    ['at', ({ store }) => store.at('below')],
    ['refresh', ({ store }) => store.refresh()],
  ];

  test.each(writes)('what needs the database is STORE_CLOSED: %s', (_, write) => {
    const library = aLibrary();
    library.store.close();
    expect(() => write(library)).toThrow(failure('STORE_CLOSED'));
    const again = aStore({ types }, library.place);
    expect([again.query(Book).one().title, again.count(Author)]).toEqual(['Solaris', 1]);
  });

  test('the items of its substores can be read and not be written', () => {
    const { store } = aLibrary();
    const below = store.substores.create('below');
    const dick = below.create(Author, { name: 'Dick' });
    store.close();
    expect([below.isClosed, dick.name]).toEqual([true, 'Dick']);
    expect(() => dick.set({ age: 1 })).toThrow(failure('STORE_CLOSED'));
  });

  test('an item of the closed store is no reference for the store that was opened again', () => {
    const { place, store, author } = aLibrary();
    store.close();
    const again = aStore({ types }, place);
    expect(() => again.create(Book, { title: 'Eden', author })).toThrow(CorollaryError);
    expect(again.count(Book)).toBe(1);
  });

  test('closing again does nothing', () => {
    const { store } = aLibrary();
    store.close();
    expect(() => store.close()).not.toThrow();
  });
});

describe('garbage collection', () => {
  let program: Program<typeof tasks>;
  beforeAll(async () => {
    program = await aProgram<typeof tasks>('identity.ts');
  });

  test('takes items that nobody holds, without losing anything, and leaves those that somebody holds', async () => {
    const place = aStoreDirectory();
    const child = program.start('--expose-gc');
    await child.call('plant', place, 10_000);

    expect(await child.call('letGo', place)).toEqual({ wasCollected: true, mark: '', name: 'renamed' });
    expect(await child.call('hold', place)).toEqual({ isSame: true, mark: 'the first object', others: 0 });
    expect(await child.call('holdReferrer', place)).toEqual({ isSame: true, size: 1 });

    const { read, left } = await child.call('readByPages', place);
    expect(read).toBe(10_000);
    expect(left).toBeLessThan(1000);

    expect(await child.call('letGoInTwoTurns', place)).toBe(0);
    expect(await child.call('holdSome', place, 'nothing')).toEqual({ held: 100, left: 100, isSame: true, known: 100 });
    expect(await child.call('holdSome', place, 'close')).toEqual({ held: 100, left: 100, isSame: false });
    expect(await child.call('holdSome', place, 'delete')).toEqual({ held: 100, left: 100, isSame: false, known: 0 });

    expect(await child.call('deleteAfterCollection', place)).toEqual({
      afterUndoing: true,
      isFound: false,
      isStored: false,
    });
    expect(await child.call('holdWhatWasLoadedWithDeletedOnes', place)).toEqual({ held: 1, left: 1 });
    expect(await child.call('loadInTurn', place, false)).toBeLessThan(150_000);
    expect(await child.call('loadInTurn', place, true)).toBeLessThan(150_000);
    expect(await child.call('letGoOfItemsThatWereDeleted', place)).toEqual({ left: 0, count: 0 });
  });
});
