import { GENERATIONS, markIn } from './generations.js';
import type { RoleName } from './thing.js';

/** What a tree of stores holds, as plain data without a database: the model that the library is compared with. */
export interface StoreState {
  /** Stands for the uid: stays the same through renames and moves, is another one in a copy. */
  key: number;
  /** Another one for each time that the store came into being: a program's Store object is of one life. */
  life: number;
  /** The label of the SubStore item in the parent; 0 for the root. */
  entry: number;
  name: string;
  /** Which version of the program it is for. */
  generation: number;
  things: ThingState[];
  files: FileState[];
  /** In the order in which they were given. */
  seats: Seat[];
  pumps: PumpState[];
  cells: CellState[];
  relics: RelicState[];
  below: StoreState[];
}

/** An item. References are labels of what they refer to in the same store. */
export interface ThingState {
  label: number;
  n: number;
  friend: number | null;
  owner: number | null;
  boss: number | null;
  part: number | null;
  lease: number | null;
  scan: number | null;
  keepsake: number | null;
  bond: number | null;
  pledge: number | null;
  to: Target | null;
  mark: string | null;
}

/** That a thing plays a role. */
export interface Seat {
  readonly role: RoleName;
  /** The label of the thing for which it is played; null for the store. */
  readonly target: number | null;
  readonly player: number;
  priority: number;
}

/** What can be installed on its store. */
export interface PumpState {
  readonly label: number;
  cell: number | null;
  isInstalled: boolean;
}

export interface CellState {
  readonly label: number;
  isInstalled: boolean;
}

/** What later versions of the program know nothing of. */
export interface RelicState {
  readonly label: number;
  of: number | null;
  guards: number | null;
  beside: number | null;
}

/** What an address tells of. */
export interface Target {
  readonly key: number;
  readonly label: number;
}

/** A kept file; its content tells its label. */
export interface FileState {
  label: number;
  name: string | null;
}

/** The names that lead to a store from the root. */
export type Path = readonly string[];

/** Where a store is. */
export interface Place {
  readonly path: Path;
  readonly store: StoreState;
}

/** Gives numbers that were never given before, not even to what was undone. */
export class Numbers {
  #last = 0;

  next(): number {
    return ++this.#last;
  }
}

export function emptyStore(numbers: Numbers, name: string, generation: number): StoreState {
  const [key, life, entry] = [numbers.next(), numbers.next(), numbers.next()];
  return {
    key,
    life,
    entry,
    name,
    generation,
    things: [],
    files: [],
    seats: [],
    pumps: [],
    cells: [],
    relics: [],
    below: [],
  };
}

/** The store at a path; undefined where there is none. */
export function storeAt(root: StoreState, path: Path): StoreState | undefined {
  return path.reduce<StoreState | undefined>((at, name) => at && childOf(at, name), root);
}

export function childOf(store: StoreState, name: string): StoreState | undefined {
  return store.below.find((child) => child.name === name);
}

/** A store and all below it, parents first. */
export function placesIn(store: StoreState, path: Path = []): Place[] {
  return [{ path, store }, ...store.below.flatMap((child) => placesIn(child, [...path, child.name]))];
}

export function keysIn(store: StoreState): number[] {
  return placesIn(store).map((place) => place.store.key);
}

/** True when the store at a path is that at another, or below it. */
export function isWithin(path: Path, scope: Path): boolean {
  return scope.every((name, n) => path[n] === name);
}

/** The same stores at the beginning of another life. */
export function reborn(store: StoreState, numbers: Numbers): StoreState {
  const copy = structuredClone(store);
  for (const place of placesIn(copy)) place.store.life = numbers.next();
  return copy;
}

/** The same stores as copies with keys of their own; addresses between them follow. */
export function withNewKeys(store: StoreState, numbers: Numbers): StoreState {
  const copy = reborn(store, numbers);
  const stores = placesIn(copy).map((place) => place.store);
  const keys = new Map(stores.map(({ key }) => [key, numbers.next()]));
  for (const one of stores) {
    one.key = keys.get(one.key) as number;
    for (const thing of one.things)
      if (thing.to !== null) thing.to = { ...thing.to, key: keys.get(thing.to.key) ?? thing.to.key };
  }
  return copy;
}

/** The same stores once a later version of the program has them. */
export function grown(store: StoreState, generation: number): StoreState {
  const copy = structuredClone(store);
  for (const { store: one } of placesIn(copy)) growTo(one, generation);
  return copy;
}

function growTo(store: StoreState, generation: number): void {
  while (store.generation < Math.min(generation, GENERATIONS)) {
    store.generation++;
    for (const thing of store.things) thing.mark = markIn(store.generation, thing.n, thing.mark);
  }
}

/** Who plays a role for a store, or for a thing in it, the first one first: their paths and labels. */
export function playersOf(root: StoreState, path: Path, target: number | null, role: RoleName): readonly string[] {
  const { seats } = storeAt(root, path) as StoreState;
  const here = seats.filter((seat) => seat.role === role && seat.target === target);
  if (here.length > 0 || role !== 'guiding')
    return here.sort((a, b) => b.priority - a.priority).map(({ player }) => [...path, player].join('/'));
  if (target !== null) return playersOf(root, path, null, role);
  return path.length === 0 ? [] : playersOf(root, path.slice(0, -1), null, role);
}

/** Cells that no installed pump needs are installed no more. */
export function settleCells({ pumps, cells }: StoreState): void {
  const needed = new Set(pumps.flatMap(({ isInstalled, cell }) => (isInstalled ? [cell] : [])));
  for (const cell of cells) cell.isInstalled &&= needed.has(cell.label);
}
