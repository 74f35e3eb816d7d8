import type { Competitor, Session } from '../competitors/competitor.js';
import { corollary } from '../competitors/corollary.js';
import { raw } from '../competitors/raw.js';
import { contest } from '../contest/contest.js';
import { Trials } from '../contest/trial.js';
import type { Scale, Work } from '../works/work.js';
import type { Kept } from './kept.js';
import { countStatements, type StatementCounts } from './statement-counts.js';

/** Little of everything: a round takes milliseconds. */
const SCALE: Scale = { cities: 5000, gets: 2000, queries: 200, counts: 50, changes: 1000, singles: 500 };
const ROUNDS = 9;

// Not synced: how much of the processor that takes says nothing about a change of the library.
const competitors: readonly Competitor[] = [raw('NORMAL'), corollary('NORMAL')];
const trials = new Trials(SCALE);

/** What a work takes now. */
export async function measureWork(work: Work): Promise<Kept> {
  return { ratio: await measureRatio(work), ...(await countsOf(work)) };
}

/** The fastest round of each, in time of the processor: other programs make a round slower, and none faster. */
export async function measureRatio(work: Work): Promise<number> {
  const times = await contest(work, competitors, trials, { rounds: ROUNDS, clock: 'processorMs' });
  return Math.min(...times.get('corollary')!) / Math.min(...times.get('raw')!);
}

async function countsOf(work: Work): Promise<StatementCounts> {
  let counts: StatementCounts = { run: 0, rows: 0, compiled: 0 };
  const counting: Work = {
    ...work,
    run: async (session: Session, task) => {
      let answer = 0;
      counts = await countStatements(async () => {
        answer = await work.run(session, task);
      });
      return answer;
    },
  };
  await trials.run(counting, corollary('NORMAL'));
  return counts;
}
