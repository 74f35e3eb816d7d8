import { realpathSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { CorollaryError, problemsError } from '../errors.js';
import { statOf } from '../store/disk.js';
import type { StoreCore } from '../store/store-core.js';
import { branchOfFace } from '../substore/branch.js';
import { assertFree, buildBeside } from '../substore/building-site.js';
import { checkedPath } from '../substore/checked-path.js';
import { checkedOptions } from '../substore/options.js';
import { Store } from '../substore/store.js';
import { checkTree } from './check-tree.js';
import { type AxiomOptions, checkOptions, openTarget } from './options.js';
import { ProblemList } from './problem-list.js';
import type { AxiomReport, AxiomStoreReport } from './report.js';
import type { StorePlan } from './store-plan.js';
import { writeStore } from './write-store.js';

/**
 * Reads a store directory that Python Axiom has written, with the stores below it, into an open store or a new one. The
 * old store is not changed in any way; it may lie where nothing can be written. Everything is read and checked before
 * anything is written, and then all of it is there or nothing.
 *
 * @example
 * importAxiom('old.axiom', { into: 'library.store', types: { author: Author, book: Book }, skip: ['note'] });
 * @throws CorollaryError with all problems found in `problems` and the code of the first; STORE_MISSING, NOT_A_STORE,
 * CORRUPT, BUSY for what cannot be read; what creating items, substores and files throws, and what hooks throw
 */
export function importAxiom(path: string, options: AxiomOptions): AxiomReport {
  checkOptions(options);
  const directory = checkedPath(path);
  const target = openTarget(options);
  const { plan, report, cause } = checked(directory, options, target);
  if (options.dryRun === true) return report;
  if (report.problems.length > 0)
    throw problemsError(`${directory} cannot be imported`, report.problems, { path: directory, cause });
  if (target === undefined) writeNew(plan, options);
  else target.transact(() => writeTree(plan, target));
  return report;
}

/** What was found out before anything is written. */
interface Checked {
  readonly plan: StorePlan;
  readonly report: AxiomReport;
  /** What a function of the user threw first. */
  readonly cause: unknown;
}

function checked(directory: string, options: AxiomOptions, target: Store | undefined): Checked {
  using scratch = Store.inMemory({ busyTimeoutMs: busyTimeoutOf(options, target) });
  const problems = new ProblemList();
  checkPlace(directory, options, problems);
  const plan = checkTree({
    ...{ directory, place: '', mapping: options, problems },
    ...{ core: coreOf(target ?? scratch), scratch: coreOf(scratch), above: [realIfThere(directory)] },
  });
  const stores = [...reportsOf(plan, [])];
  const items = stores
    .flatMap(({ types }) => types)
    .reduce((sum, type) => sum + (type.to === null ? 0 : type.items), 0);
  return { plan, report: { items, stores, problems: problems.all() }, cause: problems.cause };
}

/** How long is waited for a lock, as in the store that takes it all: also for those of Axiom. */
function busyTimeoutOf({ storeOptions = {} }: AxiomOptions, target: Store | undefined): number {
  return target === undefined ? checkedOptions(storeOptions).busyTimeoutMs : coreOf(target).file.settings.busyTimeoutMs;
}

/** A new store must not be within the old one, nor where something is. */
function checkPlace(directory: string, { into }: AxiomOptions, problems: ProblemList): void {
  if (typeof into !== 'string') return;
  const path = checkedPath(into);
  if (isWithin(realIfThere(path), realIfThere(directory))) {
    const message = 'the new store cannot be in the directory of the old one, which is not changed';
    problems.add(path, { code: 'INVALID_VALUE', message });
    return;
  }
  try {
    assertFree(path, 'a new store is made');
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
    problems.add(path, { code: error.code, message: error.message });
  }
}

function isWithin(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`));
}

/** Where a path really leads, as far as it is there. */
function realIfThere(path: string): string {
  if (statOf(path) !== undefined) return realpathSync(path);
  return path === dirname(path) ? path : resolve(realIfThere(dirname(path)), relative(dirname(path), path));
}

function* reportsOf(plan: StorePlan, path: readonly string[]): Generator<AxiomStoreReport> {
  const { directory: from, types, powerups, files, substoresLeftOut } = plan;
  yield { from, path, types, powerups, files, substoresLeftOut };
  for (const below of plan.substores) yield* reportsOf(below.plan, [...path, below.name]);
}

/** A new store appears whole: each of its stores is written by a transaction of its own before. */
function writeNew(plan: StorePlan, { into, storeOptions }: AxiomOptions): void {
  buildBeside(checkedPath(into), ({ directory }) => {
    using store = Store.open(directory, storeOptions);
    writeTree(plan, store);
  });
}

function writeTree(plan: StorePlan, store: Store): void {
  writeStore(plan, { store, core: coreOf(store) });
  for (const { name, plan: below } of plan.substores) writeTree(below, store.substores.open(name));
}

function coreOf(store: Store): StoreCore {
  const branch = branchOfFace(store);
  if (branch !== undefined) return branch.core;
  throw new CorollaryError('INVALID_VALUE', 'An Axiom store is imported into an open store');
}
