import type { KeepingStore } from '../../item/keeping-store.js';
import type { Role } from '../../item/role.js';
import type { Branch } from '../branch.js';
import type { WalkOptions } from '../walk.js';
import { askTree } from './ask-tree.js';
import type { AnswerOf, ArgumentsOf, MethodOf, TreeAnswer } from './request-types.js';

/** The stores of a tree that requests go to. Made by `tree.asking(options)`. */
export class TreeAsking<S extends KeepingStore> {
  readonly #branch: Branch<S>;
  readonly #options: WalkOptions;

  constructor(branch: Branch<S>, options: WalkOptions) {
    this.#branch = branch;
    this.#options = options;
  }

  /** See `Tree.ask`. */
  ask<T extends object, M extends MethodOf<T>>(
    role: Role<T>,
    method: M,
    ...args: ArgumentsOf<T, M>
  ): TreeAnswer<S, AnswerOf<T, M>>[] {
    const answers = askTree(this.#branch, { role, method, args }, this.#options);
    return answers as TreeAnswer<S, AnswerOf<T, M>>[]; // what the method of the role's type gives
  }
}
