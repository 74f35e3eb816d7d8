import type { AnyRole } from '../item/role.js';
import type { StoreCore } from '../store/store-core.js';

/** What plays roles in memory only, by role id. */
export type InMemory = Map<string, object>;

/** An object no longer plays a role, or any where none is named; false if it did not. */
export function forget(inMemory: InMemory, object: unknown, role: AnyRole | undefined): boolean {
  const ids = [...inMemory].filter(([id, player]) => player === object && (role === undefined || role.id === id));
  for (const [id] of ids) inMemory.delete(id);
  return ids.length > 0;
}

// A store that nobody holds is let go, and made anew when it is asked for: not so one for which something plays a role in
// memory. By root, so that dropping the root frees all.
const kept = new WeakMap<StoreCore, Set<StoreCore>>();

/** Has a store stay in memory until {@link letGo}. */
export function keepInMemory(core: StoreCore): void {
  const { root } = core;
  const stores = kept.get(root) ?? new Set();
  kept.set(root, stores.add(core));
}

/** The store is closed. */
export function letGo(core: StoreCore): void {
  kept.get(core.root)?.delete(core);
}
