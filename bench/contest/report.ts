import { median, quantile, ratios } from '../measure/statistics.js';
import { duration, figure, markdownTable } from '../measure/table.js';
import type { Scale, Work } from '../works/work.js';
import type { Times } from './contest.js';

/** What one competitor took for one work. */
export interface Result {
  readonly name: string;
  /** The median of all rounds, for one operation. */
  readonly msEach: number;
  /** The median of what it took divided by what raw SQLite took in the same round. */
  readonly ratio: number;
  /** Between which ratios the middle half of the rounds lies: how noisy it was. */
  readonly spread: readonly [low: number, high: number];
}

export interface WorkReport {
  readonly key: string;
  readonly title: string;
  readonly goal: number | undefined;
  readonly results: readonly Result[];
}

export function reportOf(work: Work, scale: Scale, times: Times): WorkReport {
  const raw = times.get('raw');
  if (raw === undefined) throw new Error('Without raw SQLite there is nothing to compare with');
  const results = [...times].map(([name, ms]): Result => {
    const compared = ratios(ms, raw);
    return {
      name,
      msEach: median(ms) / work.operations(scale),
      ratio: median(compared),
      spread: [quantile(compared, 0.25), quantile(compared, 0.75)],
    };
  });
  return { key: work.key, title: work.title(scale), goal: work.goal, results };
}

/** Works as rows, competitors as columns: what raw SQLite takes for one, and how many times that the others take. */
export function comparison(reports: readonly WorkReport[]): string {
  const names = reports[0]?.results.map(({ name }) => name).filter((name) => name !== 'raw') ?? [];
  const head = ['work', 'raw, each', 'goal', ...names];
  return markdownTable([head, ...reports.map((report) => comparisonRow(report, names))]);
}

function comparisonRow({ title, goal, results }: WorkReport, names: readonly string[]): string[] {
  const of = (name: string) => results.find((result) => result.name === name)!;
  return [
    title,
    duration(of('raw').msEach),
    goal === undefined ? '-' : `≤ ${goal}`,
    ...names.map((name) => figure(of(name).ratio)),
  ];
}

/** How far the rounds of corollary were apart, and what one operation takes. */
export function spreads(reports: readonly WorkReport[]): string {
  const rows = reports.map(({ title, goal, results }) => {
    const ours = results.find(({ name }) => name === 'corollary')!;
    const [low, high] = ours.spread.map(figure);
    return [title, duration(ours.msEach), figure(ours.ratio), `${low} to ${high}`, verdict(ours.ratio, goal)];
  });
  return markdownTable([['work', 'corollary, each', 'to raw', 'middle half', 'goal'], ...rows]);
}

function verdict(ratio: number, goal: number | undefined): string {
  if (goal === undefined) return '-';
  return ratio <= goal ? 'reached' : `missed by ${Math.round((ratio / goal - 1) * 100)} %`;
}
