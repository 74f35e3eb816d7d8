import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';

/** What a cell of an item's row may hold. */
export type AxiomCell = null | number | bigint | string | Uint8Array;

/** One version of an item type of Axiom, with its items. */
export interface AxiomTypeContent {
  readonly name: string;
  readonly version?: number;
  readonly module?: string;
  /** Their Python classes, by name. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** The cells of items, in the order of the attributes, by storeID. */
  readonly items?: Readonly<Record<number, readonly AxiomCell[]>>;
}

/** What a store of Axiom is to hold. */
export interface AxiomContent {
  readonly types: readonly AxiomTypeContent[];
  /** The storeIDs of items that were deleted. */
  readonly deleted?: readonly number[];
  /** By their paths among the files. */
  readonly files?: Readonly<Record<string, string>>;
  /** Before 2018 the tables had no column for storeIDs: SQLite's own row numbers did. */
  readonly isOld?: boolean;
}

/** Writes a store directory, by plain SQL, as Python Axiom does. */
export function writeAxiomStore(directory: string, content: AxiomContent): string {
  mkdirSync(directory, { recursive: true });
  for (const [path, text] of Object.entries(content.files ?? {})) {
    const file = join(directory, 'files', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const database = new Database(join(directory, 'db.sqlite'));
  try {
    database.pragma('foreign_keys = OFF');
    database.transaction(() => writeContent(database, content))();
  } finally {
    database.close();
  }
  return directory;
}

/** The store of Axiom as another program changes it: with a connection of its own. */
export function inAxiomDatabase(directory: string, work: (database: Database.Database) => void): void {
  const database = new Database(join(directory, 'db.sqlite'));
  try {
    work(database);
  } finally {
    database.close();
  }
}

const SQL_TYPES: Readonly<Record<string, string>> = {
  text: 'TEXT COLLATE NOCASE',
  textlist: 'TEXT COLLATE NOCASE',
  path: 'TEXT COLLATE NOCASE',
  bytes: 'BLOB',
  boolean: 'BOOLEAN',
  ieee754_double: 'REAL',
};

function writeContent(database: Database.Database, { types, deleted = [], isOld = false }: AxiomContent): void {
  const key = isOld ? '' : 'oid INTEGER PRIMARY KEY AUTOINCREMENT, ';
  database.exec(`CREATE TABLE axiom_objects (${key}type_id INTEGER NOT NULL
    CONSTRAINT fk_type_id REFERENCES axiom_types(oid))`);
  database.exec(`CREATE TABLE axiom_types (${key}typename VARCHAR, module VARCHAR, version INTEGER)`);
  database.exec(`CREATE TABLE axiom_attributes (type_id INTEGER, row_offset INTEGER, indexed BOOLEAN, sqltype VARCHAR,
    allow_none BOOLEAN, pythontype VARCHAR, attribute VARCHAR, docstring TEXT)`);
  for (const type of types) writeType(database, type, isOld);
  for (const storeId of deleted)
    database.prepare('INSERT INTO axiom_objects (oid, type_id) VALUES (?, -1)').run(storeId);
}

function writeType(database: Database.Database, type: AxiomTypeContent, isOld: boolean): void {
  const { name, version = 1, module = 'library', attributes = {}, items = {} } = type;
  const noteType = database.prepare('INSERT INTO axiom_types (typename, module, version) VALUES (?, ?, ?)');
  const typeId = noteType.run(name, module, version).lastInsertRowid;
  const noteAttribute = database.prepare(`INSERT INTO axiom_attributes VALUES (?, ?, 0, ?, 1, ?, ?, '')`);
  const named = Object.entries(attributes);
  for (const [offset, [attribute, kind]] of named.entries())
    noteAttribute.run(typeId, offset, SQL_TYPES[kind] ?? 'INTEGER', kind, attribute);
  const columns = named.map(([attribute, kind]) => `[${attribute}] ${SQL_TYPES[kind] ?? 'INTEGER'}`);
  const table = `item_${name}_v${version}`;
  database.exec(`CREATE TABLE ${table} (${[...(isOld ? [] : ['oid INTEGER PRIMARY KEY']), ...columns].join(', ')})`);
  const insertObject = database.prepare('INSERT INTO axiom_objects (oid, type_id) VALUES (?, ?)');
  const names = ['oid', ...named.map(([attribute]) => `[${attribute}]`)];
  const insert = database.prepare(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  );
  for (const [storeId, cells] of Object.entries(items)) {
    insertObject.run(Number(storeId), typeId);
    insert.run(Number(storeId), ...cells);
  }
}

/** The types of Axiom that every example may need. */
export const substoreType = (items: AxiomTypeContent['items'] = {}): AxiomTypeContent => ({
  ...{ name: 'substore', module: 'axiom.substore', attributes: { storepath: 'path' }, items },
});

/** Connectors of powerups: [interface, target, powerup, priority]. */
export const powerupType = (items: AxiomTypeContent['items'] = {}): AxiomTypeContent => ({
  ...{ name: 'axiom_powerup_connector', module: 'axiom.item', items },
  attributes: { interface: 'text', item: 'reference', powerup: 'reference', priority: 'integer' },
});
