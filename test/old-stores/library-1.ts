// A program in its first version, and the store that it wrote. The store in test/old-stores/library-1 was made by
//
//   node scripts/run.mjs test/old-stores/library-1.ts test/old-stores/library-1
//
// with the library as it was in version 0.1.0. It is never made again: later versions must open what this one has written.

import {
  type Address,
  address,
  attributes,
  bigint,
  boolean,
  bytes,
  type Decimal,
  decimal,
  file,
  Item,
  integer,
  item,
  json,
  real,
  reference,
  role,
  Store,
  type StoredFile,
  text,
  timestamp,
} from 'corollary';

export const Finder = role<{ find(words: string): string[] }>('library.finder');

@item('author')
export class Author extends Item {
  @text({ collate: 'nocase', unique: true }) declare name: string;
}

@item('book', { indexes: [['author', 'year']], fullText: ['title'] })
export class Book extends Item {
  @text() declare title: string;
  @reference(() => Author, { whenDeleted: 'cascade' }) declare author: Author;
  @integer({ nullable: true }) declare year: number | null;
  @decimal({ scale: 2 }) declare price: Decimal;
  @boolean() declare lent: boolean;
  @timestamp() declare bought: Date;
  @json() declare tags: string[];
  @reference({ nullable: true }) declare about: Item | null;
  @file({ nullable: true, owned: true }) declare cover: StoredFile | null;
}

@item('sample')
export class Sample extends Item {
  @bigint() declare whole: bigint;
  @real() declare part: number;
  @bytes() declare bytes: Uint8Array;
  @address({ nullable: true }) declare elsewhere: Address | null;
}

/** Without decorators, and without attributes. */
export class Search extends Item {
  find(words: string): string[] {
    return this.store
      .query(Book, (b) => b.title.matches(words))
      .pluck((b) => b.title)
      .all();
  }
}
attributes(Search, {});
item('search', { roles: () => [[Finder, 5]] })(Search);

export const types = [Author, Book, Sample, Search];

/** Writes the store into a directory. */
export function write(directory: string): void {
  using store = Store.open(directory, { types, clock: () => Date.UTC(2026, 10, 22) });
  const ursula = store.create(Author, { name: 'Ursula K. Le Guin' });
  const stanislaw = store.create(Author, { name: 'Stanisław Lem' });
  const book = (author: Author, title: string, year: number | null) => ({
    author,
    title,
    year,
    price: '12.50' as Decimal,
    lent: false,
    bought: new Date('2020-02-29T12:00:00.123Z'),
    tags: ['novel', title],
  });
  const left = store.create(Book, book(ursula, 'The Left Hand of Darkness', 1969));
  store.create(Book, { ...book(stanislaw, 'Solaris', 1961), about: left, lent: true });
  store.create(Book, {
    ...book(stanislaw, 'Éden', null),
    price: '-0.05',
    cover: store.files.write('a cover', { name: 'eden.txt' }),
  });
  store.create(Author, { name: 'Nobody' }).delete();

  const branch = store.substores.create('Kraków 1');
  const here = branch.create(Author, { name: 'Stanisław Lem' });
  branch.create(Book, book(here, 'Fiasco', 1986));
  branch.create(Sample, {
    whole: 2n ** 63n - 1n,
    part: -0.1,
    bytes: new Uint8Array([0, 255, 1]),
    elsewhere: left.address,
  });
  branch.substores.create('cellar').create(Sample, { whole: -(2n ** 63n), part: 5e-324, bytes: new Uint8Array() });
  for (const one of [store, branch]) one.powerUp(one.create(Search, {}));
}

const [directory] = process.argv.slice(2);
if (process.argv[1]?.endsWith('library-1.mjs') && directory !== undefined) write(directory);
