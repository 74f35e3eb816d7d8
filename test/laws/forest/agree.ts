import { type Address, type Item, installedOn, Store, type StoredFile, type SubStore } from 'corollary';
import { expect } from 'vitest';
import { agreeOnActivation } from './activation.js';
import type { Binding } from './binding.js';
import { programOf, relicClass, thingClass } from './generations.js';
import { refusalOf } from './judge.js';
import { Cell, Pump, Pumping } from './pump.js';
import type { Relic } from './relic.js';
import { agreeOnRetired, learnRetired } from './retired.js';
import { type Place, placesIn, playersOf, type StoreState, type ThingState } from './state.js';
import { labelOf, phraseOf, ROLE_NAMES, ROLES, Thing } from './thing.js';

/** What a store is found to hold: its items, asked for once. */
interface Found {
  readonly path: string;
  readonly uid: string;
  readonly things: readonly Thing[];
  readonly files: readonly { readonly label: number; readonly storeId: number; readonly name: string | null }[];
  readonly below: readonly SubStore[];
  readonly pumps: readonly Pump[];
  readonly cells: readonly Cell[];
  /** Undefined where the program has no class for them. */
  readonly relics: readonly Relic[] | undefined;
  /** Who plays each role for the store and for its things. */
  readonly players: unknown;
}

/** Compares a tree, as a handle reads it, with the model. Addresses out of a part that was opened alone are refused. */
export function agree(root: Store, state: StoreState, binding: Binding, said: string): void {
  const places = placesIn(state);
  const stores = [...root.tree.stores()];
  const paths = (list: readonly { readonly path: readonly string[] }[]) =>
    list.map(({ path }) => path.join('/')).sort();
  expect(paths(stores), said).toEqual(paths(places));
  const found = new Map(stores.map((store) => foundIn(store, state.generation)).map((one) => [one.path, one]));
  const pairs = places.map((place) => [place, found.get(place.path.join('/')) as Found] as const);
  for (const [{ store }, one] of pairs) learn(store, one, binding);
  for (const { things } of found.values()) agreeOnActivation(things, said);
  const expected = pairs.map(([place, one]) => ({
    ...expectedOf(place.store, one, binding),
    players: expectedPlayers(state, place),
  }));
  expect(
    pairs.map(([, one]) => toldBy(one)),
    said,
  ).toEqual(expected);
  followAddresses(root, state, binding, said);
  if (relicClass(state.generation) === undefined) agreeOnRetired(root, state, binding, said);
}

function foundIn(store: Store, generation: number): Found {
  const things = store.query(thingClass(generation)).all();
  return {
    path: store.path.join('/'),
    uid: store.uid,
    things,
    files: store.files.query().all().map(fileAsFound),
    below: store.substores.query().all(),
    pumps: store.query(Pump).all(),
    cells: store.query(Cell).all(),
    relics: relicsIn(store, generation),
    players: ROLE_NAMES.map((name) => ({
      role: name,
      ofStore: store.powerupsFor(ROLES[name]).map(wordFor),
      ofThings: sorted(things.map((thing) => [thing.label, ...thing.powerupsFor(ROLES[name]).map(wordFor)])),
    })),
  };
}

function relicsIn(store: Store, generation: number): readonly Relic[] | undefined {
  const Relics = relicClass(generation);
  return Relics && store.query(Relics).all();
}

function wordFor({ store, label }: Thing): string {
  return [...store.path, label].join('/');
}

function expectedPlayers(state: StoreState, { path, store }: Place): unknown {
  return ROLE_NAMES.map((role) => ({
    role,
    ofStore: playersOf(state, path, null, role),
    ofThings: sorted(store.things.map(({ label }) => [label, ...playersOf(state, path, label, role)])),
  }));
}

function fileAsFound(one: StoredFile) {
  return { label: labelOf(one.text()), storeId: one.storeId, name: one.name };
}

function learn(
  model: StoreState,
  { uid, things, files, below, pumps, cells, relics = [] }: Found,
  binding: Binding,
): void {
  binding.uid(model.key, uid);
  const kept = [model.things, model.files, model.pumps, model.cells, model.relics].flat();
  const labels = new Set(kept.map(({ label }) => label));
  for (const { label, storeId } of [things, files, pumps, cells, relics].flat())
    if (labels.has(label)) binding.id(model.key, label, storeId);
  learnRetired(model, things, binding);
  const ids = new Map(below.map(({ name, storeId }) => [name, storeId]));
  for (const { entry, name } of model.below) {
    const id = ids.get(name);
    if (id !== undefined) binding.id(model.key, entry, id);
  }
}

/** All of a store as plain data. */
function toldBy({ path, uid, things, files, below, pumps, cells, relics, players }: Found): unknown {
  return {
    path,
    uid,
    things: sorted(things.map(cellsOf)),
    files: sorted(files.map(({ storeId, name, label }) => [storeId, name, label])),
    below: sorted(below.map(({ storeId, name, uid: its }) => [storeId, name, its])),
    pumps: sorted(pumps.map((pump) => [pump.storeId, pump.label, pump.idOf('cell'), isInstalled(pump)])),
    cells: sorted(cells.map((cell) => [cell.storeId, cell.label, isInstalled(cell)])),
    relics: relics && sorted(relics.map(relicCells)),
    pumping: numbers(pumps[0]?.store.powerupsFor(Pumping).map(({ label }) => label) ?? []),
    players,
  };
}

function relicCells(one: Relic): readonly unknown[] {
  return [one.storeId, one.label, one.idOf('of'), one.idOf('guards'), one.idOf('beside')];
}

function isInstalled(one: Item): boolean {
  return installedOn(one) === one.store;
}

function expectedOf(model: StoreState, { path, things, relics }: Found, binding: Binding) {
  const id = (label: number) => binding.id(model.key, label, Number.NaN);
  const seen = new Map(things.map(({ label, to }) => [label, to]));
  return {
    path,
    uid: binding.uid(model.key, ''),
    things: sorted(model.things.map((thing) => expectedCells(thing, id, binding, seen.get(thing.label)))),
    files: sorted(model.files.map(({ label, name }) => [id(label), name, label])),
    below: sorted(model.below.map(({ key, entry, name }) => [id(entry), name, binding.uid(key, '')])),
    pumps: sorted(
      model.pumps.map((pump) => [id(pump.label), pump.label, pump.cell && id(pump.cell), pump.isInstalled]),
    ),
    cells: sorted(model.cells.map((cell) => [id(cell.label), cell.label, cell.isInstalled])),
    relics:
      relics &&
      sorted(
        model.relics.map(({ label, of, guards, beside }) => [
          id(label),
          label,
          of && id(of),
          guards && id(guards),
          beside && id(beside),
        ]),
      ),
    pumping: numbers(model.pumps.flatMap((pump) => (pump.isInstalled ? [pump.label] : []))),
  };
}

const REFERENCES = ['friend', 'owner', 'boss', 'part', 'lease', 'scan', 'keepsake', 'bond', 'pledge'] as const;

/** An item's cells: references as numbers. */
export function cellsOf(thing: Thing): readonly unknown[] {
  const ids = REFERENCES.map((name) => thing.idOf(name));
  return [thing.storeId, thing.label, thing.n, thing.words, ...ids, thing.mark ?? null, thing.to];
}

/** The cells that an item must have. `seen` is believed of an address to what no comparison has ever seen. */
export function expectedCells(
  thing: ThingState,
  id: (label: number) => number,
  binding: Binding,
  seen: string | null | undefined,
): readonly unknown[] {
  const { label, n, mark, to } = thing;
  const ids = REFERENCES.map((name) => thing[name]).map((one) => (one === null ? null : id(one)));
  return [id(label), label, n, phraseOf(n), ...ids, mark, to === null ? null : (binding.address(to) ?? seen)];
}

function sorted(rows: readonly (readonly unknown[])[]): readonly (readonly unknown[])[] {
  return [...rows].sort((a, b) => Number(a[0]) - Number(b[0]));
}

function numbers(list: readonly number[]): readonly number[] {
  return [...list].sort((a, b) => a - b);
}

/** Every address that is kept leads to what it must, and to nothing where that is gone. */
function followAddresses(root: Store, state: StoreState, binding: Binding, said: string): void {
  const alive = new Map<string, string>();
  for (const { path, store } of placesIn(state))
    for (const { label } of store.things)
      alive.set(binding.address({ key: store.key, label }) as string, [...path, label].join('/'));
  const kept = placesIn(state).flatMap(({ store }) =>
    store.things.flatMap(({ to }) => (to ? [binding.address(to)] : [])),
  );
  const uids = new Set(placesIn(state).map(({ store }) => binding.uid(store.key, '')));
  const isPart = state.entry !== 0;
  for (const address of new Set([...kept, ...alive.keys()])) {
    if (address === undefined) continue;
    const leadsOut = isPart && !uids.has(address.split('/')[0] as string);
    const wanted = leadsOut ? 'OUTSIDE_TREE' : alive.get(address);
    expect(whereItLeads(root, address as Address), `${said}: ${address}`).toBe(wanted);
  }
}

function whereItLeads(root: Store, address: Address): string | undefined {
  let told: string | undefined;
  const code = refusalOf(() => {
    const found = root.findAny(address);
    told = found instanceof Thing ? [...found.store.path, found.label].join('/') : undefined;
  });
  return code ?? told;
}

/** Everything that is checked of a tree that nobody else has open: a fresh handle agrees, and all is in order. */
export function agreeOnDisk(place: string, state: StoreState, binding: Binding, said: string): void {
  using fresh = Store.open(place, { ...programOf(state.generation), mustExist: true });
  agreeInOrder(fresh, state, binding, said);
}

/** A handle agrees, and finds all in order. */
export function agreeInOrder(root: Store, state: StoreState, binding: Binding, said: string): void {
  agree(root, state, binding, said);
  const report = root.tree.check();
  const findings = report.findings.map(({ kind, path, storeId }) => `${kind} ${path.join('/')} ${storeId}`);
  const expected = danglingIn(root, state, binding).map(
    ({ store, storeId }) => `address ${store.path.join('/')} ${storeId}`,
  );
  expect(findings.sort(), said).toEqual(expected.sort());
  expect(report.stores, said).toBe(placesIn(state).length);
}

/**
 * The things whose address leads to nothing. By the address, which is what the model expects already: where a store was
 * put back as it was, another thing may have been given the number of one that was lost.
 */
function danglingIn(root: Store, state: StoreState, binding: Binding): readonly Thing[] {
  const alive = new Set(
    placesIn(state).flatMap(({ store: { key, things } }) => things.map(({ label }) => binding.address({ key, label }))),
  );
  const things = [...root.tree.stores()].flatMap((store) => store.query(thingClass(state.generation)).all());
  return things.filter(({ to }) => to !== null && !alive.has(to));
}
