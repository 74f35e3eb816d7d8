import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Store } from 'corollary';
import { afterAll, beforeEach } from 'vitest';
import { assertIntegrity, type StoreOptions } from './a-store.js';

/** A store on disk, and what filling it gave. */
export interface Filled<F> {
  readonly store: Store;
  readonly filled: F;
}

interface Kept<F> extends Filled<F> {
  readonly directory: string;
  readonly generations: string;
}

/**
 * A store for the many tests of a file that only ask. Each that wants it finds it as it was filled: the same one as the test
 * before, or a new one where that has written into the tree or closed it.
 */
export function aStoreToAsk<F>(options: StoreOptions, fill: (store: Store) => F): () => Filled<F> {
  let kept: Kept<F> | undefined;
  let isLookedAt = false;
  beforeEach(() => {
    isLookedAt = false;
  });
  afterAll(() => end(kept));
  return () => {
    if (kept === undefined || !(isLookedAt || isAsFilled(kept))) {
      end(kept);
      kept = made(options, fill);
    }
    isLookedAt = true;
    return kept;
  };
}

function made<F>(options: StoreOptions, fill: (store: Store) => F): Kept<F> {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'corollary-'));
  const store = Store.open(join(directory, 'a.store'), options);
  const filled = fill(store);
  return { directory, store, filled, generations: generationsIn(store) };
}

function isAsFilled({ store, generations }: Kept<unknown>): boolean {
  return !store.isClosed && generationsIn(store) === generations;
}

// Of each store of the tree: how often anything was committed to it.
function generationsIn(store: Store): string {
  return Array.from(store.tree.stores(), (one) => `${one.uid} ${one.stats().generation}`).join();
}

function end(kept: Kept<unknown> | undefined): void {
  if (kept === undefined) return;
  kept.store.close();
  try {
    assertIntegrity(kept.directory);
  } finally {
    rmSync(kept.directory, { recursive: true, force: true });
  }
}
