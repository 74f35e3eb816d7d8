import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { bytes, Item, item, reference, Store, SubStore, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aMemoryStore, aStore } from './support/a-store.js';

// A substore in memory lasts until it is deleted or its root is closed, as one on disk does.

@item('note')
class Note extends Item {
  @text() declare title: string;
}

@item('block')
class Block extends Item {
  @bytes() declare content: Uint8Array;
}

const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
};

class Undone extends Error {}

function undone(store: Store, work: () => void): void {
  const attempt = () =>
    store.transact(() => {
      work();
      throw new Undone();
    });
  expect(attempt).toThrow(Undone);
}

const titles = (store: Store) =>
  store.tree
    .query(Note)
    .pluck((n) => n.title)
    .all();

const roots: [string, () => Store][] = [
  ['in memory', () => aMemoryStore()],
  ['on disk', () => aStore()],
];

describe.each(roots)('a substore %s', (_, aRoot) => {
  /** Two levels below a root, with a note in each. */
  function aTree() {
    const root = aRoot();
    const above = root.substores.create('above');
    const below = above.substores.create('below');
    const note = above.create(Note, { title: 'above' });
    below.create(Note, { title: 'below' });
    return { root, above, below, note };
  }

  const ways: [string, (root: Store) => Store][] = [
    ['open', (root) => root.substores.open('above')],
    ['openOrCreate', (root) => root.substores.openOrCreate('above')],
    ['at', (root) => root.at('above')],
    ['at of a store below it', (root) => root.at('above/below').parent as Store],
    ['tree.stores()', (root) => [...root.tree.stores()][1] as Store],
    ['an item of a tree query', (root) => root.tree.query(Note, { title: 'above' }).one().store],
  ];

  // Closing a store in memory threw its database away: the name was still there, with nothing behind it.
  test.each(ways)('that was closed has all that it had, and all below, when it is reached by %s', (_, reach) => {
    const { root, above, below, note } = aTree();
    above.close();
    const again = reach(root);
    expect(again).not.toBe(above);
    expect([above.isClosed, below.isClosed, again.isClosed]).toEqual([true, true, false]);
    expect([again.uid, again.substores.names()]).toEqual([above.uid, ['below']]);
    expect(titles(again)).toEqual(['above', 'below']);
    const same = again.get(Note, note.storeId);
    expect([same === note, same.title]).toEqual([false, 'above']);
  });

  test('that was closed counts in its tree', () => {
    const { root, above } = aTree();
    above.close();
    expect(titles(root)).toEqual(['above', 'below']);
  });

  test('can be closed and opened again and again', () => {
    const { root } = aTree();
    {
      using above = root.substores.open('above');
      above.create(Note, { title: 'second' });
    }
    {
      using above = root.substores.open('above');
      above.at('below').close();
      above.create(Note, { title: 'third' });
    }
    expect(titles(root)).toEqual(['above', 'second', 'third', 'below']);
    expect(root.at('above').check().isSound).toBe(true);
  });

  test('that was closed refuses writes through what was held of it, also when it is open again', () => {
    const { root, above, note } = aTree();
    above.close();
    const again = root.at('above');
    expect(codeOf(() => note.set({ title: 'changed' }))).toBe('STORE_CLOSED');
    expect(codeOf(() => above.create(Note, { title: 'made' }))).toBe('STORE_CLOSED');
    above.close();
    expect([note.title, again.isClosed, titles(root)]).toEqual(['above', false, ['above', 'below']]);
  });

  test('that is closed does not give a number again that it gave before', () => {
    const { root, above } = aTree();
    const last = above.create(Note, { title: 'last' });
    last.delete();
    above.close();
    expect(root.at('above').create(Note, { title: 'next' }).storeId).toBeGreaterThan(last.storeId);
  });

  test('whose deletion is undone is the same store, with all that it had', () => {
    const { root, above, below, note } = aTree();
    undone(root, () => root.substores.delete('above'));
    expect([root.at('above'), root.at('above/below')]).toEqual([above, below]);
    expect(above.get(Note, note.storeId)).toBe(note);
    expect(titles(root)).toEqual(['above', 'below']);
  });

  test.each(ways)('whose deletion is undone while it was closed has all that it had, reached by %s', (_, reach) => {
    const { root, above } = aTree();
    above.close();
    undone(root, () => root.substores.delete('above'));
    expect(titles(reach(root))).toEqual(['above', 'below']);
  });

  test('whose deletion is undone can be closed afterwards, and opened again', () => {
    const { root } = aTree();
    undone(root, () => root.query(SubStore).delete());
    root.at('above').close();
    expect(titles(root)).toEqual(['above', 'below']);
  });

  test('whose deletion and replacement are undone has what it had, not what the other one got', () => {
    const { root, above } = aTree();
    undone(root, () => {
      root.substores.delete('above');
      root.substores.create('above').create(Note, { title: 'undone' });
    });
    expect(root.at('above')).toBe(above);
    expect(titles(root)).toEqual(['above', 'below']);
  });

  test('that was deleted, open or closed, leaves nothing to one of the same name', () => {
    const { root, above, below } = aTree();
    root.substores.delete('above');
    expect([above.isClosed, below.isClosed, titles(root)]).toEqual([true, true, []]);
    root.substores.create('above').substores.create('below').create(Note, { title: 'second' });
    root.at('above').close();
    root.substores.delete('above');
    expect(titles(root.substores.create('above'))).toEqual([]);
  });

  // A hook that asked for the substore while it was being deleted was given a new Store in its place: in memory, all that
  // the substore had was lost with the old one.
  test('that a hook asks for while it is being deleted is the same one when that is undone', () => {
    const asked: Store[] = [];
    @item('profile')
    class Profile extends Item {
      @reference(() => SubStore, { whenDeleted: 'cascade' }) declare of: SubStore;
      override activate(): void {
        asked.push(this.store.at('below'));
      }
      override deleted(): void {} // so that it is loaded to be deleted
    }
    const { root, above } = aTree();
    above.create(Profile, { of: above.substores.query().one() });
    above.close();
    asked.length = 0;
    const again = root.at('above');
    const below = again.at('below');

    undone(root, () => again.substores.delete('below'));

    expect(asked).toEqual([below]);
    expect(again.at('below')).toBe(below);
    expect([again.count(Profile), titles(below)]).toEqual([1, ['below']]);
  });
});

// What is freed is used again; what is not adds up to a hundred megabytes.
describe('the memory is given back', () => {
  const sizeBytes = 3_000_000;
  const fill = (store: Store) => store.createMany(Block, [{ content: new Uint8Array(sizeBytes).fill(1) }]);

  // JavaScript gives up its own copies in a turn to come: until then they would count as memory of SQLite.
  async function residentBytes(): Promise<number> {
    for (let round = 0; round < 3; round++) {
      await setTimeout(10);
      collectGarbage();
    }
    const { rss, arrayBuffers } = process.memoryUsage();
    return rss - arrayBuffers;
  }
  // The least of three: what the allocator keeps for itself grows at times, what is not given back does each time.
  async function grownBytes(act: () => void): Promise<number> {
    act();
    const sizes = [await residentBytes()];
    for (let window = 1; window <= 3; window++) {
      for (let i = 0; i < 12; i++) act();
      sizes.push(await residentBytes());
    }
    return Math.min(...sizes.slice(1).map((size, at) => size - (sizes[at] as number)));
  }

  const uses: [string, (root: Store) => void][] = [
    [
      'of a substore that is deleted',
      (root) => {
        fill(root.substores.create('one'));
        root.substores.delete('one');
      },
    ],
    [
      'of a substore that was closed and is deleted',
      (root) => {
        using one = root.substores.create('one');
        fill(one);
        one.close();
        root.substores.delete('one');
      },
    ],
    [
      'of what lies below a substore that was closed and is deleted',
      (root) => {
        const one = root.substores.create('one');
        fill(one.substores.create('two'));
        one.close();
        root.substores.delete('one');
      },
    ],
    [
      'of a substore that was made in a transaction which is undone',
      (root) => undone(root, () => void fill(root.substores.create('one'))),
    ],
    [
      'of a root that is closed, with all below, closed or not',
      () => {
        using root = Store.inMemory();
        fill(root.substores.create('one').substores.create('two'));
        root.at('one').close();
        fill(root.substores.create('three'));
      },
    ],
  ];

  test.each(uses)('%s', async (_, use) => {
    const root = aMemoryStore();
    expect(await grownBytes(() => use(root))).toBeLessThan(9 * sizeBytes);
  });

  test('not of one that is closed, as it can be opened again', () => {
    const root = aMemoryStore();
    fill(root.substores.create('one').substores.create('two'));
    root.at('one').close();
    expect(root.at('one/two').query(Block).one().content).toHaveLength(sizeBytes);
  });
});

test('a substore in memory is closed with its root, whether it was closed before or not', () => {
  const root = aMemoryStore();
  const [one, two] = [root.substores.create('one'), root.substores.create('two')];
  one.close();
  const again = root.at('one');
  root.close();
  expect([one, again, two].map((store) => store.isClosed)).toEqual([true, true, true]);
  expect(codeOf(() => again.count(Note))).toBe('STORE_CLOSED');
  expect(codeOf(() => root.at('one'))).toBe('STORE_CLOSED');
});
