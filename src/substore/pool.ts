import { CorollaryError } from '../errors.js';
import type { Evictable, OpenFiles } from '../store/settings.js';

/** A store in WAL mode holds three descriptors: database, log, shared memory. */
export const DESCRIPTORS_PER_STORE = 3;
/** What the open databases of a tree may take of memory, where that many take no more by being open alone. */
const MEMORY_BUDGET = 256 * 2 ** 20;
/** More than an open, small database takes: the memory budget must not defeat `maxOpenSubstores`. */
const MEMORY_PER_STORE = 512 * 1024;
/** Which part of the open databases may be safe from those that are used once. */
const PROTECTED_SHARE = 0.8;
/**
 * Of the eighth that has rested longest, and at most so many, one that was not written is taken if there is one: closing
 * it costs a twentieth. A larger share would let written ones that nobody uses push out others that are used.
 */
const MAX_CANDIDATES = 4;
const CANDIDATES_SHARE = 1 / 8;
/** How many of those in use an error names. */
const NAMED = 5;

/** What `tree.stats()` tells of the open databases of substores: counts since the root was opened, and what is so now. */
export interface TreeStats {
  /** How many databases of substores are open now. */
  readonly openSubstores: number;
  /** How many may be: the option of that name. */
  readonly maxOpenSubstores: number;
  /** How many of the open ones cannot be closed now, because a transaction needs them. */
  readonly pinnedSubstores: number;
  /** How often a substore was turned to whose database was open. Uses in a row count once. */
  readonly hits: number;
  /** How often a database of a substore was opened. */
  readonly opens: number;
  /** How often one was closed to make room. */
  readonly evictions: number;
  /** The file descriptors that the open ones hold. */
  readonly descriptors: number;
  /** About how much memory they take, in bytes: an estimate from the sizes of files and the number of statements. */
  readonly memoryBytes: number;
}

/**
 * The databases of substores that are open at once, for one root: at most so many, and within a budget of memory. One
 * that is closed to make room opens by itself at its next use; what is in use is never closed.
 *
 * A segmented LRU: who is turned to again is protected, so that a walk through thousands of stores, each used once, goes
 * through the few others and leaves the rest open. Who comes back so soon that a plain LRU had kept it is protected too
 * (the idea of 2Q, Johnson and Shasha 1994): else stores that are used in turns, more than are unprotected, would push
 * each other out for ever while those of yesterday stay.
 */
export class Pool {
  #max: number;
  readonly #maxProtected: number;
  readonly #memoryBudget: number;
  /** Used once since they were opened. Of this and the next, the first has rested longest. */
  readonly #onProbation = new Set<Member>();
  readonly #protected = new Set<Member>();
  /** The directories of those closed last to make room, as many as may be open. */
  readonly #closedLately = new Set<string>();
  /** The one that is being used. */
  #latest: Member | undefined;
  /** Those used since they were weighed. To weigh each after its use took a sixteenth of a commit over five stores. */
  readonly #unweighed = new Set<Member>();
  #memory = 0;
  #hits = 0;
  #opens = 0;
  #evictions = 0;

  /** Told of each database that is opened, before anything is read from it. */
  onOpened: ((file: Evictable) => void) | undefined;

  constructor(max: number) {
    this.#max = max;
    this.#maxProtected = Math.floor(max * PROTECTED_SHARE);
    this.#memoryBudget = Math.max(MEMORY_BUDGET, max * MEMORY_PER_STORE);
  }

  /** The pool as one store's file sees it. `owner` gives the object that is kept while the file is open. */
  memberFor(owner: () => object): OpenFiles {
    let member: Member | undefined;
    return {
      makeRoom: () => this.#makeRoom(),
      opened: (file) => {
        member = { file, owner: owner(), memory: 0 };
        this.#opened(member);
      },
      used: () => {
        if (member !== undefined && member !== this.#latest) this.#used(member);
      },
      closed: () => {
        if (member !== undefined) this.#closed(member);
        member = undefined;
      },
    };
  }

  /** The files that are open now. */
  *files(): Generator<Evictable> {
    for (const members of [this.#onProbation, this.#protected]) for (const { file } of members) yield file;
  }

  get stats(): TreeStats {
    this.#weigh();
    const openSubstores = this.#size;
    return {
      openSubstores,
      maxOpenSubstores: this.#max,
      pinnedSubstores: [...this.files()].filter(({ isInUse }) => isInUse).length,
      hits: this.#hits,
      opens: this.#opens,
      evictions: this.#evictions,
      descriptors: openSubstores * DESCRIPTORS_PER_STORE,
      memoryBytes: this.#memory,
    };
  }

  get #size(): number {
    return this.#onProbation.size + this.#protected.size;
  }

  #opened(member: Member): void {
    this.#opens++;
    if (this.#closedLately.delete(directoryOf(member))) this.#protect(member);
    else this.#onProbation.add(member);
    this.#turnTo(member);
    this.onOpened?.(member.file);
  }

  #used(member: Member): void {
    this.#hits++;
    this.#protect(member);
    this.#turnTo(member);
  }

  #protect(member: Member): void {
    if (!this.#onProbation.delete(member)) this.#protected.delete(member);
    this.#protected.add(member);
    if (this.#protected.size <= this.#maxProtected) return;
    this.#onProbation.add(deleteFirst(this.#protected));
  }

  #turnTo(member: Member): void {
    this.#latest = member;
    this.#unweighed.add(member);
  }

  // What they take matters when another is to be opened, or somebody asks.
  #weigh(): void {
    for (const member of this.#unweighed) {
      const { memory } = member.file;
      this.#memory += memory - member.memory;
      member.memory = memory;
    }
    this.#unweighed.clear();
    // It goes on being used, and is not turned to again.
    if (this.#latest !== undefined) this.#unweighed.add(this.#latest);
  }

  #closed(member: Member): void {
    if (!this.#onProbation.delete(member)) this.#protected.delete(member);
    this.#unweighed.delete(member);
    this.#memory -= member.memory;
    if (this.#latest === member) this.#latest = undefined;
  }

  /**
   * Does something that needs one more database open for a moment: where a transaction has as many as may be, what it has
   * to ask besides would have no room.
   */
  withOneMore<R>(work: () => R): R {
    this.#max++;
    try {
      return work();
    } finally {
      this.#max--;
      if (this.#size > this.#max) this.#evict(this.#victim() ?? this.#refuse());
    }
  }

  #makeRoom(): void {
    while (this.#size >= this.#max) this.#evict(this.#victim() ?? this.#refuse());
    this.#weigh();
    // Descriptors are a limit, memory is a wish: what is in use may take more.
    while (this.#memory > this.#memoryBudget) {
      const victim = this.#victim();
      if (victim === undefined) return;
      this.#evict(victim);
    }
  }

  #evict(member: Member): void {
    this.#evictions++;
    this.#closedLately.add(directoryOf(member));
    if (this.#closedLately.size > this.#max) deleteFirst(this.#closedLately);
    member.file.evict();
  }

  // Those on probation give way, down to their share: what is protected must not leave room for one at a time.
  #victim(): Member | undefined {
    const hasShare = this.#onProbation.size >= this.#size * (1 - PROTECTED_SHARE);
    const [first, second] = hasShare ? [this.#onProbation, this.#protected] : [this.#protected, this.#onProbation];
    return longestResting(first) ?? longestResting(second);
  }

  #refuse(): never {
    const inUse = [...this.files()].map(({ place }) => place);
    const named = inUse.slice(0, NAMED).join(', ');
    const others = inUse.length > NAMED ? ` and ${inUse.length - NAMED} others` : '';
    throw new CorollaryError(
      'TOO_MANY_OPEN',
      `The running transaction needs more than ${this.#max} substores open at once; it has ${named}${others}: use several transactions, or raise maxOpenSubstores`,
    );
  }
}

/** An open file, what must stay in memory as long as it is open, and what it was last seen to take of memory. */
interface Member {
  readonly file: Evictable;
  readonly owner: object;
  memory: number;
}

/** A store in memory has no pool. */
function directoryOf({ file }: Member): string {
  return file.directory as string;
}

function deleteFirst<T>(values: Set<T>): T {
  const [first] = values as Iterable<T> as [T]; // the caller has just added one
  values.delete(first);
  return first;
}

/** Of those that can be closed, one that has rested long: the first, unless it was written and one of the next was not. */
function longestResting(members: Set<Member>): Member | undefined {
  const candidates = firstToClose(members);
  return candidates.find(({ file }) => !file.hasWritten) ?? candidates[0];
}

function firstToClose(members: Set<Member>): Member[] {
  const most = Math.min(MAX_CANDIDATES, Math.ceil(members.size * CANDIDATES_SHARE));
  const inUse: Member[] = [];
  const resting: Member[] = [];
  for (const member of members) {
    (member.file.isInUse ? inUse : resting).push(member);
    if (resting.length === most) break;
  }
  // Moved to the end, those in use are not met again at each search.
  for (const member of inUse) {
    members.delete(member);
    members.add(member);
  }
  return resting;
}
