import {
  bytes,
  type Decimal,
  type Default,
  decimal,
  Item,
  integer,
  item,
  json,
  reference,
  Store,
  SubStore,
  text,
  timestamp,
} from 'corollary';
import { expect, test } from 'vitest';
import { aMemoryStore, aStore, type StoreOptions } from './support/a-store.js';

// A store in memory behaves as one with files does. The same session on both must be told in the same words.

@item('author')
class Author extends Item {
  @text({ unique: true }) declare name: string;
  @timestamp({ nullable: true }) declare born: Date | null;
}

@item('book', { indexes: [['year', 'title']] })
class Book extends Item {
  @text({ collate: 'nocase' }) declare title: string;
  @integer({ nullable: true, check: (b: import('corollary').Columns<Book>) => b.year.gte(0) }) declare year:
    | number
    | null;
  @decimal({ scale: 2, default: '0.00' }) declare price: Default<Decimal>;
  @json({ default: () => [] }) declare tags: Default<string[]>;
  @bytes({ nullable: true }) declare cover: Uint8Array | null;
  @reference(() => Author, { whenDeleted: 'cascade' }) declare author: Author;
  @reference(() => SubStore, { nullable: true, whenDeleted: 'nullify' }) declare shelf: SubStore | null;
}

type Told = unknown[];

/** What a step gives, or the code of the error it throws. */
function outcomeOf(step: () => unknown): unknown {
  try {
    const result = step();
    if (result instanceof Store) return result.path; // two stores are never the same
    return result instanceof Item ? result.toJSON() : result;
  } catch (error) {
    const { code, name, message } = error as { code?: string; name: string; message: string };
    return code === undefined ? `${name}: ${message}` : `code ${code}`;
  }
}

const plain = (items: Iterable<Item>) => [...items].map((one) => one.toJSON());

function items(store: Store, tell: (step: () => unknown) => void): void {
  const ann = store.create(Author, { name: 'Ann', born: new Date(5) });
  tell(() => ann.toJSON());
  tell(() => store.create(Author, { name: 'Ann' }).storeId);
  tell(() => store.create(Author, { name: 'Bob\0' }));
  tell(() => store.create(Author, {} as never));
  tell(() => store.create(Book, { title: 'One', author: ann, tags: ['a'], cover: Uint8Array.of(1) }).toJSON());
  tell(() =>
    store.createMany(Book, [
      { title: 'two', year: 2, author: ann, price: '1.10' },
      { title: 'Three', year: 3, author: ann },
    ]),
  );
  tell(() =>
    store.createMany(Book, [
      { title: 'x', author: ann },
      { title: 'y', year: -1, author: ann },
    ]),
  );
  tell(() => store.count(Book));
  tell(() => Object.assign(store.findFirst(Book)!, { year: -1 }));
  tell(() => store.findFirst(Book)!.set({ year: 1, price: '2.255' as never }));
  tell(() => plain(store.query(Book).orderBy((b) => b.title.asc())));
  tell(() => store.findOrCreate(Author, { name: 'Cid' }).storeId);
  tell(() => store.findOrCreate(Author, { name: 'Cid' }).storeId);
  tell(() => store.get(Author, 999 as never));
  tell(() => store.find(Book, ann.storeId as never));
  tell(() => store.get(Book, ann.storeId as never));
  tell(() => store.getUnique(Book, { author: ann }));
}

function queries(store: Store, tell: (step: () => unknown) => void): void {
  const all = store.query(Book);
  tell(() => all.where({ title: 'ONE' }).count());
  tell(() =>
    all
      .where((b) => b.year.ne(2))
      .orderBy((b) => b.year.desc())
      .pluck((b) => b.title)
      .all(),
  );
  tell(() => [all.sum((b) => b.price), all.avg((b) => b.year), all.min((b) => b.title), all.max((b) => b.year)]);
  tell(() => [...all.orderBy((b) => b.year.asc()).pages(2)].map((page) => page.length));
  tell(() =>
    all
      .orderBy((b) => b.year.asc())
      .offset(1)
      .limit(1)
      .pluck((b) => b.title)
      .all(),
  );
  tell(() => all.where((b) => b.title.startsWith('t')).update({ price: '9.99' }));
  tell(() => all.where((b) => b.title.contains('%')).delete());
  tell(() => all.update({ year: -5 }));
  tell(() =>
    all
      .pluck((b) => b.price)
      .distinct()
      .all(),
  );
  tell(() => all.limit(-1));
}

function transactions(store: Store, tell: (step: () => unknown) => void): void {
  const book = store.findFirst(Book)!;
  tell(() =>
    store.transact(() => {
      book.title = 'changed';
      store.transact(() => store.create(Author, { name: 'Dan' }));
      tell(() => store.transact(() => store.query(Book).delete() && store.create(Author, { name: 'Dan' })));
      tell(() => store.count(Book));
      throw new TypeError('no');
    }),
  );
  tell(() => [book.title, store.count(Author), store.count(Book)]);
  tell(() => store.transact((async () => 1) as never));
  tell(() => store.transact(5 as never));
  tell(() => store.transact(() => store.create(Author, { name: 'Eve' }).storeId));
  tell(() => store.transact(() => store.create(Author, { name: 'Fay' }), { readOnly: true }));
  tell(() => store.transact(() => store.close()));
}

function substores(store: Store, tell: (step: () => unknown) => void): void {
  const shelf = store.substores.create('shelf');
  const low = shelf.substores.create('low');
  const ann = low.create(Author, { name: 'Ann' });
  low.createMany(Book, [{ title: 'low', year: 7, author: ann }]);
  tell(() => store.substores.create('shelf'));
  tell(() => store.substores.create('..'));
  tell(() => [
    shelf.path,
    low.depth,
    low.name,
    store.substores.names(),
    store.substores.size,
    store.substores.has('x'),
  ]);
  tell(() => store.at('shelf/high'));
  tell(() => store.create(Book, { title: 'foreign', author: ann }));
  tell(() => Object.assign(store.findFirst(Book)!, { shelf: store.substores.query().one() }).idOf('shelf'));
  tell(() =>
    store.tree
      .query(Book)
      .orderBy((b) => b.year.desc())
      .pluck((b) => b.title)
      .all(),
  );
  tell(() => [store.tree.count(Book), store.tree.query(Book).sum((b) => b.price)]);
  tell(() => [...store.tree.stores()].map((one) => one.path));
  tell(() => store.transact(() => plain([store.create(Author, { name: 'Gus' }), low.create(Author, { name: 'Gus' })])));
  tell(() => shelf.transact(() => store.create(Author, { name: 'Hal' })));
  tell(() => store.transact(() => store.substores.create('made').create(Author, { name: 'Ida' }).storeId));
  tell(() =>
    store.transact(() => {
      store.substores.delete('shelf');
      store.substores.create('shelf').create(Author, { name: 'Jo' });
      throw new TypeError('no');
    }),
  );
  tell(() => [low.isClosed, store.at('shelf/low') === low, store.tree.count(Author)]);
  tell(() => ann.delete());
  tell(() => [ann.isStored, low.count(Book), ann.name]);
  tell(() => Object.assign(ann, { name: 'x' }));
  tell(() => store.substores.delete('shelf'));
  tell(() => [low.isClosed, outcomeOf(() => low.count(Author)), store.findFirst(Book)!.shelf]);
  tell(() => store.tree.count(Author));
}

function theEnd(store: Store, tell: (step: () => unknown) => void): void {
  const author = store.findFirst(Author)!;
  tell(() => store.check());
  tell(() => store.vacuum());
  tell(() => store.refresh());
  tell(() => store.query(Author).delete());
  tell(() => [store.count(Book), author.isStored]);
  tell(() => store.create(Author, { name: 'Zoe' }).storeId);
  store.close();
  tell(() => store.count(Author));
  tell(() => store.substores.names());
  tell(() => Object.assign(author, { name: 'x' }));
}

test('the same session is told in the same words in memory and on disk', () => {
  const session = (make: (options: StoreOptions) => Store) => {
    const told: Told = [];
    const store = make({ types: [Author, Book], clock: () => 0 });
    const tell = (step: () => unknown) => void told.push(outcomeOf(step));
    for (const part of [items, queries, transactions, substores, theEnd]) part(store, tell);
    return told;
  };
  const [inMemory, onDisk] = [session(aMemoryStore), session((options) => aStore(options))];
  expect(inMemory).toEqual(onDisk);
  expect(inMemory.length).toBeGreaterThan(60);
  expect(inMemory.filter((one) => String(one).startsWith('TypeError'))).toEqual(['TypeError: no', 'TypeError: no']);
});
