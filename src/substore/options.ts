import type { Durability } from '../driver/pragmas.js';
import { CorollaryError, type Problem, problemsError } from '../errors.js';
import { isPlainInput } from '../item/check-value.js';
import type { Item } from '../item/item.js';
import type { ItemClass } from '../schema/item-class.js';
import { nameFault } from '../schema/names.js';
import type { RepairOptions } from '../store/commit/repair.js';
import type { Retirement, UpgradeWhen } from '../upgrade/store-upgrader.js';
import { defaultMaxOpen } from './open-limit.js';

/** How a store is opened. Its substores inherit everything. */
export interface StoreOptions {
  /** Item classes that are compared with the file at once. Others are learned when they are first used. */
  readonly types?: readonly ItemClass<Item>[];
  /** True: a store that does not exist is not made, but refused with `STORE_MISSING`. */
  readonly mustExist?: boolean;
  /** True: nothing is written; every write is refused with `READ_ONLY`. */
  readonly readOnly?: boolean;
  /** 'full' (as if not given): a commit survives power loss. 'relaxed': only the death of the process; faster. */
  readonly durability?: Durability;
  /** How long a write waits for another connection's write lock, in milliseconds. 5000 if not given. */
  readonly busyTimeoutMs?: number;
  /** How many substores are open at once; (descriptor limit - 128) / 3 if not given, at least 16, at most 300. */
  readonly maxOpenSubstores?: number;
  /**
   * When types that are stored in an older version than that of their classes are upgraded. 'use' (as if not given): when
   * a type is first used in a store; 'open': all of them, when a store is first used; 'refuse': never, that is
   * `UPGRADE_NEEDED`.
   */
  readonly upgrade?: UpgradeWhen;
  /**
   * Types that the program has no classes for any more, by name: their items are kept, and not read, or dropped wherever a
   * store is upgraded as a whole, by `upgrade: 'open'` or `tree.upgrade()`.
   */
  readonly retired?: Readonly<Record<string, Retirement>>;
  /** The time, in milliseconds since 1970, for what the library itself dates. `Date.now` if not given. */
  readonly clock?: () => number;
}

export type CheckedOptions = Required<StoreOptions>;

const DEFAULT_BUSY_TIMEOUT_MS = 5000;

/** What a given option must be, as a phrase, and the test for it. */
const RULES: { readonly [K in keyof StoreOptions]-?: readonly [phrase: string, test: (value: unknown) => boolean] } = {
  types: ['a list of item classes', (value) => Array.isArray(value) && value.every((one) => typeof one === 'function')],
  mustExist: ['true or false', isBoolean],
  readOnly: ['true or false', isBoolean],
  durability: ["'full' or 'relaxed'", (value) => value === 'full' || value === 'relaxed'],
  busyTimeoutMs: ['a whole number of milliseconds, 0 or more', (value) => isWhole(value, 0)],
  maxOpenSubstores: ['a whole number, 1 or more', (value) => isWhole(value, 1)],
  upgrade: ["'use', 'open' or 'refuse'", (value) => ['use', 'open', 'refuse'].includes(value as string)],
  retired: ["an object of type names, each once whatever its case, with 'keep' or 'drop'", isRetirements],
  clock: ['a function that gives milliseconds', (value) => typeof value === 'function'],
};

/** Options of later versions of the library. */
const PLANNED: ReadonlySet<string> = new Set(['driver']);

/**
 * The options with their defaults.
 * @throws CorollaryError INVALID_VALUE listing every fault; NOT_SUPPORTED for `driver`.
 */
export function checkedOptions(options: StoreOptions): CheckedOptions {
  if (typeof options !== 'object' || options === null)
    throw new CorollaryError('INVALID_VALUE', 'A store is opened with an object of options');
  const problems = Object.entries(options).flatMap(([name, value]) => problemOf(name, value));
  if (problems.length > 0) throw problemsError('A store cannot be opened with these options', problems);
  const { types = [], mustExist = false, readOnly = false, durability = 'full', ...others } = options;
  const { upgrade = 'use', retired = {} } = options;
  const { busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS, maxOpenSubstores = defaultMaxOpen(), clock = Date.now } = others;
  return {
    types,
    mustExist,
    readOnly,
    durability,
    busyTimeoutMs,
    maxOpenSubstores,
    upgrade,
    clock,
    retired: { ...retired },
  };
}

/** The options of `Store.repair`. @throws CorollaryError INVALID_VALUE */
export function checkedRepairOptions(options: unknown): RepairOptions {
  const { inDoubt, ...others } = (options ?? {}) as Record<string, unknown>;
  if ((inDoubt === 'commit' || inDoubt === 'undo') && Object.keys(others).length === 0) return { inDoubt };
  throw new CorollaryError(
    'INVALID_VALUE',
    "Store.repair takes { inDoubt: 'commit' } or { inDoubt: 'undo' } as options",
  );
}

function problemOf(name: string, value: unknown): Problem[] {
  if (PLANNED.has(name)) return [{ code: 'NOT_SUPPORTED', message: `the option ${name} is not there yet` }];
  const rule = Object.hasOwn(RULES, name) ? RULES[name as keyof StoreOptions] : undefined;
  if (rule === undefined)
    return [{ code: 'INVALID_VALUE', message: `there is no option '${name}', only ${Object.keys(RULES).join(', ')}` }];
  if (value === undefined || rule[1](value)) return [];
  return [{ code: 'INVALID_VALUE', message: `${name} is ${rule[0]}` }];
}

function isRetirements(value: unknown): boolean {
  if (!isPlainInput(value)) return false;
  const isRight = ([name, what]: [string, unknown]) =>
    nameFault(name) === undefined && (what === 'keep' || what === 'drop');
  const names = Object.keys(value).map((name) => name.toLowerCase());
  return Object.entries(value).every(isRight) && new Set(names).size === names.length;
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isWhole(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
