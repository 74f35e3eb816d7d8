import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Duel } from '../duel/duel.js';
import type { OpenTree } from './open-tree.js';
import { makeStore, type RawStore, syncDirectory } from './raw-store.js';
import { partDirectory, type Site } from './site.js';

const TIMES = 20;

/** Whenever the process or the machine dies, there is a whole store, or none. */
export function createSubstore(site: Site, { rawRoot, root }: OpenTree): Duel {
  let made = 0;
  const names = () => Array.from({ length: TIMES }, () => `new ${made++}`);
  mkdirSync(join(site.rawDirectory, 'temp'));
  return {
    key: 'create',
    title: 'create a substore, crash-safe',
    goal: { ms: 0.5 },
    operations: TIMES,
    raw: () => names().map((name) => byHand(site, rawRoot, name)).length,
    ours: () => names().map((name) => root.substores.create(name)).length,
  };
}

// Built aside, put in place by one rename, and there once its row is.
function byHand(site: Site, root: RawStore, name: string): void {
  root.database
    .transaction(() => {
      const temp = join(site.rawDirectory, 'temp', name);
      makeStore(temp);
      renameSync(temp, partDirectory(site.rawDirectory, name));
      root.statement('addPart').run(name, name);
      syncDirectory(join(site.rawDirectory, 'sub'));
    })
    .immediate();
}
