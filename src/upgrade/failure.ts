import { CorollaryError } from '../errors.js';
import type { StoreCore } from '../store/store-core.js';

/** What an error of an upgrade names. */
export interface Concerned {
  readonly from: number;
  readonly to: number;
  readonly storeId?: number;
  /** Where it is not the type whose upgrade was begun. */
  readonly type?: string;
}

/** What is wrong, as a phrase for a message. */
export class Wrong extends Error {}

/** What a step, or what it gave for an item, threw. */
class AtRow extends Error {
  readonly concerned: Concerned;
  constructor(concerned: Concerned, cause: unknown) {
    super('', { cause });
    this.concerned = concerned;
  }
}

/** What is no fault of an upgrade: the same may work later, or what must be mended is the disk. */
const NOT_OF_UPGRADES = ['BUSY', 'DISK_FULL', 'IO_ERROR', 'COMMIT_UNKNOWN', 'CORRUPT', 'TOO_MANY_OPEN'];

function isPassedOn(error: unknown): boolean {
  return error instanceof CorollaryError && NOT_OF_UPGRADES.includes(error.code);
}

/** Does something for one item, so that {@link namingUpgrade} can name it. */
export function atRow<R>(concerned: Concerned, work: () => R): R {
  try {
    return work();
  } catch (error) {
    throw isPassedOn(error) ? error : new AtRow(concerned, error);
  }
}

/**
 * Upgrades a type.
 * @throws CorollaryError UPGRADE_FAILED naming store, type, item where there is one, and versions; what is no fault of the
 * upgrade is thrown as it is
 */
export function namingUpgrade(core: StoreCore, typeName: string, versions: Concerned, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw failureOf(core, typeName, versions, error);
  }
}

function failureOf(core: StoreCore, typeName: string, versions: Concerned, error: unknown): unknown {
  const isNamed = error instanceof AtRow || error instanceof Wrong || error instanceof CorollaryError;
  if (isPassedOn(error) || !isNamed) return error;
  const [cause, concerned] = error instanceof AtRow ? [error.cause, error.concerned] : [error, versions];
  return failed(core.file.place, concerned.type ?? typeName, { storeId: itemOf(cause), ...concerned }, cause);
}

function itemOf(cause: unknown): number | undefined {
  return cause instanceof CorollaryError ? cause.storeId : undefined;
}

function failed(
  place: string,
  type: string,
  { from, to, storeId }: Omit<Concerned, 'storeId'> & { readonly storeId: number | undefined },
  cause: unknown,
): CorollaryError {
  const what = storeId === undefined ? type : `item ${storeId} (${type})`;
  const message = `${place}: ${what} cannot be upgraded from version ${from} to ${to}: ${reasonOf(cause)}; nothing was changed`;
  const attribute = cause instanceof CorollaryError ? cause.attribute : undefined;
  return new CorollaryError('UPGRADE_FAILED', message, { store: place, type, attribute, storeId, cause });
}

// What a program throws may show stored values: it is in `cause` only.
function reasonOf(cause: unknown): string {
  return cause instanceof CorollaryError || cause instanceof Wrong ? cause.message : 'its step threw an error';
}
