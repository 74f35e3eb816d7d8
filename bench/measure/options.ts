import { parseArgs } from 'node:util';
import type { Clock } from './clock.js';

/** What every program here is told on its command line. */
export interface Options {
  /** What is measured: names that were given, or all. */
  readonly only: readonly string[];
  readonly rounds: number;
  readonly clock: Clock;
  /** Whether the figures are printed as JSON and not as tables. */
  readonly json: boolean;
  /** Whether garbage stays where it is between two runs. */
  readonly isWarm: boolean;
}

/**
 * Reads `--only a,b`, `--rounds 5`, `--json` and `--processor`, by which only the time on the processor counts: for a
 * machine that does other things too; `--warm`: see `leaveGarbage`.
 * @throws Error listing the names that may be given, for one that is not among them
 */
export function options(names: readonly string[], defaultRounds: number): Options {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'boolean', default: false },
      processor: { type: 'boolean', default: false },
      warm: { type: 'boolean', default: false },
    },
  });
  const only = values.only?.split(',') ?? [];
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')}, only ${names.join(', ')}`);
  const rounds = Number(values.rounds ?? defaultRounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds is a whole number, 1 or more');
  return { only, rounds, json: values.json, isWarm: values.warm, clock: values.processor ? 'processorMs' : 'ms' };
}

/** Those of a list that were asked for by name; all where none was. */
export function chosen<T>(list: readonly T[], nameOf: (one: T) => string, only: readonly string[]): T[] {
  const named = list.filter((one) => only.includes(nameOf(one)));
  return named.length > 0 ? named : [...list];
}
