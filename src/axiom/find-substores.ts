import { statSync } from 'node:fs';
import type { Problem } from '../errors.js';
import { Refusal } from '../schema/codec.js';
import { onDisk } from '../store/disk.js';
import { pathAmong } from './link-ends.js';
import type { AxiomSubstore } from './mapping.js';
import { checkSubstore } from './options.js';
import type { ProblemList } from './problem-list.js';
import type { AxiomStore, AxiomType } from './source/axiom-store.js';

/** A substore of Axiom that is there, and is wanted. */
export interface FoundSubstore {
  /** Among the files of its parent. */
  readonly path: string;
  readonly directory: string;
  readonly storeIds: readonly number[];
  readonly name: string;
  /** What is different for it. */
  readonly mapping: AxiomSubstore;
}

/** The substores that items of a store stand for. */
export interface Substores {
  readonly found: readonly FoundSubstore[];
  /** The paths of those that are left out. */
  readonly leftOut: readonly string[];
  /** The paths of all, wanted or not. */
  readonly paths: ReadonlySet<string>;
}

/** The type of the items that stand for substores. */
const SUBSTORE = 'substore';

/** Finds the substores of a store. What stands for none on disk, since it was in memory, is passed over. */
export function findSubstores(
  source: AxiomStore,
  wanted: (path: string) => AxiomSubstore | null,
  faultAt: (path: string, message: string) => void,
): Substores {
  const byPath = storeIdsByPath(source);
  const found: FoundSubstore[] = [];
  const leftOut: string[] = [];
  for (const [path, storeIds] of byPath) {
    const mapping = wanted(path);
    if (mapping !== null) checkSubstore(mapping, path);
    const directory = mapping === null ? undefined : directoryOf(source, path, (message) => faultAt(path, message));
    if (mapping === null || directory === undefined) leftOut.push(path);
    else found.push({ path, directory, storeIds, mapping, name: mapping.name ?? lastPart(path) });
  }
  return { found, leftOut, paths: new Set(byPath.keys()) };
}

// Two items may stand for one directory.
function storeIdsByPath(source: AxiomStore): Map<string, number[]> {
  const byPath = new Map<string, number[]>();
  for (const { storeId, path } of storepathsIn(source)) byPath.set(path, [...(byPath.get(path) ?? []), storeId]);
  return byPath;
}

/** An item that stands for a substore. */
interface Storepath {
  readonly storeId: number;
  readonly path: string;
}

function* storepathsIn(source: AxiomStore): Generator<Storepath> {
  for (const type of source.types) if (type.name === SUBSTORE) yield* storepathsOf(type, source);
}

function* storepathsOf(type: AxiomType, source: AxiomStore): Generator<Storepath> {
  const at = type.attributes.findIndex(({ name }) => name === 'storepath');
  for (const { storeId, cells } of source.itemsOf(type)) {
    const cell = cells[at] ?? null;
    // What is no text is no path: it leads nowhere.
    if (cell !== null) yield { storeId, path: typeof cell === 'string' ? cell : '' };
  }
}

function directoryOf(source: AxiomStore, path: string, fault: (message: string) => void): string | undefined {
  try {
    const directory = pathAmong(source.files, path);
    if (onDisk(directory, () => statSync(directory, { throwIfNoEntry: false }))?.isDirectory()) return directory;
    fault('it is not there');
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    fault(`it ${error.message}`);
  }
  return undefined;
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Notes the substores whose names cannot be, or not beside each other. */
export function checkNames(
  { found }: Substores,
  faultOf: (name: string) => Problem | undefined,
  problems: ProblemList,
  where: (path: string) => string,
): void {
  const paths = new Map<string, string>();
  for (const { name, path } of found) {
    const fault = faultOf(name);
    if (fault !== undefined) problems.add(where(path), fault);
    const other = paths.get(name);
    if (other === undefined) paths.set(name, path);
    else problems.add(where(path), { code: 'NAME_TAKEN', message: sameName(other) });
  }
}

function sameName(other: string): string {
  return `it would have the same name as the substore at ${other}: give it another one by the option substores`;
}
