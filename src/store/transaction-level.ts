import { keepShape } from '../driver/kept-shapes.js';
import type { Participant } from './part.js';

/** Undoes something that is neither a row nor an item. After a commit of unknown outcome, what is on disk must stay. */
export type UndoAction = (isOutcomeKnown: boolean) => void;
export type Callback = () => void;

/** One level of nesting: the outermost transaction or a savepoint inside it. */
export class TransactionLevel {
  /** The store below which may be written. */
  readonly scope: Participant;
  readonly isReadOnly: boolean;
  readonly undoActions: UndoAction[] = [];
  /** What to do before anything is committed, by name. */
  readonly beforeCommit = new Map<string, Callback>();
  /** What to do after the outermost commit before anybody is told of it: stores are gone, or where they are to be. */
  readonly onCommit: Callback[] = [];
  /** What to run after the outermost commit, in order of registration. */
  readonly afterCommit: Callback[] = [];

  constructor(scope: Participant, isReadOnly: boolean) {
    this.scope = scope;
    this.isReadOnly = isReadOnly;
  }

  /** Takes over what is to be done for an inner level, now that it is part of this one. */
  absorb(inner: TransactionLevel): void {
    for (const action of inner.undoActions) this.undoActions.push(action);
    for (const [name, callback] of inner.beforeCommit) this.beforeCommit.set(name, callback);
    for (const action of inner.onCommit) this.onCommit.push(action);
    for (const callback of inner.afterCommit) this.afterCommit.push(callback);
  }

  /**
   * Runs the actions that undo, the latest first. The error that led here is the one to tell, and an action that fails
   * must not keep the others from running: what it leaves on disk is swept later.
   */
  undo(isOutcomeKnown: boolean): void {
    for (const action of [...this.undoActions].reverse())
      try {
        action(isOutcomeKnown);
      } catch {
        // see above
      }
  }
}

keepShape(new TransactionLevel({} as Participant, false));
