import type { Watcher, Watching } from '../../query/runner.js';
import type { StoreCore } from '../../store/store-core.js';
import { watchStore } from '../../store/watch-store.js';
import { SubStore } from '../sub-store.js';

/** Tells a watcher of commits to a store and those below: also of stores that come, go, or get another name. */
export function watchTree(core: StoreCore, depth = Number.POSITIVE_INFINITY, watcher: Watcher): Watching {
  const types = new Set([...watcher.types, core.typeOf(SubStore)]);
  return watchStore(core, depth, {
    types,
    pollMs: watcher.pollMs,
    mayHaveChanged: (where, byOthers) => watcher.mayHaveChanged(where, byOthers),
    ended: () => watcher.ended(),
  });
}
