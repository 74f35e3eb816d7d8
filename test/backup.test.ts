import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { bytes, Item, integer, item, Store, text } from 'corollary';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { aProgram, type Program } from './support/a-process.js';
import { codeOf, refusal } from './support/a-refusal.js';
import { aDirectory, aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { contentsOf } from './support/on-disk.js';
import type * as tasks from './tasks/backup.js';
import { Account, makeBank, sumOf, TOTAL } from './tasks/backup.js';

@item('note')
class Note extends Item {
  @text({ fullText: true }) declare words: string;
  @integer() declare number: number;
}

@item('lump')
class Lump extends Item {
  @bytes() declare content: Uint8Array;
}

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('backup.ts');
});

/** A tree of four stores with a note in each. */
function aTree(place = aStoreDirectory()): Store {
  const store = aStore({ types: [Note] }, place);
  store.create(Note, { words: 'at the top', number: 1 });
  const a = store.substores.create('a');
  a.create(Note, { words: 'in a', number: 2 });
  a.substores.create('deep').create(Note, { words: 'far below', number: 3 });
  store.substores.create('b').create(Note, { words: 'in b', number: 4 });
  return store;
}

/** What is in a tree, by path. */
function contentsOfTree(store: Store): Record<string, unknown> {
  const stores = [...store.tree.stores()];
  return Object.fromEntries(
    stores.map((one) => [one.path.join('/'), [one.uid, ...one.query(Note).pluck((n) => n.words)]]),
  );
}

function restored(backup: string, path = aStoreDirectory()): Store {
  Store.restore(backup, path).close();
  return aStore({ types: [Note], mustExist: true }, path);
}

describe('a backup', () => {
  test('becomes the same tree again', () => {
    const store = aTree();
    const backup = join(aDirectory(), 'backup');
    const report = store.tree.backup(backup);
    expect(report).toMatchObject({ stores: 4, copied: 4, unchanged: 0 });
    expect(report.bytes).toBeGreaterThan(4 * 20_000);

    const again = restored(backup);
    expect(contentsOfTree(again)).toEqual(contentsOfTree(store));
    expect([...again.tree.stores()].map((one) => one.check().isSound)).toEqual([true, true, true, true]);
    expect(
      again
        .at('a')
        .query(Note, (n) => n.words.matches('in'))
        .count(),
    ).toBe(1);
    expect(again.at('a/deep').create(Note, { words: 'new', number: 5 }).storeId).toBeGreaterThan(0);
  });

  test('holds what was there when it was made, not what came later', () => {
    const store = aTree();
    const backup = join(aDirectory(), 'backup');
    store.tree.backup(backup);
    store.at('a').create(Note, { words: 'later', number: 9 });
    store.substores.delete('b');
    expect(restored(backup).tree.count(Note)).toBe(4);
  });

  test('of a substore becomes a root', () => {
    const store = aTree();
    const backup = join(aDirectory(), 'backup');
    expect(store.at('a').tree.backup(backup)).toMatchObject({ stores: 2 });
    const again = restored(backup);
    expect([again.uid, again.parent, again.name, again.path]).toEqual([store.at('a').uid, undefined, null, []]);
    expect(again.tree.query(Note).sum((n) => n.number)).toBe(5);
  });

  test('of a store in memory becomes one on disk', () => {
    const store = aMemoryStore();
    store.substores.create('a').create(Note, { words: 'kept', number: 1 });
    const backup = join(aDirectory(), 'backup');
    store.tree.backup(backup);
    expect(restored(backup).at('a').findFirst(Note)?.words).toBe('kept');
  });

  test('keeps large databases, in little memory', () => {
    const store = aStore();
    const big = store.substores.create('big');
    const lumps = Number(process.env.BACKUP_MB ?? 30);
    for (let n = 0; n < lumps; n++) big.create(Lump, { content: new Uint8Array(1_000_000).fill(n) });
    const backup = join(aDirectory(), 'backup');
    store.tree.backup(backup);
    const again = restored(backup);
    expect(again.at('big').count(Lump)).toBe(lumps);
    expect(again.at('big').findFirst(Lump)?.content[999_999]).toBe(0);
    expect(again.at('big').check().isSound).toBe(true);
  });

  test('is read by any SQLite, without a file beside it', () => {
    const store = aTree();
    const backup = join(aDirectory(), 'backup');
    store.tree.backup(backup);
    const before = contentsOf(backup);
    const words = readdirSync(join(backup, 'stores')).map((name) => {
      const database = new Database(join(backup, 'stores', name), { readonly: true });
      expect(database.pragma('journal_mode', { simple: true })).toBe('delete');
      const found = database.prepare('SELECT words FROM item_note_v1').pluck().get();
      database.close();
      return found;
    });
    expect(words.sort()).toEqual(['at the top', 'far below', 'in a', 'in b']);
    expect(contentsOf(backup)).toEqual(before);
  });

  // Whatever began with the path and `.building-` was taken for what a killed process had left: a file there refused the
  // restoration, a directory was removed.
  test('is restored beside what only looks like a half-built store, and leaves that alone', () => {
    const backup = join(aDirectory(), 'backup');
    aTree().tree.backup(backup);
    const path = aStoreDirectory();
    writeFileSync(`${path}.building-notes`, 'mine');
    mkdirSync(`${path}.building-empty`);
    mkdirSync(`${path}.building-plans`);
    writeFileSync(join(`${path}.building-plans`, 'lock'), '');
    expect(restored(backup, path).tree.count(Note)).toBe(4);
    expect(readdirSync(dirname(path)).sort()).toEqual(
      ['', '.building-empty', '.building-notes', '.building-plans'].map((ending) => basename(path) + ending),
    );
    expect(readdirSync(`${path}.building-plans`)).toEqual(['lock']);
  });

  test('is not changed by what is restored from it', () => {
    const backup = join(aDirectory(), 'backup');
    aTree().tree.backup(backup);
    const before = contentsOf(backup);
    restored(backup).create(Note, { words: 'more', number: 7 });
    expect(contentsOf(backup)).toEqual(before);
  });

  test('of many stores needs no more open files than one', { timeout: 120_000 }, () => {
    const many = Number(process.env.STORES ?? 30);
    const place = aStoreDirectory();
    const store = aStore({ durability: 'relaxed' }, place);
    for (let n = 0; n < many; n++) store.substores.create(`s${n}`).create(Note, { words: 'one', number: n });
    store.close();
    const again = aStore({ maxOpenSubstores: 1 }, place);
    const backup = join(aDirectory(), 'backup');
    const open = vi.spyOn(Database.prototype, 'prepare');
    expect(again.tree.backup(backup).stores).toBe(many + 1);
    const connections = new Set(open.mock.contexts as Database.Database[]);
    open.mockRestore();
    expect(connections.size).toBeGreaterThan(many);
    expect([...connections].filter((connection) => connection.open).length).toBe(1);
    expect(
      restored(backup)
        .tree.query(Note)
        .sum((n) => n.number),
    ).toBe((many * (many - 1)) / 2);
  });
});

describe('a second backup into the same directory', () => {
  test('copies only the stores that were written since', () => {
    const store = aTree();
    const backup = join(aDirectory(), 'backup');
    store.tree.backup(backup);
    expect(store.tree.backup(backup)).toMatchObject({ stores: 4, copied: 0, unchanged: 4, bytes: 0 });
    store.at('a/deep').create(Note, { words: 'more', number: 5 });
    expect(store.tree.backup(backup)).toMatchObject({ stores: 4, copied: 1, unchanged: 3 });
    expect(contentsOfTree(restored(backup))).toEqual(contentsOfTree(store));
    expect(readdirSync(join(backup, 'stores')).length).toBe(4);
  });

  test('follows new, renamed and deleted stores', () => {
    const store = aTree();
    const backup = join(aDirectory(), 'backup');
    store.tree.backup(backup);
    store.substores.delete('a');
    store.substores.create('c').create(Note, { words: 'in c', number: 6 });
    expect(store.tree.backup(backup)).toMatchObject({ stores: 3, copied: 2, unchanged: 1 });
    expect(contentsOfTree(restored(backup))).toEqual(contentsOfTree(store));
    expect(readdirSync(join(backup, 'stores')).length).toBe(3);
  });

  test('is not misled by a restored store that has come to the same generation', () => {
    const backup = join(aDirectory(), 'backup');
    const place = aStoreDirectory();
    const store = Store.open(place);
    store.create(Note, { words: 'common', number: 1 });
    store.tree.backup(backup);
    store.create(Note, { words: 'of the first', number: 2 });
    const other = restored(backup);
    store.tree.backup(backup);
    store.close();

    other.create(Note, { words: 'of the second', number: 2 });
    expect(other.tree.backup(backup)).toMatchObject({ copied: 1 });
    expect(
      restored(backup)
        .query(Note)
        .pluck((n) => n.words)
        .all(),
    ).toEqual(['common', 'of the second']);
  });

  test('is not misled by a copy that was put back by hand, and was written as often as what it replaces', () => {
    const directory = aDirectory();
    const [place, copy, backup] = ['a.store', 'copy', 'backup'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    const write = (words: string) => {
      using store = Store.open(place);
      store.substores.openOrCreate('a').create(Note, { words, number: 1 });
      store.create(Note, { words, number: 1 });
      return store.tree.backup(backup);
    };
    write('common');
    cpSync(place, copy, { recursive: true });
    write('taken back');
    rmSync(place, { recursive: true });
    cpSync(copy, place, { recursive: true });
    expect(write('new')).toMatchObject({ copied: 2 });
    expect(
      new Set(
        restored(backup)
          .tree.query(Note)
          .pluck((n) => n.words)
          .all(),
      ),
    ).toEqual(new Set(['common', 'new']));
  });

  test('copies again what is missing', () => {
    const store = aTree();
    const backup = join(aDirectory(), 'backup');
    store.tree.backup(backup);
    const [name] = readdirSync(join(backup, 'stores')) as [string];
    rmSync(join(backup, 'stores', name));
    expect(codeOf(() => Store.restore(backup, aStoreDirectory()))).toBe('CORRUPT');
    expect(codeOf(() => Store.checkBackup(backup))).toBe('CORRUPT');
    expect(store.tree.backup(backup)).toMatchObject({ copied: 1, unchanged: 3 });
    expect(Store.checkBackup(backup)).toBe(4);
    expect(contentsOfTree(restored(backup))).toEqual(contentsOfTree(store));
  });

  test('leaves alone what is not of the backup', () => {
    const store = aTree();
    const backup = join(aDirectory(), 'backup');
    store.tree.backup(backup);
    writeFileSync(join(backup, 'README'), 'mine');
    writeFileSync(join(backup, 'stores', 'notes.txt'), 'mine');
    store.create(Note, { words: 'more', number: 5 });
    store.tree.backup(backup);
    expect([existsSync(join(backup, 'README')), existsSync(join(backup, 'stores', 'notes.txt'))]).toEqual([true, true]);
  });
});

describe('a backup is refused', () => {
  test('into a directory that holds something else', () => {
    const store = aTree();
    const directory = aDirectory();
    writeFileSync(join(directory, 'letter.txt'), 'mine');
    expect(codeOf(() => store.tree.backup(directory))).toBe('NAME_TAKEN');
    expect(readdirSync(directory)).toEqual(['letter.txt']);
  });

  test('over the backup of another store, and an export over any', () => {
    const backup = join(aDirectory(), 'backup');
    const store = aTree();
    store.tree.export(backup);
    const before = contentsOf(backup);
    expect(codeOf(() => aTree().tree.backup(backup))).toBe('NAME_TAKEN');
    expect(codeOf(() => store.tree.export(backup))).toBe('NAME_TAKEN');
    expect(contentsOf(backup)).toEqual(before);
  });

  test('inside a transaction, of a read-only store, into the store itself, and without a directory', () => {
    const place = aStoreDirectory();
    const store = aTree(place);
    const backup = join(aDirectory(), 'backup');
    expect(codeOf(() => store.transact(() => store.tree.backup(backup)))).toBe('NOT_SUPPORTED');
    expect(codeOf(() => store.tree.backup(join(place, 'backup')))).toBe('INVALID_VALUE');
    expect(codeOf(() => store.tree.backup('' as never))).toBe('INVALID_VALUE');
    expect(codeOf(() => store.tree.backup(7 as never))).toBe('INVALID_VALUE');
    const readOnly = aStore({ readOnly: true }, place);
    expect(codeOf(() => readOnly.tree.backup(backup))).toBe('READ_ONLY');
    expect(existsSync(backup)).toBe(false);
  });

  test('where a store cannot be read, and leaves the older one whole', () => {
    const place = aStoreDirectory({ mayBeCorrupt: true });
    const store = aTree(place);
    const backup = join(aDirectory(), 'backup');
    store.tree.backup(backup);
    const before = contentsOf(backup);
    store.create(Note, { words: 'changed', number: 5 });
    const { directory } = store.substores.query({ name: 'b' }).one();
    store.close();
    rmSync(join(place, 'sub', directory, 'db.sqlite'));

    const again = aStore({}, place);
    expect(codeOf(() => again.tree.backup(backup))).toBe('STORE_MISSING');
    expect(contentsOf(backup)).toEqual(before);
  });

  test('while another process writes for longer than the busy timeout', () => {
    const place = aStoreDirectory();
    const store = aTree(place);
    const impatient = aStore({ busyTimeoutMs: 20 }, place);
    const backup = join(aDirectory(), 'backup');
    const code = store.transact(() => {
      const database = new Database(join(place, 'db.sqlite'));
      database.close();
      return 'inside';
    });
    expect(code).toBe('inside');
    const other = new Database(join(place, 'db.sqlite'));
    other.exec('BEGIN IMMEDIATE');
    expect(refusal(() => impatient.tree.backup(backup))).toMatchObject({ code: 'BUSY', retry: true });
    other.exec('ROLLBACK');
    other.close();
    expect(existsSync(backup)).toBe(false);
    expect(impatient.tree.backup(backup).stores).toBe(4);
  });
});

describe('restoring', () => {
  test('is refused where something is, and leaves it alone', () => {
    const backup = join(aDirectory(), 'backup');
    const store = aTree();
    store.tree.backup(backup);
    const directory = aDirectory();
    writeFileSync(join(directory, 'letter.txt'), 'mine');
    expect(codeOf(() => Store.restore(backup, directory))).toBe('NAME_TAKEN');
    expect(codeOf(() => Store.restore(backup, join(directory, 'letter.txt')))).toBe('NAME_TAKEN');
    expect(readdirSync(directory)).toEqual(['letter.txt']);
  });

  test('goes into an empty directory, and makes those above', () => {
    const backup = join(aDirectory(), 'backup');
    aTree().tree.backup(backup);
    const directory = aDirectory();
    mkdirSync(join(directory, 'empty'));
    expect(restored(backup, join(directory, 'empty')).tree.count(Note)).toBe(4);
    expect(restored(backup, join(directory, 'x', 'y', 'z')).tree.count(Note)).toBe(4);
    expect(readdirSync(directory).sort()).toEqual(['empty', 'x']);
  });

  test('is refused where there is no backup', () => {
    const directory = aDirectory();
    expect(codeOf(() => Store.restore(directory, aStoreDirectory()))).toBe('STORE_MISSING');
    expect(codeOf(() => Store.restore(join(directory, 'none'), aStoreDirectory()))).toBe('STORE_MISSING');
    expect(codeOf(() => Store.restore('' as never, aStoreDirectory()))).toBe('INVALID_VALUE');
  });

  test('is refused where the path of the deepest store would be too long, before anything is made', () => {
    const store = aStore();
    store.substores.create('a').substores.create('b').substores.create('c');
    const backup = join(aDirectory(), 'backup');
    store.tree.backup(backup);
    const directory = aDirectory();
    // Three levels of 13 characters, and 10 for the database: 455 is the longest path of a root.
    const ofLength = (length: number) =>
      join(directory, 'x'.repeat(200), 'y'.repeat(100), 'z'.repeat(length - directory.length - 303));
    const long = ofLength(456);
    expect(codeOf(() => Store.restore(backup, long))).toBe('PATH_TOO_LONG');
    expect(readdirSync(directory)).toEqual([]);
    expect(restored(backup, ofLength(455)).at('a/b/c').depth).toBe(3);
  });

  // SQLite could not open the files that keep others out: that was IO_ERROR, and such a file was left behind.
  test('is refused where what keeps others out would have too long a path, and leaves nothing', () => {
    const directory = aDirectory();
    const ofLength = (length: number) =>
      join(directory, 'x'.repeat(200), 'y'.repeat(100), 'z'.repeat(length - directory.length - 303));
    const [fits, isTooLong] = [aStore({}, ofLength(485)), aStore({}, ofLength(486))];
    const backup = join(aDirectory(), 'backup');
    expect(fits.tree.backup(backup).stores).toBe(1);
    expect(codeOf(() => isTooLong.tree.backup(join(aDirectory(), 'backup')))).toBe('PATH_TOO_LONG');
    expect(readdirSync(join(ofLength(486), 'temp'))).toEqual([]);
    expect(codeOf(() => Store.restore(backup, ofLength(469)))).toBe('PATH_TOO_LONG');
    expect(readdirSync(dirname(ofLength(469)))).toHaveLength(2);
    Store.restore(backup, ofLength(468)).close();
  });

  test('checks options before it writes', () => {
    const backup = join(aDirectory(), 'backup');
    aTree().tree.backup(backup);
    const place = aStoreDirectory();
    expect(codeOf(() => Store.restore(backup, place, { depth: 1 } as never))).toBe('INVALID_VALUE');
    expect(existsSync(place)).toBe(false);
  });
});

/** Of databases every so-many-th byte is damaged; of the manifest, every one. */
const DATABASE_STEP = Number(process.env.DAMAGE_STEP ?? 997);

describe('a damaged backup', () => {
  /** Flips a bit of a byte of a file, asks, and puts it back. */
  function withDamage(file: string, at: number, ask: () => void): void {
    const whole = readFileSync(file);
    const flipped = Buffer.from(whole);
    flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
    writeFileSync(file, flipped);
    ask();
    writeFileSync(file, whole);
  }

  test('is refused for any byte of it, and the file is named', { timeout: 120_000 }, () => {
    const store = aStore();
    store.substores.create('a').create(Note, { words: 'x', number: 1 });
    const backup = join(aDirectory({ mayBeCorrupt: true }), 'backup');
    store.tree.backup(backup);
    const path = aStoreDirectory();
    const stores = readdirSync(join(backup, 'stores')).map((name) => join('stores', name));
    const positions = (name: string, length: number) =>
      name === 'manifest' ? length : Math.ceil(length / DATABASE_STEP);
    let tried = 0;
    for (const name of ['manifest', ...stores]) {
      const file = join(backup, name);
      const { length } = readFileSync(file);
      const count = positions(name, length);
      for (let n = 0; n < count; n++) {
        const at = name === 'manifest' ? n : n * DATABASE_STEP;
        withDamage(file, at, () => {
          const error = refusal(() => Store.restore(backup, path));
          expect([error.code, error.path], `${name} at ${at}`).toEqual(['CORRUPT', file]);
        });
        tried++;
      }
    }
    expect(tried).toBeGreaterThan(600);
    expect(existsSync(path)).toBe(false);
    expect(restored(backup, path).tree.count(Note)).toBe(1);
  });

  test('is refused when a file is shorter, longer or missing', () => {
    const backup = join(aDirectory({ mayBeCorrupt: true }), 'backup');
    aTree().tree.backup(backup);
    const [name] = readdirSync(join(backup, 'stores')) as [string];
    const damages: ((file: string) => void)[] = [
      (file) => writeFileSync(file, readFileSync(file).subarray(0, -1)),
      (file) => writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from([0])])),
      (file) => rmSync(file),
    ];
    const codes = damages.flatMap((damage) =>
      [join('stores', name), 'manifest'].map((file) => {
        const copy = join(aDirectory({ mayBeCorrupt: true }), 'copy');
        cpSync(backup, copy, { recursive: true });
        damage(join(copy, file));
        return codeOf(() => Store.restore(copy, aStoreDirectory()));
      }),
    );
    expect(codes).toEqual(['CORRUPT', 'CORRUPT', 'CORRUPT', 'CORRUPT', 'CORRUPT', 'STORE_MISSING']);
  });
});

const kills = Number(process.env.KILLS ?? 3);

describe('while other processes write', () => {
  test('each backup is one moment: whole transactions, and all that had returned', { timeout: 120_000 }, async () => {
    const place = aStoreDirectory();
    makeBank(place);
    const store = aStore({ busyTimeoutMs: 20_000, types: [Account] }, place);
    const children = ['x', 'y'].map((by) => {
      const child = program.start();
      child.call('transferForEver', place, by).catch(() => undefined);
      return child;
    });
    const returned: Record<string, number> = {};
    const hear = (lines: readonly string[]) => {
      for (const [by, number] of lines.map((line) => line.split(' ') as [string, string]))
        returned[by] = Number(number);
    };
    for (const child of children) hear([await child.heard()]);
    const backup = join(aDirectory(), 'backup');
    const wrong: unknown[] = [];
    for (let n = 0; n < 2 * kills; n++) {
      await pause(n % 5);
      for (const child of children) hear(child.heardSoFar());
      const before = { ...returned };
      store.tree.backup(backup);
      const again = Store.restore(backup, join(aDirectory(), 'again'), { types: [Account] });
      const { total, last } = sumOf(again);
      again.close();
      if (total !== TOTAL || Object.entries(before).some(([by, number]) => (last[by] ?? 0) < number))
        wrong.push({ total, last, before });
    }
    for (const child of children) await child.kill();
    expect(wrong).toEqual([]);
    expect(Math.min(returned.x ?? 0, returned.y ?? 0)).toBeGreaterThan(10);
  });
});

describe('a process that is killed', () => {
  test(`${kills} times while it backs up leaves the old backup or the new one`, {
    timeout: 120_000 + 1500 * kills,
  }, async () => {
    const place = aStoreDirectory();
    makeBank(place);
    const backup = join(aDirectory(), 'backup');
    for (let n = 0; n < kills; n++) {
      const child = program.start();
      child.call('backUpForEver', place, backup).catch(() => undefined);
      const lines = [await child.heard(), await child.heard()];
      await pause((n * 7) % 40);
      await child.kill();
      lines.push(...child.heardSoFar());
      const saved = Math.max(...lines.filter((line) => line.startsWith('saved')).map((line) => Number(line.slice(6))));

      const again = Store.restore(backup, join(aDirectory(), 'again'), { types: [Account] });
      const { total, last } = sumOf(again);
      again.close();
      expect(total, `kill ${n}`).toBe(TOTAL);
      expect(last.self, `kill ${n}`).toBeGreaterThanOrEqual(saved);
    }
    // Nobody has to clear away what they left.
    const store = aStore({}, place);
    store.tree.backup(backup);
    expect([readdirSync(backup).sort(), readdirSync(join(backup, 'stores')).length]).toEqual([
      ['files', 'manifest', 'stores'],
      5,
    ]);
  });

  test('while it restores leaves a whole store or none', { timeout: 120_000 + 1500 * kills }, async () => {
    const place = aStoreDirectory();
    makeBank(place);
    const backup = join(aDirectory(), 'backup');
    aStore({}, place).tree.backup(backup);
    const directory = aDirectory();
    let next = 1;
    for (let n = 0; n < kills; n++) {
      const child = program.start();
      child.call('restoreForEver', backup, directory, next).catch(() => undefined);
      const lines = [await child.heard()];
      await pause((n * 5) % 23);
      await child.kill();
      lines.push(...child.heardSoFar());
      const done = Number(lines.at(-1)?.split(' ')[1]);

      const there = readdirSync(directory)
        .filter((name) => /^\d+$/.test(name))
        .map(Number);
      expect([done, done + 1], `kill ${n}`).toContain(Math.max(...there));
      const last = Store.open(join(directory, String(Math.max(...there))), { mustExist: true, types: [Account] });
      expect(sumOf(last).total, `kill ${n}`).toBe(TOTAL);
      last.close();
      next = Math.max(...there) + 1;
      Store.restore(backup, join(directory, String(next))).close();
      expect(
        readdirSync(directory).filter((name) => name.startsWith(`${next}.`)),
        `kill ${n}`,
      ).toEqual([]);
      next++;
    }
  });
});

test.runIf(process.platform === 'linux')('a backup, its check, its restoring and a copy leave no file open', () => {
  const openNow = () => readdirSync('/proc/self/fd').length;
  const place = aStoreDirectory();
  const backup = join(aDirectory(), 'backup');
  const run = () => {
    using store = Store.open(place, { types: [Note] });
    const part = store.substores.openOrCreate('part');
    part.files.write('bytes', { name: `file ${part.files.query().count()}` });
    store.tree.backup(backup);
    Store.checkBackup(backup);
    store.substores.copy('part', store, `copy ${store.substores.size}`);
    Store.restore(backup, join(aDirectory(), 'restored')).close();
  };
  run();
  const before = openNow();
  run();
  expect(openNow()).toBe(before);
});
