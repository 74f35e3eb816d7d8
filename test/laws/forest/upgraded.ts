import { deletedFrom } from './deletion.js';
import { dropsRelics } from './generations.js';
import { type Path, placesIn, type StoreState } from './state.js';

/** What a version of the program makes of a tree when it upgrades the whole of it, and where it cannot. */
export function upgraded(before: StoreState): { readonly state: StoreState; readonly failed: readonly Path[] } {
  const state = structuredClone(before);
  const failed: Path[] = [];
  if (!dropsRelics(state.generation)) return { state, failed };
  for (const { path, store } of placesIn(state)) {
    const left = deletedFrom(
      store,
      store.relics.map(({ label }) => label),
    );
    if (left === undefined) failed.push(path);
    else Object.assign(store, left);
  }
  return { state, failed };
}
