// The program of library-1.ts in its second version: authors are called writers, and have two names. The store in
// test/old-stores/library-2 was made by
//
//   node scripts/run.mjs test/old-stores/library-2.ts test/old-stores/library-1 test/old-stores/library-2
//
// from what the first version wrote, with the library as it was in version 0.1.0. It is never made again.

import { cpSync } from 'node:fs';
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
  Store,
  type StoredFile,
  type StoreId,
  text,
  timestamp,
  upgrade,
} from 'corollary';
import { Sample, Search } from './library-1.js';

@item('writer', {
  version: 2,
  was: ['author'],
  upgrades: () => [
    upgrade(1, { name: text({ collate: 'nocase', unique: true }) }, ({ name }) => {
      const words = name.split(' ');
      return { last: words.at(-1) as string, first: words.slice(0, -1).join(' ') };
    }),
  ],
})
export class Writer extends Item {
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
        author: reference(() => Writer),
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
        about: about as StoreId<Book> | null,
      }),
    ),
  ],
})
export class Book extends Item {
  @text() declare title: string;
  @reference(() => Writer, { whenDeleted: 'cascade' }) declare author: Writer;
  @integer() declare year: number;
  @decimal({ scale: 2 }) declare price: Decimal;
  @text() declare state: string;
  @reference(() => Book, { nullable: true }) declare about: Book | null;
  @file({ nullable: true, owned: true }) declare cover: StoredFile | null;
}

export const types = [Writer, Book, Sample, Search];

/** Brings a copy of a store of the first version to the second, and writes a book into it. */
export async function write(from: string, directory: string): Promise<void> {
  cpSync(from, directory, { recursive: true });
  using store = Store.open(directory, { types, mustExist: true });
  await store.tree.upgrade();
  const author = store.query(Writer, { last: 'Lem' }).one();
  store.create(Book, { title: 'Katar', author, year: 1976, price: '9.00', state: 'here' });
}

const [from, directory] = process.argv.slice(2);
if (process.argv[1]?.endsWith('library-2.mjs') && from !== undefined && directory !== undefined)
  await write(from, directory);
