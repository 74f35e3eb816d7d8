import {
  type ColumnRef,
  type ConditionNode,
  type OperandNode,
  type QuerySpec,
  readValues,
  type Search,
  type ValueNode,
} from './ast.js';
import { valueJSON } from './json.js';

/** Any node of a question: a condition or a value. */
export type Node = ConditionNode | ValueNode;

interface Parts {
  /** The nodes directly below, of the same question. */
  readonly nodes: readonly Node[];
  /** The questions directly below. */
  readonly questions: readonly QuerySpec[];
}

const NOTHING: Parts = { nodes: [], questions: [] };

function partsOf(node: Node): Parts {
  return 'op' in node ? partsOfCondition(node) : partsOfValue(node);
}

function partsOfCondition(node: ConditionNode): Parts {
  switch (node.op) {
    case 'and':
    case 'or':
      return { nodes: node.of, questions: [] };
    case 'not':
      return { nodes: [node.of], questions: [] };
    case 'between':
      return { nodes: [node.column, ...operands([node.low, node.high])], questions: [] };
    case 'in':
    case 'notIn':
      return { nodes: [node.column], questions: 'query' in node.list ? [node.list.query] : [] };
    case 'exists':
      return { nodes: [node.referrers.of], questions: [node.referrers.by] };
    case 'matches':
      return { nodes: [node.search.of], questions: [] };
    default:
      return {
        nodes: 'to' in node && 'column' in node.to ? [node.column, node.to.column] : [node.column],
        questions: [],
      };
  }
}

function partsOfValue(node: ValueNode): Parts {
  if ('fn' in node) return { nodes: [node.of, ...operands(node.with)], questions: [] };
  if ('aggregate' in node) return { nodes: node.of === undefined ? [] : [node.of], questions: [] };
  if ('at' in node) return { nodes: [node.of], questions: [] };
  if ('countOf' in node) return { nodes: [node.countOf.of], questions: [node.countOf.by] };
  if ('relevanceOf' in node) return { nodes: [node.relevanceOf.of], questions: [] };
  if ('snippetOf' in node) return { nodes: [node.snippetOf.of], questions: [] };
  return NOTHING;
}

function operands(given: readonly OperandNode[]): readonly ValueNode[] {
  return given.flatMap((operand) => ('column' in operand ? [operand.column] : []));
}

const depths = new WeakMap<Node, number>();
/** How many levels lie in a node, the questions inside included. */
export function depthOf(node: Node): number {
  if (isColumn(node)) return 1;
  const known = depths.get(node);
  if (known !== undefined) return known;
  const { nodes, questions } = partsOf(node);
  let depth = 1;
  for (const part of nodes) depth = Math.max(depth, 1 + depthOf(part));
  for (const part of questions.flatMap(topNodes)) depth = Math.max(depth, 1 + depthOf(part));
  if (depth > FLAT) depths.set(node, depth);
  return depth;
}

/** What only reads columns is looked at again sooner than its entry in a WeakMap is written (0.3 µs, and garbage). */
const FLAT = 2;

const sizes = new WeakMap<Node, number>();
/** How many nodes a node consists of; one that stands in several places counts in each. */
export function sizeOf(node: Node): number {
  if (isColumn(node)) return 1;
  let size = sizes.get(node);
  if (size === undefined) {
    size = nodesBelow(node).reduce((sum, part) => sum + sizeOf(part), 1);
    sizes.set(node, size);
  }
  return size;
}

/** What a node, or one below it, has that plain columns and values do not. */
export const FEATURES = { aggregate: 1, question: 2, referrers: 4, search: 8, path: 16 } as const;

const features = new WeakMap<Node, number>();
/** The {@link FEATURES} of a node, of its own question, as one number. Plain questions are seen to be so at once. */
export function featuresOf(node: Node): number {
  if (isColumn(node)) return node.path === undefined ? 0 : FEATURES.path;
  const known = features.get(node);
  if (known !== undefined) return known;
  const { nodes, questions } = partsOf(node);
  let found = ownFeatures(node) | (questions.length > 0 ? FEATURES.question : 0);
  let isFlat = true;
  for (const part of nodes) {
    found |= featuresOf(part);
    isFlat &&= isColumn(part);
  }
  if (!isFlat) features.set(node, found);
  return found;
}

function ownFeatures(node: Node): number {
  if ('aggregate' in node) return FEATURES.aggregate;
  if ('countOf' in node || 'referrers' in node) return FEATURES.referrers;
  return 'relevanceOf' in node || 'snippetOf' in node ? FEATURES.search : 0;
}

/** The {@link FEATURES} of several nodes. */
export function featuresIn(nodes: Iterable<Node>): number {
  let found = 0;
  for (const node of nodes) found |= featuresOf(node);
  return found;
}

/** The nodes directly below one, of the same question. */
export function nodesBelow(node: Node): readonly Node[] {
  return partsOf(node).nodes;
}

/** A node and all below it, of the same question. */
export function nodesIn(node: Node): readonly Node[] {
  return [node, ...partsOf(node).nodes.flatMap(nodesIn)];
}

/** The columns that a node reads, of its own question. */
export function columnsIn(node: Node): readonly ColumnRef[] {
  return nodesIn(node).filter(isColumn);
}

/** The searches for words in a node, of its own question. */
export function searchesIn(node: Node): readonly Search[] {
  return nodesIn(node).flatMap((part) => searchOf(part) ?? []);
}

function searchOf(node: Node): Search | undefined {
  if ('op' in node) return node.op === 'matches' ? node.search : undefined;
  if ('relevanceOf' in node) return node.relevanceOf;
  return 'snippetOf' in node ? node.snippetOf : undefined;
}

/** True for a column itself, calculated from nothing. */
export function isColumn(node: Node): node is ColumnRef {
  return 'source' in node;
}

/** The nodes of a question that lie directly in it. */
export function topNodes(spec: QuerySpec): readonly Node[] {
  const conditions = [spec.on, spec.where, spec.having].filter((node) => node !== undefined);
  const orders = spec.orderBy.map(({ column }) => column);
  return [...conditions, ...orders, ...(readValues(spec) ?? []), ...(spec.groupBy ?? []), ...(spec.firstPer ?? [])];
}

/** The questions inside a node, at any depth. */
export function questionsIn(node: Node): readonly QuerySpec[] {
  const { nodes, questions } = partsOf(node);
  return [...nodes.flatMap(questionsIn), ...questions.flatMap((spec) => [spec, ...questionsBelow(spec)])];
}

/** The questions inside a question, at any depth. */
export function questionsBelow(spec: QuerySpec): readonly QuerySpec[] {
  const nodes = topNodes(spec);
  return (featuresIn(nodes) & FEATURES.question) === 0 ? [] : nodes.flatMap(questionsIn);
}

const texts = new WeakMap<ValueNode, string>();
/** A text that equal values, and no others, share. */
export function textOf(value: ValueNode): string {
  let text = texts.get(value);
  if (text === undefined) {
    text = JSON.stringify(valueJSON(value));
    texts.set(value, text);
  }
  return text;
}

/** The same value of the same row. */
export function isSameValue(a: ValueNode, b: ValueNode): boolean {
  if (a === b) return true;
  if (!isColumn(a) || !isColumn(b)) return textOf(a) === textOf(b);
  if (a.source !== b.source || a.name !== b.name) return false;
  return a.path === b.path || (a.path ?? []).join('.') === (b.path ?? []).join('.');
}
