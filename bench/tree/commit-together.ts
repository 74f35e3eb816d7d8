import { randomBytes } from 'node:crypto';
import type { Duel } from '../duel/duel.js';
import type { OpenTree } from './open-tree.js';
import type { RawStore } from './raw-store.js';
import { Reading } from './reading.js';

const TIMES = 20;

/** One item is changed in the root and one in each of some substores: all of it or nothing, whatever dies. */
export function commitTogether({ rawRoot, rawStores, root, ofRoot, stores }: OpenTree, children: number): Duel {
  const parts = [rawRoot, ...rawStores.slice(0, children)];
  const items = [ofRoot, ...stores.slice(0, children).map((store) => store.findFirst(Reading)!)];
  return {
    key: `commit-${children}`,
    title: `commit over a parent and ${children} substore${children === 1 ? '' : 's'}`,
    goal: { ms: children === 1 ? 0.25 : 0.6 },
    operations: TIMES,
    raw: () => Array.from({ length: TIMES }, (_, watts) => changeTogether(parts, watts)).length,
    ours: () =>
      Array.from({ length: TIMES }, (_, watts) =>
        root.transact(() => {
          for (const item of items) item.watts = watts;
        }),
      ).length,
  };
}

/**
 * Prepare, decide, finish by hand: as `docs/commits.md` has it, without what is needed to recover. `decide` writes in the
 * first store, which decides.
 */
export function changeTogether(
  [decider, ...others]: readonly RawStore[],
  watts: number,
  decide: () => void = () => decider!.statement('change').run(watts, 1),
): void {
  const token = randomBytes(8).toString('hex');
  for (const part of others) part.statement('prepare').run(token, JSON.stringify({ watts, id: 1 }));
  decider!.database
    .transaction(() => {
      decide();
      decider!.statement('decide').run(token);
    })
    .immediate();
  for (const part of others) finish(part, token, watts);
}

// What is lost with the power is done again: this commit need not wait for the disk.
function finish(part: RawStore, token: string, watts: number): void {
  part.database.exec('PRAGMA synchronous = NORMAL');
  part.database
    .transaction(() => {
      part.statement('change').run(watts, 1);
      part.statement('finish').run(token);
    })
    .immediate();
  part.database.exec('PRAGMA synchronous = FULL');
}
