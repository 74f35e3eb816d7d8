import { type Decimal, decimal, Item, integer, item, reference, role, type Store, text } from 'corollary';
import { importAxiom, mapTo } from 'corollary/axiom';
import { test } from 'vitest';

@item('author')
class Author extends Item {
  @text() declare name: string;
}
@item('book')
class Book extends Item {
  @text() declare title: string;
  @decimal({ scale: 2 }) declare price: Decimal;
  @integer({ nullable: true }) declare pages: number | null;
  @reference(() => Author) declare author: Author;
}
interface Greets {
  greet(): string;
}
const Greeter = role<Greets>('app.greeter');
declare const store: Store;

test('values are those of the attributes, or null', () => {
  mapTo(Book, {
    values: (row) => ({
      title: row.text('title'),
      price: row.decimal('price'),
      pages: row.integer('pages'),
      author: row.reference('author'),
    }),
  });
  mapTo(Book, { values: (_) => ({ price: '12.50', pages: null }) });
  mapTo(Book);
});

test('a value of another type does not compile', () => {
  // @ts-expect-error a text is no number
  mapTo(Book, { values: (row) => ({ pages: row.text('pages') }) });
  // @ts-expect-error a number is no text
  mapTo(Book, { values: () => ({ title: 1 }) });
  // @ts-expect-error a reference is no text
  mapTo(Book, { values: (row) => ({ title: row.reference('author') }) });
  // @ts-expect-error the old number is no author
  mapTo(Book, { values: (row) => ({ author: row.referredId('author') }) });
  // @ts-expect-error nothing that Book has
  mapTo(Book, { values: () => ({ nobody: 1 }) });
});

test('types are classes, or what mapTo gives, or those by version', () => {
  importAxiom('old', { into: store, types: { book: Book, author: mapTo(Author) } });
  importAxiom('old', {
    into: 'new',
    types: { book: { 1: mapTo(Book), 2: Book } },
    storeOptions: { durability: 'full' },
  });
  importAxiom('old', { dryRun: true, roles: { 'a.IGreeter': Greeter }, substores: () => ({ name: 'x', types: {} }) });
  // @ts-expect-error values are typed by mapTo only
  importAxiom('old', { dryRun: true, types: { book: { to: Book, values: () => ({}) } } });
  // @ts-expect-error a text is no class
  importAxiom('old', { dryRun: true, types: { book: 'Book' } });
  // @ts-expect-error an interface is a role
  importAxiom('old', { dryRun: true, roles: { 'a.IGreeter': 'greeter' } });
  // @ts-expect-error a new store can be written
  importAxiom('old', { into: 'new', storeOptions: { readOnly: true } });
});
