import type { ItemType } from '../../schema/item-type.js';
import type { ColumnRef, QuerySpec } from '../ast.js';
import { columnsIn, questionsBelow, searchesIn, topNodes } from '../traverse.js';
import { itemTypeOf, placeOf } from '../value-shape.js';

/** Every type whose items a question reads: a commit that wrote none of these cannot change its answer. */
export function typesIn(spec: QuerySpec): ReadonlySet<ItemType> {
  return new Set([spec, ...questionsBelow(spec)].flatMap(typesOf));
}

function typesOf(spec: QuerySpec): readonly ItemType[] {
  const nodes = topNodes(spec);
  const referred = nodes.flatMap(columnsIn).flatMap((column) => typesOnPath(spec, column));
  const searched = nodes.flatMap(searchesIn).flatMap(({ of }) => itemTypeOf(spec.from, of) ?? []);
  return [...spec.from.map(({ type }) => type), ...referred, ...searched];
}

/** The types that a path of references goes through. */
function typesOnPath({ from }: QuerySpec, { source, path = [] }: ColumnRef): readonly ItemType[] {
  const start = from[source];
  if (start === undefined) return [];
  return path.flatMap((_, hop) => placeOf(start, path.slice(0, hop + 1))?.type ?? []);
}
