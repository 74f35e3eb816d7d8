import { cpSync } from 'node:fs';
import { cityRows } from '../competitors/city.js';
import type { Competitor, Session } from '../competitors/competitor.js';
import { type Timed, timed } from '../measure/clock.js';
import { newDirectory, removeDirectory } from '../measure/scratch.js';
import type { Scale, Task, Work } from '../works/work.js';
import { idsOf, rowsDigest } from './stored.js';

/** One competitor that has done one work once. */
export interface Outcome extends Pick<Timed<unknown>, 'ms' | 'processorMs'> {
  /** What it gave, and what its database then holds: the same for all who have done the same. */
  readonly evidence: string;
}

/** Lets competitors do works, each time on database files of their own that were never used before. */
export class Trials {
  readonly #scale: Scale;
  readonly #rows: Task['rows'];
  /** For each competitor, by name, a directory with a database that holds all cities, to be copied. */
  readonly #filled = new Map<string, string>();

  constructor(scale: Scale) {
    this.#scale = scale;
    this.#rows = cityRows(scale.cities);
  }

  async run(work: Work, competitor: Competitor): Promise<Outcome> {
    const directory = newDirectory();
    if (!work.startsEmpty) cpSync(await this.#filledBy(competitor), directory, { recursive: true });
    const ids = work.startsEmpty ? [] : idsOf(competitor, directory);
    const outcome = await this.#done(work, competitor, directory, ids);
    removeDirectory(directory);
    return outcome;
  }

  async #done(work: Work, competitor: Competitor, directory: string, ids: readonly number[]): Promise<Outcome> {
    const task: Task = { scale: this.#scale, rows: this.#rows, ids };
    const session = await opened(competitor, directory);
    const kept = [await work.prepare?.(session)];
    const { result, ...times } = await timed(() => work.run(session, task));
    kept.length = 0;
    await session.close();
    return { ...times, evidence: `${result} ${work.changesRows ? rowsDigest(competitor, directory) : ''}` };
  }

  async #filledBy(competitor: Competitor): Promise<string> {
    const known = this.#filled.get(competitor.name);
    if (known !== undefined) return known;
    const directory = newDirectory();
    const session = await opened(competitor, directory);
    await session.createAll(this.#rows);
    await session.close();
    this.#filled.set(competitor.name, directory);
    return directory;
  }
}

/** A session that has asked something: nobody's time has the first look at a file in it. */
async function opened(competitor: Competitor, directory: string): Promise<Session> {
  const session = await competitor.open(directory);
  await session.countEach([0]);
  return session;
}
