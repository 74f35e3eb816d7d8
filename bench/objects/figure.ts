import type { Clock } from '../measure/clock.js';

/** A figure that raw SQLite has no counterpart for. */
export interface Figure {
  readonly key: string;
  readonly title: string;
  /** What it may be at most. */
  readonly most: number;
  /** Gives what measures it once. */
  prepare(clock: Clock): () => number;
}
