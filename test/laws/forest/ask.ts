import { count, type Store, sum } from 'corollary';
import { expect } from 'vitest';
import { type Asked, downAndUp, type Filter, filtersIn, inOrder, labels } from './filters.js';
import { thingClass } from './generations.js';
import { pick } from './pick.js';
import { type Place, placesIn, type StoreState, type ThingState } from './state.js';
import type { Choice } from './steps.js';

type Form = readonly [
  ask: (query: Asked, n: number) => unknown,
  model: (things: readonly ThingState[], n: number) => unknown,
];

const total = (things: readonly ThingState[]) => things.reduce((all, { n }) => all + n, 0);
const largest = (things: readonly ThingState[]) => (things.length === 0 ? null : Math.max(...things.map(({ n }) => n)));
const ns = (things: readonly ThingState[]) => [...new Set(things.map(({ n }) => n))].sort((a, b) => a - b);

const FORMS: readonly Form[] = [
  [(query) => labels(downAndUp(query).all()), (things) => labels(inOrder(things))],
  [(query, n) => labels(downAndUp(query).offset(n).limit(3)), (things, n) => labels(inOrder(things).slice(n, n + 3))],
  [(query) => query.count(), (things) => things.length],
  [(query) => query.sum((t) => t.n), total],
  [(query) => query.max((t) => t.n), largest],
  [(query) => query.exists(), (things) => things.length > 0],
  [(query) => downAndUp(query).first()?.label, (things) => inOrder(things)[0]?.label],
  [
    (query) =>
      query
        .pluck((t) => t.n)
        .distinct()
        .orderBy((t) => t.n.asc())
        .all(),
    ns,
  ],
  [(query, n) => [...downAndUp(query).pages(1 + n)].flatMap(labels), (things) => labels(inOrder(things))],
  [
    (query) =>
      query
        .groupBy((t) => t.n)
        .select((t) => ({ n: t.n, how: count(), all: sum(t.label) }))
        .orderBy((t) => t.n.asc())
        .all(),
    (things) =>
      ns(things).map((n) => {
        const group = things.filter((thing) => thing.n === n);
        return { n, how: group.length, all: group.reduce((all, { label }) => all + label, 0) };
      }),
  ],
];

/** Asks a question of a store, or of a tree, and compares the answer with that of the model. */
export function ask(root: Store, state: StoreState, { a, b, c }: Choice): void {
  const { path, store } = pick(placesIn(state), a) as Place;
  const isOfTree = b % 2 === 0;
  const filters = filtersIn(state.generation);
  const [filter, passes] = pick(filters, b >> 1) as Filter;
  const [form, answer] = pick(FORMS, c) as Form;
  const n = (b + c) % 8;
  const asked = root.at(path);
  const things = isOfTree ? placesIn(store).flatMap((place) => place.store.things) : store.things;
  const said = `${path.join('/')}: ${isOfTree ? 'tree, ' : ''}${(b >> 1) % filters.length}, ${c % FORMS.length}`;
  const Things = thingClass(state.generation);
  const query = isOfTree ? asked.tree.query(Things) : asked.query(Things);
  const expected = answer(
    things.filter((thing) => passes(thing, n)),
    n,
  );
  expect(form(filter(query, n), n), said).toEqual(expected);
}
