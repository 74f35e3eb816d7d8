import type { ItemType } from '../../schema/item-type.js';
import type { QueryRunner, Watcher, Watching } from '../runner.js';
import { endOfTurn, Retry } from './event-loop.js';
import { LiveAnswer } from './live-answer.js';
import type { LazyUpdate } from './live-update.js';
import type { CheckedSubscribeOptions } from './subscribe-options.js';
import { typesIn } from './types-in.js';

type Next = IteratorResult<LazyUpdate, undefined>;

/** Somebody who awaits the next update. */
interface Waiter {
  readonly resolve: (next: Next) => void;
  readonly reject: (error: unknown) => void;
}

const DONE: Next = { done: true, value: undefined };

/**
 * What the store knows of a loop over updates. It holds the loop only while that waits: nobody else does then. A loop
 * that was left without `break` is not held at all, so it can be collected, and its watch ends.
 */
class Relay implements Watcher {
  readonly types: ReadonlySet<ItemType>;
  readonly pollMs: number;
  readonly #loop: WeakRef<UpdateLoop>;
  readonly #signal: AbortSignal | undefined;
  readonly #aborted = () => this.ended();
  readonly #held = new Set<UpdateLoop>();
  #watching: Watching | undefined;

  constructor(loop: UpdateLoop, answer: LiveAnswer, { pollMs, signal }: CheckedSubscribeOptions) {
    this.#loop = new WeakRef(loop);
    this.types = typesIn(answer.spec);
    this.pollMs = pollMs;
    this.#signal = signal;
    this.#watching = answer.runner.watch(this);
    signal?.addEventListener('abort', this.#aborted, { once: true });
  }

  get isOver(): boolean {
    return this.#watching?.isOver === true;
  }

  /** Keeps the loop in memory. */
  hold(loop: UpdateLoop): void {
    this.#held.add(loop);
  }
  letGo(): void {
    this.#held.clear();
  }
  mayHaveChanged(where: string | undefined, byOthers: boolean): void {
    this.#loop.deref()?.mayHaveChanged(where, byOthers);
  }
  ended(): void {
    this.#loop.deref()?.close();
  }
  stop(): void {
    this.letGo();
    this.#watching?.stop();
    this.#signal?.removeEventListener('abort', this.#aborted);
  }
}

// Weakly: who holds a relay is the store, and a relay holds a loop that waits.
const forgottenLoops = new FinalizationRegistry<WeakRef<Relay>>((relay) => relay.deref()?.stop());

/** One run through the updates of an answer: the answer as it is, then what is new whenever it was asked for the next. */
class UpdateLoop implements AsyncIterator<LazyUpdate, undefined> {
  readonly #answer: LiveAnswer;
  readonly #options: CheckedSubscribeOptions;
  readonly #waiters: Waiter[] = [];
  readonly #retry = new Retry();
  #relay: Relay | undefined;
  #isClosed = false;
  #isFirst = true;
  /** True when there may be something to tell. */
  #hasNews = true;
  #isScheduled = false;
  /** True when what was offered last was given, and counts as told when the turn is over. */
  #isGiven = false;

  constructor(answer: LiveAnswer, options: CheckedSubscribeOptions) {
    this.#answer = answer;
    this.#options = options;
  }

  async next(): Promise<Next> {
    // Before the first update nobody listens to the signal.
    if (this.#isClosed || this.#options.signal?.aborted === true) return DONE;
    const relay = this.#watched();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      relay.hold(this);
      this.#schedule();
    });
  }

  // Nothing is watched before the first update is asked for. From then on nothing is missed.
  #watched(): Relay {
    if (this.#relay !== undefined) return this.#relay;
    this.#relay = new Relay(this, this.#answer, this.#options);
    forgottenLoops.register(this, new WeakRef(this.#relay), this);
    return this.#relay;
  }

  async return(): Promise<Next> {
    this.close();
    return DONE;
  }

  mayHaveChanged(where: string | undefined, byOthers: boolean): void {
    this.#answer.noteWritten(where, byOthers);
    this.#lookAgain();
  }

  #lookAgain(): void {
    this.#hasNews = true;
    this.#schedule();
  }

  // At the end of the turn: outside of any transaction, and several commits of one turn are one update.
  #schedule(): void {
    if (this.#isScheduled || !this.#hasNews || this.#waiters.length === 0) return;
    this.#isScheduled = true;
    endOfTurn(() => this.#tell());
  }

  #tell(): void {
    this.#isScheduled = false;
    if (this.#isClosed || this.#waiters.length === 0) return;
    this.#hasNews = false;
    this.#keepGiven();
    this.#retry.cancel(); // it is tried now
    try {
      const update = this.#isFirst ? this.#answer.offerFirst() : this.#answer.offer();
      if (update !== undefined) this.#give(update);
    } catch (error) {
      this.#readingFailed(error);
    }
  }

  #give(value: LazyUpdate): void {
    this.#isFirst = false;
    this.#isGiven = true;
    endOfTurn(() => this.#keepGiven()); // who has waited for it reads it in this turn
    const waiter = this.#waiters.shift();
    if (this.#waiters.length === 0) this.#relay?.letGo();
    waiter?.resolve({ done: false, value });
  }

  #keepGiven(): void {
    if (this.#isGiven) this.#answer.keep();
    this.#isGiven = false;
  }

  #readingFailed(error: unknown): void {
    const { onError, pollMs } = this.#options;
    if (this.#relay?.isOver === true) this.close();
    else if (onError === undefined) {
      this.#waiters.shift()?.reject(error);
      this.close();
    } else {
      this.#retry.in(pollMs, () => this.#lookAgain());
      onError(error);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#retry.cancel();
    this.#relay?.stop();
    forgottenLoops.unregister(this);
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(DONE);
  }
}

/** The updates of an answer, for `for await`. Each loop over them is one of its own. */
export function newUpdates(
  runner: QueryRunner,
  spec: LiveAnswer['spec'],
  options: CheckedSubscribeOptions,
): AsyncIterable<LazyUpdate> {
  return {
    [Symbol.asyncIterator]: () => new UpdateLoop(new LiveAnswer(runner, spec, options.changes), options),
  };
}
