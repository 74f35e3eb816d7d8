import { dirname, relative } from 'node:path';
import type Database from 'better-sqlite3';
import { databasesBelow } from '../support/a-store.js';
import { inDatabase } from '../support/on-disk.js';
import type { Choice } from './choice.js';

const SQL = `x" (a); DROP TABLE corollary_types; --`;
const UID = '0123456789abcdef0123456789abcdef';

/** What may stand in a cell that had a text. */
const TEXTS = [
  '',
  'x',
  '..',
  '../..',
  '../../../outside',
  '/',
  'a/b',
  '\0',
  SQL,
  UID,
  'corollary_store',
  'corollary_types',
  'sqlite_schema',
  'item_note_v1',
  'author',
  'note',
  'null',
  '[]',
  '{}',
  '1e999',
  '{"token":',
  'x'.repeat(100_000),
];

/** What may stand in a cell that had a number. */
const NUMBERS = [0, 1, -1, 2, 7, 4095, 4096, 2 ** 31, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n), 8192 * 4096 + 2];

/** What may stand in a cell of a column of this type. */
const CELLS: Readonly<Record<string, readonly unknown[]>> = {
  INTEGER: NUMBERS,
  TEXT: TEXTS,
  BLOB: [Buffer.alloc(0), Buffer.alloc(9, 1)],
  REAL: [Number.POSITIVE_INFINITY, -0, 1e308],
};

/** What may stand anywhere in JSON. */
const JSON_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  1e300,
  '',
  'x',
  '..',
  SQL,
  'item_note_v1',
  'corollary_store',
  '*',
  'note',
  'sideways',
  [],
  [null],
  [[]],
  {},
  { name: 'x' },
  { name: 7 },
  { a: { b: [] } },
];

/** Changes rows, or the schema, of one of the databases, as a hostile program would. */
export function damageRows({ place }: { readonly place: string }, choice: Choice): string {
  const file = choice.of(databasesBelow(place));
  return `${relative(place, file)}: ${damageRowsOf(file, choice)}`;
}

/** The same in the database that is given. */
export function damageRowsOf(file: string, choice: Choice): string {
  return inDatabase(dirname(file), (database) => {
    database.unsafeMode(true);
    database.pragma('ignore_check_constraints = ON');
    database.pragma('writable_schema = ON');
    const damage = choice.of([
      shapeDamaged,
      shapeDamaged,
      cellDamaged,
      cellDamaged,
      cellDamaged,
      prepared,
      prepared,
      rowGone,
      schemaDamaged,
    ]);
    return attempted(() => damage(database, choice)) ?? cellDamaged(database, choice);
  });
}

// Not every damage can be done to every row: STRICT tables and unique indexes refuse some.
function attempted(work: () => string): string | undefined {
  try {
    return work();
  } catch (error) {
    return `refused by SQLite: ${(error as Error).message}`;
  }
}

function shapeDamaged(database: Database.Database, choice: Choice): string {
  const rows = database.prepare('SELECT tag, shape FROM corollary_types').all() as { tag: number; shape: string }[];
  const { tag, shape } = choice.of(rows);
  const value = JSON.parse(shape) as unknown;
  const path = choice.of(pathsIn(value));
  const put = choice.below(4) === 0 ? undefined : choice.of(JSON_VALUES);
  const changed = JSON.stringify(replacedIn(value, path, put)) ?? 'null';
  database.prepare('UPDATE corollary_types SET shape = ? WHERE tag = ?').run(changed, tag);
  return `the shape of type ${tag} has ${JSON.stringify(put)} at ${path.join('.')}`;
}

type Path = readonly (string | number)[];

function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const keys = Array.isArray(value) ? value.map((_, at) => at) : Object.keys(value);
  return [path, ...keys.flatMap((key) => pathsIn((value as Record<string | number, unknown>)[key], [...path, key]))];
}

function replacedIn(value: unknown, [key, ...rest]: Path, put: unknown): unknown {
  if (key === undefined) return put;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>;
  copy[key] = replacedIn(copy[key], rest, put);
  return copy;
}

function tablesOf(database: Database.Database): string[] {
  return database
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%$text_%'`)
    .pluck()
    .all() as string[];
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

function cellDamaged(database: Database.Database, choice: Choice): string {
  const table = choice.of([
    ...tablesOf(database),
    'corollary_types',
    'corollary_types',
    'corollary_store',
    'item_corollary_substore_v1',
    'item_corollary_file_v1',
  ]);
  const columns = database.prepare('SELECT name, type FROM pragma_table_info(?)').all(table) as {
    name: string;
    type: string;
  }[];
  if (columns.length === 0) return `no table ${table}`;
  const { name, type } = choice.of(columns);
  const value = choice.of<unknown>(CELLS[type] ?? CELLS.TEXT ?? []);
  const { changes } = database
    .prepare(`UPDATE OR REPLACE ${quoted(table)} SET ${quoted(name)} = ? WHERE ${aRow(database, table, choice)}`)
    .run(value);
  return `${table}.${name} of ${changes} row is ${String(value).slice(0, 60)}`;
}

/** A condition that is true of one row of a table. */
function aRow(database: Database.Database, table: string, choice: Choice): string {
  const count = database
    .prepare(`SELECT count(*) FROM ${quoted(table)}`)
    .pluck()
    .get() as number;
  return `rowid IN (SELECT rowid FROM ${quoted(table)} ORDER BY rowid LIMIT 1 OFFSET ${choice.below(count)})`;
}

/** Entries of transactions over several stores that nobody has made. */
function prepared(database: Database.Database, choice: Choice): string {
  const uid = database.prepare('SELECT uid FROM corollary_store').pluck().get() as string;
  const parent = database.prepare('SELECT parent FROM corollary_store').pluck().get() as string;
  const mark = choice.of([
    { token: 't', decider: uid, levels: 0 },
    { token: 't', decider: uid, levels: 0 },
    { token: 't', decider: parent, levels: choice.below(3) },
    { token: 't', decider: UID, levels: choice.below(3) },
  ]);
  const steps = [
    { define: 'DROP TABLE corollary_types', values: [] },
    { define: 'CREATE TABLE more (a)', values: [1, 2] },
    { define: `ATTACH DATABASE '${database.name}/../../attached.sqlite' AS more`, values: [] },
    { define: 'COMMIT', values: [] },
    { define: 'not SQL', values: [] },
    { remove: 'item_note_v1', ids: [1, 2, 'x'] },
    { remove: SQL, ids: [1] },
    { insert: 'item_note_v1', columns: ['storeId', 'words'], rows: [[1, 'x']] },
    { insert: 'item_note_v1', columns: ['storeId'], rows: [[1, 2, 3]] },
    { insert: 'corollary_store', columns: ['one'], rows: [[2]] },
    { parent: UID },
    { parent: 7 },
  ];
  const damage = choice.of<unknown>([
    ...[mark, mark, mark, mark, mark, mark],
    ...[-1, 1e9, 2 ** 32, 'x', null, 1.5].map((levels) => ({ ...mark, levels })),
    { token: 7 },
    { token: 't', decider: null },
  ]);
  const step = choice.of<unknown>([...steps, ...JSON_VALUES]);
  const insert = database.prepare('INSERT INTO corollary_prepared (entry) VALUES (?)');
  insert.run(JSON.stringify(damage));
  insert.run(choice.below(5) === 0 ? choice.of(TEXTS) : JSON.stringify(step));
  if (choice.below(4) > 0) database.prepare('INSERT OR REPLACE INTO corollary_decisions VALUES (?, ?)').run(uid, 't');
  return `prepared ${JSON.stringify([damage, step])}`;
}

function rowGone(database: Database.Database, choice: Choice): string {
  const table = choice.of([...tablesOf(database), 'corollary_types', 'corollary_store']);
  const { changes } = database.prepare(`DELETE FROM ${quoted(table)} WHERE ${aRow(database, table, choice)}`).run();
  return `${changes} row of ${table} is gone`;
}

function schemaDamaged(database: Database.Database, choice: Choice): string {
  const table = choice.of(tablesOf(database));
  const indexes = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`);
  const index = choice.of(indexes.pluck().all() as string[]);
  const column = choice.of(database.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table) as string[]);
  const sql = choice.of([
    `DROP TABLE ${quoted(table)}`,
    `DROP INDEX ${quoted(index)}`,
    `ALTER TABLE ${quoted(table)} RENAME TO "renamed"`,
    `ALTER TABLE ${quoted(table)} RENAME COLUMN ${quoted(column)} TO "renamed"`,
    `ALTER TABLE ${quoted(table)} ADD COLUMN "added"`,
    `CREATE TRIGGER "own" BEFORE INSERT ON ${quoted(table)} BEGIN SELECT RAISE(ABORT, 'no'); END`,
    `CREATE TRIGGER "own" AFTER UPDATE ON ${quoted(table)} BEGIN DELETE FROM ${quoted(table)}; END`,
    `DROP TABLE ${quoted(table)}; CREATE VIEW ${quoted(table)} AS SELECT 1 AS "storeId"`,
    `DROP TABLE ${quoted(table)}; CREATE TABLE ${quoted(table)} ("storeId" TEXT)`,
    `UPDATE sqlite_schema SET sql = 'not SQL' WHERE name = '${table}'`,
    `UPDATE sqlite_schema SET rootpage = 2 WHERE name = '${table}'`,
    'PRAGMA user_version = -1',
    'PRAGMA journal_mode = DELETE',
    'PRAGMA application_id = 0',
  ]);
  database.exec(sql);
  return sql;
}
