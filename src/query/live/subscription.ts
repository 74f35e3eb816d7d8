import type { ItemType } from '../../schema/item-type.js';
import type { Watcher, Watching } from '../runner.js';
import { endOfTurn, Retry } from './event-loop.js';
import type { LiveAnswer } from './live-answer.js';
import type { LazyUpdate } from './live-update.js';
import type { CheckedSubscribeOptions } from './subscribe-options.js';
import { typesIn } from './types-in.js';

/** A listener's hold on a query: it is told until the subscription ends. */
export interface Subscription {
  /** Ends it: the listener is not called again. Closing again does nothing. */
  close(): void;
  /** The same as {@link Subscription.close}, for `using`. */
  [Symbol.dispose](): void;
}

/**
 * Calls a listener at the end of each turn of the event loop in which something was committed that can change the
 * answer. Each has a turn of its own, so what one of them throws does not keep another from being called.
 */
export class ListenerSubscription implements Subscription, Watcher {
  readonly types: ReadonlySet<ItemType>;
  readonly pollMs: number;
  readonly #answer: LiveAnswer;
  readonly #listener: (update: LazyUpdate) => void;
  readonly #options: CheckedSubscribeOptions;
  readonly #close = () => this.close();
  readonly #retry = new Retry();
  #watching: Watching | undefined;
  #isClosed = false;
  #isScheduled = false;

  /** @throws CorollaryError STORE_CLOSED, and what the first reading throws */
  constructor(answer: LiveAnswer, listener: (update: LazyUpdate) => void, options: CheckedSubscribeOptions) {
    this.types = typesIn(answer.spec);
    this.pollMs = options.pollMs;
    this.#answer = answer;
    this.#listener = listener;
    this.#options = options;
    if (options.signal?.aborted === true) this.#isClosed = true;
    else this.#begin();
  }

  // The watch first: what is committed after it began is told, also if the first reading has seen it.
  #begin(): void {
    this.#watching = this.#answer.runner.watch(this);
    try {
      this.#answer.begin();
    } catch (error) {
      this.close(); // what was noticed while it was read may have scheduled a call
      throw error;
    }
    this.#options.signal?.addEventListener('abort', this.#close, { once: true });
  }

  mayHaveChanged(where: string | undefined, byOthers: boolean): void {
    this.#answer.noteWritten(where, byOthers);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isClosed || this.#isScheduled) return;
    this.#isScheduled = true;
    endOfTurn(() => this.#tell());
  }

  ended(): void {
    this.close();
  }

  #tell(): void {
    this.#isScheduled = false;
    if (this.#isClosed) return;
    this.#retry.cancel(); // it is tried now
    let update: LazyUpdate | undefined;
    try {
      update = this.#answer.offer();
    } catch (error) {
      this.#readingFailed(error);
      return;
    }
    if (update !== undefined) this.#call(update);
  }

  #call(update: LazyUpdate): void {
    try {
      this.#listener(update);
    } catch (error) {
      if (update.failedWith(error)) {
        this.#readingFailed(error);
        return;
      }
      this.#answer.keep();
      throw error; // to the event loop: an uncaught exception, as from any callback
    }
    this.#answer.keep();
  }

  #readingFailed(error: unknown): void {
    if (this.#watching?.isOver === true) {
      this.close();
      return;
    }
    this.#retry.in(this.pollMs, () => this.#schedule());
    if (this.#options.onError === undefined) throw error;
    this.#options.onError(error);
  }

  close(): void {
    this.#isClosed = true;
    this.#retry.cancel();
    this.#watching?.stop();
    this.#options.signal?.removeEventListener('abort', this.#close);
  }
  [Symbol.dispose](): void {
    this.close();
  }
}
