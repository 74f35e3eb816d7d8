import { realpathSync } from 'node:fs';
import { CorollaryError, type Problem } from '../errors.js';
import type { StoreCore } from '../store/store-core.js';
import { findSubStore } from '../substore/find-sub-store.js';
import { checkStore } from './check-store.js';
import { checkNames, type FoundSubstore, findSubstores, type Substores } from './find-substores.js';
import type { AxiomMapping, AxiomSubstore } from './mapping.js';
import type { ProblemList } from './problem-list.js';
import { AxiomStore } from './source/axiom-store.js';
import type { StorePlan, SubstorePlan } from './store-plan.js';

/** A store of Axiom that is to be checked, with all below it. */
export interface TreeCheck {
  readonly directory: string;
  /** How problems name it: '' for the one that is imported. */
  readonly place: string;
  readonly mapping: AxiomMapping;
  /** The store that it goes into; one in memory stands for one that is not there yet. */
  readonly core: StoreCore;
  /** One in memory, which stands for all that are not there yet, with the settings that they will have. */
  readonly scratch: StoreCore;
  readonly problems: ProblemList;
  /** Where the stores above really lie. */
  readonly above: readonly string[];
}

/** Reads a store of Axiom and all below it, and makes a plan for them. What is wrong is in `problems`. */
export function checkTree(check: TreeCheck): StorePlan {
  const { plan, substores } = checkOne(check);
  return { ...plan, substores: substores.map((found) => checkBelow(found, check)).filter((one) => one !== undefined) };
}

// The database is closed before the stores below are opened: there may be many levels.
function checkOne(check: TreeCheck): { plan: Omit<StorePlan, 'substores'>; substores: readonly FoundSubstore[] } {
  const { directory, mapping, core, problems, place } = check;
  const source = new AxiomStore(directory, core.file.settings.busyTimeoutMs);
  try {
    const substores = substoresOf(source, check);
    const subStores = new Set(substores.found.flatMap(({ storeIds }) => storeIds));
    const checked = checkStore({ source, place, mapping, core, problems, subStores, substorePaths: substores.paths });
    return {
      plan: { ...checked, directory, stamp: source.stamp, substoresLeftOut: substores.leftOut },
      substores: substores.found,
    };
  } finally {
    source.close();
  }
}

function substoresOf(source: AxiomStore, check: TreeCheck): Substores {
  const { mapping, problems, core } = check;
  const where = (path: string) => placeOf(check, path);
  const wanted = (path: string) => (mapping.substores === undefined ? {} : mapping.substores(path));
  const substores = findSubstores(source, wanted, (path, message) =>
    problems.add(where(path), { code: 'STORE_MISSING', message: `${message}; leave it out by the option substores` }),
  );
  checkNames(substores, (name) => nameFault(core, name), problems, where);
  return substores;
}

function placeOf({ place }: TreeCheck, path: string): string {
  return place === '' ? path : `${place} > ${path}`;
}

function nameFault(core: StoreCore, name: string): Problem | undefined {
  try {
    if (findSubStore(core, name) === undefined) return undefined;
    return { code: 'NAME_TAKEN', message: `${core.file.place} has a substore of that name already` };
  } catch (error) {
    if (error instanceof CorollaryError && error.code === 'BAD_NAME')
      return { code: error.code, message: error.message };
    throw error;
  }
}

function checkBelow(found: FoundSubstore, above: TreeCheck): SubstorePlan | undefined {
  const { directory, path, name, storeIds } = found;
  const place = placeOf(above, path);
  const real = realpathSync(directory);
  const check: TreeCheck = {
    ...{ directory, place, mapping: inherited(above.mapping, found.mapping), problems: above.problems },
    ...{ core: above.scratch, scratch: above.scratch, above: [...above.above, real] },
  };
  try {
    if (above.above.includes(real)) throw new CorollaryError('CORRUPT', 'it contains itself');
    return { name, storeIds, plan: checkTree(check) };
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
    above.problems.add(place, { code: error.code, message: error.message });
    return undefined;
  }
}

function inherited({ types, skip, roles, substores }: AxiomMapping, { name: _, ...own }: AxiomSubstore): AxiomMapping {
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  // What the parent skips would else count more than a class that is given for the substore.
  const stillSkipped = skip?.filter((type) => !Object.hasOwn(own.types ?? {}, type));
  return { ...{ types, skip: stillSkipped, roles, substores }, ...given } as AxiomMapping; // all are as they were, or as given
}
