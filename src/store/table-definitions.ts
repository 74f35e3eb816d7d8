import type { ItemType } from '../schema/item-type.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import type { Definition } from './definition.js';
import { type IndexShape, NO_SHAPE, type TypeRules } from './shape.js';
import { createIndex, createTable, dropIndex, dropTable } from './table-sql.js';
import { createTextIndex, dropTextIndex } from './text-index.js';

/** Those of a table that was just made. */
const NO_RULES: TypeRules = NO_SHAPE.rules;

/** What makes the table of a type that was never stored, and notes it. */
export function firstTable(entry: CatalogueEntry, type: ItemType): readonly Definition[] {
  const { tag, name, version, table, shape } = entry;
  return [
    { sql: createTable(table, type, shape) },
    ...rulesFollowed(table, NO_RULES, shape.rules),
    {
      sql: 'INSERT INTO corollary_types VALUES (?, ?, ?, ?, ?)',
      values: [tag, name, version, table, JSON.stringify(shape)],
    },
  ];
}

/** What makes a name free that a dropped type has kept. */
export function nameFreed({ tag }: CatalogueEntry): Definition {
  return { sql: 'DELETE FROM corollary_types WHERE tag = ?', values: [tag] };
}

/** What notes the name and the shape that a type has now: an earlier program cannot read it any more. Its table keeps its name. */
export function noted({ tag, name, shape }: CatalogueEntry): Definition {
  return {
    sql: 'UPDATE corollary_types SET name = ?, shape = ? WHERE tag = ?',
    values: [name, JSON.stringify(shape), tag],
    isBinding: true,
  };
}

/** What takes a type's table away, and notes that it was there: `to` is what is left of it. */
export function tableDropped({ table, shape }: CatalogueEntry, to: CatalogueEntry): readonly Definition[] {
  const hasText = shape.rules.fullText !== undefined;
  const dropped = [...(hasText ? dropTextIndex(table) : []), dropTable(table)].map((sql) => ({ sql }));
  const sql = `UPDATE corollary_types SET "table" = '', shape = ? WHERE tag = ?`;
  return [...dropped, { sql, values: [JSON.stringify(to.shape), to.tag] }];
}

/** What gives the table of a type other rules than before, and notes them. */
export function otherRules({ tag, table, shape }: CatalogueEntry, before: TypeRules): readonly Definition[] {
  return [
    ...rulesFollowed(table, before, shape.rules),
    { sql: 'UPDATE corollary_types SET shape = ? WHERE tag = ?', values: [JSON.stringify(shape), tag] },
  ];
}

/** What gives a type another table. */
interface OtherTable {
  /** Makes it, without indexes: rows are written faster then. */
  readonly made: readonly Definition[];
  /** Makes the indexes, and has the table count. */
  readonly counted: readonly Definition[];
  /** Takes the one before away. */
  readonly dropped: readonly Definition[];
}

/** What gives a type of one version the table of another. */
export function otherTable(from: CatalogueEntry, to: CatalogueEntry, type: ItemType): OtherTable {
  const { tag, version, table, shape } = to;
  const sql = 'UPDATE corollary_types SET version = ?, "table" = ?, shape = ? WHERE tag = ?';
  const textIndex = from.shape.rules.fullText === undefined ? [] : dropTextIndex(from.table);
  return {
    made: [{ sql: createTable(table, type, shape) }],
    counted: [
      ...rulesFollowed(table, NO_RULES, shape.rules),
      { sql, values: [version, table, JSON.stringify(shape), tag] },
    ],
    dropped: [...textIndex, dropTable(from.table)].map((statement) => ({ sql: statement })),
  };
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

function without(indexes: readonly IndexShape[], others: readonly IndexShape[]): readonly IndexShape[] {
  const known = new Set(others.map((index) => JSON.stringify(index)));
  return indexes.filter((index) => !known.has(JSON.stringify(index)));
}
