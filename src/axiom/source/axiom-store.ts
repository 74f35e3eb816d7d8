import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ForeignDatabase, type ForeignRow, type ForeignValue } from '../../driver/foreign-database.js';
import { quoted } from '../../driver/sql-text.js';
import { CorollaryError } from '../../errors.js';
import { onDisk } from '../../store/disk.js';
import { type AxiomCell, MalformedText } from './kinds.js';

/** An attribute of a type, as the store says. */
export interface AxiomAttribute {
  readonly name: string;
  /** The name of its Python class: 'text', 'point2decimal'. */
  readonly kind: string;
}

/** One version of an item type that a store has had. */
export interface AxiomType {
  readonly name: string;
  readonly version: number;
  /** The Python module that declared it. */
  readonly module: string;
  readonly attributes: readonly AxiomAttribute[];
  /** The name of the table that its items are in, which tells it from all others; made with the first of them. */
  readonly table: string;
  /** What SQLite calls the number of a row there: a name that no attribute has. */
  readonly rowNumber: string;
  /** How many items there are. */
  readonly items: number;
  /** The largest storeID of them. */
  readonly lastId: number;
}

/** One item as it lies in the store. */
export interface AxiomItem {
  readonly storeId: number;
  /** In the order of the type's attributes. */
  readonly cells: readonly AxiomCell[];
}

/** The storeID that stands for the store itself. */
export const THE_STORE = -1;
/** So many rows are read at once. */
const BATCH = 500;
/** So many storeIDs are remembered; they come again and again. */
const MAX_KNOWN = 20_000;
const NAMES_OF_ROW_NUMBERS = ['rowid', '_rowid_', 'oid'];
const REPLACEMENT = '\ufffd';

/** A store directory of Axiom, to read from. Nothing in it is changed. */
export class AxiomStore {
  readonly directory: string;
  /** In the order in which the store first saw them. */
  readonly types: readonly AxiomType[];
  readonly #database: ForeignDatabase;
  readonly #byTypeId: ReadonlyMap<number, AxiomType>;
  readonly #known = new Map<number, AxiomType | undefined>();

  /**
   * @param busyTimeoutMs how long a lock of Axiom is waited for
   * @throws CorollaryError STORE_MISSING, NOT_A_STORE, CORRUPT, and what {@link ForeignDatabase} throws
   */
  constructor(directory: string, busyTimeoutMs: number) {
    this.directory = directory;
    this.#database = new ForeignDatabase(databaseIn(directory), busyTimeoutMs);
    try {
      this.#byTypeId = this.#readTypes();
      this.types = [...new Set(this.#byTypeId.values())];
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Differs when items came or went in between. */
  get stamp(): string {
    return JSON.stringify(this.types.map(({ table, items, lastId }) => [table, items, lastId]));
  }

  close(): void {
    this.#database.close();
  }

  /** The files area; it may not be there. */
  get files(): string {
    return join(this.directory, 'files');
  }

  #readTypes(): ReadonlyMap<number, AxiomType> {
    const tables = new Set(this.#texts("SELECT name FROM sqlite_schema WHERE type = 'table'"));
    const missing = ['axiom_objects', 'axiom_types', 'axiom_attributes'].filter((table) => !tables.has(table));
    if (missing.length > 0) throw notAxiom(this.directory, `its database has no table ${missing.join(', ')}`);
    const rows = this.#database.rows('SELECT rowid, typename, version, module FROM axiom_types ORDER BY rowid');
    const byTable = new Map<string, AxiomType>();
    return new Map(rows.map((row) => [Number(row[0]), this.#readType(row, tables, byTable)]));
  }

  // Two processes could note one type twice.
  #readType(row: ForeignRow, tables: ReadonlySet<string>, byTable: Map<string, AxiomType>): AxiomType {
    const [typeId, typename, number, module] = row;
    const [name, version] = [String(typename), Number(number)];
    const table = `item_${name}_v${version}`;
    const known = byTable.get(table);
    if (known !== undefined) return known;
    const rows = this.#database.rows(
      'SELECT attribute, pythontype FROM axiom_attributes WHERE type_id = ? ORDER BY row_offset',
      [typeId],
    );
    const attributes = rows.map(([attribute, kind]) => ({ name: String(attribute), kind: String(kind) }));
    const rowNumber = rowNumberBeside(attributes);
    const counted = tables.has(table) ? this.#count(table, rowNumber, attributes) : { items: 0, lastId: 0 };
    const type = { name, version, module: String(module), attributes, table, rowNumber, ...counted };
    byTable.set(table, type);
    return type;
  }

  /** @throws CorollaryError CORRUPT where the table is not what the store says it is */
  #count(table: string, rowNumber: string, attributes: readonly AxiomAttribute[]): Pick<AxiomType, 'items' | 'lastId'> {
    const columns = new Set(this.#texts('SELECT name FROM pragma_table_info(?)', [table]));
    const missing = attributes.filter(({ name }) => !columns.has(name)).map(({ name }) => name);
    if (missing.length > 0) throw this.#corrupt(`the table ${table} has no column ${missing.join(', ')}`);
    const row = this.#database.row(`SELECT count(*), min(${rowNumber}), max(${rowNumber}) FROM ${quoted(table)}`);
    const [items, first, lastId] = (row as ForeignRow).map(Number) as [number, number, number];
    if (items > 0 && (first < 1 || !Number.isSafeInteger(lastId)))
      throw this.#corrupt(`the table ${table} has items with storeIDs that Axiom never gave`);
    return { items, lastId };
  }

  #corrupt(what: string): CorollaryError {
    const message = `${this.directory}: ${what}: the database is damaged`;
    return new CorollaryError('CORRUPT', message, { path: this.directory });
  }

  #texts(sql: string, values: readonly unknown[] = []): string[] {
    return this.#database.rows(sql, values).map(([text]) => String(text));
  }

  /** The items of a type, in the order of their storeIDs; a batch is in memory at a time. */
  *itemsOf(type: AxiomType): Generator<AxiomItem> {
    if (type.items === 0) return;
    const { table, rowNumber } = type;
    const columns = [rowNumber, ...type.attributes.map(({ name }) => quoted(name))].join(', ');
    const sql = `SELECT ${columns} FROM ${quoted(table)} WHERE ${rowNumber} > ? ORDER BY ${rowNumber} LIMIT ${BATCH}`;
    for (let last = 0; ; ) {
      const rows = this.#database.rows(sql, [last]);
      for (const [id, ...cells] of rows) {
        last = Number(id);
        yield { storeId: last, cells: cells.map((cell, at) => this.#wellFormed(cell, type, last, at)) };
      }
      if (rows.length < BATCH) return;
    }
  }

  // The driver puts replacement characters where bytes are no UTF-8.
  #wellFormed(cell: ForeignValue, { table, rowNumber, attributes }: AxiomType, storeId: number, at: number): AxiomCell {
    if (typeof cell !== 'string' || !cell.includes(REPLACEMENT)) return cell;
    const column = quoted((attributes[at] as AxiomAttribute).name);
    const sql = `SELECT CAST(${column} AS BLOB) FROM ${quoted(table)} WHERE ${rowNumber} = ?`;
    const bytes = this.#database.row(sql, [storeId])?.[0] as Uint8Array;
    return Buffer.from(cell, 'utf8').equals(bytes) ? cell : new MalformedText(bytes);
  }

  /** The type of the item with this storeID; undefined where there is none, or none any more. */
  typeOf(storeId: number): AxiomType | undefined {
    if (this.#known.has(storeId)) return this.#known.get(storeId);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    const type = this.#findType(storeId);
    this.#known.set(storeId, type);
    return type;
  }

  // What was deleted in bulk keeps its entry among the objects: only its own row counts, in whatever table.
  #findType(storeId: number): AxiomType | undefined {
    const [typeId] = this.#database.row('SELECT type_id FROM axiom_objects WHERE rowid = ?', [storeId]) ?? [];
    const noted = this.#byTypeId.get(Number(typeId));
    if (noted !== undefined && this.#has(noted, storeId)) return noted;
    return this.types.find((type) => this.#has(type, storeId));
  }

  #has({ items, table, rowNumber }: AxiomType, storeId: number): boolean {
    if (items === 0) return false;
    return this.#database.row(`SELECT 1 FROM ${quoted(table)} WHERE ${rowNumber} = ?`, [storeId]) !== undefined;
  }
}

function rowNumberBeside(attributes: readonly AxiomAttribute[]): string {
  const taken = new Set(attributes.map(({ name }) => name.toLowerCase()));
  return NAMES_OF_ROW_NUMBERS.find((name) => !taken.has(name)) as string; // one of them is the table's own
}

function databaseIn(directory: string): string {
  const stat = onDisk(directory, () => statSync(directory, { throwIfNoEntry: false }));
  if (stat === undefined) throw missing(directory);
  if (!stat.isDirectory()) throw notAxiom(directory, 'it is a file: give the directory that its db.sqlite is in');
  // Where links lead, SQLite looks for what lies beside the database.
  const file = onDisk(directory, () => join(realpathSync(directory), 'db.sqlite'));
  if (onDisk(file, () => statSync(file, { throwIfNoEntry: false })) === undefined)
    throw notAxiom(directory, 'it has no db.sqlite');
  return onDisk(file, () => realpathSync(file));
}

function missing(directory: string): CorollaryError {
  return new CorollaryError('STORE_MISSING', `There is no store of Axiom at ${directory}`, { path: directory });
}

function notAxiom(directory: string, why: string): CorollaryError {
  return new CorollaryError('NOT_A_STORE', `${directory} is no store of Axiom: ${why}`, { path: directory });
}
