import { Item, integer, item, type Memory, reference, Store, type StoreId, text } from 'corollary';

// --expose-gc. A garbage collection finds what no turn of the event loop still needs.
declare function gc(): void;

@item('leaf')
class Leaf extends Item {
  @text() declare name: string;
  @integer() declare size: number;
  @reference(() => Leaf, { nullable: true }) declare next: Leaf | null;
  mark: Memory<string> = '';
}

/** Makes a store with so many leaves. */
export function plant(place: string, count: number): void {
  const store = Store.open(place);
  store.createMany(Leaf, leaves(count));
  store.close();
}

function* leaves(count: number) {
  for (let size = 0; size < count; size++) yield { name: `leaf ${size}`, size };
}

async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await new Promise(setImmediate);
    gc();
  }
}

/** One collection alone, in a turn that has not touched any item. */
async function collectOnce(): Promise<void> {
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  gc();
}

/** Loads leaves in two turns, of which the first are used in the second again. Answers how many one collection leaves. */
export async function letGoInTwoTurns(place: string) {
  const store = Store.open(place);
  const load = (sizes: number[]) =>
    store
      .query(Leaf, (leaf) => leaf.size.in(sizes))
      .all()
      .map((leaf) => new WeakRef(leaf));
  const seen = load([1, 2, 3]);
  await new Promise(setImmediate);
  seen.push(...load([3, 4, 5]));
  await collectOnce();
  return seen.filter((weakly) => weakly.deref() !== undefined).length;
}

/** Deletes nine of ten leaves that were loaded together, and holds the others. Answers how many one collection leaves. */
export async function holdWhatWasLoadedWithDeletedOnes(place: string) {
  const store = Store.open(place);
  const [held, seen] = (() => {
    const all = store
      .query(Leaf)
      .orderBy((leaf) => leaf.size.asc())
      .limit(10)
      .all();
    const [first, ...others] = all;
    for (const leaf of others) leaf.delete();
    return [first, all.map((leaf) => new WeakRef(leaf))];
  })();
  await collectOnce();
  return { held: held?.size, left: seen.filter((weakly) => weakly.deref() !== undefined).length };
}

/** Deletes a leaf that was held while garbage was collected, and undoes that once before. */
export async function deleteAfterCollection(place: string) {
  const store = Store.open(place);
  const leaf = store.getUnique(Leaf, { size: 101 });
  const { storeId } = leaf;
  await collectGarbage();
  const afterUndoing = (() => {
    try {
      store.transact(() => {
        leaf.delete();
        throw new Error('undone');
      });
    } catch {
      return store.find(Leaf, storeId) === leaf;
    }
  })();
  leaf.delete();
  return { afterUndoing, isFound: store.find(Leaf, storeId) !== undefined, isStored: leaf.isStored };
}

/** Loads a leaf, marks and changes the object, lets go of it, collects garbage, and loads it again. */
export async function letGo(place: string) {
  const store = Store.open(place);
  const weakly = (() => {
    const leaf = store.getUnique(Leaf, { size: 1 });
    leaf.mark = 'the first object';
    leaf.name = 'renamed';
    return new WeakRef(leaf);
  })();
  await collectGarbage();
  const wasCollected = weakly.deref() === undefined;
  const again = store.getUnique(Leaf, { size: 1 });
  return { wasCollected, mark: again.mark, name: again.name };
}

/** The same, but holds on to the object. */
export async function hold(place: string) {
  const store = Store.open(place);
  const leaf = store.getUnique(Leaf, { size: 1 });
  leaf.mark = 'the first object';
  // Its type is in an id, too: nothing has this one.
  const madeUp = (leaf.storeId + 1) as StoreId<Leaf>;
  const mayBeOther = [store.find(Leaf, madeUp)];
  await collectGarbage();
  mayBeOther.push(store.find(Leaf, madeUp));
  const again = store.getUnique(Leaf, { size: 1 });
  return { isSame: again === leaf, mark: again.mark, others: mayBeOther.filter((one) => one !== undefined).length };
}

/** The same, but holds only an item that refers to it. */
export async function holdReferrer(place: string) {
  const store = Store.open(place);
  const referrer = store.getUnique(Leaf, { size: 2 });
  referrer.next = store.getUnique(Leaf, { size: 1 });
  await collectGarbage();
  return { isSame: referrer.next === store.getUnique(Leaf, { size: 1 }), size: referrer.next?.size };
}

/** Reads all leaves by awaited pages. Answers how many of their objects are left at the end. */
export async function readByPages(place: string) {
  const store = Store.open(place);
  const seen: WeakRef<Leaf>[] = [];
  let read = 0;
  for await (const page of store.query(Leaf).pages(500)) {
    read += page.length;
    for (const leaf of page) seen.push(new WeakRef(leaf));
  }
  await collectGarbage();
  return { read, left: seen.filter((weakly) => weakly.deref() !== undefined).length };
}

/**
 * Loads all leaves at once and holds one in a hundred, on which something is done. Answers how many objects are left. Not the
 * first garbage of this store that is collected.
 */
export async function holdSome(place: string, what: 'nothing' | 'delete' | 'close') {
  const store = Store.open(place);
  store.findFirst(Leaf);
  await collectGarbage();
  const [held, seen] = (() => {
    const all = store.query(Leaf).all();
    return [all.filter((_, at) => at % 100 === 0), all.map((leaf) => new WeakRef(leaf))];
  })();
  if (what === 'delete') for (const leaf of held) leaf.delete();
  if (what === 'close') store.close();
  await collectGarbage();
  const left = seen.filter((weakly) => weakly.deref() !== undefined).length;
  const isSame = what === 'nothing' && held.every((leaf) => leaf === store.get(Leaf, leaf.storeId));
  const known = what === 'close' ? undefined : store.stats().itemsInMemory;
  return { held: held.length, left, isSame, known };
}

/** Lets go of a store without closing it. Its items must not keep it, nor one another. */
export async function letGoOfItemsThatWereDeleted(place: string) {
  const store = Store.open(place);
  const weakly = (() => {
    const all = store.query(Leaf).all();
    store.query(Leaf).delete();
    return all.map((leaf) => new WeakRef(leaf));
  })();
  await collectGarbage();
  return { left: weakly.filter((one) => one.deref() !== undefined).length, count: store.count(Leaf) };
}

/**
 * Loads 900 leaves from all over the table, with or without holding them while garbage is collected, lets go of them and loads
 * others. Answers by how many bytes the heap has grown from the second time to the last.
 */
export async function loadInTurn(place: string, holds: boolean) {
  const store = Store.open(place);
  const taken: number[] = [];
  for (let last = 0; last < 4; last++) {
    await loadEveryTenth(store, last, holds);
    await collectGarbage();
    taken.push(process.memoryUsage().heapUsed);
  }
  return (taken.at(-1) as number) - (taken[1] as number);
}

async function loadEveryTenth(store: Store, last: number, holds: boolean): Promise<void> {
  const sizes = Array.from({ length: 900 }, (_, at) => at * 10 + last);
  const held = store.query(Leaf, (leaf) => leaf.size.in(sizes)).all();
  if (!holds) held.length = 0;
  await collectGarbage();
  if (held.some((leaf) => leaf.size % 10 !== last)) throw new Error('They are held until now');
}
