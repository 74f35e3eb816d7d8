import { CorollaryError, type Problem } from '../errors.js';
import { Faults } from '../item/check-value.js';
import { checkNew } from '../store/create.js';
import { fileNameFault } from '../store/files/file-name.js';
import { findFile } from '../store/files/find-files.js';
import { StoredFile } from '../store/files/stored-file.js';
import type { StoreCore } from '../store/store-core.js';
import { creatable } from '../substore/creatable.js';
import { SubStore } from '../substore/sub-store.js';
import { type ChosenType, chooseTypes } from './choose-types.js';
import { leftOutFiles } from './left-out-files.js';
import { LinkEnds, type Numbers } from './link-ends.js';
import type { AxiomMapping } from './mapping.js';
import { powerupsOf, reportOn } from './powerups.js';
import type { ProblemList } from './problem-list.js';
import type { AxiomTypeReport } from './report.js';
import type { AxiomStore } from './source/axiom-store.js';
import type { StorePlan } from './store-plan.js';
import { TypeConversion } from './type-conversion.js';

/** What one store is checked with. */
export interface StoreCheck {
  readonly source: AxiomStore;
  /** How problems name the store: '' for the one that is imported. */
  readonly place: string;
  readonly mapping: AxiomMapping;
  /** The store that it goes into; one in memory stands for one that is not there yet. */
  readonly core: StoreCore;
  /** The storeIDs of the items that stand for substores which come along. */
  readonly subStores: ReadonlySet<number>;
  /** The paths of all substores. */
  readonly substorePaths: ReadonlySet<string>;
  readonly problems: ProblemList;
}

type CheckedStore = Omit<StorePlan, 'directory' | 'stamp' | 'substores' | 'substoresLeftOut'>;

/** Reads one store and checks all that can be checked without writing. */
export function checkStore(check: StoreCheck): CheckedStore {
  const chosen = chooseTypes(check.source.types, check.mapping);
  const conversions = new Map<string, TypeConversion>();
  for (const one of chosen) {
    const conversion = conversionFor(one, check);
    if (conversion !== undefined) conversions.set(one.source.table, conversion);
  }
  const files = new Set<string>();
  const { source, core } = check;
  const ends = new LinkEnds({
    ...{ source, conversions, numbers: anyNumbers(check, files) },
    ...{ subStoreType: core.typeOf(SubStore), fileType: core.typeOf(StoredFile) },
  });
  for (const conversion of conversions.values()) checkItems(conversion, ends, check);
  const roles = new Map(Object.entries(check.mapping.roles ?? {}));
  return {
    conversions,
    roles,
    types: chosen.map((one) => reportOnType(one, conversions.get(one.source.table))),
    powerups: reportOn(powerupsOf(source, ends, roles)),
    files: { imported: files.size, leftOut: leftOutFiles(source.files, files, check.substorePaths) },
  };
}

function conversionFor({ source, mapping, problem }: ChosenType, check: StoreCheck): TypeConversion | undefined {
  const where = placed(check, source.name);
  if (problem !== undefined) check.problems.add(where, problem);
  if (mapping === undefined) return undefined;
  return collecting(check, where, () => {
    const type = creatable(check.core.typeOf(mapping.to));
    check.core.catalog.assertMatches([type]);
    return new TypeConversion(source, type, mapping);
  });
}

function placed({ place }: StoreCheck, name: string): string {
  return place === '' ? name : `${place}: ${name}`;
}

/** What work gives; undefined where it throws one of our errors, which is noted. */
function collecting<R>({ problems }: StoreCheck, where: string, work: () => R): R | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
    problems.add(where, { code: error.code, message: error.message });
    return undefined;
  }
}

// A reference's number is no matter of the checks; only that there is one.
function anyNumbers(check: StoreCheck, files: Set<string>): Numbers {
  return {
    idOf: () => 1,
    subStore: (storeId) => (check.subStores.has(storeId) ? 1 : undefined),
    file: (path) => {
      if (!files.has(path)) checkFileName(path, check);
      files.add(path);
      return 1;
    },
  };
}

function checkFileName(path: string, { core, problems, place }: StoreCheck): void {
  if (fileNameFault(path) !== undefined || findFile(core, path) === undefined) return;
  const message = `${core.file.place} has a file named ${path} already`;
  problems.add(place === '' ? 'files' : `${place}: files`, { code: 'NAME_TAKEN', message });
}

function checkItems(conversion: TypeConversion, ends: LinkEnds, check: StoreCheck): void {
  const { source, type } = conversion;
  const where = placed(check, source.name);
  for (const item of check.source.itemsOf(source)) {
    const faults = new Faults();
    const values = conversion.valuesOf(item, ends, faults);
    const found = [...faults.problems, ...furtherProblems(check.core, type, values, faults)];
    for (const problem of found) check.problems.add(where, problem, item.storeId);
    check.problems.cause ??= faults.cause;
  }
  for (const { name, becomes } of conversion.attributes)
    if (becomes === 'left') check.problems.add(where, left(name, type.name));
}

function left(name: string, type: string): Problem {
  const message = `nothing takes ${name}: add an attribute of that name to ${type}, read it in values, or name it in drop`;
  return { code: 'UNKNOWN_ATTRIBUTE', attribute: name, message };
}

/** What the class says of the values, apart from attributes that already have a fault. */
function furtherProblems(
  core: StoreCore,
  type: TypeConversion['type'],
  values: object,
  faults: Faults,
): readonly Problem[] {
  const known = faults.attributes();
  if (known?.has(undefined)) return []; // there are no values
  try {
    checkNew(core, type, values);
    return [];
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
    faults.cause ??= error.cause;
    const found = error.problems ?? [{ code: error.code, message: error.message }];
    return found.filter(({ attribute }) => attribute === undefined || !known?.has(attribute));
  }
}

function reportOnType({ source, leftOut }: ChosenType, conversion: TypeConversion | undefined): AxiomTypeReport {
  const { name, version, items } = source;
  const said = { name, version, items, to: conversion?.type.name ?? null, leftOut };
  if (conversion !== undefined) return { ...said, attributes: conversion.attributes, notes: conversion.notes };
  return { ...said, attributes: source.attributes.map((one) => ({ ...one, becomes: 'left' })), notes: [] };
}
