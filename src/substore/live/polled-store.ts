import { type FilesSeen, isUnwritten, lookAtFiles } from '../../store/files-seen.js';
import type { CommitsSeen, Evictable } from '../../store/settings.js';

// Kept from the start: a test that replaces the clock must not stop it here.
const { now } = Date;

/** So long after the commit of a move the directory is expected to have followed, unless the process was killed. */
const LONGEST_MOVE_MS = 10_000;

/** What is seen of a closed store that is opened for a moment. */
export interface Glimpse {
  readonly generation: number;
  /** Whether somebody was just writing; undefined where that cannot be told. */
  readonly isBeingWritten: boolean | undefined;
}

/** Opens a closed store for a moment. */
export type GlimpseInto = (directory: string) => Glimpse;

/**
 * What is known of one store's commits, so that a look tells whether there are others. An open database is asked by a
 * pragma; of a closed one the files are looked at, and only if they have changed it is opened: closing a database
 * moves its log, which changes files though nothing was committed.
 */
export class PolledStore {
  readonly directory: string;
  /** The header's number after the last commit that is known; undefined for a store that was not opened since. */
  #generation: number | undefined;
  /** By how much the open handle had raised that, and how often it had found commits of others. */
  #raised = 0;
  #foreign = 0;
  /** The files as they were when the store was closed and known. */
  #files: FilesSeen | undefined;
  #isUnreadable = false;
  #newsAt = Number.NEGATIVE_INFINITY;

  /** From now on nothing is missed. */
  constructor(directory: string, open: Evictable | undefined, glimpseInto: GlimpseInto) {
    this.directory = directory;
    this.#readable(() => {
      if (open === undefined) this.#learnFromFiles(glimpseInto);
      else this.#know(open.lookForCommits());
      return false;
    });
  }

  // Only files that were written just now say too little, and a log that may hide a commit.
  #learnFromFiles(glimpseInto: GlimpseInto): void {
    this.#files = lookAtFiles(this.directory);
    if (!this.#files.isSettled || this.#files.mayHideCommit) this.#lookInside(this.#files, glimpseInto);
  }

  // The files were looked at before, so that what is written from now on is seen. What is just being written is shown
  // without a change of theirs: then they say nothing, and the next look opens the store again.
  #lookInside(files: FilesSeen, glimpseInto: GlimpseInto): void {
    this.#files = files;
    this.#generation = undefined; // should it not be readable
    const { generation, isBeingWritten = files.mayHideCommit } = glimpseInto(this.directory);
    this.#generation = generation;
    if (isBeingWritten) this.#files = { ...files, isSettled: false };
  }

  /** True when the store is no longer where it was. */
  get isMissing(): boolean {
    return this.#files?.exists === false;
  }

  /** News were found, by a look or otherwise. */
  noteNews(): void {
    this.#newsAt = now();
  }
  /** True as long as stores that were moved here may still come to lie below it. */
  get hadNewsLately(): boolean {
    return Math.abs(now() - this.#newsAt) < LONGEST_MOVE_MS; // a clock can be put back
  }

  #know({ generation, raised, foreign }: CommitsSeen): void {
    this.#generation = generation;
    this.#raised = raised;
    this.#foreign = foreign;
  }

  // What cannot be looked at is news, once: whoever reads then learns why, where it can be dealt with.
  #readable(look: () => boolean): boolean {
    const wasUnreadable = this.#isUnreadable;
    this.#isUnreadable = true;
    try {
      const isNews = look();
      this.#isUnreadable = false;
      return isNews;
    } catch {
      return !wasUnreadable;
    }
  }

  /** True when something was committed that was not known. */
  hasNews(open: Evictable | undefined, glimpseInto: GlimpseInto): boolean {
    return this.#readable(() =>
      open === undefined ? this.#hasNewsInFiles(glimpseInto) : this.isNewsInside(open.lookForCommits()),
    );
  }

  /** The same by what the open handle has seen itself. */
  isNewsInside(seen: CommitsSeen): boolean {
    const isNews = seen.generation !== this.#generation || seen.foreign !== this.#foreign;
    this.#know(seen);
    return isNews;
  }

  #hasNewsInFiles(glimpseInto: GlimpseInto): boolean {
    const files = lookAtFiles(this.directory);
    if (isUnwritten(this.#files, files)) return false;
    const before = this.#generation;
    this.#lookInside(files, glimpseInto);
    return before !== this.#generation;
  }

  /** The store was opened. True when somebody has committed while it was closed. */
  hasNewsAtOpening(seen: CommitsSeen): boolean {
    return this.#readable(() => {
      const isKnown = this.#generation !== undefined;
      const isNews = isKnown
        ? this.#generation !== seen.generation
        : !isUnwritten(this.#files, lookAtFiles(this.directory));
      this.#know(seen);
      return isNews;
    });
  }

  /**
   * We have committed to the open store. True when others had before, which was not known. That stays news until the
   * next look: they may have made stores below, which are not looked for in the middle of a commit.
   */
  hasMissedBefore(seen: CommitsSeen): boolean {
    const ours = seen.raised - this.#raised;
    const isMissed = this.#generation !== seen.generation - ours || this.#foreign !== seen.foreign;
    if (!isMissed) this.#know(seen);
    return isMissed;
  }
}
