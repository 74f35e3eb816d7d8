/** What a tree of stores holds, as plain data without a database: the model that the library is compared with. */
export interface StoreState {
  /** Stands for the uid: stays the same through renames and moves, is another one in a copy. */
  key: number;
  /** Another one for each time that the store came into being: a program's Store object is of one life. */
  life: number;
  /** The label of the SubStore item in the parent; 0 for the root. */
  entry: number;
  name: string;
  things: ThingState[];
  files: FileState[];
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
  to: Target | null;
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

export function emptyStore(numbers: Numbers, name: string): StoreState {
  const [key, life, entry] = [numbers.next(), numbers.next(), numbers.next()];
  return { key, life, entry, name, things: [], files: [], below: [] };
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
