import { type Clock, timed } from '../measure/clock.js';
import { interleaved } from '../measure/rounds.js';
import { median, quantile, ratios } from '../measure/statistics.js';
import { duration, figure, markdownTable } from '../measure/table.js';

/** What is promised: at most so many milliseconds for one, or at most so many times what it takes by hand. */
export type Goal = { readonly ms: number } | { readonly ratio: number };

/** Something that is done by hand, with better-sqlite3 or less, and by corollary. Both do it so often. */
export interface Duel {
  readonly key: string;
  readonly title: string;
  readonly goal: Goal;
  readonly operations: number;
  /** Done before each, and before the clock starts. */
  prepare?(): void;
  /** Each gives what it did or found: the same for both. */
  raw(): unknown;
  ours(): unknown;
}

export interface DuelReport {
  readonly key: string;
  readonly title: string;
  readonly goal: Goal;
  /** Medians of all rounds, in milliseconds for one operation. */
  readonly rawMs: number;
  readonly oursMs: number;
  readonly ratio: number;
  readonly spread: readonly [low: number, high: number];
}

/** @throws Error when the two have not done the same */
export async function fight(duel: Duel, rounds: number, clock: Clock): Promise<DuelReport> {
  const evidence = new Set<string>();
  const run = async (work: () => unknown) => {
    duel.prepare?.();
    const { result, ...times } = await timed(work);
    evidence.add(JSON.stringify(result));
    return times[clock];
  };
  const sides = new Map([
    ['raw', () => run(() => duel.raw())],
    ['ours', () => run(() => duel.ours())],
  ]);
  const times = await interleaved(sides, rounds);
  if (evidence.size !== 1) throw new Error(`${duel.key}: not both have done the same: ${[...evidence].join(' and ')}`);
  const [raw, ours] = [times.get('raw')!, times.get('ours')!];
  const compared = ratios(ours, raw);
  const { key, title, goal, operations } = duel;
  return {
    ...{ key, title, goal },
    rawMs: median(raw) / operations,
    oursMs: median(ours) / operations,
    ratio: median(compared),
    spread: [quantile(compared, 0.25), quantile(compared, 0.75)],
  };
}

export function duelTable(reports: readonly DuelReport[]): string {
  const rows = reports.map(({ title, goal, rawMs, oursMs, ratio, spread }) => [
    title,
    duration(rawMs),
    duration(oursMs),
    figure(ratio),
    spread.map(figure).join(' to '),
    'ms' in goal ? `≤ ${duration(goal.ms)}` : `≤ ${goal.ratio} × raw`,
    verdict(goal, oursMs, ratio),
  ]);
  return markdownTable([['work', 'raw', 'corollary', 'to raw', 'middle half', 'goal', ''], ...rows]);
}

function verdict(goal: Goal, ms: number, ratio: number): string {
  const part = 'ms' in goal ? ms / goal.ms : ratio / goal.ratio;
  return part <= 1 ? 'reached' : `missed by ${Math.round((part - 1) * 100)} %`;
}
