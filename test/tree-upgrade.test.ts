import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CorollaryError, Item, integer, item, type Store, type StoreOptions, text, upgrade } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { type Aftermath, aStore, aStoreDirectory, databasesBelow } from './support/a-store.js';
import { inDatabase } from './support/on-disk.js';

// `tree.upgrade` brings all stores of a tree to the versions of the classes.

function versionOne() {
  @item('note')
  class Note extends Item {
    @text() declare subject: string;
  }
  @item('mark')
  class Mark extends Item {
    @integer() declare value: number;
  }
  return { Note, Mark };
}

/** The step fails where a subject is 'bad'. */
function versionTwo() {
  @item('note', {
    version: 2,
    upgrades: () => [
      upgrade(1, { subject: text() }, ({ subject }) => {
        if (subject === 'bad') throw new Error('cannot be read');
        return { length: subject.length };
      }),
    ],
  })
  class Note extends Item {
    @text() declare subject: string;
    @integer() declare length: number;
  }
  return { Note };
}

/** The step looks into the store above. */
function versionTwoCountingAbove() {
  @item('note', {
    version: 2,
    upgrades: () => [
      upgrade(1, { subject: text() }, (_old, { store }) => ({ length: store.parent?.count(Note) ?? 0 })),
    ],
  })
  class Note extends Item {
    @text() declare subject: string;
    @integer() declare length: number;
  }
  return { Note };
}

const paths = ['', 'a', 'a/one', 'a/one/deep', 'a/two', 'b', 'c'];

/** A tree of seven stores with two notes each, as the first version of the program left it. */
function anOldTree(bad: readonly string[] = [], aftermath: Aftermath = {}): string {
  const place = aStoreDirectory(aftermath);
  const { Note, Mark } = versionOne();
  const root = aStore({ types: [Note, Mark] }, place);
  for (const path of paths) {
    const names = path.split('/').filter((name) => name !== '');
    const parent = names.length > 1 ? root.at(names.slice(0, -1)) : root;
    const store = names.length === 0 ? root : parent.substores.create(names.at(-1) as string);
    store.createMany(Note, [{ subject: 'one' }, { subject: bad.includes(path) ? 'bad' : 'two' }]);
    store.create(Mark, { value: 1 });
  }
  root.close();
  return place;
}

/** Where the files of the root's substore with a name lie. */
function directoryOf(root: Store, place: string, name: string): string {
  return join(place, 'sub', root.substores.query({ name }).one().directory);
}

/** In which version each store below the root has its notes. */
function versionsBelow(place: string): unknown[] {
  return databasesBelow(join(place, 'sub')).map((file) =>
    inDatabase(dirname(file), (database) =>
      database.prepare("SELECT version FROM corollary_types WHERE name = 'note'").pluck().get(),
    ),
  );
}

function opened(place: string, options: StoreOptions = {}) {
  const { Note } = versionTwo();
  return { Note, root: aStore({ types: [Note], upgrade: 'refuse', ...options }, place) };
}
const pathsOf = (found: readonly { readonly path: readonly string[] }[]) =>
  found.map(({ path }) => path.join('/')).sort();

describe('the upgrade of a tree', () => {
  test('upgrades every store, at every level, also where use alone would be refused', async () => {
    const { Note, root } = opened(anOldTree());
    expect(codeOf(() => root.count(Note))).toBe('UPGRADE_NEEDED');

    const report = await root.tree.upgrade();

    expect(report).toEqual({ isComplete: true, stores: 7, upgraded: 7, types: new Map([['note', 7]]), failed: [] });
    expect(root.tree.query(Note).sum((n) => n.length)).toBe(7 * 6);
    expect(await root.tree.upgrade()).toMatchObject({ isComplete: true, stores: 7, upgraded: 0 });
  });

  test('goes on where a store fails, names it with the reason, and leaves it as it was', async () => {
    const place = anOldTree(['a/one', 'c']);
    const { Note, root } = opened(place);

    const report = await root.tree.upgrade();

    expect([report.isComplete, report.stores, report.upgraded]).toEqual([false, 7, 5]);
    expect(pathsOf(report.failed)).toEqual(['a/one', 'c']);
    for (const { error } of report.failed)
      expect(error).toMatchObject({ constructor: CorollaryError, code: 'UPGRADE_FAILED', type: 'note' });
    expect(root.at('a/one/deep').count(Note)).toBe(2);
    expect(codeOf(() => root.at('c').count(Note))).toBe('UPGRADE_NEEDED');
    root.close();

    const old = versionOne();
    const before = aStore({ types: [old.Mark] }, place);
    expect(
      before
        .at('c')
        .query(old.Note)
        .pluck((n) => n.subject)
        .all()
        .sort(),
    ).toEqual(['bad', 'one']);
    expect(before.tree.check().isSound).toBe(true);
  });

  // It told of none of them: a report of nothing upgraded, and a type that the program before cannot read any more.
  test('tells what it has upgraded in a store where another type fails then', async () => {
    const place = aStoreDirectory();
    const old = versionOne();
    using before = aStore({ types: [old.Mark, old.Note] }, place);
    before.create(old.Mark, { value: 1 });
    before.create(old.Note, { subject: 'bad' });
    before.close();
    @item('mark', { version: 2, upgrades: () => [upgrade(1, { value: integer() })] })
    class Mark extends Item {
      @integer() declare value: number;
    }
    const root = aStore({ types: [Mark, versionTwo().Note] }, place);
    for (const dryRun of [true, false]) {
      const { isComplete, upgraded, types, failed } = await root.tree.upgrade({ dryRun });
      expect([isComplete, upgraded, [...types], failed.length]).toEqual([false, 1, [['mark', 1]], 1]);
    }
    expect(await root.tree.upgrade()).toMatchObject({ isComplete: false, upgraded: 0 });
  });

  // It told of a type that a step had looked at, and that had gone back with the step.
  test('does not tell of a type that was upgraded for a step that failed then', async () => {
    const place = aStoreDirectory();
    const old = versionOne();
    using before = aStore({ types: [old.Mark, old.Note] }, place);
    before.create(old.Note, { subject: 'one' });
    before.create(old.Mark, { value: 1 });
    before.close();
    @item('mark', { version: 2, upgrades: () => [upgrade(1, { value: integer() })] })
    class Mark extends Item {
      @integer() declare value: number;
    }
    const looks = upgrade(1, { subject: text() }, (_old, { store }) => {
      throw new RangeError(`no: ${store.count(Mark)}`);
    });
    @item('note', { version: 2, upgrades: () => [looks] })
    class Note extends Item {
      @text() declare subject: string;
    }
    const root = aStore({ types: [Note, Mark], upgrade: 'refuse' }, place);
    for (const dryRun of [true, false]) {
      const { upgraded, types, failed } = await root.tree.upgrade({ dryRun });
      expect([upgraded, [...types], failed.length]).toEqual([0, [], 1]);
    }
  });

  test('goes on where it was called off', async () => {
    const { root } = opened(anOldTree());
    const controller = new AbortController();
    const first = await root.tree.upgrade({
      signal: controller.signal,
      onProgress: ({ stores }) => stores === 3 && controller.abort(),
    });
    expect(first).toMatchObject({ isComplete: false, stores: 3, upgraded: 3, failed: [] });
    expect(await root.tree.upgrade()).toMatchObject({ isComplete: true, stores: 7, upgraded: 4 });
  });

  test('is called off before it begins', async () => {
    const { root } = opened(anOldTree());
    expect(await root.tree.upgrade({ signal: AbortSignal.abort() })).toMatchObject({ stores: 0, isComplete: false });
  });

  test('tells after each store how far it has come', async () => {
    const { root } = opened(anOldTree(['b']));
    const told: [number, number, number, number][] = [];
    const where: string[] = [];
    await root.tree.upgrade({
      onProgress: ({ path, stores, of, upgraded, failed }) => {
        told.push([stores, of, upgraded, failed]);
        where.push(path.join('/'));
      },
    });
    expect(told.map(([stores]) => stores)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(told.every(([stores, of, upgraded, failed]) => of === 7 && upgraded + failed === stores)).toBe(true);
    expect([...where].sort()).toEqual([...paths].sort());
  });

  test('takes the stores first that were written last', async () => {
    const place = anOldTree();
    const { Mark } = versionOne();
    const { root } = opened(place);
    await new Promise((resolve) => setTimeout(resolve, 20));
    root.at('a/two').create(Mark, { value: 2 });
    const where: string[] = [];
    await root.tree.upgrade({ onProgress: ({ path }) => where.push(path.join('/')) });
    expect(where[0]).toBe('a/two');
  });

  test('stops where one of the first stores fails', async () => {
    const { root } = opened(anOldTree(paths));
    expect(await root.tree.upgrade({ canary: 2 })).toMatchObject({ stores: 1, upgraded: 0, isComplete: false });
    const { root: other } = opened(anOldTree());
    expect(await other.tree.upgrade({ canary: 2 })).toMatchObject({ stores: 7, isComplete: true });
  });

  test('leaves out what a condition leaves out, with all below', async () => {
    const { Note, root } = opened(anOldTree());
    const report = await root.tree.upgrade({ only: (s) => s.name.ne('a') });
    expect(report).toMatchObject({ isComplete: true, stores: 3, upgraded: 3 });
    expect(root.at('b').count(Note)).toBe(2);
    expect(codeOf(() => root.at('a/one').count(Note))).toBe('UPGRADE_NEEDED');
  });

  test('as a dry run changes nothing, and tells the same', async () => {
    const place = anOldTree(['b']);
    const { Note, root } = opened(place);
    const report = await root.tree.upgrade({ dryRun: true });
    expect([report.stores, report.upgraded, pathsOf(report.failed)]).toEqual([7, 6, ['b']]);
    for (const path of paths.filter((one) => one !== ''))
      expect(codeOf(() => root.at(path).count(Note))).toBe('UPGRADE_NEEDED');
    expect(await root.tree.upgrade()).toMatchObject({ stores: 7, upgraded: 6 });
  });

  test('meets stores that use has upgraded, and queries of the tree are complete meanwhile', async () => {
    const { Note, root } = opened(anOldTree(), { upgrade: 'use' });
    expect(root.at('a').count(Note)).toBe(2);
    const counts: number[] = [];
    const report = await root.tree.upgrade({
      onProgress: ({ stores }) => {
        if (stores === 2) counts.push(root.tree.count(Note));
      },
    });
    expect(counts).toEqual([14]);
    expect(report).toMatchObject({ isComplete: true, stores: 7 });
  });

  test('passes by a store that is deleted meanwhile', async () => {
    const { root } = opened(anOldTree());
    const report = await root.tree.upgrade({
      onProgress: ({ stores }) => {
        if (stores === 1) for (const name of root.substores.names()) root.substores.delete(name);
      },
    });
    expect(report.failed).toEqual([]);
    expect(report.upgraded).toBeLessThanOrEqual(2);
  });

  // It was taken for deleted, and the report said that all was done.
  test('follows stores that are moved meanwhile', async () => {
    const place = anOldTree();
    const { Note, root } = opened(place);
    const paths: string[] = [];
    const report = await root.tree.upgrade({
      onProgress: ({ path, stores }) => {
        paths.push(path.join('/'));
        if (stores !== 1) return;
        root.at('a').substores.move('one', root, 'moved');
        root.substores.move('c', root.at('b'));
      },
    });
    expect(report).toMatchObject({ isComplete: true, stores: 7, upgraded: 7 });
    expect(paths).toEqual(expect.arrayContaining(['moved', 'b/c']));
    expect(versionsBelow(place)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(root.tree.count(Note)).toBe(14);
  });

  test('as a dry run takes back what steps have upgraded in other stores, too', async () => {
    const place = aStoreDirectory();
    const before = versionOne();
    const old = aStore({ types: [before.Note] }, place);
    for (const store of [old, old.substores.create('a'), old.substores.create('b')])
      store.create(before.Note, { subject: 'one' });
    old.close();
    const { Note } = versionTwoCountingAbove();
    const root = aStore({ types: [Note] }, place);
    expect(await root.tree.upgrade({ dryRun: true })).toMatchObject({ isComplete: true, upgraded: 3 });
    root.close();
    const again = aStore({ types: [before.Note] }, place);
    expect(again.tree.count(before.Note)).toBe(3);
  });

  test('upgrades what steps read in other stores, where use alone would be refused', async () => {
    const place = anOldTree();
    const { Note } = versionTwoCountingAbove();
    const root = aStore({ types: [Note], upgrade: 'refuse' }, place);
    expect(await root.tree.upgrade({ dryRun: true })).toMatchObject({ isComplete: true, failed: [] });
    expect(codeOf(() => root.count(Note))).toBe('UPGRADE_NEEDED');
    expect(await root.tree.upgrade()).toMatchObject({ isComplete: true, failed: [] });
    expect(root.tree.count(Note)).toBe(14);
  });

  test('is not complete where the tree is closed meanwhile', async () => {
    const { root } = opened(anOldTree());
    const report = await root.tree.upgrade({ onProgress: () => root.close() });
    expect(report).toMatchObject({ isComplete: false, stores: 1, upgraded: 1 });
  });

  test('refuses an asynchronous function that it would not wait for, and upgrades nothing', async () => {
    const { Note, root } = opened(anOldTree());
    const refused = expect.objectContaining({ constructor: CorollaryError, code: 'ASYNC_TRANSACTION' });
    await expect(root.tree.upgrade({ onProgress: async () => undefined })).rejects.toThrow(refused);
    await expect(root.tree.upgrade({ onRows: async () => undefined })).rejects.toThrow(refused);
    for (const path of ['a', 'b', 'c']) expect(codeOf(() => root.at(path).count(Note))).toBe('UPGRADE_NEEDED');
  });

  test('ends where the function that it tells gives a promise, whose rejection is no news then', async () => {
    const { root } = opened(anOldTree());
    const refused = expect.objectContaining({ code: 'ASYNC_TRANSACTION' });
    const failing = () => Promise.reject(new Error('nobody hears this'));
    await expect(root.tree.upgrade({ onProgress: failing })).rejects.toThrow(refused);
    expect(await root.tree.upgrade()).toMatchObject({ isComplete: true, upgraded: 6 });
  });

  test('tells of the items of a type between two batches', async () => {
    const place = anOldTree();
    const { Note: Before } = versionOne();
    const before = aStore({ types: [Before] }, place);
    before.at('b').createMany(
      Before,
      Array.from({ length: 600 }, () => ({ subject: 'one' })),
    );
    before.close();
    const { root } = opened(place);
    const told: unknown[] = [];
    const report = await root.tree.upgrade({ onRows: (progress) => told.push(progress) });
    expect(report).toMatchObject({ isComplete: true, upgraded: 7 });
    expect(told).toEqual([
      { path: ['b'], type: 'note', rows: 20, of: 602 },
      { path: ['b'], type: 'note', rows: 520, of: 602 },
    ]);
  });

  test('undoes the type where what is told of its items throws, or uses them, and goes on', async () => {
    const place = anOldTree();
    const { Note: Before } = versionOne();
    const before = aStore({ types: [Before] }, place);
    for (const path of ['a', 'b'])
      before.at(path).createMany(
        Before,
        Array.from({ length: 30 }, () => ({ subject: 'one' })),
      );
    before.close();
    const { Note, root } = opened(place);
    const stopped = new Error('stopped');
    const uses: Record<string, () => void> = {
      a: () => root.at('a').count(Note),
      b: () => {
        throw stopped;
      },
    };
    const report = await root.tree.upgrade({ onRows: ({ path }) => uses[path.join('/')]?.() });
    expect([report.upgraded, pathsOf(report.failed)]).toEqual([5, ['a', 'b']]);
    expect(report.failed.map(({ error }) => error)).toEqual(
      expect.arrayContaining([stopped, expect.objectContaining({ code: 'UPGRADE_FAILED' })]),
    );
    expect(await root.tree.upgrade()).toMatchObject({ isComplete: true, upgraded: 2 });
    expect(root.tree.count(Note)).toBe(74);
  });

  // The root comes before what was written before it was opened.
  test.each([
    ['has no database', (database: string) => rmSync(database), [1, 0]],
    ['has one that cannot be read', (database: string) => writeFileSync(database, 'no database at all'), [2, 1]],
  ])('shows a store that %s to the canary', async (_, spoil, visited) => {
    const place = anOldTree([], { mayBeCorrupt: true });
    const { root: before } = opened(place);
    const directory = directoryOf(before, place, 'c');
    before.close();
    spoil(join(directory, 'db.sqlite'));
    const { root } = opened(place);
    const report = await root.tree.upgrade({ canary: 2 });
    expect([report.stores, report.upgraded]).toEqual(visited);
    expect(pathsOf(report.failed)).toEqual(['c']);
    expect(await root.tree.upgrade()).toMatchObject({ isComplete: false, stores: 7 });
  });

  test('fails a store that others lie below, and cannot be opened, in its turn', async () => {
    const place = anOldTree([], { mayBeCorrupt: true });
    const { root: before } = opened(place);
    const directory = directoryOf(before, place, 'a');
    before.close();
    writeFileSync(join(directory, 'db.sqlite'), 'no database at all');
    const { root } = opened(place);
    const failed: number[] = [];
    const report = await root.tree.upgrade({ onProgress: (progress) => failed.push(progress.failed) });
    expect(pathsOf(report.failed)).toEqual(['a']);
    expect([report.stores, report.upgraded, report.isComplete]).toEqual([4, 3, false]);
    expect(failed).toEqual([0, 1, 1, 1]);
  });

  test('finds what lies below a store whose directory has not followed it to its new place', async () => {
    const place = anOldTree();
    const { root: before } = opened(place);
    const from = directoryOf(before, place, 'a');
    const inB = directoryOf(before, place, 'b');
    before.transact(() => {
      before.substores.move('a', before.at('b'));
      expect(readdirSync(inB)).toContain('sub'); // so that b is known to hold stores, whatever happens from now on
    });
    const to = join(inB, 'sub', before.at('b').substores.query({ name: 'a' }).one().directory);
    before.close();
    renameSync(to, from); // as where the process was killed after the commit
    const { Note, root } = opened(place);
    expect(await root.tree.upgrade()).toMatchObject({ isComplete: true, stores: 7, upgraded: 7 });
    expect(root.at('b/a/one/deep').count(Note)).toBe(2);
  });

  test('tells what it has done where stores are upgraded when they are opened, too', async () => {
    const place = anOldTree();
    const { root } = opened(place, { upgrade: 'open' });
    expect(await root.tree.upgrade({ dryRun: true })).toMatchObject({ isComplete: true, stores: 7, upgraded: 6 });
    root.close();
    expect(versionsBelow(place)).toEqual([1, 1, 1, 1, 1, 1]);
    const { root: again } = opened(place, { upgrade: 'open' });
    expect(await again.tree.upgrade()).toMatchObject({ isComplete: true, stores: 7, upgraded: 6 });
    again.close();
    expect(versionsBelow(place)).toEqual([2, 2, 2, 2, 2, 2]);
  });

  test('is not done by a check, which only looks', async () => {
    const place = anOldTree(['b']);
    const { root } = opened(place, { upgrade: 'open' });
    expect(root.tree.check()).toEqual({ isSound: true, stores: 7, findings: [] });
    expect(root.at('a').check().isSound).toBe(true);
    root.close();
    expect(versionsBelow(place)).toEqual([1, 1, 1, 1, 1, 1]);
    const { Note, root: again } = opened(place, { upgrade: 'open' });
    expect(again.tree.check().isSound).toBe(true);
    expect(again.at('a').count(Note)).toBe(2);
    expect(codeOf(() => again.at('b').count(Note))).toBe('UPGRADE_FAILED');
  });

  test('works in memory too', async () => {
    const root: Store = aStore({ types: [versionTwo().Note] });
    root.substores.create('one');
    expect(await root.tree.upgrade()).toMatchObject({ isComplete: true, stores: 2, upgraded: 0 });
  });

  test('is refused in a transaction, in a store that is read only, and with wrong options', async () => {
    const place = anOldTree();
    const { root } = opened(place);
    const refused = (code: string) => expect.objectContaining({ constructor: CorollaryError, code });
    let inside: Promise<unknown> | undefined;
    root.transact(() => {
      inside = root.tree.upgrade();
    });
    await expect(inside).rejects.toThrow(refused('NOT_SUPPORTED'));
    await expect(root.tree.upgrade({ canary: -1 })).rejects.toThrow(refused('INVALID_VALUE'));
    await expect(root.tree.upgrade({ speed: 1 } as never)).rejects.toThrow(refused('INVALID_VALUE'));
    await expect(root.tree.upgrade(null as never)).rejects.toThrow(refused('INVALID_VALUE'));
    root.close();
    await expect(root.tree.upgrade()).rejects.toThrow(refused('STORE_CLOSED'));
    const { root: readOnly } = opened(place, { readOnly: true });
    await expect(readOnly.tree.upgrade()).rejects.toThrow(refused('READ_ONLY'));
  });
});
