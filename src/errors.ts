/**
 * Every code a {@link CorollaryError} can carry. Codes are public: they are added to, never renamed.
 * `docs/errors.md` lists them with cause and cure.
 */
export const ERROR_CODES = [
  'NOT_FOUND',
  'NOT_UNIQUE',
  'CONSTRAINT',
  'INVALID_VALUE',
  'WRONG_STORE',
  'WRONG_TYPE',
  'STORE_CLOSED',
  'ITEM_GONE',
  'ASYNC_TRANSACTION',
  'OUTSIDE_TREE',
  'BUSY',
  'DISK_FULL',
  'IO_ERROR',
  'CORRUPT',
  'NEWER_DATABASE',
  'UNKNOWN_TYPE',
  'SCHEMA_MISMATCH',
  'NO_UPGRADE_PATH',
  'UPGRADE_FAILED',
  'UPGRADE_NEEDED',
  'DELETE_REFUSED',
  'NO_POWERUP',
  'INSTALL_REFUSED',
  'UNINSTALL_REFUSED',
  'NOT_INSTALLED',
  'COMMIT_UNKNOWN',
  'COMMIT_PENDING',
  'READ_ONLY',
  'MISSING_VALUE',
  'UNKNOWN_ATTRIBUTE',
  'BAD_TYPE',
  'RESERVED_NAME',
  'DUPLICATE_TYPE',
  'BAD_NAME',
  'NAME_TAKEN',
  'NOT_A_STORE',
  'STORE_MISSING',
  'RECOVERY_NEEDED',
  'IN_DOUBT',
  'CONFLICT',
  'BAD_QUERY',
  'BAD_CURSOR',
  'OUT_OF_RANGE',
  'PATH_TOO_LONG',
  'TOO_MANY_OPEN',
  'HOOK_FAILED',
  'NOT_SUPPORTED',
  'UNSUPPORTED_RUNTIME',
  'TOO_MANY_LOADS',
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** One of several faults that one call found; {@link CorollaryError.problems} lists them. */
export interface Problem {
  readonly code: ErrorCode;
  /** A sentence without the place, which the error's own message gives. */
  readonly message: string;
  readonly attribute?: string;
}

/** What an error is about. Every field is optional: only what is known and meaningful is there. */
export interface ErrorDetails {
  /** The store's place: its directory, or ':memory:', followed by the path of names below the root. */
  readonly store?: string | undefined;
  /** The type name of the item or class concerned. */
  readonly type?: string | undefined;
  readonly attribute?: string | undefined;
  readonly storeId?: number | undefined;
  /** A file path, or the names from the root to a substore, joined by '/'. */
  readonly path?: string | undefined;
  /** All faults found, where one call can have several. */
  readonly problems?: readonly Problem[] | undefined;
  /** What was thrown below, if anything. */
  readonly cause?: unknown;
  /** True when nothing was done and the same call may succeed later (`BUSY`, `CONFLICT`). */
  readonly retry?: boolean | undefined;
  /** With `HOOK_FAILED` and `COMMIT_PENDING`: true, for all is committed. */
  readonly committed?: boolean | undefined;
  /** With `HOOK_FAILED` and `COMMIT_PENDING`: what hooks threw, in the order they ran. */
  readonly errors?: readonly unknown[] | undefined;
}

/**
 * The one error class of the library. `code` is stable and meant for programs; `message` names the thing, the place
 * and the way out, and never shows stored values.
 *
 * @example
 * try { store.get(City, id); } catch (error) {
 *   if (error instanceof CorollaryError && error.code === 'NOT_FOUND') return undefined;
 *   throw error;
 * }
 */
export class CorollaryError extends Error {
  override readonly name = 'CorollaryError';
  readonly code: ErrorCode;
  readonly store: string | undefined;
  readonly type: string | undefined;
  readonly attribute: string | undefined;
  readonly storeId: number | undefined;
  readonly path: string | undefined;
  readonly problems: readonly Problem[] | undefined;
  readonly retry: boolean;
  readonly committed: boolean | undefined;
  readonly errors: readonly unknown[] | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.store = details.store;
    this.type = details.type;
    this.attribute = details.attribute;
    this.storeId = details.storeId;
    this.path = details.path;
    this.problems = details.problems;
    this.retry = details.retry ?? false;
    this.committed = details.committed;
    this.errors = details.errors;
  }
}

/**
 * One error for all faults that a call found. It has the code and attribute of the first, and lists every one in
 * `problems` and in its message.
 */
export function problemsError(where: string, problems: readonly Problem[], details: ErrorDetails = {}): CorollaryError {
  const first = problems[0] as Problem;
  const said = problems.map((problem) => problem.message).join('; ');
  return new CorollaryError(first.code, `${where}: ${said}`, { attribute: first.attribute, ...details, problems });
}

/** The same error, whose message begins with where it happened. */
export function prefixed(error: CorollaryError, where: string): CorollaryError {
  return new CorollaryError(error.code, `${where}: ${error.message}`, error);
}

/** Says what kind of value something is without showing the value itself: it may be private. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return kindOfNumber(value);
  if (typeof value !== 'object') return typeof value === 'function' ? 'a function' : typeof value;
  try {
    return kindOfObject(value);
  } catch {
    return 'an object'; // a Proxy that was revoked, say: nothing can be asked of it
  }
}

// What makes a number wrong where numbers are taken.
function kindOfNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return 'an infinity';
  if (!Number.isInteger(value)) return 'a fractional number';
  if (!Number.isSafeInteger(value)) return 'an integer beyond 2^53';
  return value < 0 ? 'a negative number' : 'number';
}

function kindOfObject(value: object): string {
  if (Array.isArray(value)) return 'an array';
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? withArticle(name) : 'an object';
}

function withArticle(name: string): string {
  return /^[AEIOaeio]/.test(name) ? `an ${name}` : `a ${name}`;
}
