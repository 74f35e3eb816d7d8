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

/** Loads all leaves at once and holds one in a hundred, on which something is done. Answers how many objects are left. */
export async function holdSome(place: string, what: 'nothing' | 'delete' | 'close') {
  const store = Store.open(place);
  const [held, seen] = (() => {
    const all = store.query(Leaf).all();
    return [all.filter((_, at) => at % 100 === 0), all.map((leaf) => new WeakRef(leaf))];
  })();
  if (what === 'delete') for (const leaf of held) leaf.delete();
  if (what === 'close') store.close();
  await collectGarbage();
  const left = seen.filter((weakly) => weakly.deref() !== undefined).length;
  const isSame = what === 'nothing' && held.every((leaf) => leaf === store.get(Leaf, leaf.storeId));
  return { held: held.length, left, isSame };
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
