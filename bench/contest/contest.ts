import type { Competitor } from '../competitors/competitor.js';
import type { Clock } from '../measure/clock.js';
import { interleaved } from '../measure/rounds.js';
import type { Work } from '../works/work.js';
import type { Trials } from './trial.js';

/** The times of one work: for each competitor, by name, one for each round. */
export type Times = ReadonlyMap<string, readonly number[]>;

export interface ContestOptions {
  readonly rounds: number;
  readonly clock: Clock;
}

/**
 * Lets all competitors do one work, in turn.
 * @throws Error when one of them has done something else than the others
 */
export async function contest(
  work: Work,
  competitors: readonly Competitor[],
  trials: Trials,
  { rounds, clock }: ContestOptions,
): Promise<Times> {
  const evidence = new Map<string, string>();
  const run = async (competitor: Competitor) => {
    const outcome = await trials.run(work, competitor);
    evidence.set(outcome.evidence, competitor.name);
    if (evidence.size > 1) throw new Error(`${work.key}: not all have done the same: ${[...evidence.values()]}`);
    return outcome[clock];
  };
  return interleaved(new Map(competitors.map((one) => [one.name, () => run(one)])), rounds);
}
