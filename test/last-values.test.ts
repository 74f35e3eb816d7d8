import { Item, item, reference, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aStore, aStoreDirectory } from './support/a-store.js';

// A deleted item keeps its last values.

@item('author')
class Author extends Item {
  @text() declare name: string;
}

const told: unknown[] = [];

@item('book')
class Book extends Item {
  @text() declare title: string;
  @reference(() => Author, { whenDeleted: 'cascade' }) declare author: Author;
  override deleted(): void {
    told.push(this.author);
  }
}

function aLibrary() {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  const author = store.create(Author, { name: 'Lem' });
  const book = store.create(Book, { title: 'Solaris', author });
  told.length = 0;
  return { place, store, author, book };
}

class Undone extends Error {}

// The reference was looked up in the database, where the author was gone too: reading it was NOT_FOUND, even in the
// book's own hook.
describe('a deleted item whose reference was to an item that is deleted too gives that item', () => {
  const deletions: [string, (library: ReturnType<typeof aLibrary>) => void][] = [
    ['by a cascade', ({ author }) => author.delete()],
    ['by a query', ({ store }) => store.query(Author).delete()],
    [
      'one after the other',
      ({ author, book }) => {
        book.delete();
        author.delete();
      },
    ],
    [
      'in one transaction',
      ({ store, author, book }) =>
        store.transact(() => {
          book.delete();
          author.delete();
        }),
    ],
    [
      'by another handle',
      ({ place, store }) => {
        aStore({}, place).query(Author).delete();
        store.refresh();
      },
    ],
  ];

  test.each(deletions)('%s', (_, remove) => {
    const library = aLibrary();
    const { author, book } = library;
    remove(library);
    expect([book.isStored, author.isStored]).toEqual([false, false]);
    expect(book.author).toBe(author);
    expect([book.title, book.author.name, book.idOf('author')]).toEqual(['Solaris', 'Lem', author.storeId]);
  });

  test('in its hook deleted()', () => {
    const { author, book } = aLibrary();
    author.delete();
    expect(told).toEqual([author]);
    expect(codeOf(() => book.set({ author }))).toBe('ITEM_GONE');
  });

  test('inside the transaction, and the stored one again when that is undone', () => {
    const { store, author, book } = aLibrary();
    let meanwhile: unknown;
    const attempt = () =>
      store.transact(() => {
        author.delete();
        meanwhile = book.author;
        throw new Undone();
      });
    expect(attempt).toThrow(Undone);
    expect(meanwhile).toBe(author);
    expect([book.author, author.isStored, store.get(Author, author.storeId)]).toEqual([author, true, author]);
  });
});
