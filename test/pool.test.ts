import { cpSync, existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Item, integer, item, type Store, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { childProgram, runChild } from './support/child-program.js';

// Open files are bounded by an option, and nobody notices which store is open.

@item('note')
class Note extends Item {
  @text() declare title: string;
  @integer({ default: 0 }) declare count: import('corollary').Default<number>;
}

const MANY = 20;
const numbers = Array.from({ length: MANY }, (_, i) => i);

/** A root that keeps three substores open, and twenty substores with a note in each. */
function aCrowd(place: string = aStoreDirectory()) {
  const store = aStore({ maxOpenSubstores: 3, durability: 'relaxed' }, place);
  const parts = numbers.map((i) => store.substores.create(`s${i}`));
  const notes = parts.map((part, i) => part.create(Note, { title: `note ${i}` }));
  return { store, parts, notes };
}

/** Uses so many other stores that every store used before is evicted. */
function evictOthers(parts: readonly Store[]): void {
  for (const part of parts.slice(-5)) part.count(Note);
}

/** What the descriptors of this process stand for. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(join('/proc/self/fd', fd));
    } catch {
      return ''; // the descriptor of this very listing
    }
  });
}

const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
};

test('Store objects and items survive eviction, and are the same objects', () => {
  const { store, parts, notes } = aCrowd();
  for (const note of notes) note.title += '!';
  for (const note of notes) note.set({ count: note.count + 1 });
  expect(notes.map(({ title, count }) => `${title} ${count}`)).toEqual(numbers.map((i) => `note ${i}! 1`));
  expect(parts.map((part) => part.isClosed)).toEqual(numbers.map(() => false));
  expect(numbers.map((i) => store.at(`s${i}`))).toEqual(parts);
  expect(parts.every((part, i) => part.findFirst(Note) === notes[i])).toBe(true);
  expect(parts.every((part, i) => store.substores.open(`s${i}`) === part)).toBe(true);
});

test('no more files are open than the option allows', () => {
  const place = aStoreDirectory();
  const { store } = aCrowd(place);
  const openDatabases = () =>
    new Set(openFiles().filter((file) => file.startsWith(place) && file.endsWith('db.sqlite'))).size;
  store.tree.query(Note).all();
  expect(openDatabases()).toBeLessThanOrEqual(4);
  store.tree.count(Note);
  [...store.tree.stores()].at(-1)?.count(Note);
  expect(openDatabases()).toBeLessThanOrEqual(4);
});

test('tree queries and iteration go through more stores than may be open', () => {
  const { store } = aCrowd();
  expect(store.tree.query(Note).all()).toHaveLength(MANY);
  expect(store.tree.count(Note)).toBe(MANY);
  for (const note of store.tree.query(Note)) note.count = note.store.path.length;
  expect(store.tree.query(Note).sum((n) => n.count)).toBe(MANY);
});

test('one substore open at a time is enough, deep trees included', () => {
  const store = aStore({ maxOpenSubstores: 1 });
  const deep = store.substores.create('a').substores.create('b').substores.create('c');
  const note = deep.create(Note, { title: 'deep' });
  store.substores.create('other').create(Note, { title: 'other' });
  note.title = 'changed';
  expect(store.at('a/b/c').findFirst(Note)).toBe(note);
  expect(
    store.tree
      .query(Note)
      .pluck((n) => n.title)
      .all(),
  ).toEqual(['changed', 'other']);
});

test('an item whose store was changed by another while it was evicted is read again', () => {
  const place = aStoreDirectory();
  const { parts, notes } = aCrowd(place);
  expect(notes[0]!.title).toBe('note 0');
  evictOthers(parts);
  aStore({}, place).at('s0').query(Note).update({ title: 'changed by another' });
  expect(notes[0]!.title).toBe('changed by another');
  expect(parts[0]!.findFirst(Note)).toBe(notes[0]);
});

test('asking a store whose file was changed while it was evicted brings its items up to date', () => {
  const place = aStoreDirectory();
  const { parts, notes } = aCrowd(place);
  evictOthers(parts);
  aStore({}, place).at('s0').query(Note).update({ title: 'changed by another' });
  expect(parts[0]!.get(Note, notes[0]!.storeId)).toBe(notes[0]);
  expect(notes[0]!.title).toBe('changed by another');
});

test('an item that another deleted while its store was evicted is gone', () => {
  const place = aStoreDirectory();
  const { parts, notes } = aCrowd(place);
  evictOthers(parts);
  aStore({}, place).at('s0').query(Note).delete();
  expect(notes[0]!.isStored).toBe(false);
  expect(codeOf(() => Object.assign(notes[0]!, { title: 'x' }))).toBe('ITEM_GONE');
  expect(notes[0]!.title).toBe('note 0');
});

test('a number that another used while the store was evicted is not given out again', () => {
  const place = aStoreDirectory();
  const { parts } = aCrowd(place);
  evictOthers(parts);
  const theirs = aStore({}, place).at('s0').create(Note, { title: 'theirs' });
  const ours = parts[0]!.create(Note, { title: 'ours' });
  expect(ours.storeId).not.toBe(theirs.storeId);
  expect(parts[0]!.count(Note)).toBe(3);
});

test('a number of a rolled-back creation is not given out again after an eviction', () => {
  const { parts } = aCrowd();
  const ids: number[] = [];
  expect(() =>
    parts[0]!.transact(() => {
      ids.push(parts[0]!.create(Note, { title: 'undone' }).storeId);
      throw new TypeError('no');
    }),
  ).toThrow('no');
  evictOthers(parts);
  expect(ids).not.toContain(parts[0]!.create(Note, { title: 'next' }).storeId);
});

test('a transaction that needs more stores than may be open is undone with TOO_MANY_OPEN', () => {
  const { store, parts, notes } = aCrowd();
  expect(
    codeOf(() =>
      store.transact(() => {
        store.create(Note, { title: 'undone' });
        store.substores.create('undone');
        for (const part of parts.slice(0, 4)) part.count(Note);
      }),
    ),
  ).toBe('TOO_MANY_OPEN');
  expect(store.count(Note)).toBe(0);
  expect(store.substores.size).toBe(MANY);
  store.transact(() => {
    notes[7]!.title = 'goes on';
  });
  expect(parts[7]!.findFirst(Note)?.title).toBe('goes on');
});

test('a transaction that makes more substores than may be open leaves none of them', () => {
  const place = aStoreDirectory();
  const store = aStore({ maxOpenSubstores: 3 }, place);
  const made: Store[] = [];
  expect(
    codeOf(() =>
      store.transact(() => {
        for (const i of numbers.slice(0, 6)) {
          made.push(store.substores.create(`s${i}`));
          made.at(-1)!.create(Note, { title: 'x' });
        }
      }),
    ),
  ).toBe('TOO_MANY_OPEN');
  expect(store.substores.names()).toEqual([]);
  expect(made.map((one) => one.isClosed)).toEqual(made.map(() => true));
  expect(readdirSync(join(place, 'sub'))).toEqual([]);
  expect(store.substores.create('s0').count(Note)).toBe(0);
});

test('as many stores as may be open can take part in a transaction', () => {
  const { store, parts } = aCrowd();
  const counts = store.transact(() => parts.slice(0, 3).map((part) => part.count(Note)));
  expect(counts).toEqual([1, 1, 1]);
});

test('a tree query in a transaction passes through more stores than may be open, and sees what is uncommitted', () => {
  const { store, notes } = aCrowd();
  store.transact(() => {
    notes[0]!.title = 'uncommitted';
    expect(store.tree.count(Note)).toBe(MANY);
    expect(store.tree.count(Note, { title: 'uncommitted' })).toBe(1);
    notes[0]!.count = 9;
  });
  expect(store.tree.query(Note, (n) => n.count.eq(9)).one()).toBe(notes[0]);
});

test('a store is not evicted while it is iterated over', () => {
  const { store, parts } = aCrowd();
  parts[0]!.createMany(
    Note,
    numbers.map((i) => ({ title: `more ${i}` })),
  );
  let seen = 0;
  for (const note of parts[0]!.query(Note)) {
    parts[1 + (seen % (MANY - 1))]!.create(Note, { title: note.title });
    seen++;
  }
  expect(seen).toBe(MANY + 1);
  expect(store.tree.count(Note)).toBe(MANY * 2 + MANY + 1);
});

test('pages go on after their store was evicted between them', () => {
  const { parts } = aCrowd();
  parts[0]!.createMany(
    Note,
    numbers.map((i) => ({ title: 'more', count: i })),
  );
  const sizes: number[] = [];
  for (const page of parts[0]!
    .query(Note)
    .orderBy((n) => n.count.asc())
    .pages(8)) {
    sizes.push(page.length);
    evictOthers(parts);
  }
  expect(sizes).toEqual([8, 8, 5]);
});

test('Store objects that nobody holds are made again with what they hold', () => {
  const store = aStore({ maxOpenSubstores: 3, durability: 'relaxed' });
  for (const i of numbers) store.substores.create(`s${i}`).create(Note, { title: `note ${i}` });
  collectGarbage();
  expect(store.tree.count(Note)).toBe(MANY);
  expect(numbers.map((i) => store.at(`s${i}`).findFirst(Note)?.title)).toEqual(numbers.map((i) => `note ${i}`));
});

test('stores in memory lose nothing, however many there are and whether anyone holds them', () => {
  const store = aMemoryStore({ maxOpenSubstores: 3 });
  for (const i of numbers) {
    const part = store.substores.create(`s${i}`);
    part.create(Note, { title: `note ${i}` });
    part.substores.create('deep').create(Note, { title: `deep ${i}` });
  }
  collectGarbage();
  expect(store.tree.count(Note)).toBe(2 * MANY);
  expect(store.at('s7/deep').findFirst(Note)?.title).toBe('deep 7');
  const counts = store.transact(() => numbers.map((i) => store.at(`s${i}`).count(Note)));
  expect(counts).toEqual(numbers.map(() => 1));
});

/** How often databases were opened while a function ran. */
function opensDuring(store: Store, work: () => unknown): number {
  const before = store.tree.stats().opens;
  work();
  return store.tree.stats().opens - before;
}

test('stores that are used again and again stay open while a tree query goes through all others', () => {
  const store = aStore({ maxOpenSubstores: 10, durability: 'relaxed' });
  const parts = numbers.map((i) => store.substores.create(`s${i}`));
  const hot = [3, 6, 11, 15, 19].map((i) => parts[i]!);
  const useHot = () => hot.map((part) => part.count(Note));
  useHot();
  useHot();
  expect(opensDuring(store, () => store.tree.count(Note))).toBe(MANY - hot.length);
  expect(opensDuring(store, () => Array.from(store.tree.stores(), (one) => one.count(Note)))).toBe(MANY - hot.length);
  expect(opensDuring(store, useHot)).toBe(0);
});

test('stores that are no longer used make room for others that are used again and again', () => {
  const store = aStore({ maxOpenSubstores: 10, durability: 'relaxed' });
  const parts = numbers.map((i) => store.substores.create(`s${i}`));
  const use = (from: number) => parts.slice(from, from + 8).map((part) => part.count(Note));
  use(0);
  use(0);
  expect(opensDuring(store, () => numbers.slice(0, 4).map(() => use(12)))).toBeLessThan(4 * 8);
  expect(opensDuring(store, () => use(12))).toBe(0);
});

test('the stats of a tree are what the operating system says', () => {
  const place = aStoreDirectory();
  const { store } = aCrowd(place);
  store.tree.count(Note);
  const stats = store.tree.stats();
  expect(stats.openSubstores).toBe(3);
  expect(stats.maxOpenSubstores).toBe(3);
  expect(stats.descriptors).toBe(descriptorsBelow(join(place, 'sub')));
  expect(stats.opens - stats.evictions).toBe(stats.openSubstores);
  expect(store.at('s4').tree.stats()).toEqual(store.tree.stats());
});

function descriptorsBelow(directory: string): number {
  return openFiles().filter((file) => file.startsWith(directory)).length;
}

test('hits count turns to an open store, opens those to a closed one, and uses in a row are one', () => {
  const { store, parts } = aCrowd();
  parts[0]!.count(Note);
  parts[1]!.count(Note);
  const before = store.tree.stats();
  for (const part of [0, 0, 1, 1, 0, 7, 7, 7]) parts[part]!.count(Note);
  const { hits, opens } = store.tree.stats();
  expect([hits - before.hits, opens - before.opens]).toEqual([3, 1]);
});

test('the estimate of memory grows with what a store has cached, and goes with the store', () => {
  const { store, parts } = aCrowd();
  parts[0]!.count(Note);
  const before = store.tree.stats().memoryBytes;
  expect(before).toBeGreaterThan(3 * 200_000);
  parts[0]!.createMany(
    Note,
    Array.from({ length: 5000 }, () => ({ title: 'x'.repeat(100) })),
  );
  expect(store.tree.stats().memoryBytes).toBeGreaterThan(before + 500_000);
  evictOthers(parts);
  expect(store.tree.stats().memoryBytes).toBeLessThanOrEqual(before + 100_000);
});

test('the stores of a running transaction count as pinned, and an error names them', () => {
  const { store, parts } = aCrowd();
  const error = refusal(() =>
    store.transact(() => {
      for (const part of parts.slice(0, 3)) part.count(Note);
      expect(store.tree.stats().pinnedSubstores).toBe(3);
      parts[3]!.count(Note);
    }),
  );
  expect(error.code).toBe('TOO_MANY_OPEN');
  expect(error.message).toMatch(/s0.*s1.*s2.*maxOpenSubstores/);
  expect(store.tree.stats().pinnedSubstores).toBe(0);
  expect(parts[3]!.count(Note)).toBe(1);
});

test('a transaction that only reads keeps its stores open, and lets the others go', () => {
  const { store, parts } = aCrowd();
  const others = () => parts.slice(2).map((part) => part.count(Note));
  parts[0]!.transact(
    () => {
      parts[0]!.count(Note);
      expect(opensDuring(store, others)).toBe(MANY - 2);
      expect(opensDuring(store, () => parts[0]!.count(Note))).toBe(0);
    },
    { readOnly: true },
  );
  expect(store.tree.stats().pinnedSubstores).toBe(0);
});

test('with one substore open at a time, each turn to another opens it', () => {
  const store = aStore({ maxOpenSubstores: 1, durability: 'relaxed' });
  const [one, other] = ['one', 'other'].map((name) => store.substores.create(name)) as [Store, Store];
  const alternate = () => {
    for (const i of numbers.slice(0, 5)) {
      one.create(Note, { title: `${i}` });
      other.create(Note, { title: `${i}` });
    }
  };
  expect(opensDuring(store, alternate)).toBe(10);
  expect([one.count(Note), other.count(Note), store.tree.stats().openSubstores]).toEqual([5, 5, 1]);
});

test('a tree in memory has no databases to close', () => {
  const store = aMemoryStore({ maxOpenSubstores: 1 });
  for (const i of numbers) store.substores.create(`s${i}`).create(Note, { title: 'x' });
  expect(store.tree.stats()).toMatchObject({
    openSubstores: 0,
    opens: 0,
    evictions: 0,
    descriptors: 0,
    memoryBytes: 0,
  });
});

describe('the stats of a store', () => {
  const titles = numbers.map((i) => ({ title: `${i} `.repeat(2000) }));

  test.each([
    ['on disk', () => aStore()],
    ['in memory', () => aMemoryStore()],
  ])('%s tell the size of its database, and what vacuum gives back', (_, make) => {
    const store = make().substores.create('part');
    const empty = store.stats();
    store.createMany(Note, titles);
    const full = store.stats();
    expect(full.databaseBytes).toBeGreaterThan(empty.databaseBytes + 100_000);
    store.query(Note).delete();
    expect(store.stats().databaseBytes).toBe(full.databaseBytes);
    expect(store.stats().freeBytes).toBeGreaterThan(100_000);
    store.vacuum();
    expect(store.stats()).toMatchObject({ freeBytes: 0 });
    expect(store.stats().databaseBytes).toBeLessThan(empty.databaseBytes + 50_000);
  });

  test('have the same generation as long as nothing is committed, by whatever handle', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    const before = store.stats().generation;
    store.count(Note);
    store.transact(() => store.count(Note));
    expect(store.stats().generation).toBe(before);
    aStore({}, place).create(Note, { title: 'theirs' });
    expect(store.stats().generation).toBeGreaterThan(before);
  });

  test('count the items in memory', () => {
    const store = aStore();
    store.createMany(Note, titles);
    expect(store.stats().itemsInMemory).toBe(0);
    const held = store.query(Note).limit(7).all();
    expect(store.stats().itemsInMemory).toBe(held.length);
  });
});

describe('an awaited walk through a tree', () => {
  test('gives the same stores, and lets other work have its turn', async () => {
    const store = aStore({ maxOpenSubstores: 3, durability: 'relaxed' });
    store.transact(() => {
      for (let i = 0; i < 120; i++) store.substores.create(`s${i}`);
    });
    let turns = 0;
    const counting = setInterval(() => turns++, 0);
    const seen: Store[] = [];
    for await (const one of store.tree.stores()) {
      one.count(Note);
      seen.push(one);
    }
    clearInterval(counting);
    expect(seen).toEqual([...store.tree.stores()]);
    expect(turns).toBeGreaterThan(0);
  });

  test('passes by a store that is deleted on the way, and ends when its loop is left', async () => {
    const store = aStore();
    for (const name of ['a', 'b', 'c']) store.substores.create(name).substores.create('deep');
    const seen: string[] = [];
    for await (const { path } of store.tree.stores()) {
      seen.push(path.join('/'));
      if (path[0] === 'a' && store.substores.has('b')) store.substores.delete('b');
      if (path[0] === 'c') break;
    }
    expect(seen).toEqual(['', 'a', 'a/deep', 'c']);
  });
});

test('150 substores are made, changed and asked with 256 file descriptors', { timeout: 120_000 }, async () => {
  const child = await childProgram(`
    import { execFileSync } from 'node:child_process';
    import { Item, integer, item, Store } from 'corollary';
    @item('note') class Note extends Item { @integer() declare n: number }
    const store = Store.open(process.argv[2], { durability: 'relaxed', types: [Note] });
    store.transact(() => { for (let i = 0; i < 150; i++) store.substores.create('s' + i); });
    const notes: Note[] = [];
    for (let i = 0; i < 150; i += 2) notes.push(store.at('s' + i).create(Note, { n: 2 * i }));
    for (let i = 0; i < 75; i += 7) notes[i]!.n += 1;
    const top = store.tree.query(Note).orderBy((x) => x.n.desc()).limit(2).pluck((x) => x.n).all();
    const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
    console.log(JSON.stringify([limit, store.substores.size, store.tree.count(Note), store.tree.query(Note).sum((x) => x.n), top]));
    store.close();
  `);
  const { status, output } = await runChild(child, [aStoreDirectory()], { descriptorLimit: 256 });
  expect([status, output.trim()]).toEqual([0, JSON.stringify(['256', 150, 75, 11_100 + 11, [296, 292]])]);
});

test('an item whose store was restored by another while it was evicted is gone', () => {
  const place = aStoreDirectory();
  const { parts, notes } = aCrowd(place);
  const backup = join(aStoreDirectory(), 'backup');
  const other = aStore({}, place);
  other.at('s0').tree.export(backup);
  evictOthers(parts);
  other.substores.restore('s0', backup).query(Note).update({ title: 'of the restored store' });
  expect(notes[0]!.isStored).toBe(false);
  expect(notes[0]!.title).toBe('note 0');
  expect(codeOf(() => parts[0]!.count(Note))).toBe('STORE_CLOSED');
});

test.runIf(process.platform === 'linux')('looking at what is swept leaves no file open', () => {
  const place = aStoreDirectory();
  const made = aStore({}, place);
  made.substores.create('part').create(Note, { title: 'x' });
  made.close();
  const [id] = readdirSync(join(place, 'sub')) as [string];
  const orphan = join(place, 'sub', '00000001');
  cpSync(join(place, 'sub', id), orphan, { recursive: true });
  const before = openFiles().length;
  const store = aStore({}, place);
  store.substores.create('another');
  expect(existsSync(orphan)).toBe(false);
  store.close();
  expect(openFiles().length).toBe(before);
});
