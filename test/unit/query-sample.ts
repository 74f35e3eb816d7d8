import Database from 'better-sqlite3';
import { afterPlace } from '../../src/query/answer/after-place.js';
import { decodeCursor, encodeCursor } from '../../src/query/answer/cursor.js';
import { finish } from '../../src/query/answer/partial-results.js';
import { keyOrders, rowKeys } from '../../src/query/answer/row-order.js';
import type { QuerySpec } from '../../src/query/ast.js';
import type { Columns } from '../../src/query/columns.js';
import { newQuery, type Query, type Where } from '../../src/query/query.js';
import { specOf } from '../../src/query/question.js';
import type { QueryRunner } from '../../src/query/runner.js';
import { compileAggregate, compileRows } from '../../src/query/sql/compile.js';
import type { Compiled } from '../../src/query/sql/fragment.js';
import { layoutWithKeys } from '../../src/query/sql/layout.js';
import type { CompileContext } from '../../src/query/sql/select.js';
import { shapeOf } from '../../src/query/value-shape.js';
import type { Attribute } from '../../src/schema/attribute.js';
import type { Decimal, StoreId } from '../../src/schema/attribute-types.js';
import type { Codec } from '../../src/schema/codec.js';
import { bigintCodec } from '../../src/schema/codecs/bigint.js';
import { booleanCodec } from '../../src/schema/codecs/boolean.js';
import { bytesCodec } from '../../src/schema/codecs/bytes.js';
import { decimalCodec } from '../../src/schema/codecs/decimal.js';
import { integerCodec } from '../../src/schema/codecs/integer.js';
import { jsonCodec } from '../../src/schema/codecs/json.js';
import { realCodec } from '../../src/schema/codecs/real.js';
import { referenceCodec } from '../../src/schema/codecs/reference.js';
import { textCodec } from '../../src/schema/codecs/text.js';
import { timestampCodec } from '../../src/schema/codecs/timestamp.js';
import type { ItemClass } from '../../src/schema/item-class.js';
import type { ItemType } from '../../src/schema/item-type.js';
import type { Cell } from '../../src/schema/value.js';

export const UID = 'store-1';

/** An item class without the item room: what queries need and no more. */
export class Thing {
  declare name: string;
  declare tag: string | null;
  declare count: number | null;
  declare weight: number | null;
  declare large: bigint | null;
  declare price: Decimal | null;
  declare flag: boolean;
  declare at: Date | null;
  declare blob: Uint8Array | null;
  declare doc: { readonly a: number } | null;
  declare friend: Thing | null;
  readonly store: { readonly uid: string };
  isStored = true;

  constructor(
    readonly storeId: StoreId<Thing>,
    uid = UID,
  ) {
    this.store = { uid };
  }
}

export class Other {
  declare title: string;
  readonly isStored = true;
  readonly store = { uid: UID };
  constructor(readonly storeId: StoreId<Other>) {}
}

interface Said {
  readonly codec: Codec;
  readonly nullable?: boolean;
  readonly collate?: 'nocase';
  readonly target?: () => ItemClass;
}

function newType(name: string, itemClass: ItemClass, said: Readonly<Record<string, Said>>): ItemType {
  const attributes = Object.entries(said).map(
    ([attribute, { codec, nullable, collate, target }], index): Attribute => ({
      name: attribute,
      codec,
      nullable: nullable ?? false,
      indexed: false,
      unique: false,
      collate: collate ?? 'binary',
      fullText: false,
      indexedAt: [],
      default: undefined,
      readOnly: false,
      reference: target && { target, whenDeleted: 'nullify' },
      validate: undefined,
      check: undefined,
      index,
    }),
  );
  const byName = new Map(attributes.map((attribute) => [attribute.name, attribute]));
  return {
    name,
    version: 1,
    formerNames: [],
    itemClass,
    attributes,
    byName,
    referredType: (attribute) => typeOf(byName.get(attribute)?.reference?.target?.()),
    indexes: [],
    unique: [],
    checks: [],
    fullText: [],
    hooks: { activate: false, stored: false, committed: false, deleted: false },
  };
}

export const thing = newType('thing', Thing, {
  name: { codec: textCodec },
  tag: { codec: textCodec, nullable: true, collate: 'nocase' },
  count: { codec: integerCodec, nullable: true },
  weight: { codec: realCodec, nullable: true },
  large: { codec: bigintCodec, nullable: true },
  price: { codec: decimalCodec(2), nullable: true },
  flag: { codec: booleanCodec },
  at: { codec: timestampCodec, nullable: true },
  blob: { codec: bytesCodec, nullable: true },
  doc: { codec: jsonCodec, nullable: true },
  friend: { codec: referenceCodec, nullable: true, target: () => Thing },
});
export const other = newType('other', Other, { title: { codec: textCodec } });

export const context: CompileContext = {
  uid: UID,
  textTableOf: () => undefined,
  tableOf: (type) => (type === thing ? '"thing"' : undefined),
};

function typeOf(itemClass: ItemClass | undefined): ItemType {
  return itemClass === Other ? other : thing;
}

const typeNamed = (name: string): ItemType => {
  if (name === 'thing') return thing;
  if (name === 'other') return other;
  throw new Error(`no type ${name}`);
};

/** A runner that only compiles: reading through it fails. */
export const compiler: QueryRunner = {
  scope: UID,
  typeNamed,
  typeOf,
  read: unanswered,
  stream: unanswered,
  aggregate: unanswered,
  page: unanswered,
  update: unanswered,
  delete: unanswered,
  explain: unanswered,
  found: unanswered,
  watch: unanswered,
};

export function others(where?: Where<Other>): Query<Other> {
  return newQuery<Other, Other, [Columns<Other>]>(compiler, [{ type: other, isOptional: false }], where);
}

function unanswered(): never {
  throw new Error('this runner answers nothing');
}

/** A query's data, as runners get it. */
export function specOfQuery(query: Query<Thing, unknown>): QuerySpec {
  return specOf(query);
}

export function things(where?: Where<Thing>, runner: QueryRunner = compiler): Query<Thing> {
  return newQuery<Thing, Thing, [Columns<Thing>]>(runner, [{ type: thing, isOptional: false }], where);
}

/** What a row of the sample holds, by attribute; what is left out is null, '' or false. */
export type Row = Partial<Readonly<Record<keyof Thing & string, unknown>>> & { readonly storeId: number };

/** The table of things, with rows. */
export function sampleDatabase(rows: readonly Row[]): Database.Database {
  const database = new Database(':memory:');
  const columns = thing.attributes.map(({ name, codec, collate, nullable }) => {
    const nocase = collate === 'nocase' ? ' COLLATE NOCASE' : '';
    return `"${name}" ${codec.columnType}${nullable ? '' : ' NOT NULL'}${nocase}`;
  });
  database.exec(`CREATE TABLE "thing" ("storeId" INTEGER PRIMARY KEY, ${columns.join(', ')}) STRICT`);
  const places = thing.attributes.map(({ codec }) => (codec.asText ? 'CAST(? AS INTEGER)' : '?'));
  const insert = database.prepare(`INSERT INTO "thing" VALUES (?, ${places.join(', ')})`);
  for (const row of rows) insert.run(row.storeId, ...thing.attributes.map((attribute) => cellOf(attribute, row)));
  return database;
}

/** A small store of things on real SQLite. */
export function sampleStore(rows: readonly Row[]): QueryRunner {
  const database = sampleDatabase(rows);
  const cells = (compiled: Compiled | undefined): Cell[][] =>
    compiled === undefined
      ? []
      : (database
          .prepare(compiled.sql)
          .raw()
          .all(...compiled.values) as Cell[][]);

  const decoded = (spec: QuerySpec, cell: Cell): unknown => {
    const shape = shapeOf(spec.from, spec.pluck ?? { source: 0, name: 'storeId' });
    return cell === null ? null : shape.codec.decode(cell);
  };
  const read = (spec: QuerySpec) =>
    cells(compileRows(spec, layoutWithKeys(spec), context)).map((row) => decoded(spec, row[0] as Cell));
  const page: QueryRunner['page'] = (spec, size, after) => {
    const keys = keyOrders(spec);
    const place = after === undefined ? undefined : decodeCursor(spec, UID, after, rowKeys(spec.from, keys));
    const asked = place === undefined ? spec : afterPlace(spec, keys, place);
    const layout = layoutWithKeys(spec);
    const found = cells(compileRows({ ...asked, limit: size + 1 }, layout, context));
    const items = found.slice(0, size).map((row) => decoded(spec, row[0] as Cell));
    const last = found[size - 1];
    if (found.length <= size || last === undefined) return { items, next: undefined };
    const next = encodeCursor(
      spec,
      UID,
      layout.keys.map((at) => last[at] as Cell),
      rowKeys(spec.from, keys),
    );
    return { items, next };
  };
  return {
    ...compiler,
    read,
    stream: read,
    aggregate: (spec, fn, column) =>
      finish(fn, column && shapeOf(spec.from, column), cells(compileAggregate(spec, fn, column, context))),
    page,
  };
}

export function cellOf(attribute: Attribute, row: Row): Cell {
  const value = (row as Readonly<Record<string, unknown>>)[attribute.name];
  if (value !== undefined && value !== null) return attribute.codec.encode(value);
  if (attribute.nullable) return null;
  return attribute.codec.columnType === 'TEXT' ? '' : 0;
}
