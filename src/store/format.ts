/**
 * What every store database holds besides items. `docs/file-format.md` describes it for readers of the file.
 */

/** 'CRLY': tells our files from other SQLite databases. */
export const APPLICATION_ID = 0x43524c59;
/** Raised when older versions of the library can no longer read what a newer one writes. */
export const FORMAT = 1;
/** The version of the library that made the file; for people, nothing depends on it. */
const LIBRARY = '0.1.0';

/** A type's number and a sequence number make a storeId: `sequence * TAGS + tag`. */
export const TAGS = 4096;

/** The number of an item's type in its store's catalogue. */
export function tagOf(storeId: number): number {
  return storeId % TAGS;
}
/** Where an item stands among all that its store ever created. */
export function sequenceOf(storeId: number): number {
  return Math.floor(storeId / TAGS);
}

/** The tables of an empty store. */
const EMPTY_STORE: readonly string[] = [
  `CREATE TABLE corollary_store (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    format INTEGER NOT NULL,
    uid TEXT NOT NULL,
    parent TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    generation INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    library TEXT NOT NULL,
    deleted INTEGER NOT NULL CHECK (deleted IN (0, 1))
  ) STRICT`,
  `CREATE TABLE corollary_types (
    tag INTEGER PRIMARY KEY CHECK (tag BETWEEN 1 AND ${TAGS - 1}),
    name TEXT NOT NULL COLLATE NOCASE UNIQUE,
    version INTEGER NOT NULL,
    "table" TEXT NOT NULL,
    shape TEXT NOT NULL
  ) STRICT`,
  // What this store does once a transaction over several stores is decided; see docs/commits.md.
  `CREATE TABLE corollary_prepared (
    position INTEGER PRIMARY KEY,
    entry TEXT NOT NULL
  ) STRICT`,
  // For each part that a transaction was decided with here, the last such transaction.
  `CREATE TABLE corollary_decisions (
    part TEXT PRIMARY KEY,
    token TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,
];

/** The number of the latest commit by the library, as part of a question: as of the moment of its rows. */
export const GENERATION = '(SELECT generation FROM corollary_store)';

/** The header row of a store that has nothing yet. `parent` is '' for a root. */
const INSERT_HEADER = `INSERT INTO corollary_store VALUES (1, ${FORMAT}, ?, ?, ?, 0, 1, '${LIBRARY}', 0)`;

/** Who a store is, as its header says. */
export interface StoreIds {
  readonly uid: string;
  /** The parent's uid; empty for a root. */
  readonly parentUid: string;
  /**
   * Drawn anew whenever the database is put in place as a copy: with it, a generation is never mistaken for the same
   * number in another history of the store.
   */
  readonly incarnation: string;
}

/** Writes an empty store into an open, empty database. */
export function writeEmptyStore(
  database: { run(sql: string, values?: readonly string[]): unknown; pragma(text: string): unknown },
  { uid, parentUid, incarnation }: StoreIds,
): void {
  database.pragma(`application_id = ${APPLICATION_ID}`);
  for (const table of EMPTY_STORE) database.run(table);
  database.run(INSERT_HEADER, [uid, parentUid, incarnation]);
}
