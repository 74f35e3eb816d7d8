import { Item, integer, item, type Ref, reference, SubStore, text } from 'corollary';
import { type AxiomTypes, importAxiom, mapTo } from 'corollary/axiom';
import { expect, test } from 'vitest';
import { refusal } from '../support/a-refusal.js';
import { aDirectory, aMemoryStore, aStore } from '../support/a-store.js';
import { type AxiomContent, inAxiomDatabase, substoreType, writeAxiomStore } from '../support/axiom-store.js';

// References lead to the items that the old ones have become.

@item('author')
class Author extends Item {
  @text() declare name: string;
  @reference(() => Book, { nullable: true, whenDeleted: 'nullify' }) declare best: Ref<Book> | null;
}

@item('book')
class Book extends Item {
  @reference(() => Author) declare author: Author;
}

@item('friend')
class Friend extends Item {
  @reference(() => Friend) declare of: Friend;
}

@item('mark')
class Mark extends Item {
  @reference({ nullable: true, whenDeleted: 'nullify' }) declare of: Item | null;
}

@item('must_mark')
class MustMark extends Item {
  @reference() declare of: Item;
}

const reading = (types: AxiomContent['types'], more: Partial<AxiomContent> = {}) =>
  writeAxiomStore(aDirectory(), { types, ...more });

const library: AxiomContent['types'] = [
  { name: 'author', attributes: { name: 'text', best: 'reference' }, items: { 4: ['Conrad', 7], 9: ['Lem', null] } },
  { name: 'book', attributes: { author: 'reference' }, items: { 2: [9], 7: [4], 11: [4] } },
];

test('references lead forwards, backwards and in circles', () => {
  const store = aStore();
  importAxiom(reading(library), { into: store, types: { author: Author, book: Book } });
  expect(
    store
      .query(Book)
      .all()
      .map((book) => book.author.name),
  ).toEqual(['Lem', 'Conrad', 'Conrad']);
  expect(store.getUnique(Author, { name: 'Conrad' }).best?.author.name).toBe('Conrad');
  expect(store.check().isSound).toBe(true);
});

test('items that must refer to each other come over', () => {
  const store = aStore();
  const friends = { name: 'friend', attributes: { of: 'reference' }, items: { 1: [2], 2: [1], 3: [3] } };
  importAxiom(reading([friends]), { into: store, types: { friend: Friend } });
  const [one, two, three] = store.query(Friend).all();
  expect([one?.of, two?.of, three?.of]).toEqual([two, one, three]);
});

test('items keep their order, and get numbers that are free', () => {
  const store = aStore();
  const before = store.create(Mark, { of: null });
  const marks = { name: 'mark', attributes: { of: 'reference' }, items: { 5: [null], 70: [5], 71: [null] } };
  importAxiom(reading([marks]), { into: store, types: { mark: Mark } });
  const [, five, seventy] = store
    .query(Mark)
    .orderBy((m) => m.storeId.asc())
    .all();
  expect(seventy?.of).toBe(five);
  expect(five?.storeId).toBeGreaterThan(before.storeId);
  expect(store.create(Mark, { of: null }).storeId).toBeGreaterThan(store.query(Mark).all()[3]?.storeId ?? 0);
});

const marks = (of: number | null) => ({ name: 'mark', attributes: { of: 'reference' }, items: { 3: [of] } });
const mustMarks = (of: number) => ({ ...marks(of), name: 'must_mark' });
const others = { name: 'other', attributes: { x: 'integer' }, items: { 8: [1] } };
const types: AxiomTypes = { mark: Mark, must_mark: MustMark };

test.each([
  ['an item that was deleted', 5, { deleted: [5] }],
  ['an item that was deleted', 99, {}],
  ['the store itself', -1, {}],
  ['an item of type other, which is left out', 8, {}],
] as const)('a reference to %s becomes null, and the report says so', (what, of, more) => {
  const store = aMemoryStore();
  const report = importAxiom(reading([marks(of), others], more), { into: store, types, skip: ['other'] });
  expect(store.query(Mark).one().of).toBe(null);
  expect(report.stores[0]?.types[0]?.notes).toEqual([
    { attribute: 'of', message: `becomes null, for it refers to ${what}`, items: 1 },
  ]);
});

test.each([
  ['an item that was deleted', 99],
  ['the store itself', -1],
  ['an item of type other, which is left out', 8],
] as const)('a reference that must be, to %s, is a problem', (what, of) => {
  const store = aMemoryStore();
  const importing = () => importAxiom(reading([mustMarks(of), others]), { into: store, types, skip: ['other'] });
  const { code, message } = refusal(importing);
  expect(code).toBe('INVALID_VALUE');
  expect(message).toContain(`must_mark: of refers to ${what}, and is not nullable (item 3)`);
  expect(store.count(MustMark)).toBe(0);
});

test('an item that was deleted in bulk is gone, though the table of objects still has it', () => {
  const directory = reading([marks(8), others]);
  inAxiomDatabase(directory, (database) => database.exec('DELETE FROM item_other_v1'));
  const store = aMemoryStore();
  importAxiom(directory, { into: store, types });
  expect(store.query(Mark).one().of).toBe(null);
});

test('an item that the table of objects does not know is found all the same', () => {
  const directory = reading([marks(8), others]);
  inAxiomDatabase(directory, (database) => database.exec('DELETE FROM axiom_objects WHERE oid = 8'));
  const store = aMemoryStore();
  @item('found')
  class Found extends Item {
    @integer() declare x: number;
  }
  importAxiom(directory, { into: store, types: { ...types, other: Found } });
  expect(store.query(Mark).one().of).toBe(store.query(Found).one());
});

test('a reference to an item of another type than the attribute takes is a problem', () => {
  const wrong = { name: 'book', attributes: { author: 'reference' }, items: { 1: [1] } };
  const importing = () => importAxiom(reading([wrong]), { into: aMemoryStore(), types: { book: Book } });
  expect(refusal(importing).problems).toEqual([
    { code: 'WRONG_TYPE', attribute: 'author', message: 'book: author takes a Author item, not a Book item (item 1)' },
  ]);
});

test('values can rename a reference, and keep the old number', () => {
  @item('shelved')
  class Shelved extends Item {
    @reference(() => Author) declare writer: Author;
    @integer() declare axiomId: number;
    @integer() declare axiomAuthor: number;
  }
  const store = aMemoryStore();
  const shelved = mapTo(Shelved, {
    values: (row) => ({
      writer: row.reference('author'),
      axiomId: row.storeId,
      axiomAuthor: row.referredId('author') ?? 0,
    }),
  });
  importAxiom(reading(library), { into: store, types: { author: mapTo(Author, { drop: ['best'] }), book: shelved } });
  const found = store
    .query(Shelved)
    .orderBy((s) => s.axiomId.asc())
    .all();
  expect(found.map((one) => [one.axiomId, one.writer.name, one.axiomAuthor])).toEqual([
    [2, 'Lem', 9],
    [7, 'Conrad', 4],
    [11, 'Conrad', 4],
  ]);
});

test('a reference to a SubStore item leads to the one of the new substore', () => {
  @item('account')
  class Account extends Item {
    @reference(() => SubStore) declare avatars: SubStore;
  }
  const directory = reading([
    substoreType({ 1: ['account/bob.axiom'] }),
    { name: 'login', attributes: { avatars: 'reference' }, items: { 2: [1] } },
  ]);
  writeAxiomStore(`${directory}/files/account/bob.axiom`, { types: [] });
  const store = aStore();
  importAxiom(directory, { into: store, types: { login: Account } });
  expect(store.query(Account).one().avatars.name).toBe('bob.axiom');
});

test('validate of a reference is shown the item once all are there', () => {
  @item('signed')
  class Signed extends Item {
    @reference(() => Author, { validate: (author) => author.name !== 'Lem' || 'is by Lem' }) declare author: Author;
  }
  const importing = () =>
    importAxiom(reading(library), { into: store, types: { author: mapTo(Author, { drop: ['best'] }), book: Signed } });
  const store = aMemoryStore();
  expect(refusal(importing).message).toBe(
    'book, item 2 in Axiom: author is refused by its validate function: is by Lem',
  );
  expect(store.count(Author)).toBe(0);
});
