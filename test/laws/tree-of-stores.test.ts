import { test } from 'vitest';
import { aDirectory } from '../support/a-store.js';
import { fc } from '../support/chance.js';
import { Drive, placeIn } from './forest/drive.js';
import { someSteps } from './forest/steps.js';

// Everything that a program can do with a tree of stores, in any order, against a model in memory. fast-check prints the
// seed and the smallest steps that fail: LAW_SEED runs them again, LAW_RUNS runs more of them.

const numRuns = Number(process.env.LAW_RUNS ?? 4);
const timeout = 120_000 + 4000 * numRuns;

test('a tree is what its model is after any sequence of creations, moves, copies, deletions and transactions', {
  timeout,
}, async () => {
  const directory = aDirectory();
  let run = 0;
  const law = fc.asyncProperty(
    someSteps,
    fc.record({
      isInMemory: fc.nat(4).map((n) => n === 0),
      generation: fc.constantFrom(1, 1, 2, 3, 4),
      maxOpenSubstores: fc.constantFrom(1, 3, 50),
      hasSecond: fc.boolean(),
      holdsAll: fc.boolean(),
      follows: fc.boolean(),
    }),
    async (steps, how) => {
      const drive = new Drive({ place: placeIn(directory, run++), ...how });
      try {
        for (const [n, step] of steps.entries()) await drive.step(step, `after step ${n}`);
        await drive.endTurn('at the end');
        drive.compareAtEnd('at the end');
      } finally {
        drive.close();
      }
    },
  );
  // What has failed is told before Vitest loses patience, however small its steps are by then.
  await fc.assert(law, { numRuns, interruptAfterTimeLimit: timeout - 20_000, markInterruptAsFailure: true });
});
