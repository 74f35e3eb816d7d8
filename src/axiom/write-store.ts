import { CorollaryError } from '../errors.js';
import { Faults } from '../item/check-value.js';
import type { Item } from '../item/item.js';
import type { Pledge } from '../item/pledge.js';
import { createRows, idUnder, type RowValues, reserveNumbers, runPostponed } from '../store/create.js';
import { fileNameFault } from '../store/files/file-name.js';
import { StoredFile } from '../store/files/stored-file.js';
import { getById } from '../store/load.js';
import type { StoreCore } from '../store/store-core.js';
import { findSubStore } from '../substore/find-sub-store.js';
import type { Store } from '../substore/store.js';
import { SubStore } from '../substore/sub-store.js';
import { checkReferences } from './check-references.js';
import { LinkEnds, type Numbers, pathAmong } from './link-ends.js';
import { isLeftOut, powerupsOf } from './powerups.js';
import { AxiomStore, type AxiomType } from './source/axiom-store.js';
import { piecesOfFile } from './source/pieces-of-file.js';
import type { StorePlan } from './store-plan.js';
import type { TypeConversion } from './type-conversion.js';

/** Where a plan is carried out. */
export interface Site {
  readonly store: Store;
  readonly core: StoreCore;
}

/**
 * Carries out the plan for one store: makes its substores, empty, then its files, items and powerups. All or nothing.
 *
 * An item gets the number that it had in Axiom, counted from the first one that is free: so it is known where references
 * lead before anything is there, in circles too, and no table of old and new numbers is needed.
 */
export function writeStore(plan: StorePlan, site: Site): void {
  const source = new AxiomStore(plan.directory, site.core.file.settings.busyTimeoutMs);
  try {
    assertUnchanged(plan, source);
    site.store.transact(() => write(plan, source, site));
  } finally {
    source.close();
  }
}

/** What has come since the store was checked would be left out in silence. */
function assertUnchanged({ stamp, directory }: StorePlan, source: AxiomStore): void {
  if (source.stamp === stamp) return;
  const message = `${directory} was written by another program since it was checked: stop that first`;
  throw new CorollaryError('BUSY', message, { path: directory, retry: true });
}

function write(plan: StorePlan, source: AxiomStore, site: Site): void {
  const { core } = site;
  const numbers = numbersIn(plan, source, site);
  const ends = new LinkEnds({
    ...{ source, conversions: plan.conversions, numbers },
    ...{ subStoreType: core.typeOf(SubStore), fileType: core.typeOf(StoredFile) },
  });
  const parts = partsOf(plan, source, core);
  const postponed: Item[] = [];
  for (const part of parts) {
    const rows = rowsOf(part, source, ends, numbers);
    createRows(core, part.conversion.type, rows, { wanted: undefined, postponed });
  }
  for (const part of parts) checkReferences(core, part.conversion.type, idsOf(part, source, numbers));
  runPostponed(core, postponed);
  givePowerups(plan, source, ends, site);
}

/** A type of the store as it is now, and what becomes of it. */
interface Part {
  readonly type: AxiomType;
  readonly conversion: TypeConversion;
}

function partsOf({ conversions }: StorePlan, source: AxiomStore, core: StoreCore): Part[] {
  return source.types.flatMap((type) => {
    const conversion = conversions.get(type.table);
    if (conversion === undefined) return [];
    core.typeOf(conversion.type.itemClass); // the store learns the class, if it is new there
    return [{ type, conversion }];
  });
}

/** Numbers as they will be: see {@link writeStore}. */
interface NewNumbers extends Numbers {
  sequenceOf(storeId: number): number;
}

function numbersIn(plan: StorePlan, source: AxiomStore, { store, core }: Site): NewNumbers {
  const subStores = makeSubstores(plan, { store, core });
  const files = new Map<string, number>();
  const count = Math.max(0, ...source.types.map(({ lastId }) => lastId));
  const first = count === 0 ? 0 : reserveNumbers(core, count);
  const sequenceOf = (storeId: number) => first + storeId - 1;
  return {
    sequenceOf,
    idOf: (type, storeId) => idUnder(core, type, sequenceOf(storeId)),
    subStore: (storeId) => subStores.get(storeId),
    file: (path) => {
      const known = files.get(path) ?? bringFile(source, path, store);
      files.set(path, known);
      return known;
    },
  };
}

/** The ids of the SubStore items, by the storeIDs that they had in Axiom. */
function makeSubstores({ substores }: StorePlan, { store, core }: Site): Map<number, number> {
  const ids = new Map<number, number>();
  for (const { name, storeIds } of substores) {
    store.substores.create(name);
    const { storeId } = findSubStore(core, name) as SubStore; // just made
    for (const old of storeIds) ids.set(old, storeId);
  }
  return ids;
}

function bringFile(source: AxiomStore, path: string, store: Store): number {
  const name = fileNameFault(path) === undefined ? path : null;
  return store.files.write(piecesOfFile(pathAmong(source.files, path)), { name }).storeId;
}

function* rowsOf(
  { type, conversion }: Part,
  source: AxiomStore,
  ends: LinkEnds,
  numbers: NewNumbers,
): Generator<RowValues> {
  for (const item of source.itemsOf(type)) {
    const faults = new Faults();
    const values = conversion.valuesOf(item, ends, faults);
    const name = nameOf(type, item.storeId);
    faults.throwAny(name, { type: conversion.type.name }); // only where something has changed since it was checked
    yield { values, sequence: numbers.sequenceOf(item.storeId), name };
  }
}

function* idsOf({ type, conversion }: Part, source: AxiomStore, numbers: NewNumbers) {
  for (const { storeId } of source.itemsOf(type))
    yield { id: numbers.idOf(conversion.type, storeId), name: nameOf(type, storeId) };
}

/** How errors name an item of Axiom. */
function nameOf({ name }: AxiomType, storeId: number): string {
  return `${name}, item ${storeId} in Axiom`;
}

function givePowerups({ roles }: StorePlan, source: AxiomStore, ends: LinkEnds, { store, core }: Site): void {
  const itemOf = (pledge: Pledge) => getById(core, pledge.id);
  for (const powerup of powerupsOf(source, ends, roles)) {
    if (isLeftOut(powerup)) continue;
    const { role, target, player, priority } = powerup;
    (target === undefined ? store : itemOf(target)).powerUp(itemOf(player), role, { priority });
  }
}
