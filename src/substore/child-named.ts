import type { KeepingStore } from '../item/keeping-store.js';
import type { Branch } from './branch.js';
import { findSubStore } from './find-sub-store.js';
import { notFound } from './named.js';
import { sweepOnce } from './sweep.js';

/** The substore of a name. @throws CorollaryError NOT_FOUND, BAD_NAME */
export function childNamed<S extends KeepingStore>(branch: Branch<S>, name: string): Branch<S> {
  const child = findChild(branch, name);
  if (child === undefined) throw notFound(branch, name);
  return child;
}

/** The same; undefined when there is none. */
export function findChild<S extends KeepingStore>(branch: Branch<S>, name: string): Branch<S> | undefined {
  sweepOnce(branch);
  const item = findSubStore(branch.core, name);
  return item && branch.child(item);
}
