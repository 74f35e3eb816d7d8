import { type Item, type Store, StoredFile, type SubStore } from 'corollary';
import { expect } from 'vitest';
import { type Asked, downAndUp, type Filter, filtersIn, inOrder, labels } from './filters.js';
import { relicClass, thingClass } from './generations.js';
import { refusalOf } from './judge.js';
import { pick } from './pick.js';
import { Relic } from './relic.js';
import { type Place, placesIn, type StoreState, storeAt, type ThingState } from './state.js';
import type { Choice } from './steps.js';
import { labelOf, Thing } from './thing.js';

/** References that are preloaded: how the library is asked for them, and the paths that lead along them. */
type Preloading = readonly [ask: (query: Asked) => Asked, ways: readonly (readonly Hop[])[]];
type Hop = 'friend' | 'owner' | 'boss' | 'part' | 'lease' | 'scan' | 'keepsake';

const PRELOADINGS: readonly Preloading[] = [
  [(query) => query.preload((t) => t.friend), [['friend']]],
  [
    (query) =>
      query.preload(
        (t) => t.owner,
        (t) => t.boss,
      ),
    [['owner'], ['boss']],
  ],
  [
    (query) =>
      query.preload(
        (t) => t.part,
        (t) => t.lease,
      ),
    [['part'], ['lease']],
  ],
  [(query) => query.preload((t) => t.scan), [['scan']]],
  [(query) => query.preload((t) => t.keepsake), [['keepsake']]],
  [(query) => query.preload((t) => t.friend.to.friend), [['friend', 'friend']]],
  [(query) => query.preload((t) => t.friend.to.owner), [['friend', 'owner']]],
  [
    (query) =>
      query.preload(
        (t) => t.boss.to.friend.to.scan,
        (t) => t.friend,
      ),
    [['boss', 'friend', 'scan'], ['friend']],
  ],
];

/** Ways of reading items, and which of all in order they give. */
const READINGS: readonly (readonly [
  read: (query: Asked, n: number) => readonly Thing[],
  model: (things: readonly ThingState[], n: number) => readonly ThingState[],
])[] = [
  [(query) => query.all(), (things) => things],
  [(query) => [...query], (things) => things],
  [(query) => [query.first() ?? []].flat(), (things) => things.slice(0, 1)],
  [(query, n) => [...query.pages(1 + n)].flat(), (things) => things],
  [(query, n) => [...query.page({ size: 1 + n }).items], (things, n) => things.slice(0, 1 + n)],
  [(query, n) => query.offset(n).limit(2).all(), (things, n) => things.slice(n, n + 2)],
];

/** A reference that was followed. */
export interface Link {
  readonly life: number;
  readonly label: number;
  readonly hop: Hop;
  readonly to: number;
}

/** An item that was preloaded: from where, along which references. */
export interface Preloaded {
  readonly first: Thing;
  readonly links: readonly Link[];
  readonly target: Item;
}

/** Asks for things with what they refer to, and follows that without reading it singly. Gives what was found. */
export function askPreloaded(root: Store, state: StoreState, { a, b, c }: Choice): readonly Preloaded[] {
  const { path, store } = pick(placesIn(state), a) as Place;
  const isOfTree = b % 2 === 0;
  const [filter, passes] = pick(filtersIn(state.generation), b >> 1) as Filter;
  const [preloading, ways] = pick(PRELOADINGS, a + c) as Preloading;
  const [read, model] = pick(READINGS, c) as (typeof READINGS)[number];
  const n = (b + c) % 8;
  const said = `${path.join('/')}: ${isOfTree ? 'tree, ' : ''}preloaded ${ways.join(' and ')}, read ${c % READINGS.length}`;
  const Things = thingClass(state.generation);
  const asked = isOfTree ? root.at(path).tree.query(Things) : root.at(path).query(Things);
  const found = read(preloading(downAndUp(filter(asked, n))), n);
  const stores = isOfTree ? placesIn(store).map((place) => place.store) : [store];
  const all = stores.flatMap((one) => one.things.filter((thing) => passes(thing, n)));
  expect(labels(found), said).toEqual(labels(model(inOrder(all), n)));
  return found.flatMap((thing) => {
    const at = storeAt(state, thing.store.path) as StoreState;
    return ways.flatMap((way) => follow(thing, way, at, said));
  });
}

/** Follows references as far as they lead. */
function follow(first: Thing, way: readonly Hop[], model: StoreState, said: string): readonly Preloaded[] {
  const loaded: Preloaded[] = [];
  let links: readonly Link[] = [];
  let at: Thing = first;
  for (const hop of way) {
    const to = referenceOf(model, at.label, hop);
    const isRetired = hop === 'keepsake' && to !== null && relicClass(model.generation) === undefined;
    if (isRetired) {
      expect(
        refusalOf(() => void at[hop]),
        `${said}: ${hop} of ${at.label}`,
      ).toBe('UNKNOWN_TYPE');
      break;
    }
    const target = at.store.limitLoads(0, () => at[hop]);
    expect(nameOf(target), `${said}: ${hop} of ${at.label}`).toBe(nameIn(model, hop, to));
    if (target === null || to === null) break;
    links = [...links, { life: model.life, label: at.label, hop, to }];
    loaded.push({ first, links, target });
    at = target as Thing; // only the last hop leads to something else
  }
  return loaded;
}

/** What the model has in a reference of a thing; null where there is no such thing. */
export function referenceOf({ things }: StoreState, label: number, hop: Hop): number | null {
  return things.find((one) => one.label === label)?.[hop] ?? null;
}

function nameIn({ below }: StoreState, hop: Hop, to: number | null): string | number | null {
  if (hop !== 'part' && hop !== 'lease') return to;
  return below.find(({ entry }) => entry === to)?.name ?? null;
}

function nameOf(target: Thing[Hop]): string | number | null {
  if (target === null) return null;
  if (target instanceof Thing || target instanceof Relic) return target.label;
  if (target instanceof StoredFile) return labelOf(target.text());
  return (target as SubStore).name;
}
