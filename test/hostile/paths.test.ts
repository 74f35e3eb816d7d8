import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Store } from 'corollary';
import { describe, expect, onTestFinished, test } from 'vitest';
import { codeOf } from '../support/a-refusal.js';
import { aDirectory, aStore } from '../support/a-store.js';
import { aFifo, contentsWithoutLogs } from '../support/on-disk.js';

// Paths that lead to what is no store, no backup and no place for one. Whoever opens a named pipe waits for ever.

/** Makes something at a path, which is given again. */
function made(path: string, make: (path: string) => unknown): string {
  make(path);
  return path;
}
const pipeIn = (top: string) => made(join(top, 'pipe'), aFifo);
const loopIn = (top: string) => made(join(top, 'loop'), (path) => symlinkSync(path, path));
const directoryWith = (name: string, make: (path: string) => unknown) => (top: string) =>
  made(join(top, 'other'), (path) => {
    mkdirSync(path);
    make(join(path, name));
  });
const empty = (path: string) => writeFileSync(path, '');
function listen(path: string): void {
  const server = createServer().listen(path);
  onTestFinished(() => void server.close());
}

/** What is refused with which code: as a store, as a backup to read, by `backup`, by `export`. */
type Codes = readonly [store: string, reading: string, backup: string, exported: string];
const NO_STORE: Codes = ['NOT_A_STORE', 'NOT_A_STORE', 'NAME_TAKEN', 'NAME_TAKEN'];
const NO_WAY: Codes = ['NOT_A_STORE', 'NOT_A_STORE', 'NOT_A_STORE', 'NOT_A_STORE'];
const NO_BACKUP: Codes = ['NOT_A_STORE', 'CORRUPT', 'CORRUPT', 'NAME_TAKEN'];
const OF_SYSTEM: Codes = ['IO_ERROR', 'IO_ERROR', 'IO_ERROR', 'IO_ERROR'];
const NO_PATH: Codes = ['INVALID_VALUE', 'INVALID_VALUE', 'INVALID_VALUE', 'INVALID_VALUE'];

const PATHS: readonly (readonly [what: string, codes: Codes, path: (top: string) => string])[] = [
  ['a file', NO_STORE, (top) => made(join(top, 'file'), (path) => writeFileSync(path, 'text'))],
  ['a named pipe', NO_STORE, pipeIn],
  ['a socket', NO_STORE, (top) => made(join(top, 'socket'), listen)],
  ['a device', NO_STORE, () => '/dev/null'],
  ['what would be below a device', NO_WAY, () => '/dev/null/a.store'],
  ['what would be below a named pipe', NO_WAY, (top) => join(pipeIn(top), 'a.store')],
  [
    'a link to a named pipe',
    ['NOT_A_STORE', 'NOT_A_STORE', 'IO_ERROR', 'IO_ERROR'],
    (top) => made(join(top, 'link'), (path) => symlinkSync(pipeIn(top), path)),
  ],
  ['a link to itself', OF_SYSTEM, loopIn],
  ['what would be below a link to itself', OF_SYSTEM, (top) => join(loopIn(top), 'a.store')],
  [
    'a directory with a named pipe for a database',
    ['NOT_A_STORE', 'STORE_MISSING', 'NAME_TAKEN', 'NAME_TAKEN'],
    directoryWith('db.sqlite', aFifo),
  ],
  ['a directory with a named pipe for a manifest', NO_BACKUP, directoryWith('manifest', aFifo)],
  ['a directory with a directory for a manifest', NO_BACKUP, directoryWith('manifest', mkdirSync)],
  ['a directory with an empty manifest', NO_BACKUP, directoryWith('manifest', empty)],
  ['a name of 300 bytes', OF_SYSTEM, (top) => join(top, 'x'.repeat(300))],
  [
    'a path of a million characters',
    ['PATH_TOO_LONG', 'IO_ERROR', 'IO_ERROR', 'IO_ERROR'],
    (top) => join(top, 'x/'.repeat(500_000)),
  ],
  ['a path with NUL', NO_PATH, (top) => `${join(top, 'a')}\0b`],
  // It would be written to disk as another one.
  ['a path with half a surrogate pair', NO_PATH, (top) => join(top, 'a\ud800')],
  ['an empty path', NO_PATH, () => ''],
];

describe.skipIf(process.platform === 'win32')('a path to what cannot be used is a named error, at once', () => {
  test.each(PATHS)('%s', (_what, [asStore, reading, backup, exported], pathIn) => {
    const top = aDirectory({ mayBeCorrupt: true });
    const { tree } = aStore({}, join(top, 'good.store'));
    const path = pathIn(top);
    const before = contentsWithoutLogs(top);

    const opening = [
      () => Store.open(path),
      () => Store.open(path, { mustExist: true }),
      () => Store.open(path, { readOnly: true }),
    ];
    expect(opening.map(codeOf)).toEqual(opening.map(() => asStore));
    expect(codeOf(() => Store.repair(path, { inDoubt: 'undo' }))).toBe(asStore.replace('PATH_TOO_LONG', 'IO_ERROR'));
    const reads = [
      () => Store.restore(path, join(top, 'restored')),
      () => Store.checkBackup(path),
      () => tree.import(path, 'arrived'),
    ];
    expect(reads.map(codeOf)).toEqual(reads.map(() => reading));
    expect([codeOf(() => tree.backup(path)), codeOf(() => tree.export(path))]).toEqual([backup, exported]);
    expect(contentsWithoutLogs(top)).toEqual(before);
  });
});
