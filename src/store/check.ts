import { quoted } from '../driver/sql-text.js';
import type { StoreCore } from './store-core.js';
import { ID } from './table-sql.js';

/** A fault that `check()` found. */
export interface Finding {
  /** 'database': SQLite's own check; 'reference': points to an item that is not there. */
  readonly kind: 'database' | 'reference';
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

/** Examines the database of one store and its references. */
export function checkStore(core: StoreCore): CheckReport {
  const findings = [...databaseFindings(core), ...danglingReferences(core)];
  return { isSound: findings.length === 0, findings };
}

function databaseFindings(core: StoreCore): Finding[] {
  const said = core
    .reading()
    .connection.rows('PRAGMA integrity_check')
    .map(([line]) => String(line));
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
