import { randomUUID } from 'node:crypto';
import { sep } from 'node:path';
import { CorollaryError } from '../../errors.js';
import { codeOf } from '../disk.js';
import type { Part } from '../part.js';
import { clearPrepared, readMarks } from './prepared.js';
import type { Mark } from './prepared-row.js';
import { applySteps, type Step } from './redo.js';

/** A store of a committed transaction that could not be written, and why. It is written at its next use. */
export interface Unfinished {
  readonly part: Part;
  readonly error: unknown;
}

/** A part whose changes were put aside. */
interface Aside {
  readonly part: Part;
  readonly mark: Mark;
  readonly steps: readonly Step[];
}

/**
 * Commits what a transaction did to several stores, all or nothing whatever happens on the way. `docs/commits.md` is
 * the specification: every part but the deciding one is prepared, the decision is one commit, then the parts are
 * written. Gives those that could not be.
 * @throws CorollaryError when nothing was committed; COMMIT_UNKNOWN when the decision's commit has an unknown outcome
 */
export function commitTogether(written: readonly Part[], decider: Part): Unfinished[] {
  const token = randomUUID();
  const others = written.filter((part) => part !== decider);
  const aside: Aside[] = [];
  try {
    for (const part of others) {
      const mark = { token, decider: decider.store.file.uid, levels: levelsBetween(part, decider) };
      aside.push({ part, mark, steps: prepared(part, mark) });
    }
    decider.commit({ token, parts: others.map(({ store }) => store.file.uid) });
  } catch (error) {
    if (!isUnknown(error)) for (const one of aside) drop(one);
    throw error;
  }
  return aside.flatMap(finish);
}

function prepared(part: Part, mark: Mark): readonly Step[] {
  try {
    return beforeDecision(part, () => part.prepare(mark));
  } catch (error) {
    throw isTooLong(error) ? tooLarge(part, error) : error;
  }
}

// JavaScript keeps texts of up to 2^29 characters. Bytes take a third more here than they are, control characters six each.
function isTooLong(error: unknown): boolean {
  const isOfJson = error instanceof RangeError && error.message === 'Invalid string length';
  return isOfJson || codeOf(error) === 'ERR_STRING_TOO_LONG';
}

function tooLarge({ store: { file } }: Part, cause: unknown): CorollaryError {
  return new CorollaryError(
    'INVALID_VALUE',
    `${file.place}: one of the items is too large to be written in a transaction over several stores; nothing was done: write it in one of its own, or keep a file`,
    { store: file.place, cause },
  );
}

/**
 * Commits a store that the transaction has made: nobody sees it before the store above it is committed.
 * @throws CorollaryError when nothing was committed
 */
export function commitUnseen(part: Part): void {
  beforeDecision(part, () => part.commit());
}

// Whether it is on disk or not: it will never be decided, so the outcome of the whole is known.
function beforeDecision<R>(part: Part, work: () => R): R {
  try {
    return work();
  } catch (error) {
    if (!isUnknown(error)) throw error;
    const { file } = part.store;
    file.distrust();
    throw new CorollaryError('IO_ERROR', `${file.place}: the disk failed before the commit; nothing was done`, {
      store: file.place,
      cause: error,
    });
  }
}

function isUnknown(error: unknown): boolean {
  return error instanceof CorollaryError && error.code === 'COMMIT_UNKNOWN';
}

// A store lies two directories below the one that holds it: in `sub`, under its id. Counted, since `path.relative` took 4 % of
// a commit over five stores; the way to a store is absolute and leads over no other names.
function levelsBetween(part: Part, decider: Part): number {
  return (namesOnTheWay(part) - namesOnTheWay(decider)) / 2;
}

function namesOnTheWay({ store }: Part): number {
  return (store.file.directory as string).split(sep).filter(Boolean).length;
}

/** Writes a part whose transaction is decided, unless somebody else has done so. */
function finish({ part, mark, steps }: Aside): Unfinished[] {
  const { file } = part.store;
  try {
    // The decision is on disk and so is what it needs: losing this commit with the power loses nothing.
    file.connection.withoutSync(() => {
      settle(part, mark, () => applySteps(file.connection, steps));
    });
    return [];
  } catch (error) {
    // Whoever has the lock does it.
    return error instanceof CorollaryError && error.code === 'BUSY' ? [] : [{ part, error }];
  } finally {
    part.ended(true);
  }
}

/** What was put aside will never be done. Where that cannot be written now, the next user of the store finds it out. */
function drop({ part, mark }: Aside): void {
  if (part.mustFollow.length > 0) return; // something else is kept there, too
  try {
    settle(part, mark, () => undefined);
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
  }
}

function settle({ store: { file } }: Part, { token }: Mark, work: () => void): void {
  const { connection } = file;
  connection.begin(false); // who has the lock settles the store before using it, and may have it for long
  try {
    const isOurs = readMarks(connection)[0]?.token === token;
    if (isOurs) {
      work();
      clearPrepared(connection);
      file.writeHeader();
    }
    connection.commit();
    if (isOurs) file.committed();
  } catch (error) {
    connection.rollBack();
    throw error;
  }
}
