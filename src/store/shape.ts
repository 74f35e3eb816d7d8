import type { Attribute, WhenDeleted } from '../schema/attribute.js';
import type { ColumnType } from '../schema/codec.js';
import { addressCodec } from '../schema/codecs/address.js';
import type { ItemType } from '../schema/item-type.js';
import type { JsonPath } from '../schema/json-path.js';

/** What the catalogue keeps of one attribute. */
export interface AttributeShape {
  readonly name: string;
  /** The codec's name, with its parameters. */
  readonly type: string;
  /** The type of its column. */
  readonly column: ColumnType;
  readonly nullable: boolean;
  readonly collate?: 'nocase';
  /** The CHECK of this column, as SQL. */
  readonly check?: string;
  /** The type name referred to, or '*' for any item. */
  readonly references?: string;
}

/** What the catalogue keeps of a type: all that a program without its class must know to keep its rows right. */
export interface TypeShape {
  readonly attributes: readonly AttributeShape[];
  /** The CHECKs over several columns, as SQL. */
  readonly checks: readonly string[];
  /** What can change without a new version. */
  readonly rules: TypeRules;
  /** The names that the type had before, each with the latest version that it can have had then; left out where there are none. */
  readonly formerly?: Readonly<Record<string, number>>;
}

/** That of a type that was never stored. */
export const NO_SHAPE: TypeShape = { attributes: [], checks: [], rules: { indexes: [], whenDeleted: {} } };

/** A shape with the names that a type had before; without the part where there are none. */
export function withFormerNames(shape: TypeShape, formerly: TypeShape['formerly'] = {}): TypeShape {
  const { formerly: _before, ...others } = shape;
  return Object.keys(formerly).length === 0 ? others : { ...others, formerly };
}

/** The same, with references to the types as they are called now. */
export function withReferences(shape: TypeShape, nameNow: (name: string) => string): TypeShape {
  const named = (attribute: AttributeShape): AttributeShape =>
    attribute.references === undefined ? attribute : { ...attribute, references: nameNow(attribute.references) };
  return { ...shape, attributes: shape.attributes.map(named) };
}

export interface TypeRules {
  readonly indexes: readonly IndexShape[];
  readonly whenDeleted: Readonly<Record<string, WhenDeleted>>;
  /** The references whose targets go with the last item that refers to them so; left out where there are none. */
  readonly owned?: readonly string[];
  /** The attributes whose words are indexed; left out where there are none. */
  readonly fullText?: readonly string[];
}

export interface IndexShape {
  readonly columns: readonly string[];
  /** Where in the one column's JSON. */
  readonly at?: JsonPath;
  readonly unique: boolean;
}

/** Gives the SQL of a CHECK. */
export type CheckSql = (type: ItemType, check: NonNullable<Attribute['check']>) => string;

/** The shape that a class asks for. */
export function shapeOf(type: ItemType, checkSql: CheckSql, typeName: (attribute: Attribute) => string): TypeShape {
  const shapeOfAttribute = (attribute: Attribute): AttributeShape => ({
    name: attribute.name,
    type: attribute.codec.name,
    column: attribute.codec.columnType,
    nullable: attribute.nullable,
    ...(attribute.collate === 'nocase' && { collate: 'nocase' }),
    ...(attribute.check && { check: checkSql(type, attribute.check) }),
    ...(attribute.reference && { references: typeName(attribute) }),
  });
  return {
    attributes: type.attributes.map(shapeOfAttribute),
    checks: type.checks.map((check) => checkSql(type, check)),
    rules: rulesOf(type),
  };
}

function rulesOf(type: ItemType): TypeRules {
  const { fullText } = type;
  const owned = type.attributes.filter(({ reference }) => reference?.owned === true).map(({ name }) => name);
  return {
    indexes: indexesOf(type),
    whenDeleted: deletionRules(type),
    ...(owned.length > 0 && { owned }),
    ...(fullText.length > 0 && { fullText }),
  };
}

/** All indexes of a type. Every reference has one: deleting an item looks for those that refer to it. */
function indexesOf(type: ItemType): readonly IndexShape[] {
  const single = type.attributes
    .filter((attribute) => attribute.unique || attribute.indexed || attribute.reference !== undefined)
    .map(({ name, unique }) => ({ columns: [name], unique }));
  const inJson = type.attributes.flatMap(({ name, indexedAt }) =>
    indexedAt.map((at) => ({ columns: [name], at, unique: false })),
  );
  const several = [
    ...type.unique.map((columns) => ({ columns, unique: true })),
    ...type.indexes.map((columns) => ({ columns, unique: false })),
  ];
  return distinctIndexes([...single, ...inJson, ...several]);
}

// A unique index serves as a plain one too.
function distinctIndexes(indexes: readonly IndexShape[]): readonly IndexShape[] {
  const byColumns = new Map<string, IndexShape>();
  for (const index of indexes) {
    const key = JSON.stringify([index.columns.map((name) => name.toLowerCase()), index.at ?? null]);
    if (byColumns.get(key)?.unique !== true) byColumns.set(key, index);
  }
  return [...byColumns.values()];
}

function deletionRules(type: ItemType): Record<string, WhenDeleted> {
  return Object.fromEntries(
    type.attributes.flatMap(({ name, reference }) => (reference === undefined ? [] : [[name, reference.whenDeleted]])),
  );
}

/** The columns that hold addresses: known without the class, so that a copy of stores can change them. */
export function addressColumns({ attributes }: TypeShape): readonly string[] {
  return attributes.filter(({ type }) => type === addressCodec.name).map(({ name }) => name);
}

/** What differs between the rows on disk and the class, as phrases. Rules do not count: they follow the class. */
export function shapeDifferences(stored: TypeShape, wanted: TypeShape): readonly string[] {
  const storedByName = new Map(stored.attributes.map((attribute) => [attribute.name, attribute]));
  const wantedNames = new Set(wanted.attributes.map(({ name }) => name));
  const differences = wanted.attributes.flatMap((attribute) => {
    const before = storedByName.get(attribute.name);
    return before === undefined ? [`${attribute.name} is new`] : attributeDifferences(before, attribute);
  });
  for (const { name } of stored.attributes) if (!wantedNames.has(name)) differences.push(`${name} is missing`);
  if (stored.checks.join('\n') !== wanted.checks.join('\n'))
    differences.push('the checks over several attributes differ');
  return differences;
}

function attributeDifferences(stored: AttributeShape, wanted: AttributeShape): string[] {
  const { name } = wanted;
  const differences: string[] = [];
  if (stored.type !== wanted.type)
    differences.push(`${name} is stored as ${stored.type}, the class says ${wanted.type}`);
  else if (stored.column !== wanted.column)
    differences.push(`${name} is stored in a ${stored.column} column, the class says ${wanted.column}`);
  if (stored.nullable !== wanted.nullable)
    differences.push(`${name} is stored as ${nullability(stored)}, the class says ${nullability(wanted)}`);
  if (stored.collate !== wanted.collate) differences.push(`${name} has another collation`);
  if (stored.references !== wanted.references)
    differences.push(
      `${name} refers to ${stored.references ?? 'nothing'}, the class says ${wanted.references ?? 'nothing'}`,
    );
  if (stored.check !== wanted.check) differences.push(`${name} has another check`);
  return differences;
}

function nullability(attribute: AttributeShape): string {
  return attribute.nullable ? 'nullable' : 'mandatory';
}
