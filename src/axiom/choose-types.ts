import type { Problem } from '../errors.js';
import { type AxiomMapping, type AxiomTypeEntry, AxiomTypeMapping, planOf, type TypePlan } from './mapping.js';
import { HANDLED } from './options.js';
import type { AxiomTypeReport } from './report.js';
import type { AxiomType } from './source/axiom-store.js';

/** What is to become of one version of a type. */
export interface ChosenType {
  readonly source: AxiomType;
  /** Undefined where it is left out. */
  readonly mapping: TypePlan | undefined;
  readonly leftOut: AxiomTypeReport['leftOut'];
  readonly problem: Problem | undefined;
}

/**
 * The modules of Axiom whose items run Axiom itself: they are left out unless the mapping has them. Those that keep what
 * people entered (accounts, tags, lists) are not among them.
 */
const MACHINERY: ReadonlySet<string> = new Set([
  ...['axiom.item', 'axiom.store', 'axiom.substore', 'axiom.upgrade', 'axiom.dependency', 'axiom.listversions'],
  ...['axiom.scheduler', 'axiom.batch', 'axiom.plugins'],
]);

/** What is to become of the types of a store that have items. Those that the import deals with itself are not there. */
export function chooseTypes(types: readonly AxiomType[], mapping: AxiomMapping): ChosenType[] {
  const filled = types.filter(({ name, items }) => items > 0 && !HANDLED.has(name));
  return filled.map((source) => {
    const versions = filled.filter(({ name }) => name === source.name).map(({ version }) => version);
    return choose(source, versions, mapping);
  });
}

function choose(source: AxiomType, versions: readonly number[], { types = {}, skip = [] }: AxiomMapping): ChosenType {
  const leave = (leftOut: ChosenType['leftOut'], problem?: Problem) => {
    return { source, mapping: undefined, leftOut, problem };
  };
  const { name, version } = source;
  if (skip.includes(name)) return leave('skip');
  const entry = Object.hasOwn(types, name) ? types[name] : undefined;
  if (entry === undefined && MACHINERY.has(source.module)) return leave('machinery');
  if (entry === undefined)
    return leave('not mapped', notMapped(`has items, and no class: add it to types, or to skip`));
  if (!isSingle(entry)) {
    const ofVersion = entry[version];
    if (ofVersion === undefined)
      return leave('not mapped', notMapped(`has items in version ${version}, and no class for it`));
    return { source, mapping: asMapping(ofVersion), leftOut: null, problem: undefined };
  }
  if (versions.length === 1) return { source, mapping: asMapping(entry), leftOut: null, problem: undefined };
  const said = versions.join(' and ');
  return leave(
    'not mapped',
    notMapped(`has items in versions ${said}: say what becomes of each, { ${versions[0]}: ... }`),
  );
}

function isSingle(entry: AxiomTypeEntry | Readonly<Record<number, AxiomTypeEntry>>): entry is AxiomTypeEntry {
  return typeof entry === 'function' || entry instanceof AxiomTypeMapping;
}

function asMapping(entry: AxiomTypeEntry): TypePlan {
  return entry instanceof AxiomTypeMapping ? planOf(entry) : { to: entry, values: undefined, drop: [] };
}

function notMapped(message: string): Problem {
  return { code: 'UNKNOWN_TYPE', message };
}
