import { Item, integer, item, reference, type Store } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aMemoryStore } from './support/a-store.js';

// What queries of one store do, where a tree answers.

@item('note')
class Note extends Item {
  @integer() declare n: number;
  @reference(() => Note, { nullable: true, whenDeleted: 'nullify' }) declare about: Note | null;
}

function aTree() {
  const root = aMemoryStore();
  const below = root.substores.create('below');
  const first = below.create(Note, { n: 1, about: null });
  const second = below.create(Note, { n: 2, about: first });
  return { root, below, first, second };
}

test('a cursor of which somebody has taken the path is refused', () => {
  const { root } = aTree();
  const query = root.tree.query(Note).orderBy((c) => c.n.asc());
  const next = query.page({ size: 1 }).next as string;
  const parts = JSON.parse(Buffer.from(next, 'base64url').toString());
  const at = parts[2].indexOf('below');
  expect(at).toBeGreaterThan(0);
  parts[2][at] = null;
  const after = Buffer.from(JSON.stringify(parts)).toString('base64url');
  expect(codeOf(() => query.page({ size: 1, after }))).toBe('BAD_CURSOR');
});

test('a question about an item of a store below is explained as it is answered', () => {
  const { root, first } = aTree();
  root.create(Note, { n: 3, about: null });
  const query = root.tree.query(Note, (c) => c.about.eq(first));
  expect(query.count()).toBe(1);
  expect(query.explain().sql).toContain('about');
});

describe('an update of a tree', () => {
  test('takes an item of a store for all that are found there', () => {
    const { root, below, first, second } = aTree();
    root.create(Note, { n: 3, about: null });
    expect(root.tree.query(Note, (c) => c.about.eq(first)).update({ about: second })).toBe(1);
    expect(below.query(Note, (c) => c.about.eq(second)).one()).toBe(second);
  });

  test('refuses an item of another store than one that is found, and does nothing', () => {
    const { root, below, first } = aTree();
    const third = root.create(Note, { n: 3, about: null });
    for (const about of [first, third])
      expect(codeOf(() => root.tree.query(Note).update({ about, n: 9 }))).toBe('WRONG_STORE');
    const n = (store: Store) =>
      store
        .query(Note)
        .pluck((c) => c.n)
        .all();
    expect([n(root), n(below)]).toEqual([[3], [1, 2]]);
  });

  test('that finds nothing refuses what is wrong with its values', () => {
    const { root } = aTree();
    const found = root.tree.query(Note, { n: 100 });
    expect(codeOf(() => found.update({ n: 1.5 }))).toBe('INVALID_VALUE');
    expect(codeOf(() => found.update({ m: 1 } as object))).toBe('UNKNOWN_ATTRIBUTE');
  });
});

describe('a loop over items that are read as values', () => {
  const loops: [string, (store: Store) => Iterable<Note>][] = [
    ['pluck', (store) => store.query(Note).pluck((c) => c.self)],
    ['pluck of a tree', (store) => store.tree.query(Note).pluck((c) => c.self)],
    ['select', (store) => notesOf(store.query(Note).select((c) => ({ note: c.self, n: c.n })))],
    ['select of a tree', (store) => notesOf(store.tree.query(Note).select((c) => ({ note: c.self })))],
  ];
  function* notesOf(rows: Iterable<{ note: Note }>) {
    for (const { note } of rows) yield note;
  }

  test.each(loops)('by %s leaves out those that were deleted meanwhile', (_, loop) => {
    const store = aMemoryStore();
    store.createMany(
      Note,
      Array.from({ length: 2500 }, (__, n) => ({ n, about: null })),
    );
    const seen: number[] = [];
    for (const note of loop(store)) {
      if (note.n % 1000 === 0) store.query(Note, (c) => c.n.between(note.n + 1, note.n + 998)).delete();
      seen.push(note.n);
    }
    expect(seen).toEqual([0, 999, 1000, 1999, 2000, 2999].filter((n) => n < 2500));
  });
});
