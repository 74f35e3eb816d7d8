import { CorollaryError, kindOf, type Problem, problemsError } from '../errors.js';
import { Role } from '../item/role.js';
import { branchOfFace } from '../substore/branch.js';
import { checkedPath } from '../substore/checked-path.js';
import { checkedOptions, type StoreOptions } from '../substore/options.js';
import { Store } from '../substore/store.js';
import { type AxiomMapping, AxiomTypeMapping, isListOfTexts } from './mapping.js';

/** What is imported, and where to. */
export interface AxiomOptions extends AxiomMapping {
  /**
   * An open store, which takes it in addition to what it has; or a path where nothing is yet, for a new store. Needed
   * unless it is a dry run.
   */
  readonly into?: Store | string;
  /** How the new store is made, where `into` is a path. */
  readonly storeOptions?: Omit<StoreOptions, 'mustExist' | 'readOnly'>;
  /** True: everything is read and checked, nothing is written, and problems are not thrown but reported. */
  readonly dryRun?: boolean;
}

const RULES: { readonly [K in keyof AxiomOptions]-?: readonly [phrase: string, test: (value: unknown) => boolean] } = {
  types: ['an object of classes, by type names of Axiom', (value) => isRecordOf(value, isTypeEntry)],
  skip: ['a list of type names of Axiom', isListOfTexts],
  roles: ['an object of roles, by names of interfaces', (value) => isRecordOf(value, (one) => one instanceof Role)],
  substores: ['a function', (value) => typeof value === 'function'],
  into: ['an open store, or a path', (value) => value instanceof Store || typeof value === 'string'],
  storeOptions: ['an object of options of Store.open', (value) => typeof value === 'object'],
  dryRun: ['true or false', (value) => typeof value === 'boolean'],
};

/** Types that the import deals with by itself. */
export const HANDLED: ReadonlySet<string> = new Set(['substore', 'axiom_powerup_connector']);

const BY_ITSELF = 'the import deals with that by itself, see the options substores and roles';

/** @throws CorollaryError INVALID_VALUE listing every fault */
export function checkOptions(options: unknown): asserts options is AxiomOptions {
  const problems = faultsOf(options, Object.keys(RULES));
  const { into, dryRun, storeOptions } = (options ?? {}) as AxiomOptions;
  if (into === undefined && dryRun !== true)
    problems.push(invalid('into is needed: an open store, or the path of a new one'));
  if (problems.length > 0) throw problemsError('importAxiom', problems);
  if (typeof into === 'string') checkedPath(into);
  checkedOptions(storeOptions ?? {});
}

/** @throws CorollaryError INVALID_VALUE for what the option `substores` gives for a path */
export function checkSubstore(given: unknown, path: string): void {
  const problems = faultsOf(given, ['name', 'types', 'skip', 'roles', 'substores']);
  if (problems.length > 0) throw problemsError(`importAxiom: substores of '${path}'`, problems);
}

function faultsOf(options: unknown, allowed: readonly string[]): Problem[] {
  if (typeof options !== 'object' || options === null)
    return [invalid(`an object of options is needed, not ${kindOf(options)}`)];
  const problems = Object.entries(options).flatMap(([name, value]) => optionFaults(name, value, allowed));
  const { types = {}, skip = [] } = options as AxiomMapping;
  if (problems.length > 0) return problems;
  const skipped = skip
    .filter((name) => HANDLED.has(name))
    .map((name) => invalid(`skip cannot have ${name}: ${BY_ITSELF}`));
  return [...Object.keys(types).flatMap((name) => entryFaults(name, skip)), ...skipped];
}

function optionFaults(name: string, value: unknown, allowed: readonly string[]): Problem[] {
  if (!allowed.includes(name)) return [invalid(`there is no option '${name}', only ${allowed.join(', ')}`)];
  const rule = Object.hasOwn(RULES, name) ? RULES[name as keyof AxiomOptions] : undefined;
  return value === undefined || rule === undefined || rule[1](value) ? [] : [invalid(`${name} is ${rule[0]}`)];
}

function entryFaults(name: string, skip: readonly string[]): Problem[] {
  if (HANDLED.has(name)) return [invalid(`types cannot have ${name}: ${BY_ITSELF}`)];
  return skip.includes(name) ? [invalid(`${name} is in types and in skip`)] : [];
}

function invalid(message: string): Problem {
  return { code: 'INVALID_VALUE', message };
}

function isRecordOf(value: unknown, test: (one: unknown) => boolean): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(test);
}

function isTypeEntry(value: unknown): boolean {
  if (typeof value === 'function' || value instanceof AxiomTypeMapping) return true;
  const isOfVersion = (one: unknown) => typeof one === 'function' || one instanceof AxiomTypeMapping;
  return isRecordOf(value, isOfVersion) && Object.keys(value as object).every((version) => /^\d+$/.test(version));
}

/** The store that takes it all; undefined where there is none yet. @throws CorollaryError STORE_CLOSED, READ_ONLY */
export function openTarget({ into, dryRun = false }: AxiomOptions): Store | undefined {
  if (!(into instanceof Store)) return undefined;
  const core = branchOfFace(into)?.core;
  if (core === undefined) throw new CorollaryError('INVALID_VALUE', 'importAxiom takes an open store as into');
  if (dryRun) core.assertOpen();
  else core.assertWritable();
  return into;
}
