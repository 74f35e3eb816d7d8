import { cpSync } from 'node:fs';
import { join } from 'node:path';
import {
  boolean,
  type Decimal,
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

  test('is upgraded to later versions of its types, at every level', async () => {
    @item('author', {
      version: 2,
      upgrades: () => [
        upgrade(1, { name: text({ collate: 'nocase', unique: true }) }, ({ name }) => {
          const words = name.split(' ');
          return { last: words.at(-1) as string, first: words.slice(0, -1).join(' ') };
        }),
      ],
    })
    class LaterAuthor extends Item {
      @text() declare first: string;
      @text({ indexed: true }) declare last: string;
    }
    @item('book', {
      version: 2,
      fullText: ['title'],
      upgrades: () => [
        upgrade(
          1,
          {
            title: text(),
            author: reference(() => LaterAuthor),
            year: integer({ nullable: true }),
            price: decimal({ scale: 2 }),
            lent: boolean(),
            bought: timestamp(),
            tags: json(),
            about: reference({ nullable: true }),
            cover: file({ nullable: true, owned: true }),
          },
          ({ year, lent, about }) => ({
            year: year ?? 0,
            state: lent ? 'lent' : 'here',
            about: about as StoreId<LaterBook> | null,
          }),
        ),
      ],
    })
    class LaterBook extends Item {
      @text() declare title: string;
      @reference(() => LaterAuthor, { whenDeleted: 'cascade' }) declare author: LaterAuthor;
      @integer() declare year: number;
      @decimal({ scale: 2 }) declare price: Decimal;
      @text() declare state: string;
      @reference(() => LaterBook, { nullable: true }) declare about: LaterBook | null;
      @file({ nullable: true, owned: true }) declare cover: StoredFile | null;
    }
    const place = copyOf('library-1');
    const store = aStore({ types: [LaterAuthor, LaterBook] }, place);
    const idsBefore = aStore({ types: [Author] }, copyOf('library-1'))
      .query(Author)
      .pluck((a) => a.storeId)
      .all();

    expect(await store.tree.upgrade()).toMatchObject({ isComplete: true, stores: 3, upgraded: 2 });

    expect(
      store
        .query(LaterAuthor)
        .pluck((a) => a.storeId)
        .all(),
    ).toEqual(idsBefore);
    expect(
      store.tree
        .query(LaterAuthor)
        .orderBy((a) => a.last.asc())
        .pluck((a) => a.last)
        .all(),
    ).toEqual(['Guin', 'Lem', 'Lem']);
    expect(store.tree.check().findings).toEqual([]);
    const books = store
      .query(LaterBook)
      .orderBy((b) => b.title.asc())
      .all();
    expect(books.map(({ title, year, state, author }) => [title, year, state, author.last])).toEqual([
      ['Solaris', 1961, 'lent', 'Lem'],
      ['The Left Hand of Darkness', 1969, 'here', 'Guin'],
      ['Éden', 0, 'here', 'Lem'],
    ]);
    expect([books[0]?.about, books[2]?.cover?.text(), books[2]?.price]).toEqual([books[1], 'a cover', '-0.05']);
    expect(store.query(LaterBook, (b) => b.title.matches('darkness')).one()).toBe(books[1]);
  });
});
