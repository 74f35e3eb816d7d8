import { quoted } from '../driver/sql-text.js';
import { CorollaryError, type Problem, problemsError } from '../errors.js';
import { compileCheck } from '../query/sql/check.js';
import type { Attribute } from '../schema/attribute.js';
import type { ItemType } from '../schema/item-type.js';
import type { TypeRegistry } from '../schema/registry.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import { type Definition, runDefinitions } from './definition.js';
import { TAGS } from './format.js';
import { type IndexShape, shapeDifferences, shapeOf, type TypeRules, type TypeShape } from './shape.js';
import type { StoreFile } from './store-file.js';
import { createIndex, createTable, dropIndex, TableSql, tableName } from './table-sql.js';
import { createTextIndex, dropTextIndex, textTableName } from './text-index.js';
import { runningTransaction } from './transaction.js';

/** Those of a table that was just made. */
const NO_RULES: TypeRules = { indexes: [], whenDeleted: {} };

/** A type that is stored here and has a class. */
export interface StoredType {
  readonly type: ItemType;
  readonly entry: CatalogueEntry;
  readonly sql: TableSql;
  /** The quoted name of the table that has the words of its items; undefined while the file has none. */
  readonly textTable: string | undefined;
}

/** A column through which items of some type refer to others. */
export interface Referrer {
  readonly entry: CatalogueEntry;
  readonly column: string;
}

/**
 * The types that one store's file holds. A type gets its table with its first item, so an empty store stays small and
 * a query of a type never stored is simply empty.
 */
export class Catalog {
  readonly #file: StoreFile;
  readonly #registry: TypeRegistry;
  /** Entries by lower-case name, as the file says; read again when another connection has committed. */
  #entries = new Map<string, CatalogueEntry>();
  #byTag = new Map<number, CatalogueEntry>();
  #stored = new Map<ItemType, StoredType>();
  /** Types whose indexes, of words too, and deletion rules are known to be those of the class. */
  readonly #isReady = new WeakSet<StoredType>();
  #epoch = 0;

  constructor(file: StoreFile, registry: TypeRegistry) {
    this.#file = file;
    this.#registry = registry;
  }

  #fresh(): void {
    if (this.#epoch === this.#file.epoch) return;
    const rows = this.#file.connection.rows('SELECT tag, name, version, "table", shape FROM corollary_types');
    const entries = (rows as [number, string, number, string, string][]).map(([tag, name, version, table, shape]) => ({
      tag,
      name,
      version,
      table,
      shape: JSON.parse(shape) as TypeShape,
    }));
    this.#entries = new Map(entries.map((entry) => [entry.name.toLowerCase(), entry]));
    this.#byTag = new Map(entries.map((entry) => [entry.tag, entry]));
    this.#stored = new Map();
    this.#epoch = this.#file.epoch;
  }

  #forget(): void {
    this.#epoch = 0;
  }

  entries(): readonly CatalogueEntry[] {
    this.#fresh();
    return [...this.#entries.values()];
  }

  /** The entry whose items have ids with this tag. */
  entryWithTag(tag: number): CatalogueEntry | undefined {
    this.#fresh();
    return this.#byTag.get(tag);
  }

  /**
   * The type as stored here; undefined when it has never been stored.
   * @throws CorollaryError NEWER_DATABASE, NO_UPGRADE_PATH, SCHEMA_MISMATCH when the rows are not what the class says.
   */
  find(type: ItemType): StoredType | undefined {
    if (this.#epoch === this.#file.epoch) {
      const known = this.#stored.get(type);
      if (known !== undefined) return known;
    }
    this.#fresh();
    const entry = this.#entries.get(type.name.toLowerCase());
    if (entry === undefined) return undefined;
    const problems = this.#problemsOf(entry, type);
    if (problems.length > 0) throw this.#mismatch(problems, type.name);
    return this.#keep(type, entry);
  }

  #keep(type: ItemType, entry: CatalogueEntry): StoredType {
    const textTable = entry.shape.rules.fullText && quoted(textTableName(entry.table));
    const stored = { type, entry, sql: sqlOf(type, entry.table), textTable };
    this.#stored.set(type, stored);
    return stored;
  }

  /** Compares all classes with the file at once. @throws CorollaryError listing every difference of every type. */
  assertMatches(types: readonly ItemType[]): void {
    this.#fresh();
    const problems = types.flatMap((type) => {
      const entry = this.#entries.get(type.name.toLowerCase());
      return entry === undefined ? [] : this.#problemsOf(entry, type);
    });
    if (problems.length > 0) throw this.#mismatch(problems, undefined);
  }

  #problemsOf(entry: CatalogueEntry, type: ItemType): Problem[] {
    const stands = `${type.name} is stored in version ${entry.version}, the class has version ${type.version}`;
    if (entry.version > type.version) return [{ code: 'NEWER_DATABASE', message: `${stands}: use the newer program` }];
    if (entry.version < type.version)
      return [{ code: 'NO_UPGRADE_PATH', message: `${stands}, and no upgrade leads there` }];
    const differences = shapeDifferences(entry.shape, this.#shapeOf(type));
    if (differences.length === 0) return [];
    const message = `${type.name} version ${type.version}: ${differences.join(', ')}; raise the version of the class to change what it stores`;
    return [{ code: 'SCHEMA_MISMATCH', message }];
  }

  #mismatch(problems: readonly Problem[], type: string | undefined): CorollaryError {
    return problemsError(this.#file.place, problems, { store: this.#file.place, type });
  }

  #shapeOf(type: ItemType): TypeShape {
    return shapeOf(type, compileCheck, (attribute) => this.#referredName(attribute));
  }

  #referredName({ reference }: Attribute): string {
    const target = reference?.target?.();
    return target === undefined ? '*' : this.#registry.learn(target).name;
  }

  /**
   * The type, ready for a write: makes its table if this is the first item, and brings indexes and deletion rules up
   * to what the class says. Runs inside a write.
   */
  ready(type: ItemType): StoredType {
    const stored = this.find(type) ?? this.#create(type);
    if (this.#isReady.has(stored)) return stored;
    const made = this.#adaptRules(stored);
    this.#isReady.add(made);
    return made;
  }
  /** Brings the deletion rules of all types up to what their classes say, before a deletion goes by them. */
  readyReferrers(): void {
    for (const entry of this.entries()) {
      const hasRules = Object.keys(entry.shape.rules.whenDeleted).length > 0;
      const type = hasRules ? this.#registry.named(entry.name) : undefined;
      if (type !== undefined) this.ready(type);
    }
  }

  #create(type: ItemType): StoredType {
    const { place } = this.#file;
    const shape = this.#shapeOf(type);
    const tag = 1 + Math.max(0, ...this.#byTag.keys());
    if (tag >= TAGS)
      throw new CorollaryError('OUT_OF_RANGE', `${place} holds ${TAGS - 1} item types, and takes no more`, {
        store: place,
      });
    const entry = { tag, name: type.name, version: type.version, table: tableName(type), shape };
    const noted = [tag, entry.name, entry.version, entry.table, JSON.stringify(shape)];
    this.#define([
      { sql: createTable(entry.table, type, shape) },
      ...rulesFollowed(entry.table, NO_RULES, shape.rules),
      { sql: 'INSERT INTO corollary_types VALUES (?, ?, ?, ?, ?)', values: noted },
    ]);
    this.#entries.set(type.name.toLowerCase(), entry);
    this.#byTag.set(tag, entry);
    return this.#keep(type, entry);
  }

  #adaptRules(stored: StoredType): StoredType {
    const { entry, type } = stored;
    const wanted = this.#shapeOf(type).rules;
    const before = entry.shape.rules;
    if (JSON.stringify(wanted) === JSON.stringify(before)) return stored;
    const adapted = { ...entry, shape: { ...entry.shape, rules: wanted } };
    this.#define([
      ...rulesFollowed(entry.table, before, wanted),
      {
        sql: 'UPDATE corollary_types SET shape = ? WHERE tag = ?',
        values: [JSON.stringify(adapted.shape), entry.tag],
      },
    ]);
    this.#entries.set(type.name.toLowerCase(), adapted);
    this.#byTag.set(entry.tag, adapted);
    return this.#keep(type, adapted);
  }

  // All or nothing, also where the caller catches the error: rows may break a new unique index.
  #define(definitions: readonly Definition[]): void {
    const { connection } = this.#file;
    const transaction = runningTransaction();
    transaction?.onUndo(() => this.#forget());
    connection.inSavepoint(() => runDefinitions(connection, definitions));
    transaction?.partOfFile(this.#file)?.defined(definitions);
  }

  /** All columns that may refer to items of a type, in types with and without a class. */
  referrersOf(typeName: string): readonly Referrer[] {
    return this.entries().flatMap((entry) =>
      entry.shape.attributes
        .filter(({ references }) => references === '*' || references?.toLowerCase() === typeName.toLowerCase())
        .map(({ name }) => ({ entry, column: name })),
    );
  }

  /**
   * The class for an entry.
   * @throws CorollaryError UNKNOWN_TYPE naming this and all other types that lack a class.
   */
  typeOf(entry: CatalogueEntry): ItemType {
    const type = this.#registry.named(entry.name);
    if (type !== undefined) return type;
    const unknown = this.entries().filter(({ name }) => this.#registry.named(name) === undefined);
    const list = unknown.map(({ name, version }) => `${name} (version ${version})`).join(', ');
    throw new CorollaryError(
      'UNKNOWN_TYPE',
      `${this.#file.place} holds items of type ${entry.name}, for which this program has no class: pass it in the option types. Without a class here: ${list}`,
      { store: this.#file.place, type: entry.name },
    );
  }
}

/** What makes and drops indexes, so that a table has those of other rules than before. */
function rulesFollowed(table: string, before: TypeRules, wanted: TypeRules): Definition[] {
  const isSameText = JSON.stringify(wanted.fullText) === JSON.stringify(before.fullText);
  const statements = [
    ...without(before.indexes, wanted.indexes).map((index) => dropIndex(table, index)),
    ...without(wanted.indexes, before.indexes).map((index) => createIndex(table, index)),
    ...(before.fullText && !isSameText ? dropTextIndex(table) : []),
    ...(wanted.fullText && !isSameText ? createTextIndex(table, wanted.fullText) : []),
  ];
  return statements.map((sql) => ({ sql }));
}

/** The texts of the statements for a type, which all stores share: written once, not for each of thousands. */
const statementsOf = new WeakMap<ItemType, TableSql>();

function sqlOf(type: ItemType, table: string): TableSql {
  const known = statementsOf.get(type);
  if (known?.table === quoted(table)) return known;
  const made = new TableSql(table, type);
  statementsOf.set(type, made);
  return made;
}

function without(indexes: readonly IndexShape[], others: readonly IndexShape[]): readonly IndexShape[] {
  const known = new Set(others.map((index) => JSON.stringify(index)));
  return indexes.filter((index) => !known.has(JSON.stringify(index)));
}
