import { figure } from '../measure/table.js';
import type { Kept } from './kept.js';

const WARN_AT = 1.1;
const FAIL_AT = 1.3;

/** A store looks for commits of others every few milliseconds: so many statements more or less say nothing. */
const SLACK: Readonly<Record<keyof Kept, number>> = { ratio: 0, run: 10, rows: 10, compiled: 0 };

export type Verdict = 'fine' | 'warning' | 'failure';

/** One figure of a work, now and when it was kept. */
export interface Judged {
  readonly work: string;
  readonly name: keyof Kept;
  readonly kept: number;
  readonly now: number;
  readonly verdict: Verdict;
}

export function judge(work: string, kept: Kept, now: Kept): Judged[] {
  const names = Object.keys(now) as (keyof Kept)[];
  return names.map((name) => ({
    work,
    name,
    kept: kept[name],
    now: now[name],
    verdict: verdictOf(kept[name], now[name] - SLACK[name]),
  }));
}

function verdictOf(kept: number, now: number): Verdict {
  if (now <= kept * WARN_AT) return 'fine';
  return now <= kept * FAIL_AT ? 'warning' : 'failure';
}

const NOUNS: Readonly<Record<keyof Kept, string>> = {
  ratio: 'times what raw SQLite takes',
  run: 'statements run',
  rows: 'rows read',
  compiled: 'statements compiled',
};

export function described({ work, name, kept, now, verdict }: Judged): string {
  const change = kept === 0 ? '' : ` (${now > kept ? '+' : ''}${Math.round((now / kept - 1) * 100)} %)`;
  return `${verdict}: ${work}: ${figure(now)} ${NOUNS[name]}, were ${figure(kept)}${change}`;
}
