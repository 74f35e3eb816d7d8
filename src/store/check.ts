import { quoted } from '../driver/sql-text.js';
import { CorollaryError } from '../errors.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import { fileFaults } from './files/check-files.js';
import type { StoreCore } from './store-core.js';
import { ID } from './table-sql.js';
import { compareTextIndex, rebuildTextIndex } from './text-index.js';
import { runningTransaction } from './transaction.js';
import { notAtOpening } from './upgrader.js';

/** A fault that `check()` found. */
export interface Finding {
  /**
   * 'database': SQLite's own check; 'reference': points to an item that is not there; 'fullText': the index of a type's
   * words is not that of its items; 'file': the bytes of a file are missing or altered, or have no row.
   */
  readonly kind: 'database' | 'reference' | 'fullText' | 'file';
  readonly message: string;
  readonly type?: string;
  readonly attribute?: string;
  readonly storeId?: number;
}

/** What `check()` found; a sound store has no findings. */
export interface CheckReport {
  readonly isSound: boolean;
  readonly findings: readonly Finding[];
}

/** Examines the database of one store, its references, its indexes of words and its files. */
export function checkStore(core: StoreCore): CheckReport {
  // It only looks.
  const findings = notAtOpening(core, () => [
    ...core.atOneMoment(() => [...databaseFindings(core), ...danglingReferences(core)]),
    ...wrongTextIndexes(core), // for SQLite a write, which a moment does not allow
    ...fileFindings(core),
  ]);
  return { isSound: findings.length === 0, findings };
}

function databaseFindings(core: StoreCore): Finding[] {
  const said = core.file.connection.rows('PRAGMA integrity_check').map(([line]) => String(line));
  return said.filter((message) => message !== 'ok').map((message) => ({ kind: 'database', message }));
}

function danglingReferences(core: StoreCore): Finding[] {
  const entries = core.catalog.entries();
  return entries.flatMap((entry) =>
    entry.shape.attributes.flatMap(({ name, references }) => {
      if (references === undefined) return [];
      const targets = entries.filter((target) => references === '*' || target.name === references);
      const column = quoted(name);
      const known = targets
        .map((target) => ` AND ${column} NOT IN (SELECT ${ID} FROM ${quoted(target.table)})`)
        .join('');
      const sql = `SELECT ${ID} FROM ${quoted(entry.table)} WHERE ${column} IS NOT NULL${known}`;
      const rows = core.file.connection.rows(sql) as [number][];
      return rows.map(([storeId]): Finding => {
        const message = `${entry.name}.${name} of item ${storeId} points to an item that is not there`;
        return { kind: 'reference', message, type: entry.name, attribute: name, storeId };
      });
    }),
  );
}

/**
 * FTS5 compares an index with its rows on a command that SQLite takes for a write. Where nothing may be written, the
 * database's own check has to do: it finds damage, but not a missing word.
 */
function wrongTextIndexes(core: StoreCore): Finding[] {
  if (core.isReadOnly || runningTransaction()?.isReadOnly) return [];
  const indexed = core.catalog.entries().filter(({ shape }) => shape.rules.fullText !== undefined);
  const wrong = indexed.filter((entry) => !isTextIndexRight(core, entry));
  core.reading(); // whoever has upgraded a type meanwhile has taken its table away
  const tables = new Set(core.catalog.entries().map(({ table }) => table));
  return wrong.filter(({ table }) => tables.has(table)).map(wrongTextIndex);
}

function isTextIndexRight(core: StoreCore, { table }: CatalogueEntry): boolean {
  try {
    core.file.connection.examine(compareTextIndex(table));
    return true;
  } catch (error) {
    // What has no name among our errors says that the index is missing.
    if (error instanceof CorollaryError && error.code !== 'CORRUPT') throw error;
    return false;
  }
}

function wrongTextIndex({ name, table }: CatalogueEntry): Finding {
  const message = `the index of the words of ${name} is not that of its items; this makes it anew: ${rebuildTextIndex(table)}`;
  return { kind: 'fullText', message, type: name };
}

function fileFindings(core: StoreCore): Finding[] {
  return fileFaults(core).map((fault) => ({ kind: 'file', ...fault }));
}
