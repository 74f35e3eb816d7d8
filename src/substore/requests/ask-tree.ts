import { CorollaryError } from '../../errors.js';
import type { KeepingStore } from '../../item/keeping-store.js';
import { powersOf } from '../../item/powerup-target.js';
import { checkedRole } from '../../powerup/checks.js';
import type { Branch } from '../branch.js';
import { SubStore } from '../sub-store.js';
import { isGone, Walk, type WalkOptions } from '../walk.js';
import { assertRequestable, type Call, plainArguments, storedItem } from './call.js';
import { perform } from './perform.js';
import type { TreeAnswer } from './request-types.js';

/** Requests something of each store of a tree that plays the role itself, parents first. */
export function askTree<S extends KeepingStore>(
  top: Branch<S>,
  call: Call,
  options: WalkOptions,
): TreeAnswer<S, unknown>[] {
  // What is wrong in every store is wrong at once.
  checkedRole(call.role);
  assertRequestable(call);
  plainArguments(call.args, storedItem);
  return new TreeRequest(top, call, options).answers();
}

/** One request on its way through a tree. */
class TreeRequest<S extends KeepingStore> {
  readonly #top: Branch<S>;
  readonly #call: Call;
  readonly #options: WalkOptions;
  readonly #walk: Walk<S>;
  readonly #answers: TreeAnswer<S, unknown>[] = [];
  /** Where the walk is: what it does next, it does to this store. */
  #current: Branch<S>;
  /** The store that failed last. */
  #failed: Branch<S> | undefined;

  constructor(top: Branch<S>, call: Call, options: WalkOptions) {
    this.#top = top;
    this.#current = top;
    this.#call = call;
    this.#options = options;
    this.#walk = new Walk<S>({ ...options, onStoreError: (error) => this.#fail(error) });
  }

  answers(): TreeAnswer<S, unknown>[] {
    this.#top.core.assertOpen();
    for (const branch of this.#walk.from(this.#top)) {
      this.#current = branch;
      this.#ask(branch);
    }
    return this.#answers;
  }

  // A method that fails says nothing of the stores below: they are asked all the same.
  #ask(branch: Branch<S>): void {
    try {
      if (!this.#isPlayed(branch)) return;
      const value = perform(branch.core, this.#call, () => this.#playerIn(branch));
      this.#answers.push({ store: branch.face, value });
    } catch (error) {
      if (isDeleted(branch, this.#top)) return;
      if (this.#fail(error) !== 'skip') throw error;
    }
  }

  // The first question does not make the store join a running transaction: most stores of a tree may play no role.
  #isPlayed(branch: Branch<S>): boolean {
    const powers = powersOf(branch.face);
    return powers.mayProvide(branch.face, this.#call.role) && this.#find(branch) !== undefined;
  }

  // The store of a SubStore item is asked itself.
  #find(branch: Branch<S>): object | undefined {
    const isLeftOut = (powerup: object) => powerup instanceof SubStore;
    return powersOf(branch.face).provided(branch.face, this.#call.role, isLeftOut);
  }

  #playerIn(branch: Branch<S>): object {
    const player = this.#find(branch);
    if (player !== undefined) return player;
    const { place } = branch.core.file;
    throw new CorollaryError('NO_POWERUP', `Nothing plays the role ${this.#call.role.id} in ${place} any more`, {
      store: place,
    });
  }

  // Said once of each store: where its database fails, what lies below cannot be found either.
  #fail(error: unknown): 'throw' | 'skip' {
    const branch = this.#current;
    if (this.#failed === branch) return 'skip';
    this.#failed = branch;
    const { onStoreError } = this.#options;
    if (onStoreError !== undefined) return onStoreError(error, branch.path);
    this.#answers.push({ store: branch.face, error });
    return 'skip';
  }
}

// The uppermost is the one that was asked.
function isDeleted<S extends KeepingStore>(branch: Branch<S>, top: Branch<S>): boolean {
  return branch !== top && isGone(branch);
}
