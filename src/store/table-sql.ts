import { ROWS_PER_INSERT, type RowStatements } from '../driver/collected-rows.js';
import { quoted, textLiteral, valueGroups } from '../driver/sql-text.js';
import type { CorollaryError } from '../errors.js';
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
function parameterFor(codec: Codec): string {
  return codec.asText === true ? 'CAST(? AS INTEGER)' : '?';
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
export class TableSql implements RowStatements {
  /** The table's name, quoted. */
  readonly table: string;
  readonly insert: string;
  readonly insertMany: string;
  readonly selectById: string;
  /** The same with the store's generation as the last cell. */
  readonly selectByIdAndGeneration: string;
  /** Takes a JSON array of ids. */
  readonly selectByIds: string;
  /** Takes the id after which to begin, and how many rows are wanted. */
  readonly selectAfter: string;
  readonly #type: ItemType;
  readonly #select: string;
  readonly #updates: UpdateText = { text: undefined, longer: [] };
  readonly #updatesOfMany: UpdateText = { text: undefined, longer: [] };

  constructor(table: string, type: ItemType) {
    this.table = quoted(table);
    this.#type = type;
    const columns = [ID, ...type.attributes.map(({ name }) => quoted(name))].join(', ');
    const parameters = ['?', ...type.attributes.map(({ codec }) => parameterFor(codec))];
    const into = `INSERT INTO ${this.table} (${columns}) VALUES`;
    this.insert = `${into} ${valueGroups(parameters, 1)}`;
    this.insertMany = `${into} ${valueGroups(parameters, ROWS_PER_INSERT)}`;
    const read = [ID, ...type.attributes.map((attribute) => selected(attribute))].join(', ');
    this.#select = `SELECT ${read} FROM ${this.table} WHERE`;
    this.selectById = `${this.#select} ${ID} = ?`;
    this.selectByIdAndGeneration = `SELECT ${read}, ${GENERATION} FROM ${this.table} WHERE ${ID} = ?`;
    this.selectByIds = `${this.#select} ${ID} ${IN_IDS}`;
    this.selectAfter = `${this.#select} ${ID} > ? ORDER BY ${ID} LIMIT ?`;
  }

  refused(error: CorollaryError, id: number): CorollaryError {
    return namedRule(error, this.#type, id);
  }

  /** Takes a text. */
  selectByText(attribute: string): string {
    return `${this.#select} ${quoted(attribute)} = ?`;
  }

  /** Changes some attributes of one item: values first, then its id. */
  update(attributes: readonly Attribute[]): string {
    return this.#known(this.#updates, attributes, '= ?');
  }

  /** Changes some attributes of many items: values first, then their ids as a JSON array. */
  updateMany(attributes: readonly Attribute[]): string {
    return this.#known(this.#updatesOfMany, attributes, IN_IDS);
  }

  // Asked at every assignment: a key put together of the attributes would cost half a microsecond each time.
  #known(start: UpdateText, attributes: readonly Attribute[], which: string): string {
    let at = start;
    for (const { index } of attributes) {
      at.longer[index] ??= { text: undefined, longer: [] };
      at = at.longer[index];
    }
    at.text ??= this.#updateText(attributes, which);
    return at.text;
  }

  #updateText(attributes: readonly Attribute[], which: string): string {
    const assignments = attributes.map(({ name, codec }) => `${quoted(name)} = ${parameterFor(codec)}`).join(', ');
    return `UPDATE ${this.table} SET ${assignments} WHERE ${ID} ${which}`;
  }
}

/** The text for a list of attributes, and the way on to those of longer lists, by the index of the attribute that follows. */
interface UpdateText {
  text: string | undefined;
  readonly longer: UpdateText[];
}
