import type { Deed } from './deed.js';
import {
  childOf,
  emptyStore,
  grown,
  isWithin,
  keysIn,
  type Path,
  reborn,
  type StoreState,
  storeAt,
  withNewKeys,
} from './state.js';

export function createStore(deed: Deed, name: string): void {
  deed.assertWritable();
  deed.assertFree(deed.at, name);
  deed.at.below.push(emptyStore(deed.circumstances.numbers, name, deed.at.generation));
}

export function renameStore(deed: Deed, name: string, newName: string): void {
  deed.assertWritable();
  const child = deed.child(name);
  if (name !== newName) deed.assertFree(deed.at, newName);
  if (child !== undefined) child.name = newName;
}

export function moveStore(deed: Deed, name: string, path: Path, newName: string): void {
  const to = storeAt(deed.after, path) as StoreState;
  if (to === deed.at) {
    renameStore(deed, name, newName);
    return;
  }
  deed.assertWritable();
  deed.assertWritable(path);
  deed.assertFree(to, newName);
  const child = deed.child(name);
  if (child === undefined) return;
  deed.assert(!isWithin(path, [...deed.path, name]), 'INVALID_VALUE');
  // One that the transaction has used cannot be moved in it.
  if (deed.circumstances.levels.length > 0) deed.excuses.push('NOT_SUPPORTED');
  removeChild(deed, child);
  to.below.push(child);
  Object.assign(child, { name: newName, entry: deed.next() });
}

export function copyStore(deed: Deed, name: string, path: Path, newName: string): void {
  deed.assertOutsideTransaction();
  const child = deed.child(name);
  const to = storeAt(deed.after, path) as StoreState;
  deed.assertFree(to, newName);
  if (child === undefined) return;
  const copy = withNewKeys(child, deed.circumstances.numbers);
  to.below.push(Object.assign(copy, { name: newName, entry: deed.next() }));
}

export function deleteStore(deed: Deed, name: string, mustExist: boolean): void {
  const child = mustExist ? deed.child(name) : childOf(deed.at, name);
  if (child === undefined) {
    deed.excuseWrite();
    return;
  }
  deed.assertWritable();
  removeChild(deed, child);
}

export function removeChild(deed: Deed, child: StoreState): void {
  const { things, below } = deed.at;
  deed.assert(!things.some(({ lease }) => lease === child.entry), 'DELETE_REFUSED');
  for (const thing of things) if (thing.part === child.entry) thing.part = null;
  below.splice(below.indexOf(child), 1);
}

export function importStore(deed: Deed, name: string, id: number): void {
  deed.assertOutsideTransaction();
  deed.assertFree(deed.at, name);
  const arrived = arriving(deed, id, keysIn(deed.after));
  deed.at.below.push(Object.assign(arrived, { name, entry: deed.next() }));
}

export function restoreStore(deed: Deed, name: string, id: number): void {
  deed.assertOutsideTransaction();
  const child = deed.child(name);
  if (child === undefined) return;
  const replaced = new Set(keysIn(child));
  const others = keysIn(deed.after).filter((key) => !replaced.has(key));
  const arrived = Object.assign(arriving(deed, id, others), { name, entry: child.entry });
  deed.at.below.splice(deed.at.below.indexOf(child), 1, arrived);
}

// The stores keep their uids, unless one of them is in use elsewhere.
export function arriving(deed: Deed, id: number, inUse: readonly number[]): StoreState {
  const { exports, numbers } = deed.circumstances;
  const exported = grown(exports[id] as StoreState, deed.at.generation);
  const isOneInUse = keysIn(exported).some((key) => inUse.includes(key));
  return isOneInUse ? withNewKeys(exported, numbers) : reborn(exported, numbers);
}
