import { ROWS_PER_STATEMENT, type RowStatements } from '../driver/collected-rows.js';
import { quoted, textLiteral, valueGroups } from '../driver/sql-text.js';
import type { Attribute } from '../schema/attribute.js';
import type { Codec } from '../schema/codec.js';
import type { ItemType } from '../schema/item-type.js';
import { jsonPath } from '../schema/json-path.js';
import { namedRule } from './broken-rule.js';
import { GENERATION } from './format.js';
import type { IndexShape, TypeShape } from './shape.js';

/** The column that holds an item's id. */
export const ID = '"storeId"';

/** Compares a column with a JSON array of ids. */
export const IN_IDS = 'IN (SELECT value FROM json_each(?))';

export function tableName(type: ItemType): string {
  return `item_${type.name}_v${type.version}`;
}

function indexName(table: string, index: IndexShape): string {
  const at = index.at === undefined ? '' : jsonPath(index.at);
  return `${table}(${index.columns.join(',')}${at})${index.unique ? ' unique' : ''}`;
}

/** How a value of this codec stands in SQL: int64 travels as text, so that no digit is lost. */
function stored(codec: Codec, given: string): string {
  return codec.asText === true ? `CAST(${given} AS INTEGER)` : given;
}

/** A column, or what is written with it, as it is read. */
export function selected(attribute: Attribute, written: string = quoted(attribute.name)): string {
  return attribute.codec.asText === true ? `CAST(${written} AS TEXT)` : written;
}

export function createTable(table: string, type: ItemType, shape: TypeShape): string {
  const columns = type.attributes.map((attribute, at) => columnDefinition(attribute, shape.attributes[at]?.check));
  const checks = shape.checks.map((check, at) => `CONSTRAINT "check ${at + 1}" CHECK (${check})`);
  return `CREATE TABLE ${quoted(table)} (${[`${ID} INTEGER PRIMARY KEY`, ...columns, ...checks].join(', ')}) STRICT`;
}

function columnDefinition({ name, codec, nullable, collate }: Attribute, check: string | undefined): string {
  const column = quoted(name);
  const parts = [column, codec.columnType];
  if (collate === 'nocase') parts.push('COLLATE NOCASE');
  if (!nullable) parts.push('NOT NULL');
  // Named after the attribute, which SQLite's error then names.
  if (codec.rule !== undefined) parts.push(`CONSTRAINT ${column} CHECK (${codec.rule(column)})`);
  if (check !== undefined) parts.push(`CONSTRAINT ${column} CHECK (${check})`);
  return parts.join(' ');
}

export function createIndex(table: string, index: IndexShape): string {
  const unique = index.unique ? 'UNIQUE ' : '';
  const columns = index.columns.map(quoted).join(', ');
  // Written as queries write it: only so does SQLite see that the index is on the same.
  const indexed = index.at === undefined ? columns : `${columns} ->> ${textLiteral(jsonPath(index.at))}`;
  return `CREATE ${unique}INDEX ${quoted(indexName(table, index))} ON ${quoted(table)} (${indexed})`;
}

/** The table goes, and its indexes with it. */
export function dropTable(table: string): string {
  return `DROP TABLE ${quoted(table)}`;
}

export function dropIndex(table: string, index: IndexShape): string {
  return `DROP INDEX IF EXISTS ${quoted(indexName(table, index))}`;
}

/** The statements for one table that are used again and again. */
export class TableSql {
  /** The table's name, quoted. */
  readonly table: string;
  /** Takes the cells of a new item. */
  readonly insert: RowStatements;
  readonly selectById: string;
  /** The same with the store's generation as the last cell. */
  readonly selectByIdAndGeneration: string;
  /** Takes a JSON array of ids. */
  readonly selectByIds: string;
  /** Takes the id after which to begin, and how many rows are wanted. */
  readonly selectAfter: string;
  readonly #type: ItemType;
  readonly #select: string;
  readonly #updates: Known<RowStatements> = { made: undefined, longer: [] };
  readonly #updatesOfMany: Known<string> = { made: undefined, longer: [] };

  constructor(table: string, type: ItemType) {
    this.table = quoted(table);
    this.#type = type;
    this.insert = this.#insert();
    const read = [ID, ...type.attributes.map((attribute) => selected(attribute))].join(', ');
    this.#select = `SELECT ${read} FROM ${this.table} WHERE`;
    this.selectById = `${this.#select} ${ID} = ?`;
    this.selectByIdAndGeneration = `SELECT ${read}, ${GENERATION} FROM ${this.table} WHERE ${ID} = ?`;
    this.selectByIds = `${this.#select} ${ID} ${IN_IDS}`;
    this.selectAfter = `${this.#select} ${ID} > ? ORDER BY ${ID} LIMIT +?`;
  }

  /** Takes a text. */
  selectByText(attribute: string): string {
    return `${this.#select} ${quoted(attribute)} = ?`;
  }

  /** Takes new cells of some attributes of an item. */
  update(attributes: readonly Attribute[]): RowStatements {
    const known = knownFor(this.#updates, attributes);
    known.made ??= this.#update(attributes);
    return known.made;
  }

  /** Gives some attributes of many items the same values: values first, then their ids as a JSON array. */
  updateMany(attributes: readonly Attribute[]): string {
    const known = knownFor(this.#updatesOfMany, attributes);
    known.made ??= this.#updateWhere(attributes, IN_IDS);
    return known.made;
  }

  #insert(): RowStatements {
    const { attributes } = this.#type;
    const columns = [...attributes.map(({ name }) => quoted(name)), ID].join(', ');
    const parameters = [...attributes.map(({ codec }) => stored(codec, '?')), '?'];
    const into = `INSERT INTO ${this.table} (${columns}) VALUES`;
    const rows = (count: number) => `${into} ${valueGroups(parameters, count)}`;
    return this.#statements(rows(1), rows(ROWS_PER_STATEMENT));
  }

  #update(attributes: readonly Attribute[]): RowStatements {
    const parameters = Array.from({ length: attributes.length + 1 }, () => '?');
    const rows = valueGroups(parameters, ROWS_PER_STATEMENT);
    // SQLite calls the columns of VALUES so.
    const assignments = attributes.map(
      ({ name, codec }, at) => `${quoted(name)} = ${stored(codec, `new.column${at + 1}`)}`,
    );
    const many = `UPDATE ${this.table} SET ${assignments.join(', ')} FROM (VALUES ${rows}) AS new WHERE ${ID} = new.column${parameters.length}`;
    return this.#statements(this.#updateWhere(attributes, '= ?'), many);
  }

  #updateWhere(attributes: readonly Attribute[], which: string): string {
    const assignments = attributes.map(({ name, codec }) => `${quoted(name)} = ${stored(codec, '?')}`);
    return `UPDATE ${this.table} SET ${assignments.join(', ')} WHERE ${ID} ${which}`;
  }

  #statements(one: string, many: string): RowStatements {
    return { one, many, refused: (error, id) => namedRule(error, this.#type, id) };
  }
}

/** What was made for a list of attributes, and the way on to longer lists, by the index of the attribute that follows. */
interface Known<T> {
  made: T | undefined;
  readonly longer: Known<T>[];
}

// Asked at every assignment: a key put together of the attributes would cost half a microsecond each time.
function knownFor<T>(start: Known<T>, attributes: readonly Attribute[]): Known<T> {
  let at = start;
  for (const { index } of attributes) {
    at.longer[index] ??= { made: undefined, longer: [] };
    at = at.longer[index];
  }
  return at;
}
