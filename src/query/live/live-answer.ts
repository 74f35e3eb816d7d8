import type { QuerySpec } from '../ast.js';
import type { FoundAnswer, QueryRunner } from '../runner.js';
import { LazyUpdate } from './live-update.js';
import { Snapshot } from './snapshot.js';

/** Where something was written: in the stores with these keys, or anywhere. */
type Written = ReadonlySet<string> | 'anywhere';

/** A question that is asked again and again, and what its subscriber was told last. */
export class LiveAnswer {
  readonly runner: QueryRunner;
  readonly spec: QuerySpec;
  /** Undefined when the subscriber does not want to know what changed. */
  #told: Snapshot | undefined;
  /** Where something was written since. */
  #written: Set<string> | 'anywhere' = 'anywhere';
  #offered: { readonly snapshot: Snapshot; readonly written: Written } | undefined;
  /** Where others were seen to have written since what is offered was read. */
  readonly #doubtful = new Set<string>();

  constructor(runner: QueryRunner, spec: QuerySpec, compares: boolean) {
    this.runner = runner;
    this.spec = spec;
    this.#told = compares ? new Snapshot() : undefined;
  }

  /** The answer as it is now counts as told. @throws what reading throws */
  begin(): void {
    if (this.#told === undefined) return;
    const written = this.#take();
    this.#told = this.#told.followedBy(this.#find(written)).later;
  }

  /** Something was written in the store with this key, or anywhere, by us or by others. */
  noteWritten(where: string | undefined, byOthers: boolean): void {
    if (byOthers && where !== undefined && this.#offered !== undefined) this.#doubtful.add(where);
    if (this.#told === undefined || this.#written === 'anywhere') return;
    if (where === undefined) this.#written = 'anywhere';
    else this.#written.add(where);
  }

  /**
   * What there is to tell now; undefined when the changes are asked for and there are none. What is offered counts as
   * told after {@link LiveAnswer.keep}.
   * @throws what reading throws
   */
  offer(): LazyUpdate | undefined {
    if (this.#told === undefined) return this.#update(undefined);
    this.withdraw();
    const written = this.#take();
    this.#offered = { snapshot: this.#told, written }; // should reading fail
    const { later, difference } = this.#told.followedBy(this.#find(written));
    const changes = {
      added: difference.added.map((one) => one.item()),
      changed: difference.changed.map((one) => one.item()),
      removed: difference.removed,
    };
    this.#offered = { snapshot: later, written };
    this.#doubtful.clear();
    if (!difference.isEmpty) return this.#update(changes);
    this.keep();
    return undefined;
  }

  /** The answer whether or not anything has changed: for whoever was told nothing yet. */
  offerFirst(): LazyUpdate {
    return this.offer() ?? this.#update({ added: [], changed: [], removed: [] });
  }

  // What is noted from now on comes after the reading: it opens stores, and finds what others have written there since
  // these were closed; some of them it has read before. And so comes what is written while the subscriber is told.
  #take(): Written {
    const written = this.#written;
    this.#written = new Set();
    return written;
  }

  #find(written: Written): FoundAnswer {
    const known = this.#told?.parts;
    if (known === undefined || written === 'anywhere') return this.runner.found(this.spec);
    return this.runner.found(this.spec, { known, written });
  }

  #update(changes: ConstructorParameters<typeof LazyUpdate>[1]): LazyUpdate {
    return new LazyUpdate(() => this.runner.read(this.spec), changes);
  }

  /**
   * What was offered last has been told. What the subscriber has read of stores that others had written by then may be
   * later than what is known of it here.
   */
  keep(): void {
    this.#told = this.#offered?.snapshot.doubting(this.#doubtful) ?? this.#told;
    this.#offered = undefined;
  }

  /** What was offered last has not been told: it will be offered again. */
  withdraw(): void {
    if (this.#offered !== undefined) this.#written = joined(this.#written, this.#offered.written);
    this.#offered = undefined;
  }
}

function joined(some: Written, more: Written): Set<string> | 'anywhere' {
  return some === 'anywhere' || more === 'anywhere' ? 'anywhere' : new Set([...some, ...more]);
}
