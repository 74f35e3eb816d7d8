import { keepShape } from '../driver/kept-shapes.js';
import { assertRuntime } from '../driver/runtime.js';
import { CorollaryError } from '../errors.js';
import type { KeepingStore } from '../item/keeping-store.js';
import { typeOf } from '../item/type-of.js';
import { Connector } from '../powerup/connector.js';
import { Installation } from '../powerup/install/installation.js';
import { orphansGo } from '../powerup/install/orphans.js';
import { StorePowers } from '../powerup/store-powers.js';
import { keepQuestion } from '../query/sql/kept-question.js';
import { TypeRegistry } from '../schema/registry.js';
import { assertPathFits, createRootDirectory } from '../store/directory.js';
import { removeFiles } from '../store/files/remove-files.js';
import { StoredFile } from '../store/files/stored-file.js';
import { emptyStoreImage, newUid } from '../store/image.js';
import { Asking } from '../upgrade/asking.js';
import { StoreUpgrader, type UpgraderOptions } from '../upgrade/store-upgrader.js';
import { readBackup } from './backup/read-backup.js';
import { restoreRoot } from './backup/restore-root.js';
import { Branch, type Forest } from './branch.js';
import { checkedPath } from './checked-path.js';
import { creatable } from './creatable.js';
import { lookOutFor } from './live/poller.js';
import { type CheckedOptions, checkedOptions } from './options.js';
import { ParentsSeen } from './parents-seen.js';
import { Pool } from './pool.js';
import { removeSubstores } from './remove-substore.js';
import { SubStore } from './sub-store.js';
import { sweepOnce } from './sweep.js';

type MakeFace<S extends KeepingStore> = Forest<S>['makeFace'];

/** Opens the store in a directory; makes it if there is none and that is allowed. */
export function openRoot<S extends KeepingStore>(
  path: string,
  options: CheckedOptions,
  makeFace: MakeFace<S>,
): Branch<S> {
  assertRuntime();
  const directory = checkedPath(path);
  const forest = newForest(options, makeFace);
  assertPathFits(directory);
  const root = Branch.root(forest, directory, '');
  if (!root.core.file.isThere(directory)) createIfAllowed(directory, options);
  return opened(root, options);
}

/** Makes a backup the store at a path, and opens it. The options are checked first. */
export function openRestored<S extends KeepingStore>(
  from: unknown,
  path: string,
  options: CheckedOptions,
  makeFace: MakeFace<S>,
): Branch<S> {
  assertRuntime();
  const directory = checkedPath(path);
  restoreRoot(readBackup(from), directory);
  return openRoot(directory, { ...options, mustExist: true }, makeFace);
}

/** Makes a store in memory. */
export function openInMemory<S extends KeepingStore>(options: CheckedOptions, makeFace: MakeFace<S>): Branch<S> {
  return opened(Branch.root(newForest(options, makeFace), undefined, newUid()), options);
}

function opened<S extends KeepingStore>(root: Branch<S>, options: CheckedOptions): Branch<S> {
  lookOutFor(root);
  try {
    const { catalog } = root.core;
    catalog.assertMatches(options.types.map((type) => root.core.typeOf(type)));
    catalog.open();
    sweepOnce(root);
    return root;
  } catch (error) {
    root.close('could not be opened');
    throw error;
  }
}

let hasSamples = false;

/** Keeps a store that nobody opens, which has no database, and a question that nobody is asked: see {@link keepShape}. */
function keepSamples<S extends KeepingStore>(makeFace: MakeFace<S>): void {
  if (hasSamples) return;
  hasSamples = true;
  keepShape(Branch.root(newForest(checkedOptions({}), makeFace), undefined, ''));
  keepQuestion();
}

// All classes are learned first: a clash of names must leave nothing behind.
function newForest<S extends KeepingStore>(options: CheckedOptions, makeFace: MakeFace<S>): Forest<S> {
  keepSamples(makeFace);
  const registry = new TypeRegistry(typeOf, Object.keys(options.retired));
  for (const type of [SubStore, StoredFile, Connector, Installation, ...options.types]) registry.learn(type);
  const pool = new Pool(options.maxOpenSubstores);
  const upgrades = { when: options.upgrade, retired: options.retired, asking: new Asking(), creatable };
  return {
    settings: options,
    registry,
    pool,
    parentsSeen: new ParentsSeen(),
    inMemory: new Map(),
    makeFace: (branch) => withHooks(branch, upgrades, makeFace),
  };
}

function withHooks<S extends KeepingStore>(branch: Branch<S>, upgrades: UpgraderOptions, makeFace: MakeFace<S>): S {
  const { core } = branch;
  core.powers = new StorePowers(core);
  core.catalog.upgrader = new StoreUpgrader(core, upgrades);
  core.beforeDelete = (type, ids, transaction) => {
    if (type.itemClass === SubStore) removeSubstores(branch, ids, transaction);
    if (type.itemClass === StoredFile) removeFiles(core, ids, transaction);
    if (type.itemClass === Installation) orphansGo(core, ids, transaction);
  };
  return makeFace(branch);
}

function createIfAllowed(directory: string, { mustExist, readOnly }: CheckedOptions): void {
  if (mustExist || readOnly) {
    const option = mustExist ? 'mustExist' : 'readOnly';
    throw new CorollaryError('STORE_MISSING', `There is no store at ${directory}, and ${option} forbids making one`, {
      path: directory,
      store: directory,
    });
  }
  createRootDirectory(directory, emptyStoreImage(newUid(), ''));
}
