import { CorollaryError } from '../errors.js';
import type { ConditionNode, FromNode, QuerySpec, ValueNode } from './ast.js';
import { questionName } from './provenance.js';
import { columnsIn, isSameValue } from './traverse.js';
import { shapeOf } from './value-shape.js';

/** The conditions that must all hold for one to hold. */
export function conjunctsOf(node: ConditionNode | undefined): readonly ConditionNode[] {
  if (node === undefined) return [];
  return node.op === 'and' ? node.of.flatMap(conjunctsOf) : [node];
}

/** The last optional type whose columns a condition reads: the one whose join it belongs to. Undefined without one. */
export function lastOptional(from: readonly FromNode[], node: ConditionNode): number | undefined {
  const optional = columnsIn(node).flatMap(({ source }) => (from[source]?.isOptional === true ? [source] : []));
  return optional.length === 0 ? undefined : Math.max(...optional);
}

/** A condition in two: what ties optional types to the others, and what all rows must fulfil. */
export function dividedCondition(
  from: readonly FromNode[],
  condition: ConditionNode,
): { readonly on?: ConditionNode; readonly where?: ConditionNode } {
  if (!from.some(({ isOptional }) => isOptional)) return { where: condition };
  const conjuncts = conjunctsOf(condition);
  const ties = conjuncts.filter((node) => lastOptional(from, node) !== undefined);
  const rest = conjuncts.filter((node) => lastOptional(from, node) === undefined);
  return {
    ...(ties.length > 0 && { on: { op: 'and', of: ties } as const }),
    ...(rest.length > 0 && { where: { op: 'and', of: rest } as const }),
  };
}

/**
 * Refuses a question of several types of which one is tied to no other: it would give every combination.
 * @throws CorollaryError BAD_QUERY naming the types
 */
export function assertTied(spec: QuerySpec): void {
  if (spec.from.length === 1 || spec.isCross === true) return;
  const loose = looseTypes(spec, () => true);
  if (loose.length === 0) return;
  throw new CorollaryError(
    'BAD_QUERY',
    `${questionName(spec.from)} would give every combination: no condition ties ${loose.join(', ')} to the others. Add one, such as (a, b) => a.owner.eq(b), or say cross()`,
    { type: spec.from[0].type.name },
  );
}

/**
 * Refuses a question whose types are tied by other conditions than references, which stay within one store: no store
 * of a tree could answer it alone.
 * @throws CorollaryError NOT_SUPPORTED naming the types
 */
export function assertTiedByReferences(spec: QuerySpec): void {
  if (spec.from.length === 1) return;
  const loose = looseTypes(spec, (node, joined) => isReferenceTie(spec, node, joined));
  if (loose.length === 0 && spec.isCross !== true) return;
  const which =
    spec.isCross === true ? 'cross() combines items of different stores' : `Not so tied: ${loose.join(', ')}`;
  throw new CorollaryError(
    'NOT_SUPPORTED',
    `${questionName(spec.from)}, asked of a tree, must tie its types by references, which stay within a store, and of which one side is never null (isNotNull() will do); a join across stores has no meaning. ${which}`,
    { type: spec.from[0].type.name },
  );
}

/**
 * The names of the types that no chain of ties connects with the first. What ties an optional type does not tie those
 * that every row needs with each other: they are combined before. `joined`: the optional type whose tie it would be.
 */
function looseTypes(
  { from, on, where }: QuerySpec,
  isTie: (node: ConditionNode, joined?: number) => boolean,
): readonly string[] {
  const tied = new Set([0]);
  const ofRows = conjunctsOf(where)
    .filter((node) => isTie(node))
    .flatMap(tiedBy);
  const ofOptional = conjunctsOf(on)
    .filter((node) => isTie(node, lastOptional(from, node)))
    .flatMap(tiedBy);
  extend(tied, ofRows);
  const isLoose = (source: number) => from[source]?.isOptional === false && !tied.has(source);
  const required = [...from.keys()].filter(isLoose);
  extend(tied, [...ofRows, ...ofOptional]);
  return from.filter((_, source) => !tied.has(source) || required.includes(source)).map(({ type }) => type.name);
}

/** Adds what chains of ties connect with what is tied already. */
function extend(tied: Set<number>, ties: readonly (readonly number[])[]): void {
  for (let before = 0; before < tied.size; ) {
    before = tied.size;
    for (const sources of ties) if (sources.some((one) => tied.has(one))) for (const one of sources) tied.add(one);
  }
}

/** The types that a condition ties: those that one comparison reads, or that each of several alternatives ties. */
function tiedBy(node: ConditionNode): readonly (readonly number[])[] {
  if (node.op === 'and') return node.of.flatMap(tiedBy);
  if (node.op === 'or') return commonTies(node.of.map(tiedBy));
  const sources = [...new Set(columnsIn(node).map(({ source }) => source))];
  return sources.length > 1 && !NO_TIES.has(node.op) ? [sources] : [];
}

/** What is different from one item may still be all others. */
const NO_TIES: ReadonlySet<ConditionNode['op']> = new Set(['not', 'ne', 'notIn', 'isNull', 'isNotNull']);

function commonTies(alternatives: readonly (readonly (readonly number[])[])[]): readonly (readonly number[])[] {
  const [first = [], ...others] = alternatives;
  return first.filter((tie) => others.every((ties) => ties.some((other) => tie.every((one) => other.includes(one)))));
}

/**
 * A reference of one type that equals an item, or a reference, of another. Two that are null are equal, wherever they
 * are, and all columns of a missing item are null: one side must never be, where the tie is looked at.
 */
function isReferenceTie(spec: QuerySpec, node: ConditionNode, joined?: number): boolean {
  if (node.op !== 'eq' || !('column' in node.to)) return false;
  const from = spec.from.map(({ type, isOptional }, source) => ({ type, isOptional: isOptional && source !== joined }));
  const sides = [node.column, node.to.column];
  const isOfItems = sides.every((column) => shapeOf(from, column).reference !== undefined);
  return isOfItems && sides.some((column) => !shapeOf(from, column).nullable || isRequired(spec, column, joined));
}

/** True where a condition says that a value is not null: one of all rows, or of the optional type that is joined. */
function isRequired({ from, on, where }: QuerySpec, value: ValueNode, joined: number | undefined): boolean {
  const ofJoined = conjunctsOf(on).filter((node) => lastOptional(from, node) === joined);
  return [...conjunctsOf(where), ...ofJoined].some(
    (node) => node.op === 'isNotNull' && isSameValue(node.column, value),
  );
}
