import type { Query } from 'corollary';
import type { ThingState } from './state.js';
import type { Thing } from './thing.js';

export type Asked = Query<Thing, Thing>;
/** A condition, as the library is asked by it and as the model goes by it. */
export type Filter = readonly [
  ask: (query: Asked, n: number) => Asked,
  model: (thing: ThingState, n: number) => boolean,
];

export const FILTERS: readonly Filter[] = [
  [(query) => query, () => true],
  [(query, n) => query.where({ n }), (thing, n) => thing.n === n],
  [(query, n) => query.where((t) => t.n.gte(n)), (thing, n) => thing.n >= n],
  [(query, n) => query.where((t) => t.n.in([n, n + 2]).not()), (thing, n) => thing.n !== n && thing.n !== n + 2],
  [(query) => query.where((t) => t.friend.isNotNull()), (thing) => thing.friend !== null],
  [(query) => query.where((t) => t.scan.isNull()), (thing) => thing.scan === null],
];

/** An order for both. Copies of a thing have the same label: which of them is first, is left open. */
export const downAndUp = (query: Asked) => query.orderBy((t) => [t.n.desc(), t.label.asc()]);
export const inOrder = (things: readonly ThingState[]) => [...things].sort((a, b) => b.n - a.n || a.label - b.label);

export const labels = (things: Iterable<{ readonly label: number }>) => [...things].map(({ label }) => label);
