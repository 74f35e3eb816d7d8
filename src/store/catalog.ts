import { keepShape } from '../driver/kept-shapes.js';
import { quoted } from '../driver/sql-text.js';
import { CorollaryError, type Problem, problemsError } from '../errors.js';
import { compileCheck } from '../query/sql/check.js';
import type { Attribute } from '../schema/attribute.js';
import type { ItemType } from '../schema/item-type.js';
import type { TypeRegistry } from '../schema/registry.js';
import { namingDoubles, namingRules } from './broken-rule.js';
import { CatalogueEntries } from './catalogue-entries.js';
import { type CatalogueEntry, formerNames, isBehind } from './catalogue-entry.js';
import { CATALOGUE_COLUMNS, catalogueEntry } from './catalogue-row.js';
import { type Definition, runDefinitions } from './definition.js';
import { TAGS } from './format.js';
import { NO_SHAPE, shapeOf, type TypeShape, withFormerNames, withReferences } from './shape.js';
import type { StoreFile } from './store-file.js';
import { firstTable, nameFreed, noted, otherRules, otherTable, tableDropped } from './table-definitions.js';
import { TableSql, tableName } from './table-sql.js';
import { textTableName } from './text-index.js';
import { runningTransaction } from './transaction.js';
import { nameProblems, shapeProblems, versionProblems } from './type-problems.js';
import { unknownType } from './unknown-type.js';
import type { Upgrader } from './upgrader.js';

/** A type that is stored here and has a class. */
export interface StoredType {
  readonly type: ItemType;
  readonly entry: CatalogueEntry;
  readonly sql: TableSql;
  /** The quoted name of the table that has the words of its items; undefined while the file has none. */
  readonly textTable: string | undefined;
  /** True when nothing but the disk can refuse a row whose cells were checked: it may be written later. */
  readonly mayCollect: boolean;
}

/** The work of giving a type another table; see {@link Catalog.replaceTable}. */
export interface Replacing {
  /** Moves all rows into the new table, which has no indexes yet. */
  move(from: CatalogueEntry, to: StoredType): void;
  /** The new table counts, with its indexes; the old one is still there, and nobody sees it. */
  moved(from: CatalogueEntry, to: StoredType): void;
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
  /** As the file says; read again when another connection has committed. */
  #entries = new CatalogueEntries();
  /** What was found; undefined for a type that was never stored: each store below is asked for substores of its own. */
  #stored = new Map<ItemType, StoredType | undefined>();
  /** Types whose indexes, of words too, and deletion rules are known to be those of the class. */
  readonly #isReady = new WeakSet<StoredType>();
  #epoch = 0;
  /** The tags of types that are being dropped. */
  #leaving: ReadonlySet<number> = new Set();
  /** Set once, where the store is put together; without one, a type of an older version is refused. */
  upgrader: Upgrader | undefined;
  #isOpened = false;

  constructor(file: StoreFile, registry: TypeRegistry) {
    this.#file = file;
    this.#registry = registry;
  }

  #fresh(): void {
    this.#read();
    if (!this.#isOpened) this.open();
  }

  #read(): void {
    if (this.#epoch === this.#file.epoch) return;
    const { connection, place } = this.#file;
    const rows = connection.rows(`SELECT ${CATALOGUE_COLUMNS} FROM corollary_types`);
    this.#entries = new CatalogueEntries(rows.map((row) => catalogueEntry(row, place)));
    this.#stored = new Map();
    this.#epoch = this.#file.epoch;
  }

  /** Has the upgrader see to what is to be done when the store is opened, once; the first look into the catalogue does it, too. */
  open(): void {
    this.#isOpened = true; // the upgrader looks into it, too
    try {
      this.#isOpened = this.upgrader?.opened() ?? true;
    } catch (error) {
      this.#isOpened = false;
      throw error;
    }
  }

  #forget(): void {
    this.#epoch = 0;
  }

  entries(): readonly CatalogueEntry[] {
    this.#fresh();
    return this.#entries.all();
  }

  /** The entry whose items have ids with this tag. */
  entryWithTag(tag: number): CatalogueEntry | undefined {
    this.#fresh();
    return this.#entries.withTag(tag);
  }

  /** The entry of a type, in whatever version and under whatever name it is stored; undefined when it has never been stored. */
  entryOf(type: ItemType): CatalogueEntry | undefined {
    this.#fresh();
    return this.#entries.of(type);
  }

  /**
   * The type as stored here; undefined when it has never been stored. One of an older version is upgraded first.
   * @throws CorollaryError NEWER_DATABASE, SCHEMA_MISMATCH when the rows are not what the class says; and what
   * {@link Upgrader.upgrade} throws
   */
  find(type: ItemType): StoredType | undefined {
    if (this.#isOpened && this.#epoch === this.#file.epoch) {
      const known = this.#stored.get(type);
      if (known !== undefined || this.#stored.has(type)) return known;
    }
    const entry = this.#upgraded(type);
    const problems = this.#problemsOf(entry, type);
    if (problems.length > 0) throw this.#mismatch(problems, type.name);
    return this.#keep(type, entry && storedAs(type, entry));
  }

  #upgraded(type: ItemType): CatalogueEntry | undefined {
    const entry = this.entryOf(type);
    if (this.upgrader === undefined || entry === undefined || !isBehind(entry, type)) return entry;
    this.upgrader.upgrade(type);
    return this.entryOf(type);
  }

  #keep<S extends StoredType | undefined>(type: ItemType, stored: S): S {
    this.#stored.set(type, stored);
    return stored;
  }

  /** Compares all classes with the file at once. @throws CorollaryError listing every difference of every type. */
  assertMatches(types: readonly ItemType[]): void {
    const problems = this.#file.atOneMoment(() => {
      this.#read();
      return types.flatMap((type) => this.#problemsWith(type));
    });
    if (problems.length > 0) throw this.#mismatch(problems, undefined);
  }

  #problemsWith(type: ItemType): readonly Problem[] {
    const entry = this.#entries.of(type);
    if (entry === undefined || !isBehind(entry, type)) return this.#problemsOf(entry, type);
    return this.upgrader?.problemsOf(type, entry) ?? this.#problemsOf(entry, type);
  }

  #problemsOf(entry: CatalogueEntry | undefined, type: ItemType): readonly Problem[] {
    const problems = [...(entry ? versionProblems(entry, type) : []), ...this.nameProblems(type)];
    return entry === undefined || problems.length > 0 ? problems : this.shapeProblems(type, entry);
  }

  /** What a class says otherwise than the file, where that has the same version. */
  shapeProblems(type: ItemType, entry: CatalogueEntry): readonly Problem[] {
    const ofReferred = () => referredTypes(type).flatMap((referred) => this.nameProblems(referred));
    return shapeProblems(this.shapeNow(entry.shape), this.#shapeOf(type), type, ofReferred);
  }

  /** A shape from the file, with the names that its classes say for the types that it refers to. */
  shapeNow(shape: TypeShape): TypeShape {
    return withReferences(shape, (name) => this.#registry.nameNow(name));
  }

  /** What keeps a type from having its name in this file. */
  nameProblems(type: ItemType): readonly Problem[] {
    return nameProblems(this.#entries, type);
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

  /** Brings the deletion rules of all types, but those left out, up to what their classes say, before a deletion goes by them. */
  readyReferrers(isLeftOut: (type: ItemType, entry: CatalogueEntry) => boolean = () => false): void {
    for (const entry of this.entries()) {
      const hasRules = Object.keys(entry.shape.rules.whenDeleted).length > 0;
      const type = hasRules ? this.#registry.named(entry.name) : undefined;
      if (type !== undefined && !isLeftOut(type, entry)) this.ready(type);
    }
  }

  #create(type: ItemType): StoredType {
    const { place } = this.#file;
    const dropped = this.#entries.dropped(type);
    const shape = withFormerNames(this.#shapeOf(type), formerNames(type, dropped));
    const tag = dropped[0]?.tag ?? this.#entries.nextTag;
    if (tag >= TAGS)
      throw new CorollaryError('OUT_OF_RANGE', `${place} holds ${TAGS - 1} item types, and takes no more`, {
        store: place,
      });
    const entry = { tag, name: type.name, version: type.version, table: tableName(type), shape };
    const referring = this.#referringAnew(type);
    this.#define([...dropped.map(nameFreed), ...firstTable(entry, type), ...referring.map(noted)]);
    for (const one of [entry, ...referring]) this.#entries.note(one);
    if (referring.length > 0) this.#stored = new Map();
    return this.#keep(type, storedAs(type, entry));
  }

  #adaptRules(stored: StoredType): StoredType {
    const { entry, type } = stored;
    const wanted = this.#shapeOf(type).rules;
    const before = entry.shape.rules;
    if (JSON.stringify(wanted) === JSON.stringify(before)) return stored;
    const adapted = { ...entry, shape: { ...entry.shape, rules: wanted } };
    namingDoubles(type, () => this.#define(otherRules(adapted, before)));
    this.#entries.note(adapted);
    return this.#keep(type, storedAs(type, adapted));
  }

  /**
   * Gives a stored type the table of its class's version, under the same tag; the old one goes. Runs inside a write of
   * several steps. An error undoes all.
   */
  replaceTable(type: ItemType, work: Replacing): void {
    const from = this.entryOf(type) as CatalogueEntry; // who upgrades has found it
    const shape = withFormerNames(this.#shapeOf(type), formerNames(type, [from]));
    const to = { ...from, version: type.version, table: tableName(type), shape };
    const stored = storedAs(type, to);
    const { made, counted, dropped } = otherTable(from, to, type);
    this.#run(made);
    work.move(from, stored);
    namingRules(type, () => this.#run(counted));
    this.#entries.note(to);
    work.moved(from, stored);
    this.#run(dropped);
    const definitions = [...made, ...counted, ...dropped];
    runningTransaction()?.partOfFile(this.#file)?.replaced({ from, to, definitions });
  }

  /**
   * The types that others refer to by a former name. They need not be stored themselves: an earlier program has stored what
   * may refer to them.
   */
  misnamed(): ReadonlySet<ItemType> {
    const found = this.entries().flatMap(({ shape }) =>
      shape.attributes.flatMap(({ references = '*' }) => {
        const type = this.#registry.named(references);
        return type !== undefined && type.name.toLowerCase() !== references.toLowerCase() ? [type] : [];
      }),
    );
    return new Set(found);
  }

  /**
   * Gives a type the name that its class has now, also where others refer to it. Its rows stay where they are; one that is
   * not stored gets its table, which tells earlier programs of the name. Runs inside a write.
   */
  rename(type: ItemType): void {
    const entry = this.entryOf(type);
    if (entry === undefined) {
      this.ready(type);
      return;
    }
    const dropped = this.#entries.dropped(type);
    const referring = this.#referringAnew(type);
    const { shape } = referring.find(({ tag }) => tag === entry.tag) ?? entry; // items of a type may refer to each other
    const formerly = formerNames(type, [...dropped, entry]);
    const renamed = { ...entry, name: type.name, shape: withFormerNames(shape, formerly) };
    const changed = [...referring.filter(({ tag }) => tag !== entry.tag), renamed];
    this.#define([...dropped.map(nameFreed), ...changed.map(noted)]);
    for (const one of changed) this.#entries.note(one);
    this.#stored = new Map();
  }

  /** The entries that refer to a type by a former name, as they are with the one that it has now. */
  #referringAnew(type: ItemType): CatalogueEntry[] {
    const former = new Set(type.formerNames.map((name) => name.toLowerCase()));
    const nameNow = (name: string) => (former.has(name.toLowerCase()) ? type.name : name);
    return this.#entries.all().flatMap((entry) => {
      const shape = withReferences(entry.shape, nameNow);
      return JSON.stringify(shape) === JSON.stringify(entry.shape) ? [] : [{ ...entry, shape }];
    });
  }

  /** Does something while what items of some types refer to does not count. */
  whileLeaving(entries: readonly CatalogueEntry[], work: () => void): void {
    this.#leaving = new Set(entries.map(({ tag }) => tag));
    try {
      work();
    } finally {
      this.#leaving = new Set();
    }
  }

  /** Takes the table of a type away that has no rows any more. Runs inside a write of several steps. */
  drop(from: CatalogueEntry): void {
    const to = { ...from, table: '', shape: withFormerNames(NO_SHAPE, from.shape.formerly) };
    const definitions = tableDropped(from, to);
    // Nobody uses a dropped type: where it comes back, nothing else would drop it again.
    runningTransaction()?.onUndo(() => {
      this.#isOpened = false;
    });
    this.#run(definitions);
    this.#entries.note(to);
    runningTransaction()?.partOfFile(this.#file)?.replaced({ from, to: undefined, definitions });
  }

  // All or nothing, also where the caller catches the error: rows may break a new unique index.
  #define(definitions: readonly Definition[]): void {
    this.#file.connection.inSavepoint(() => this.#run(definitions));
    runningTransaction()?.partOfFile(this.#file)?.defined(definitions);
  }

  #run(definitions: readonly Definition[]): void {
    runningTransaction()?.onUndo(() => this.#forget());
    runDefinitions(this.#file.connection, definitions);
  }

  /**
   * All columns that may refer to items of a type, in types with and without a class. Before a renamed type is brought to
   * its name, others may say one name or the other.
   */
  referrersOf(typeName: string): readonly Referrer[] {
    const nameNow = (name: string) => this.#registry.nameNow(name).toLowerCase();
    const wanted = nameNow(typeName);
    const staying = this.entries().filter(({ tag }) => !this.#leaving.has(tag));
    return staying.flatMap((entry) =>
      entry.shape.attributes
        .filter(({ references }) => references !== undefined && (references === '*' || nameNow(references) === wanted))
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
    throw unknownType(this.#file.place, entry, this.entries(), this.#registry);
  }
}

function referredTypes(type: ItemType): readonly ItemType[] {
  return type.attributes.flatMap(({ name }) => type.referredType(name) ?? []);
}

function storedAs(type: ItemType, entry: CatalogueEntry): StoredType {
  const textTable = entry.shape.rules.fullText && quoted(textTableName(entry.table));
  return { type, entry, sql: sqlOf(type, entry.table), textTable, mayCollect: !canRefuse(entry.shape) };
}

// A unique index, a CHECK of the class; and JSON may be nested deeper than SQLite goes where an index is on a part of it.
function canRefuse({ attributes, checks, rules: { indexes, fullText } }: TypeShape): boolean {
  const hasRule = indexes.some(({ unique, at }) => unique || at !== undefined) || fullText !== undefined;
  return hasRule || checks.length > 0 || attributes.some(({ check }) => check !== undefined);
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

const NO_TYPE = { attributes: [] } as unknown as ItemType;
keepShape(storedAs(NO_TYPE, catalogueEntry([1, 'sample', 1, '', JSON.stringify(NO_SHAPE)], '')));
