import type { Store, StoreId } from 'corollary';
import { expect } from 'vitest';
import type { Binding } from './binding.js';
import { refusalOf } from './judge.js';
import { placesIn, type StoreState } from './state.js';
import type { Thing } from './thing.js';

const TIES = ['keepsake', 'bond', 'pledge'] as const;

/** Where relics cannot be read, their ids are known from who refers to them. */
export function learnRetired(model: StoreState, things: readonly Thing[], binding: Binding): void {
  const relics = new Set(model.relics.map(({ label }) => label));
  const models = new Map(model.things.map((thing) => [thing.label, thing]));
  for (const thing of things) {
    for (const tie of TIES) {
      const relic = models.get(thing.label)?.[tie] ?? null;
      const seen = thing.idOf(tie);
      if (relic !== null && relics.has(relic) && seen !== null) binding.id(model.key, relic, seen);
    }
  }
}

/** Relics that the program has no class for are there, and who comes across one is told so. */
export function agreeOnRetired(root: Store, state: StoreState, binding: Binding, said: string): void {
  for (const { path, store } of placesIn(state)) {
    const at = root.at(path);
    for (const { label } of store.relics) {
      const id = binding.idOf(label);
      if (id === undefined) continue;
      const code = refusalOf(() => void at.findAny(id as StoreId));
      expect(code, `${said}: relic ${label} in ${path.join('/')}`).toBe('UNKNOWN_TYPE');
    }
  }
}
