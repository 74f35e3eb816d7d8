import { type Default, Item, integer, item, reference, Store, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aStore, aStoreDirectory } from './support/a-store.js';

@item('author')
class Author extends Item {
  @text() declare name: string;
}

@item('book')
class Book extends Item {
  @text() declare title: string;
  @reference(() => Author, { whenDeleted: 'cascade' }) declare author: Author;
  @reference(() => Author, { nullable: true, whenDeleted: 'nullify' }) declare editor: Author | null;
}

@item('contract')
class Contract extends Item {
  @text({ default: '' }) declare text: Default<string>;
  @reference(() => Author, { whenDeleted: 'refuse' }) declare author: Author;
  @reference(() => Book, { nullable: true, whenDeleted: 'cascade' }) declare book: Book | null;
}

// Without a rule: 'refuse' where mandatory.
@item('award')
class Award extends Item {
  @reference(() => Author) declare author: Author;
}

@item('person')
class Person extends Item {
  @text() declare name: string;
  @reference(() => Person, { nullable: true, whenDeleted: 'nullify' }) declare friend: Person | null;
  @reference(() => Person, { nullable: true, whenDeleted: 'cascade' }) declare parent: Person | null;
  @reference(() => Person, { nullable: true, whenDeleted: 'refuse' }) declare guardian: Person | null;
}

@item('note')
class Note extends Item {
  @text() declare text: string;
  @reference({ nullable: true, whenDeleted: 'nullify' }) declare about: Item | null;
  @reference({ nullable: true, whenDeleted: 'cascade' }) declare within: Item | null;
  @reference({ nullable: true, whenDeleted: 'refuse' }) declare proof: Item | null;
}

const types = [Author, Book, Contract, Award, Person, Note];

/** The ways in which the same items can be deleted. */
const WAYS: [string, (author: Author) => void][] = [
  ['item.delete()', (author) => author.delete()],
  ['store.delete(item)', (author) => author.store.delete(author)],
  ['a query', (author) => author.store.query(Author, { name: author.name }).delete()],
  ['a query inside a transaction', (author) => author.store.transact(() => author.store.query(Author).delete())],
];

describe('a reference', () => {
  test('gives the same object that was assigned, and another after a change', () => {
    const store = aStore({ types });
    const [ann, bob] = [store.create(Author, { name: 'Ann' }), store.create(Author, { name: 'Bob' })];
    const book = store.create(Book, { title: 'A', author: ann });

    book.author = bob;
    book.editor = ann;

    expect([book.author, book.editor]).toEqual([bob, ann]);
    expect(book.author).toBe(bob);
    expect([book.idOf('author'), book.idOf('editor')]).toEqual([bob.storeId, ann.storeId]);
  });

  test('survives reopening, and is read by id without loading', () => {
    const place = aStoreDirectory();
    const first = Store.open(place);
    const ann = first.create(Author, { name: 'Ann' });
    const book = first.create(Book, { title: 'A', author: ann });
    first.close();
    const store = aStore({ types }, place);

    const again = store.get(Book, book.storeId);

    expect([again.idOf('author'), again.idOf('editor')]).toEqual([ann.storeId, null]);
    expect(again.author).toBe(store.get(Author, ann.storeId));
    expect(again.editor).toBe(null);
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['an id', 4097],
    ['a plain object', { storeId: 4097 }],
    ['a class', Author],
    ['a text', 'Ann'],
  ])('refuses %s', (_, value) => {
    const store = aStore({ types });
    const ann = store.create(Author, { name: 'Ann' });
    const book = store.create(Book, { title: 'A', author: ann });

    const error = refusal(() => Object.assign(book, { author: value }));

    expect(['INVALID_VALUE', 'WRONG_TYPE']).toContain(error.code);
    expect(error).toMatchObject({ type: 'book', attribute: 'author' });
    expect(book.author).toBe(ann);
  });

  test('refuses null where it is mandatory', () => {
    const store = aStore({ types });
    const book = store.create(Book, { title: 'A', author: store.create(Author, { name: 'Ann' }) });

    expect(() => Object.assign(book, { author: null })).toThrow(expect.objectContaining({ attribute: 'author' }));
    expect(book.author.name).toBe('Ann');
  });

  test('refuses an item of another type, if it is not untyped', () => {
    const store = aStore({ types });
    const ann = store.create(Author, { name: 'Ann' });
    const bob = store.create(Person, { name: 'Bob' });
    const note = store.create(Note, { text: 'x', about: bob });

    expect(codeOf(() => store.create(Book, { title: 'x', author: bob as never }))).toBe('WRONG_TYPE');
    note.about = ann;
    note.about = note;
    expect(note.about).toBe(note);
  });

  test('refuses an item that was deleted', () => {
    const store = aStore({ types });
    const [ann, bob] = [store.create(Author, { name: 'Ann' }), store.create(Author, { name: 'Bob' })];
    const book = store.create(Book, { title: 'A', author: bob });
    ann.delete();

    expect(codeOf(() => Object.assign(book, { author: ann }))).toBe('ITEM_GONE');
    expect(codeOf(() => store.create(Book, { title: 'x', author: ann }))).toBe('ITEM_GONE');
    expect(codeOf(() => store.query(Book).update({ editor: ann }))).toBe('ITEM_GONE');
    expect([book.author, book.editor, store.count(Book)]).toEqual([bob, null, 1]);
  });

  test('refuses an item whose creation was rolled back', () => {
    const store = aStore({ types });
    const note = store.create(Note, { text: 'x' });
    let lost: Author | undefined;
    expect(() =>
      store.transact(() => {
        lost = store.create(Author, { name: 'Lost' });
        throw new Error('no');
      }),
    ).toThrow('no');

    expect(codeOf(() => store.create(Book, { title: 'x', author: lost! }))).toBe('ITEM_GONE');
    expect(codeOf(() => Object.assign(note, { about: lost }))).toBe('ITEM_GONE');
    expect(codeOf(() => store.query(Book, (b) => b.author.eq(lost!)).all())).toBe('ITEM_GONE');
    expect([lost?.isStored, lost?.name, note.about]).toEqual([false, 'Lost', null]);
    expect(store.check().findings).toEqual([]);
  });

  test('to an item whose deletion was rolled back holds again', () => {
    const store = aStore({ types });
    const ann = store.create(Author, { name: 'Ann' });
    const book = store.create(Book, { title: 'A', author: ann, editor: ann });
    expect(() =>
      store.transact(() => {
        ann.delete();
        throw new Error('no');
      }),
    ).toThrow('no');

    expect([ann.isStored, book.isStored, book.author, book.editor]).toEqual([true, true, ann, ann]);
    expect(store.query(Book, (b) => b.editor.eq(ann)).all()).toEqual([book]);
  });

  test('can point to an item created in the same transaction', () => {
    const store = aStore({ types });

    const book = store.transact(() => {
      const ann = store.create(Author, { name: 'Ann' });
      return store.create(Book, { title: 'A', author: ann });
    });

    expect(book.author.name).toBe('Ann');
  });
});

describe.each(WAYS)('deleting by %s', (_, remove) => {
  test('cascade: what refers to it goes too', () => {
    const store = aStore({ types });
    const ann = store.create(Author, { name: 'Ann' });
    const book = store.create(Book, { title: 'A', author: ann });
    store.createMany(Book, [{ title: 'B', author: ann }]);
    const contract = store.create(Contract, { author: store.create(Author, { name: 'Ann' }), book });

    expect(() => remove(ann)).not.toThrow();

    expect([book.isStored, contract.isStored, store.count(Book)]).toEqual([false, false, 0]);
    expect([book.title, book.idOf('author')]).toEqual(['A', ann.storeId]);
  });

  test('nullify: the reference becomes null for live objects, for queries, and on disk', () => {
    const place = aStoreDirectory();
    const store = aStore({ types }, place);
    const [ann, bob] = [store.create(Author, { name: 'Ann' }), store.create(Person, { name: 'Bob' })];
    const live = store.create(Note, { text: 'live', about: ann });
    store.createMany(Note, [{ text: 'not loaded', about: ann }]);
    const other = store.create(Note, { text: 'other', about: bob });

    remove(ann);

    expect([live.about, live.idOf('about'), other.about]).toEqual([null, null, bob]);
    expect(
      store
        .query(Note, (n) => n.about.isNull())
        .pluck((n) => n.text)
        .all(),
    ).toEqual(['live', 'not loaded']);
    store.close();
    const again = aStore({ types }, place);
    expect(again.query(Note, (n) => n.about.isNull()).count()).toBe(2);
    expect(again.get(Note, live.storeId).about).toBe(null);
  });

  test('refuse: nothing at all is deleted, and the error names who refers to what', () => {
    const store = aStore({ types });
    const ann = store.create(Author, { name: 'Ann' });
    const book = store.create(Book, { title: 'A', author: ann });
    const note = store.create(Note, { text: 'x', about: ann });
    const contract = store.create(Contract, { author: ann });

    const error = refusal(() => remove(ann));

    expect(error).toMatchObject({ code: 'DELETE_REFUSED', type: 'author', storeId: ann.storeId });
    expect(error.message).toContain('contract.author');
    expect(error.message).toContain(`${contract.storeId}`);
    expect([ann.isStored, book.isStored, note.about, contract.author]).toEqual([true, true, ann, ann]);
    expect([store.count(Author), store.count(Book), store.count(Contract)]).toEqual([1, 1, 1]);
  });

  test('refuse is the rule of a mandatory reference that names none', () => {
    const store = aStore({ types });
    const ann = store.create(Author, { name: 'Ann' });
    const award = store.create(Award, { author: ann });

    expect(codeOf(() => remove(ann))).toBe('DELETE_REFUSED');
    award.delete();
    remove(ann);

    expect(store.count(Author)).toBe(0);
  });

  test('refuse reached by a cascade refuses the whole', () => {
    const store = aStore({ types });
    const ann = store.create(Author, { name: 'Ann' });
    const book = store.create(Book, { title: 'A', author: ann });
    const note = store.create(Note, { text: 'x', proof: book });

    expect(codeOf(() => remove(ann))).toBe('DELETE_REFUSED');

    expect([ann.isStored, book.isStored, note.proof]).toEqual([true, true, book]);
  });

  test('refuse does not stand in the way when the referring item is deleted with it', () => {
    const store = aStore({ types });
    const ann = store.create(Author, { name: 'Ann' });
    const book = store.create(Book, { title: 'A', author: ann });
    const contract = store.create(Contract, { author: ann, book });

    remove(ann);

    expect([ann.isStored, book.isStored, contract.isStored]).toEqual([false, false, false]);
  });

  test('an untyped reference follows the same rules', () => {
    const store = aStore({ types });
    const ann = store.create(Author, { name: 'Ann' });
    const inside = store.create(Note, { text: 'inside', within: ann });
    const deeper = store.create(Note, { text: 'deeper', within: inside });
    const proof = store.create(Note, { text: 'proof', proof: ann });

    expect(codeOf(() => remove(ann))).toBe('DELETE_REFUSED');
    proof.delete();
    remove(ann);

    expect([inside.isStored, deeper.isStored, store.count(Note)]).toEqual([false, false, 0]);
  });

  test('works inside a transaction that made the references', () => {
    const store = aStore({ types });

    const [book, note] = store.transact(() => {
      const ann = store.create(Author, { name: 'Ann' });
      const made = [
        store.create(Book, { title: 'A', author: ann }),
        store.create(Note, { text: 'x', about: ann }),
      ] as const;
      remove(ann);
      return made;
    });

    expect([book.isStored, note.isStored, note.about]).toEqual([false, true, null]);
    expect(store.check().findings).toEqual([]);
  });
});

describe('a deletion of many', () => {
  test('is refused as a whole when one of them is still referred to', () => {
    const store = aStore({ types });
    const authors = ['Ann', 'Bob', 'Cid'].map((name) => store.create(Author, { name }));
    store.create(Award, { author: authors[1]! });

    expect(codeOf(() => store.query(Author).delete())).toBe('DELETE_REFUSED');

    expect(authors.map((author) => author.isStored)).toEqual([true, true, true]);
  });

  test('may take items that refer to each other with refuse', () => {
    const store = aStore({ types });
    const ann = store.create(Person, { name: 'Ann' });
    const bob = store.create(Person, { name: 'Bob', guardian: ann });
    ann.guardian = bob;

    expect(codeOf(() => ann.delete())).toBe('DELETE_REFUSED');
    expect(store.query(Person).delete()).toBe(2);
  });

  test('counts the items found, not those that go with them', () => {
    const store = aStore({ types });
    const ann = store.create(Author, { name: 'Ann' });
    store.createMany(
      Book,
      Array.from({ length: 5 }, (_, at) => ({ title: `${at}`, author: ann })),
    );

    expect(store.query(Author).delete()).toBe(1);
    expect(store.count(Book)).toBe(0);
  });
});

describe('items that refer to themselves and in circles', () => {
  test('an item that refers to itself can be deleted, whatever the rule', () => {
    const store = aStore({ types });
    const ann = store.create(Person, { name: 'Ann' });
    ann.set({ friend: ann, parent: ann, guardian: ann });

    ann.delete();

    expect([ann.isStored, store.count(Person)]).toEqual([false, 0]);
  });

  test('a circle of cascades goes as a whole', () => {
    const store = aStore({ types });
    const circle = ['a', 'b', 'c'].map((name) => store.create(Person, { name }));
    circle.forEach((person, at) => {
      person.parent = circle[(at + 1) % 3]!;
    });

    circle[1]!.delete();

    expect(circle.map((person) => person.isStored)).toEqual([false, false, false]);
  });

  test('a circle of friends loses one of them', () => {
    const store = aStore({ types });
    const ann = store.create(Person, { name: 'Ann' });
    const bob = store.create(Person, { name: 'Bob', friend: ann });
    ann.friend = bob;

    ann.delete();

    expect([bob.isStored, bob.friend]).toEqual([true, null]);
  });

  test('an item reached by cascade and by nullify goes', () => {
    const store = aStore({ types });
    const ann = store.create(Person, { name: 'Ann' });
    const bob = store.create(Person, { name: 'Bob', parent: ann, friend: ann });

    ann.delete();

    expect(bob.isStored).toBe(false);
  });
});

test('a chain of 1,000 cascades goes as a whole, and comes back as a whole', () => {
  const store = aStore({ types });
  const chain = store.transact(() => {
    const people = [store.create(Person, { name: '0' })];
    for (let at = 1; at < 1_000; at++) people.push(store.create(Person, { name: `${at}`, parent: people[at - 1]! }));
    return people;
  });
  expect(() =>
    store.transact(() => {
      chain[0]!.delete();
      expect(store.count(Person)).toBe(0);
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(chain.every((person) => person.isStored)).toBe(true);

  chain[0]!.delete();

  expect(store.count(Person)).toBe(0);
  expect(chain.some((person) => person.isStored)).toBe(false);
});

test.each(['cascade', 'nullify'] as const)(
  '40,000 items that refer to one, with %s, take seconds, not minutes',
  (rule) => {
    const store = aStore({ types, durability: 'relaxed' });
    const ann = store.create(Author, { name: 'Ann' });
    const key = rule === 'cascade' ? 'within' : 'about';
    store.createMany(
      Note,
      Array.from({ length: 40_000 }, () => ({ text: 'x', [key]: ann })),
    );
    const live = store.findFirst(Note)!;
    const start = performance.now();

    ann.delete();

    expect(performance.now() - start).toBeLessThan(10_000);
    expect([live.isStored, live.idOf(key)]).toEqual(rule === 'cascade' ? [false, ann.storeId] : [true, null]);
    expect(store.query(Note, (n) => n[key].isNull()).count()).toBe(rule === 'cascade' ? 0 : 40_000);
  },
);

test('a rule holds in a program that does not know the class that has it', () => {
  const place = aStoreDirectory();
  const first = Store.open(place, { types });
  const [ann, bob, cid] = ['Ann', 'Bob', 'Cid'].map((name) => first.create(Author, { name }));
  const editor = first.create(Author, { name: 'Ed' });
  const book = first.create(Book, { title: 'A', author: ann!, editor });
  first.create(Award, { author: bob! });
  first.create(Note, { text: 'x', within: cid! });
  first.close();
  const store = Store.open(place, { types: [Author] });

  expect(codeOf(() => store.get(Author, bob!.storeId).delete())).toBe('DELETE_REFUSED');
  store.get(Author, editor.storeId).delete();
  store.get(Author, cid!.storeId).delete();
  store.close();

  const again = aStore({ types }, place);
  expect(again.get(Book, book.storeId).editor).toBe(null);
  expect([again.count(Note), again.count(Award), again.count(Author)]).toEqual([0, 1, 2]);
  const known = Store.open(place, { types: [Author] });
  known.get(Author, ann!.storeId).delete();
  known.close();
  expect(again.count(Book)).toBe(0);
  expect(again.check().findings).toEqual([]);
});

test('a rule that is changed in the class holds from the next opening on', () => {
  @item('box')
  class Box extends Item {
    @integer() declare size: number;
  }
  @item('thing')
  class Strict extends Item {
    @reference(() => Box, { whenDeleted: 'refuse' }) declare box: Box;
  }
  @item('thing')
  class Loose extends Item {
    @reference(() => Box, { whenDeleted: 'cascade' }) declare box: Box;
  }
  const place = aStoreDirectory();
  const first = Store.open(place, { types: [Strict] });
  const box = first.create(Box, { size: 1 });
  first.create(Strict, { box });
  expect(codeOf(() => box.delete())).toBe('DELETE_REFUSED');
  first.close();
  const store = aStore({ types: [Loose] }, place);

  store.get(Box, box.storeId).delete();

  expect(store.count(Loose)).toBe(0);
});

test('a deleted item is told so, and those that went with it', () => {
  const told: string[] = [];
  @item('folder')
  class Folder extends Item {
    @text() declare name: string;
    @reference(() => Folder, { nullable: true, whenDeleted: 'cascade' }) declare inside: Folder | null;
    override deleted(): void {
      told.push(this.name);
    }
  }
  const store = aStore({ types: [Folder] });
  const top = store.create(Folder, { name: 'top' });
  store.createMany(Folder, [
    { name: 'a', inside: top },
    { name: 'b', inside: top },
  ]);

  store.transact(() => {
    top.delete();
    expect(told).toEqual([]);
  });

  expect(told.sort()).toEqual(['a', 'b', 'top']);
});
