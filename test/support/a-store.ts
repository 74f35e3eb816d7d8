import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import { Store } from 'corollary';
import { onTestFinished } from 'vitest';

/** What {@link Store.open} takes. */
export type StoreOptions = NonNullable<Parameters<typeof Store.open>[1]>;

/** Whether a test leaves sound databases behind. Only a test that damages a file itself says that it does not. */
export interface Aftermath {
  readonly mayBeCorrupt?: boolean;
}

/**
 * A new, empty directory for the running test. When the test ends, every database found in it must pass SQLite's
 * integrity check; then the directory is removed.
 */
export function aDirectory({ mayBeCorrupt = false }: Aftermath = {}): string {
  // The real path: on some systems the temporary directory is a link, and stores say where they really are.
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'corollary-'));
  onTestFinished(() => {
    try {
      if (!mayBeCorrupt) assertIntegrity(directory);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
  return directory;
}

/** A place where a store can be made and where nothing is yet, in a directory as {@link aDirectory} gives. */
export function aStoreDirectory(aftermath: Aftermath = {}): string {
  return join(aDirectory(aftermath), 'a.store');
}

/** A store on disk, in a directory of its own or at the place given. It is closed when the test ends, then checked. */
export function aStore(options: StoreOptions = {}, place: string = aStoreDirectory()): Store {
  return closedAtTheEnd(Store.open(place, options));
}

/** A store without files, closed when the test ends. */
export function aMemoryStore(options: StoreOptions = {}): Store {
  return closedAtTheEnd(Store.inMemory(options));
}

// Vitest runs these callbacks in reverse order, so a store is closed before its directory is checked and removed.
function closedAtTheEnd(store: Store): Store {
  onTestFinished(() => store.close());
  return store;
}

/** Checks every `db.sqlite` below a directory with a connection of its own, and says which one is damaged. */
export function assertIntegrity(directory: string): void {
  for (const file of databasesBelow(directory)) {
    const verdict = integrityOf(file);
    if (verdict !== 'ok') throw new Error(`integrity_check of ${file}: ${verdict}`);
  }
}

/** Every `db.sqlite` in a directory and below it. */
export function databasesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => basename(file) === 'db.sqlite')
    .map((file) => join(directory, file));
}

function integrityOf(file: string): string {
  const connection = new Database(file, { fileMustExist: true });
  try {
    return String(connection.pragma('integrity_check', { simple: true }));
  } catch (error) {
    return String(error);
  } finally {
    connection.close();
  }
}
