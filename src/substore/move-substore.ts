import { Connection } from '../driver/connection.js';
import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import { createItem } from '../store/create.js';
import { deleteItems } from '../store/deletion.js';
import { assertPathFits, databaseFile } from '../store/directory.js';
import { onDisk, ownDirectory } from '../store/disk.js';
import type { Gates } from '../store/gate.js';
import { isWithin } from '../store/is-within.js';
import { inLockOrder } from '../store/lock-order.js';
import type { Transaction } from '../store/transaction.js';
import { carry, wayTo } from './arrival.js';
import type { Branch } from './branch.js';
import { freeDirectoryName } from './create-substore.js';
import { findSubStore, subStoreWithUid } from './find-sub-store.js';
import { checkedName } from './name.js';
import { nameTaken, notFound, outsideTree } from './named.js';
import { discardBelow } from './remove-substore.js';
import { renameSubstore } from './rename-substore.js';
import { bringStrays } from './strays.js';
import type { SubStore } from './sub-store.js';
import { substoreDirectory, substoreIds } from './substore-directory.js';
import { Walk } from './walk.js';

/** From where to where a substore is moved. */
export interface Move<S extends KeepingStore> {
  readonly from: Branch<S>;
  readonly name: string;
  readonly to: Branch<S>;
  readonly newName: string;
}

/**
 * Gives a substore, with all below it, another parent in the same tree. The rows of both parents and the store's header
 * change in one transaction; the directory follows after the commit.
 */
export function moveSubstore<S extends KeepingStore>(move: Move<S>): void {
  const { from, name, to, newName } = move;
  checkedName(newName, to.core.file.place);
  if (from.forest !== to.forest) throw outsideTree(to);
  for (const { core } of [to, from]) core.assertOpen();
  if (from === to) {
    renameSubstore(from, name, newName);
    return;
  }
  const top = commonAncestor(from, to);
  top.core.writeInSteps((transaction) => {
    lockWay(top, [from, to], transaction);
    const item = findSubStore(from.core, name);
    if (item === undefined) throw notFound(from, name);
    const child = from.child(item);
    assertNotWithin(child, to);
    if (findSubStore(to.core, newName) !== undefined) throw nameTaken(to.core, newName);
    assertNotUsed(child);
    const { directory } = to.core.file;
    if (directory !== undefined) {
      assertPathsFit(child.directory as string, substoreDirectory(directory, item.directory));
      keepOthersOut(to, transaction);
      bringStrays(to.root, child.directory as string); // the way to them leads over the place that is left
      assertNobodyHas(child);
      onDisk(directory, () => ownDirectory(directory, 'sub')); // for `mayHoldSubstores`, if the directory does not follow
    }
    changeParents(move, { item, child }, transaction);
  });
}

function commonAncestor<S extends KeepingStore>(one: Branch<S>, other: Branch<S>): Branch<S> {
  const above = new Set<Branch<S>>();
  for (let at: Branch<S> | undefined = one; at !== undefined; at = at.parent) above.add(at);
  let at = other;
  while (!above.has(at)) at = at.parent as Branch<S>;
  return at;
}

// Who deletes a store takes its directory away, with what still lies in it. While these are locked, nobody deletes one
// that the moved store leaves or comes to; and whoever has done so before is found out.
function lockWay<S extends KeepingStore>(top: Branch<S>, ends: readonly Branch<S>[], transaction: Transaction): void {
  const way = new Set([top]);
  for (const end of ends) for (let at = end; at !== top; at = at.parent as Branch<S>) way.add(at);
  for (const branch of [...way].sort((one, other) => inLockOrder(one.core, other.core))) {
    if (branch !== top) assertInParent(branch);
    transaction.join(branch.core);
  }
}

// Another store may have been restored in its place, under its uid.
function assertInParent<S extends KeepingStore>(branch: Branch<S>): void {
  const { file } = branch.core;
  const parent = branch.parent as Branch<S>;
  const item = subStoreWithUid(parent.core, file.uid);
  if (item !== undefined && parent.child(item) === branch) return;
  throw new CorollaryError('STORE_CLOSED', `${file.place} was deleted, or moved by another process`, {
    store: file.place,
  });
}

/** What is moved: its item in the parent that it leaves, and the store. */
interface Moved<S extends KeepingStore> {
  readonly item: SubStore;
  readonly child: Branch<S>;
}

function changeParents<S extends KeepingStore>(
  { from, name, to, newName }: Move<S>,
  { item, child }: Moved<S>,
  transaction: Transaction,
): void {
  const { uid, createdAt, directory: wasIn } = item;
  const type = from.core.typeOf(item.constructor as never);
  const part = transaction.joinForWriting(child.core); // while its row is there
  from.leaving.add(uid);
  try {
    deleteItems(from.core, type, [item.storeId], { transaction, part: transaction.joinForWriting(from.core) });
  } finally {
    from.leaving.delete(uid);
  }
  const { directory } = to.core.file;
  const id = freeDirectoryName(to.core, wasIn);
  const movedFrom = directory === undefined ? '' : wayTo(directory, child.directory as string);
  createItem(to.core, type, { name: newName, uid, createdAt, directory: id, movedFrom });
  part.moveTo(to.core.file.uid);
  child.reparent(to, newName);
  transaction.onUndo((isOutcomeKnown) => {
    child.reparent(from, name);
    if (!isOutcomeKnown) child.distrust(to);
  });
  transaction.onCommit(() => {
    if (!part.isMoving) {
      discardBelow(from, wasIn); // it was deleted with the store that it was moved to
      return;
    }
    const wasAt = child.directory;
    followIfPossible(child, id, (error) => transaction.noteUnfinished({ part, error }));
    child.core.watches.moved(child.core, wasAt);
  });
}

function followIfPossible<S extends KeepingStore>(
  child: Branch<S>,
  id: string,
  failed: (error: unknown) => void,
): void {
  try {
    follow(child, id);
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
    failed(error);
  }
}

// The directory of a store comes after it. What is left undone here, whoever opens the store next does: so nobody may
// have it open where it was. A part that could not be written yet has to be settled there first.
function follow<S extends KeepingStore>(child: Branch<S>, id: string): void {
  const files = [...child.loadedBelow(), child].map(({ core }) => core.file);
  const parent = (child.parent as Branch<S>).core.file.directory;
  if (parent === undefined) return;
  const from = child.directory as string;
  const isSettled = !files.some(({ isPrepared }) => isPrepared);
  for (const file of files) if (file.isOpen) file.evict();
  child.liesIn(id);
  if (isSettled) carry(from, parent, id);
}

/** Nobody opens a substore of this tree until the transaction is over. */
function keepOthersOut<S extends KeepingStore>(branch: Branch<S>, transaction: Transaction): void {
  const reopen = (branch.core.gates as Gates).opening.close();
  transaction.onUndo(reopen);
  transaction.atEnd(reopen);
}

function assertNotUsed<S extends KeepingStore>(top: Branch<S>): void {
  const used = [top, ...top.loadedBelow()].find(({ core }) => core.file.isPinned);
  if (used === undefined) return;
  const { place } = used.core.file;
  throw new CorollaryError(
    'NOT_SUPPORTED',
    `${place} has taken part in the running transaction and cannot be moved in it: move it before anything else is done with it, or in a transaction of its own`,
    { store: place },
  );
}

// The files of a store that somebody has open would move away under him.
function assertNobodyHas<S extends KeepingStore>(top: Branch<S>): void {
  for (const { core } of new Walk<S>({}).from(top)) {
    const { file } = core;
    core.readingAside();
    file.evict();
    assertAlone(file.directory as string, file.place);
  }
}

/** For how long another process may have a store open without counting: it looks whether anything has changed. */
const MOMENT_MS = 100;

function assertAlone(directory: string, place: string): void {
  const connection = new Connection(databaseFile(directory), {
    readOnly: false,
    durability: 'full',
    busyTimeoutMs: 1,
    place,
  });
  const deadline = Date.now() + MOMENT_MS;
  try {
    do if (connection.isAlone()) return;
    while (Date.now() < deadline);
  } finally {
    connection.close();
  }
  throw new CorollaryError(
    'BUSY',
    `${place} is open elsewhere, and a store can only be moved while nobody else has it or one below it open; nothing was done`,
    { store: place, retry: true },
  );
}

function assertNotWithin<S extends KeepingStore>(child: Branch<S>, to: Branch<S>): void {
  if (!isWithin(to, child)) return;
  throw new CorollaryError(
    'INVALID_VALUE',
    `${child.core.file.place} cannot be moved to ${to.core.file.place}, which is the same store or below it`,
    { store: child.core.file.place },
  );
}

/** @throws CorollaryError PATH_TOO_LONG for the first of all stores below whose new path would be too long */
function assertPathsFit(from: string, to: string): void {
  assertPathFits(to);
  for (const id of substoreIds(from)) assertPathsFit(substoreDirectory(from, id), substoreDirectory(to, id));
}
