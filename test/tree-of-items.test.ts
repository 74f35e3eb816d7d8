import { Item, item, reference, type Store, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { aMemoryStore, aStore } from './support/a-store.js';

// Items of different stores are different, also when their numbers are the same; a walk goes on whatever its visitor
// does with the store that it is given.

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

const stores: [string, () => Store][] = [
  ['on disk', () => aStore()],
  ['in memory', () => aMemoryStore()],
];

/** Two libraries with the same numbers: an author with two books each. */
function aTree(root: Store) {
  const authors = ['a', 'b'].map((name) => {
    const library = root.substores.create(name);
    const author = library.create(Author, { name });
    library.createMany(Book, [
      { title: `first of ${name}`, author },
      { title: `second of ${name}`, author },
    ]);
    return author;
  });
  const [one, two] = authors as [Author, Author];
  expect(one.storeId).toBe(two.storeId);
  return { root, one, two };
}

describe.each(stores)('in a tree %s', (_, aRoot) => {
  // Rows were compared by the number alone, so an item was left out when a store before it had one of that number.
  test('distinct items that are referred to are told apart by their store', () => {
    const { root, one, two } = aTree(aRoot());
    const authors = root.tree.query(Book).pluck((b) => b.author);
    expect(authors.distinct().all()).toEqual([one, two]);
    expect(authors.distinct().count()).toBe(2);
    expect(authors.distinct().offset(1).limit(1).all()).toEqual([two]);
    expect(authors.all()).toEqual([one, one, two, two]);
  });

  test('distinct items themselves are told apart by their store', () => {
    const { root, one, two } = aTree(aRoot());
    const selves = root.tree.query(Author).pluck((a) => a.self);
    expect(selves.distinct().all()).toEqual([one, two]);
    expect(selves.distinct().count()).toBe(2);
  });

  // Kept apart like the items, null was listed once for each store that has one.
  test('null is one value, in however many stores a reference is null', () => {
    const { root, two } = aTree(aRoot());
    root.at('b').query(Book, { title: 'second of b' }).update({ editor: two });
    const editors = root.tree
      .query(Book)
      .pluck((b) => b.editor)
      .distinct();
    expect(new Set(editors.all())).toEqual(new Set([null, two]));
    expect([editors.all().length, editors.count()]).toEqual([2, 2]);
  });

  // Null always came first, and each store gave its own first ids only: with a limit, or in pages, null was left out.
  test('null stands where the order of ids says, within a limit and in pages, too', () => {
    const { root, two } = aTree(aRoot());
    root.at('b').query(Book, { title: 'second of b' }).update({ editor: two });
    const ids = root.tree
      .query(Book)
      .pluck((b) => b.editor.to.storeId)
      .distinct();
    const down = ids.orderBy((b) => b.editor.to.storeId.desc());
    const nullsLast = ids.orderBy((b) => b.editor.to.storeId.asc({ nulls: 'last' }));
    const nullsFirst = ids.orderBy((b) => b.editor.to.storeId.desc({ nulls: 'first' }));
    for (const query of [down, nullsLast]) {
      expect(query.all()).toEqual([two.storeId, null]);
      expect(query.limit(1).all()).toEqual([two.storeId]);
      expect([...query.pages(1)]).toEqual([[two.storeId], [null]]);
    }
    expect([...nullsFirst.pages(1)]).toEqual([[null], [two.storeId]]);
  });

  // Each store answers the inner query with its own rows, so the tree's answer was another than that of one store.
  describe('a query inside `in`', () => {
    const asked: [string, (root: Store) => unknown, unknown][] = [
      [
        'plucks values',
        ({ tree }) => {
          const titles = tree.query(Book).pluck((b) => b.title);
          return tree.query(Book, (b) => b.title.in(titles)).count();
        },
        4,
      ],
      [
        'has a limit',
        ({ tree }) => {
          const authors = tree.query(Author).limit(1);
          return tree
            .query(Book, (b) => b.author.in(authors))
            .pluck((b) => b.title)
            .all();
        },
        ['first of a', 'second of a'],
      ],
      [
        'has an offset',
        ({ tree }) => {
          const authors = tree.query(Author).offset(1);
          return tree
            .query(Book, (b) => b.author.in(authors))
            .pluck((b) => b.title)
            .all();
        },
        ['first of b', 'second of b'],
      ],
      [
        'plucks values, of notIn,',
        ({ tree }) => {
          const titles = tree.query(Book).pluck((b) => b.title);
          return tree.query(Book, (b) => b.title.notIn(titles)).count();
        },
        0,
      ],
      [
        'has a limit deep inside another',
        ({ tree }) => {
          const books = tree
            .query(Book)
            .pluck((b) => b.author)
            .limit(1);
          const authors = tree.query(Author, (a) => a.self.in(books));
          return tree.query(Book, (b) => b.author.in(authors)).exists();
        },
        true,
      ],
    ];

    test.each(asked)('that %s sees the whole tree', (_, ask, answer) => {
      const { root } = aTree(aRoot());
      expect(ask(root)).toEqual(answer);
    });

    test('of items, or of references, is answered', () => {
      const { root, one } = aTree(aRoot());
      const authors = root.tree.query(Author, { name: 'a' });
      const byOne = root.tree.query(Book, (b) => b.author.in(authors));
      expect(byOne.pluck((b) => b.title).all()).toEqual(['first of a', 'second of a']);
      const referred = root.tree.query(Book, { title: 'first of a' }).pluck((b) => b.author);
      expect(root.tree.query(Author, (a) => a.self.in(referred)).all()).toEqual([one]);
    });
  });

  /** A root with a, a/x and b. */
  function aWalkedTree() {
    const root = aRoot();
    root.substores.create('a').substores.create('x');
    root.substores.create('b');
    return root;
  }
  const path = (store: Store) => store.path.join('/');

  // What lay below the closed store was asked of the closed one: the walk ended there with STORE_CLOSED.
  test('stores() goes on when the visitor closes each store that it is given', () => {
    const root = aWalkedTree();
    const seen: string[] = [];
    for (const store of root.tree.stores()) {
      seen.push(path(store));
      if (store !== root) store.close();
    }
    expect(seen).toEqual(['', 'a', 'a/x', 'b']);
    expect([...root.tree.stores()].map(path)).toEqual(seen);
  });

  test('stores() goes on beside a store that the visitor deletes', () => {
    const root = aWalkedTree();
    const seen: string[] = [];
    for (const store of root.tree.stores()) {
      seen.push(path(store));
      if (store.name === 'a') root.substores.delete('a');
    }
    expect(seen).toEqual(['', 'a', 'b']);
  });
});
