import type { Query } from 'corollary';
import { isSearchedIn } from './generations.js';
import type { ThingState } from './state.js';
import { phraseOf, type Thing } from './thing.js';

export type Asked = Query<Thing, Thing>;
/** A condition, as the library is asked by it and as the model goes by it. */
export type Filter = readonly [
  ask: (query: Asked, n: number) => Asked,
  model: (thing: ThingState, n: number) => boolean,
];

const FILTERS: readonly Filter[] = [
  [(query) => query, () => true],
  [(query, n) => query.where({ n }), (thing, n) => thing.n === n],
  [(query, n) => query.where((t) => t.n.gte(n)), (thing, n) => thing.n >= n],
  [(query, n) => query.where((t) => t.n.in([n, n + 2]).not()), (thing, n) => thing.n !== n && thing.n !== n + 2],
  [(query) => query.where((t) => t.friend.isNotNull()), (thing) => thing.friend !== null],
  [(query) => query.where((t) => t.scan.isNull()), (thing) => thing.scan === null],
];

const wordsOf = (n: number) =>
  phraseOf(n)
    .toLowerCase()
    .match(/\p{L}+|\d/gu) ?? [];
const isSaid = (n: number, word: string) => wordsOf(n).some((one) => one === word);
const wordFor = (n: number, at: number) => wordsOf(n)[at] as string;
const beginning = (n: number) => wordFor(n, 1).slice(0, 4);

/** What is searched for in the words of things: one word, two of them in any order, a phrase, a beginning, none of these. */
const SEARCHES: readonly Filter[] = [
  [(query, n) => query.where((t) => t.words.matches(wordFor(n, 1))), (thing, n) => isSaid(thing.n, wordFor(n, 1))],
  [
    (query, n) => query.where((t) => t.self.matches(`${n} ${wordFor(n, 0).toUpperCase()}`)),
    (thing, n) => isSaid(thing.n, `${n}`),
  ],
  [
    (query, n) => query.where((t) => t.words.matches(`"${wordFor(n, 0)} ${wordFor(n, 1)}"`)),
    (thing, n) => wordFor(thing.n, 0) === wordFor(n, 0) && wordFor(thing.n, 1) === wordFor(n, 1),
  ],
  [
    (query, n) => query.where((t) => t.self.matches(beginning(n), { mode: 'prefix' })),
    (thing, n) => wordsOf(thing.n).some((word) => word.startsWith(beginning(n))),
  ],
  [
    (query, n) => query.where((t) => t.words.matches(wordFor(n, 0)).not()),
    (thing, n) => !isSaid(thing.n, wordFor(n, 0)),
  ],
];

/** What a version of the program can ask. */
export function filtersIn(generation: number): readonly Filter[] {
  return isSearchedIn(generation) ? [...FILTERS, ...SEARCHES] : FILTERS;
}

/** An order for both. Copies of a thing have the same label: which of them is first, is left open. */
export const downAndUp = (query: Asked) => query.orderBy((t) => [t.n.desc(), t.label.asc()]);
export const inOrder = <T extends Pick<ThingState, 'n' | 'label'>>(things: readonly T[]) =>
  [...things].sort((a, b) => b.n - a.n || a.label - b.label);

export const labels = (things: Iterable<{ readonly label: number }>) => [...things].map(({ label }) => label);
