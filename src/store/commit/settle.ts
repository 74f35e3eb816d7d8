import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '../../driver/connection.js';
import { sleep } from '../../driver/sleep.js';
import { CorollaryError } from '../../errors.js';
import { syncLog } from '../database-file.js';
import { databaseFile, inspect } from '../directory.js';
import { onDisk } from '../disk.js';
import { APPLICATION_ID } from '../format.js';
import type { StoreSettings } from '../settings.js';
import { isDecided } from './decisions.js';
import { clearPrepared, readMarks, readSteps } from './prepared.js';
import type { Mark } from './prepared-row.js';
import { applySteps } from './redo.js';

/** A store whose database may be prepared. */
export interface PreparedStore {
  readonly uid: string;
  readonly connection: Connection;
  readonly directory: string | undefined;
  readonly place: string;
  readonly settings: StoreSettings;
}

/** How to deal with a transaction that is not decided yet. */
export interface Patience {
  /** The connection through which the running transaction holds the lock of the store with this uid, if it does. */
  heldBy(uid: string): Connection | undefined;
}

/**
 * What became of a transaction. 'open': whoever runs it may still decide. 'kept': it will not happen, but the deciding
 * store is locked by the running transaction, so that this cannot be made certain before that is committed.
 */
type Outcome = 'committed' | 'undone' | 'open' | 'kept';

/** How long is waited between two looks at a transaction that is being decided, in milliseconds: longer and longer. */
const FIRST_PAUSE_MS = 1; // deciding takes a few syncs of a disk
const LONGEST_PAUSE_MS = 16; // each look opens the deciding store, and what the driver made for it stays until the turn ends

/** Nothing waits for the running transaction. */
const NONE: readonly string[] = [];

/**
 * Finishes what a transaction over several stores has left in this one: done where it was committed, dropped where it
 * never will be. Without `patience`, one that is still open is left as it is: it has not happened yet. Gives the uids of
 * deciding stores that the running transaction has locked, and must write before it may write this one.
 * @throws CorollaryError BUSY when it stays open past the busy timeout; IN_DOUBT when the deciding store cannot be
 * reached; RECOVERY_NEEDED when it must be finished and the store is read-only
 */
export function settlePrepared(store: PreparedStore, patience: Patience | undefined): readonly string[] {
  const deadline = Date.now() + store.settings.busyTimeoutMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const marks = readMarks(store.connection);
    if (marks.length === 0) return NONE;
    const verdict = verdictOn(store, marks, patience);
    if (verdict.outcome === 'kept') return marks.map(({ decider }) => decider);
    if (isSettled(store, verdict, patience)) return NONE;
    if (Date.now() >= deadline) throw notSettled(store, verdict);
    sleep(pauseMs);
  }
}

/** What is to be done with all that is prepared in a store. */
interface Verdict {
  readonly latest: Mark;
  /** Of which transaction this is the outcome; where it is committed, the others are not. */
  readonly mark: Mark;
  readonly outcome: Outcome;
}

function verdictOn(store: PreparedStore, marks: readonly Mark[], patience: Patience | undefined): Verdict {
  const latest = marks[0] as Mark;
  let outcome: Outcome = 'undone';
  for (const mark of marks) {
    const found = outcomeOf(store, mark, patience);
    if (found === 'committed' || found === 'open') return { latest, mark, outcome: found };
    if (found === 'kept') outcome = found;
  }
  return { latest, mark: latest, outcome };
}

function isSettled(store: PreparedStore, verdict: Verdict, patience: Patience | undefined): boolean {
  const { latest, mark, outcome } = verdict;
  // Who cannot write need not wait: it has not happened yet.
  if (outcome === 'open') return patience === undefined || store.settings.readOnly;
  // What will never happen does not stop a reader. What has happened, whoever runs it is just writing.
  if (store.settings.readOnly) return outcome === 'undone';
  if (outcome === 'committed') return finishDecided(store, latest, mark);
  return patience === undefined ? dropIfPossible(store, latest) : finish(store.connection, latest, undefined);
}

// What has not happened need not be cleared away to be read past.
function dropIfPossible({ connection }: PreparedStore, latest: Mark): boolean {
  try {
    return finish(connection, latest, undefined);
  } catch (error) {
    if (error instanceof CorollaryError) return true;
    throw error;
  }
}

// Who was killed while deciding may have left a decision that everybody sees, and the disk does not have yet: the part must
// not be the only one to have it after a loss of power.
function finishDecided(store: PreparedStore, latest: Mark, mark: Mark): boolean {
  syncLog(deciderDirectory(store, mark));
  return finish(store.connection, latest, mark);
}

/** Does what one transaction has prepared, and drops the rest; false when somebody else has dealt with it meanwhile. */
function finish(connection: Connection, latest: Mark, committed: Mark | undefined): boolean {
  connection.begin(true);
  try {
    const isSame = readMarks(connection)[0]?.token === latest.token;
    if (isSame) {
      if (committed !== undefined) applySteps(connection, readSteps(connection, committed));
      clearPrepared(connection);
      connection.run('UPDATE corollary_store SET generation = generation + 1');
    }
    connection.commit();
    return isSame;
  } catch (error) {
    connection.rollBack();
    throw error;
  }
}

/**
 * Settles a store that is `IN_DOUBT`: as one wishes about the transactions whose deciding store cannot be reached, and as
 * was decided about the others. Gives the latest of the former.
 * @throws CorollaryError BUSY when another may still be decided; DISK_FULL, IO_ERROR
 */
export function settleInDoubt(store: PreparedStore, isCommitted: boolean): Mark | undefined {
  const marks = readMarks(store.connection);
  const doubtful: Mark[] = [];
  const counts = marks.find((mark) => {
    const outcome = outcomeIfKnown(store, mark);
    if (outcome === 'open') throw notSettled(store, { latest: mark, mark, outcome });
    if (outcome === undefined) doubtful.push(mark);
    return outcome === 'committed' || (outcome === undefined && isCommitted);
  });
  const latest = marks[0] as Mark;
  if (counts === undefined || doubtful.includes(counts)) finish(store.connection, latest, counts);
  else finishDecided(store, latest, counts);
  return doubtful[0];
}

function outcomeIfKnown(store: PreparedStore, mark: Mark): Outcome | undefined {
  try {
    return outcomeOf(store, mark, undefined);
  } catch (error) {
    if (error instanceof CorollaryError && error.code === 'IN_DOUBT') return undefined;
    throw error;
  }
}

/** Asks the deciding store. */
function outcomeOf(store: PreparedStore, mark: Mark, patience: Patience | undefined): Outcome {
  const held = patience?.heldBy(mark.decider);
  if (held !== undefined) return isDecided(held, store.uid, mark.token) ? 'committed' : 'kept';
  const decider = openDecider(store, mark);
  try {
    if (isDecided(decider, store.uid, mark.token)) return 'committed';
    return store.settings.readOnly ? 'open' : outcomeUnderLock(decider, store, mark);
  } catch (error) {
    if (mayBeLater(error, patience)) return 'open';
    throw error;
  } finally {
    decider.close();
  }
}

// Who only reads goes on where the deciding store cannot be written: what is not known has not happened yet.
function mayBeLater(error: unknown, patience: Patience | undefined): boolean {
  if (!(error instanceof CorollaryError)) return false;
  return error.code === 'BUSY' || (patience === undefined && ['DISK_FULL', 'READ_ONLY'].includes(error.code));
}

// Whoever runs a transaction holds the deciding store's lock from before it prepares the first part until it has
// decided. If the lock is free and nothing is decided, nobody is left to do so.
function outcomeUnderLock(decider: Connection, store: PreparedStore, { token }: Mark): Outcome {
  decider.configure();
  decider.begin(false);
  try {
    if (isDecided(decider, store.uid, token)) return 'committed';
    // Who was killed while deciding may have left a commit in the log that nobody was told of. While others have the
    // database open, it is not there; once all are gone, SQLite would find it. So it is written over.
    decider.run('UPDATE corollary_store SET generation = generation + 1');
    decider.commit();
    return 'undone';
  } finally {
    decider.rollBack();
  }
}

function deciderDirectory(store: PreparedStore, { levels }: Mark): string {
  // The real path: the store may have been opened over a link.
  const place = store.directory as string;
  return join(
    onDisk(place, () => realpathSync(place)),
    ...Array<string>(levels).fill('../..'),
  );
}

function openDecider(store: PreparedStore, mark: Mark): Connection {
  const directory = deciderDirectory(store, mark);
  if (!isThere(directory)) throw inDoubt(store, mark, `it is not at ${directory}`);
  const connection = new Connection(databaseFile(directory), { ...store.settings, place: directory });
  try {
    if (connection.pragma('application_id') === APPLICATION_ID) {
      const uid = connection.row('SELECT uid FROM corollary_store')?.[0];
      if (uid === mark.decider) return connection;
    }
  } catch (error) {
    connection.close();
    if (mayBeReadLater(error)) throw error;
    throw inDoubt(store, mark, `what lies at ${directory} cannot be read`, error);
  }
  connection.close();
  throw inDoubt(store, mark, `another store lies at ${directory}`);
}

// It is there, and will tell: nobody must be asked to decide in its place.
function mayBeReadLater(error: unknown): boolean {
  return error instanceof CorollaryError && ['BUSY', 'DISK_FULL', 'IO_ERROR', 'READ_ONLY'].includes(error.code);
}

function isThere(directory: string): boolean {
  try {
    return inspect(directory, true) === 'store';
  } catch (error) {
    if (error instanceof CorollaryError && error.code === 'NOT_A_STORE') return false;
    throw error;
  }
}

function inDoubt({ place }: PreparedStore, { decider }: Mark, why: string, cause?: unknown): CorollaryError {
  return new CorollaryError(
    'IN_DOUBT',
    `${place} is part of a transaction over several stores, about which the store with uid ${decider} decides, and ${why}: put it back, or decide with Store.repair(directory, { inDoubt: 'commit' or 'undo' })`,
    { store: place, cause },
  );
}

function notSettled({ place }: PreparedStore, { mark: { decider }, outcome }: Verdict): CorollaryError {
  if (outcome === 'committed')
    return new CorollaryError(
      'RECOVERY_NEEDED',
      `${place} has to finish a transaction that is committed, and is open with readOnly: open it once without`,
      { store: place },
    );
  return new CorollaryError(
    'BUSY',
    `${place} is part of a transaction over several stores that is not decided yet: the store with uid ${decider} decides; nothing was done`,
    { store: place, retry: true },
  );
}
