import type { CityRow } from '../competitors/city.js';
import type { Answer, Session } from '../competitors/competitor.js';
import type { Synchronous } from '../competitors/database.js';

/** How much of everything is done. */
export interface Scale {
  readonly cities: number;
  readonly gets: number;
  readonly queries: number;
  readonly counts: number;
  readonly changes: number;
  readonly singles: number;
}

/** What a work is done with: the same for every competitor, but for the ids. */
export interface Task {
  readonly scale: Scale;
  /** All cities. They are in the database before the work begins, unless that starts with none. */
  readonly rows: readonly CityRow[];
  /** The ids of the cities in the database, in the order of the rows. */
  readonly ids: readonly number[];
}

/** Something that all competitors do, each in its own way and with the same result. */
export interface Work {
  /** What `--only` knows it by. */
  readonly key: string;
  title(scale: Scale): string;
  /** How many times what raw SQLite takes corollary may take; undefined where nothing was promised. */
  readonly goal: number | undefined;
  /** How much of it is done, to give the time of one. */
  operations(scale: Scale): number;
  readonly synchronous: Synchronous;
  readonly startsEmpty: boolean;
  readonly changesRows: boolean;
  /** Done before the clock starts. What it gives is kept until the clock has stopped. */
  prepare?(session: Session): unknown;
  run(session: Session, task: Task): Answer;
}
