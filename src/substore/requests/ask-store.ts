import type { KeepingStore } from '../../item/keeping-store.js';
import { powersOf } from '../../item/powerup-target.js';
import type { Branch } from '../branch.js';
import type { Call } from './call.js';
import { perform } from './perform.js';

/** Requests something of what plays a role in a store: what `as` gives. */
export function askStore<S extends KeepingStore>({ core, face }: Branch<S>, call: Call): unknown {
  return perform(core, call, () => powersOf(face).as(face, call.role));
}
