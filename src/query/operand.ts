import { CorollaryError, kindOf } from '../errors.js';
import { cellOf, Refusal } from '../schema/codec.js';
import { isWellFormed } from '../schema/codecs/text.js';
import type { Referable } from '../schema/item-type.js';
import type { LikeNode, RefGroup, ValueCell } from './ast.js';
import { type ColumnShape, isKindOf } from './column-shape.js';

/** Names a column in messages: 'city.name'. What is no column of one type, such as a number of rows, has no type. */
export interface ColumnPlace {
  readonly type?: string | undefined;
  readonly attribute: string;
}

/** An error about one column, whose message begins with its name. */
export function columnError(
  code: 'BAD_QUERY' | 'INVALID_VALUE' | 'ITEM_GONE' | 'WRONG_TYPE',
  place: ColumnPlace,
  said: string,
  cause?: unknown,
): CorollaryError {
  const name = place.type === undefined ? place.attribute : `${place.type}.${place.attribute}`;
  return new CorollaryError(code, `${name}: ${said}`, { ...place, cause });
}

/**
 * The cell that a value is compared as.
 * @throws CorollaryError INVALID_VALUE for undefined and what the attribute itself would refuse.
 */
export function encoded(place: ColumnPlace, shape: ColumnShape, value: unknown): ValueCell {
  if (value === undefined) {
    throw columnError('INVALID_VALUE', place, 'undefined is no operand: write null, or leave the condition out');
  }
  try {
    return cellOf(shape.codec, value);
  } catch (cause) {
    if (cause instanceof Refusal) throw columnError('INVALID_VALUE', place, cause.message, cause);
    throw cause;
  }
}

/**
 * The id and store of an item that a reference is compared with.
 * @throws CorollaryError INVALID_VALUE, ITEM_GONE, WRONG_TYPE
 */
export function referred(place: ColumnPlace, shape: ColumnShape, value: unknown): { ref: number; store: string } {
  if (!isReferable(value)) {
    throw columnError('INVALID_VALUE', place, `takes an item, not ${kindOf(value)}`);
  }
  if (!value.isStored) {
    throw columnError('ITEM_GONE', place, `item ${value.storeId} is deleted or was never stored; it refers to nothing`);
  }
  const target = shape.reference?.target?.();
  // A target without the shape of a class is no class yet (a circular import): the compiler's check has to do.
  if (typeof target === 'function' && !isInstance(value, target)) {
    throw columnError('WRONG_TYPE', place, `takes a ${target.name}, not ${kindOf(value)}`);
  }
  return { ref: value.storeId, store: value.store.uid };
}

function isReferable(value: unknown): value is Referable {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return 'storeId' in value && 'isStored' in value && 'store' in value && typeof value.storeId === 'number';
  } catch {
    return false; // the prototype of an item class, say, which has the members but is no item
  }
}

function isInstance(value: object, target: { readonly prototype: unknown; readonly name: string }): boolean {
  return isKindOf({ prototype: Object.getPrototypeOf(value) as unknown, name: '' }, target);
}

/** Ids sorted into groups, one for each store that they belong to. */
export function refGroups(refs: Iterable<{ readonly ref: number; readonly store: string }>): readonly RefGroup[] {
  const groups = new Map<string, number[]>();
  for (const { ref, store } of refs) {
    const ids = groups.get(store);
    if (ids === undefined) groups.set(store, [ref]);
    else ids.push(ref);
  }
  return [...groups].map(([store, ids]) => ({ store, ids }));
}

// SQLITE_MAX_LIKE_PATTERN_LENGTH, in bytes
const MAX_PATTERN_BYTES = 50_000;

/**
 * A text to search for, as it is.
 * @throws CorollaryError INVALID_VALUE for anything that no column can hold.
 */
export function searchText(place: ColumnPlace, value: unknown): string {
  if (isSearchText(value)) return value;
  const said =
    typeof value === 'string' ? 'takes no text with a lone surrogate or NUL' : `takes a text, not ${kindOf(value)}`;
  throw columnError('INVALID_VALUE', place, said);
}

/**
 * A pattern for LIKE and its escape, as they are.
 * @throws CorollaryError INVALID_VALUE, BAD_QUERY
 */
export function likePattern(place: ColumnPlace, pattern: unknown, escapeWith: unknown): LikePattern {
  const text = searchText(place, pattern);
  if (!isPattern(text)) {
    throw columnError('BAD_QUERY', place, `a like pattern has at most ${MAX_PATTERN_BYTES} bytes`);
  }
  if (escapeWith === undefined) return { pattern: text };
  const character = searchText(place, escapeWith);
  if ([...character].length === 1) return { pattern: text, escape: character };
  throw columnError('BAD_QUERY', place, 'the escape of a like pattern is one character');
}

/** What LIKE compares with. */
export type LikePattern = Pick<LikeNode, 'pattern' | 'escape'>;

/** True for texts that a column can hold. */
export function isSearchText(value: unknown): value is string {
  return typeof value === 'string' && isWellFormed(value) && !value.includes('\0');
}

/** True for texts that SQLite takes as a pattern of LIKE. */
export function isPattern(value: unknown): value is string {
  return isSearchText(value) && Buffer.byteLength(value) <= MAX_PATTERN_BYTES;
}
