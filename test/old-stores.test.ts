import { cpSync } from 'node:fs';
import { join } from 'node:path';
import {
  boolean,
  decimal,
  file,
  Item,
  integer,
  item,
  json,
  reference,
  type Store,
  type StoredFile,
  type StoreId,
  text,
  timestamp,
  upgrade,
} from 'corollary';
import { describe, expect, test } from 'vitest';
import { Author, Book, Finder, Sample, Search, types, write } from './old-stores/library-1.js';
import * as second from './old-stores/library-2.js';
import { aStore, aStoreDirectory } from './support/a-store.js';

// Stores as released versions have written them are in test/old-stores, and are opened for ever.

/** A copy of an old store that may be written. */
function copyOf(name: string): string {
  const place = aStoreDirectory();
  cpSync(join(import.meta.dirname, 'old-stores', name), place, { recursive: true });
  return place;
}

/** A store that this version of the library writes, to compare with. */
function writtenNow(): string {
  const place = aStoreDirectory();
  write(place);
  return place;
}

/** All that a program sees of a store and those below it. */
function contentOf(root: Store): unknown {
  return [...root.tree.stores()].map((store) => ({
    path: store.path,
    created: store.parent?.substores
      .query({ name: store.name as string })
      .one()
      .createdAt.toISOString(),
    authors: store
      .query(Author)
      .orderBy((a) => a.name.asc())
      .all()
      .map((a) => a.toJSON()),
    books: store
      .query(Book)
      .orderBy((b) => b.title.asc())
      .all()
      .map((b) => ({ ...b.toJSON(), cover: b.cover?.text() })),
    samples: store
      .query(Sample)
      .all()
      .map(({ whole, part, bytes }) => [whole, part, [...bytes]]),
    found: store.maybe(Finder)?.find('dark solar*'),
    dark: store.maybe(Finder)?.find('darkness'),
    roles: store
      .query(Search)
      .all()
      .flatMap((one) => store.rolesOf(one).map(({ id }) => id)),
    cheap: store
      .query(Book, (b) => b.price.lt('0'))
      .pluck((b) => b.title)
      .all(),
  }));
}

describe('a store of version 0.1.0', () => {
  test('is read as what was written, ids included', () => {
    const place = copyOf('library-1');
    const [before, now] = [aStore({ types }, place), aStore({ types }, writtenNow())];
    expect(contentOf(before)).toEqual(contentOf(now));
    const [solaris] = before.query(Book, { title: 'Solaris' }).all();
    expect(solaris?.about).toBe(before.getUnique(Book, { title: 'The Left Hand of Darkness' }));
    const { elsewhere } = before.at('Kraków 1').getUnique(Sample, {});
    expect(elsewhere && before.getAny(elsewhere)).toBe(solaris?.about);
  });

  test('is sound, and can be written, backed up and moved about', () => {
    const place = copyOf('library-1');
    const store = aStore({ types }, place);
    expect(store.tree.check().findings).toEqual([]);
    store.getUnique(Author, { name: 'stanisław lem' }).delete();
    expect(store.count(Book)).toBe(1);
    store.substores.move('Kraków 1', store.substores.create('elsewhere'));
    expect(store.at('elsewhere/Kraków 1/cellar').count(Sample)).toBe(1);
    expect(store.tree.backup(join(aStoreDirectory(), 'backup')).stores).toBe(4);
    expect(store.tree.check().findings).toEqual([]);
  });

  test('opens alone below its root', () => {
    const place = copyOf('library-1');
    const root = aStore({ types }, place);
    const { directory } = root.substores.query().one();
    root.close();
    const part = aStore({ types }, join(place, 'sub', directory));
    expect([part.path, part.query(Book).one().title]).toEqual([[], 'Fiasco']);
  });

  test('is upgraded to the second version of the program, at every level', async () => {
    const place = copyOf('library-1');
    const idsBefore = aStore({ types }, copyOf('library-1'))
      .query(Author)
      .pluck((a) => a.storeId)
      .all();
    const store = aStore({ types: second.types }, place);

    expect(await store.tree.upgrade()).toMatchObject({ isComplete: true, stores: 3, upgraded: 2 });

    expect(idsOf(store.query(second.Writer).all())).toEqual(idsBefore.map(Number));
    const lasts = store.tree
      .query(second.Writer)
      .pluck((a) => a.last)
      .all();
    expect(lasts.sort()).toEqual(['Guin', 'Lem', 'Lem']);
    expect(store.tree.check().findings).toEqual([]);
    const books = store
      .query(second.Book)
      .orderBy((b) => b.title.asc())
      .all();
    expect(books.map(({ title, year, state, author }) => [title, year, state, author.last])).toEqual([
      ['Solaris', 1961, 'lent', 'Lem'],
      ['The Left Hand of Darkness', 1969, 'here', 'Guin'],
      ['Éden', 0, 'here', 'Lem'],
    ]);
    expect([books[0]?.about, books[2]?.cover?.text(), books[2]?.price]).toEqual([books[1], 'a cover', '-0.05']);
    expect(store.query(second.Book, (b) => b.title.matches('darkness')).one()).toBe(books[1]);
  });
});

const idsOf = (items: readonly Item[]) => items.map(({ storeId }) => Number(storeId));

// The third version of the program: writers have one name again, and there are no samples any more.
@item('writer', {
  version: 3,
  was: ['author'],
  upgrades: () => [
    upgrade(1, { name: text() }, ({ name }) => ({ sorted: [...name.split(' ').slice(-1), name].join(', ') }), {
      to: 3,
    }),
    upgrade(2, { first: text(), last: text() }, ({ first, last }) => ({ sorted: `${last}, ${first} ${last}` })),
  ],
})
class Writer3 extends Item {
  @text({ unique: true }) declare sorted: string;
}
@item('book', {
  version: 3,
  upgrades: () => [
    upgrade(
      1,
      {
        ...{ title: text(), author: reference(), year: integer({ nullable: true }), price: decimal({ scale: 2 }) },
        ...{ lent: boolean(), bought: timestamp(), tags: json(), about: reference({ nullable: true }) },
        cover: file({ nullable: true, owned: true }),
      },
      ({ title, author, lent, cover }) => ({ title, author: author as StoreId<Writer3>, lent, cover }),
      { to: 3 },
    ),
    upgrade(
      2,
      {
        ...{ title: text(), author: reference(), year: integer(), price: decimal({ scale: 2 }), state: text() },
        ...{ about: reference({ nullable: true }), cover: file({ nullable: true, owned: true }) },
      },
      ({ title, author, state, cover }) => ({
        title,
        author: author as StoreId<Writer3>,
        lent: state === 'lent',
        cover,
      }),
    ),
  ],
})
class Book3 extends Item {
  @text({ fullText: true }) declare title: string;
  @reference(() => Writer3, { whenDeleted: 'cascade' }) declare author: Writer3;
  @boolean() declare lent: boolean;
  @file({ nullable: true, owned: true }) declare cover: StoredFile | null;
}

describe.each([
  ['first', 'library-1', []],
  ['second', 'library-2', [['Katar', 'Lem, Stanisław Lem', false]]],
])('a store that the %s version of a program wrote', (_, name, more) => {
  test('opens in the third, whose classes are called otherwise, jump a version, and leave types out', async () => {
    const place = copyOf(name);
    const ids = aStore({}, copyOf(name)).substores.query().all();
    const store = aStore({ types: [Writer3, Book3], retired: { sample: 'drop', search: 'keep' } }, place);
    expect(await store.tree.upgrade()).toMatchObject({ isComplete: true, stores: 3, upgraded: 3 });
    const books = store.query(Book3).orderBy((b) => b.title.asc());
    expect(books.all().map(({ title, author, lent }) => [title, author.sorted, lent])).toEqual([
      ...more,
      ['Solaris', 'Lem, Stanisław Lem', true],
      ['The Left Hand of Darkness', 'Guin, Ursula K. Le Guin', false],
      ['Éden', 'Lem, Stanisław Lem', false],
    ]);
    expect(store.getUnique(Book3, { title: 'Éden' }).cover?.text()).toBe('a cover');
    expect(
      store
        .at('Kraków 1')
        .query(Book3, (b) => b.title.matches('fiasco'))
        .one().author.sorted,
    ).toBe('Lem, Stanisław Lem');
    expect(idsOf(store.substores.query().all())).toEqual(idsOf(ids));
    expect(store.tree.check().findings).toEqual([]);
    store.query(Writer3, (w) => w.sorted.startsWith('Lem')).delete();
    expect(books.all()).toHaveLength(1);
  });
});
