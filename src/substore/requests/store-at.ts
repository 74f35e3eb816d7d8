import { CorollaryError, kindOf } from '../../errors.js';
import type { KeepingStore } from '../../item/keeping-store.js';
import type { Branch } from '../branch.js';
import { childNamed } from '../child-named.js';

/** The name that stands for the store above. */
const ABOVE = '..';

/** The names of a path as it is given to `ask`. What each of them is worth, the store that is asked for it knows. */
export function namesOf(path: unknown): readonly string[] {
  if (path === '') return [];
  const names: unknown = typeof path === 'string' ? path.split('/') : path;
  if (Array.isArray(names)) return names as readonly string[];
  throw new CorollaryError(
    'INVALID_VALUE',
    `A request goes to names joined by '/', or to a list of names, not to ${kindOf(path)}`,
  );
}

/**
 * The store at a path of names, in which '..' is the store above. `top` is the uppermost that it may lead through.
 * @throws CorollaryError NOT_FOUND, BAD_NAME; OUTSIDE_TREE where it leads further up
 */
export function storeAt<S extends KeepingStore>(from: Branch<S>, names: readonly string[], top?: Branch<S>): Branch<S> {
  from.core.assertOpen();
  return names.reduce((at, name) => (name === ABOVE ? above(at, top) : childNamed(at, name)), from);
}

function above<S extends KeepingStore>(branch: Branch<S>, top: Branch<S> | undefined): Branch<S> {
  if (branch.parent !== undefined && branch !== top) return branch.parent;
  const { place } = branch.core.file;
  const why =
    branch.parent === undefined ? 'there is no store above it here' : 'it answers for what lies below it only';
  throw new CorollaryError('OUTSIDE_TREE', `The request leads out of ${place}: ${why}`, { store: place });
}
