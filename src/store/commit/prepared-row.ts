import { CorollaryError } from '../../errors.js';
import { isListOf, isObject, isText, parsedJson } from '../json-checks.js';
import type { Step } from './redo.js';

/**
 * Reads what a transaction over several stores has noted in a database. It is done as it stands there, so what this
 * library would not have noted is refused.
 */

/** Says of which transaction a store is a part, and who decides about it. */
export interface Mark {
  /** The transaction, by a number that no other has. */
  readonly token: string;
  /** The uid of the store that decides. */
  readonly decider: string;
  /** How many levels above this store the deciding one stands. */
  readonly levels: number;
}

/** More levels than the longest path of a database has. */
const MAX_LEVELS = 255;
/** How statements begin that define a type. Others could reach out of the database. */
const DEFINITION = /^(CREATE|DROP|INSERT INTO|UPDATE|DELETE FROM) /;

/** @throws CorollaryError CORRUPT */
export function markFrom(entry: string, place: string): Mark {
  const mark = parsedJson(entry);
  if (isMark(mark)) return mark;
  throw damagedPrepared(place);
}

/** @throws CorollaryError CORRUPT */
export function stepFrom(entry: string, place: string): Step {
  const step = parsedJson(entry);
  if (isStep(step)) return step;
  throw damagedPrepared(place);
}

/** The error for a database in which something stands that no transaction has prepared. */
export function damagedPrepared(place: string): CorollaryError {
  return new CorollaryError(
    'CORRUPT',
    `${place}: what a transaction over several stores has left to be done there is not what corollary writes: the database is damaged, restore a backup`,
    { store: place },
  );
}

function isMark(value: unknown): value is Mark {
  if (!isObject(value)) return false;
  const { token, decider, levels } = value as { readonly [K in keyof Mark]: unknown };
  const isDistance = Number.isInteger(levels) && (levels as number) >= 0 && (levels as number) <= MAX_LEVELS;
  return typeof token === 'string' && typeof decider === 'string' && isDistance;
}

function isStep(value: unknown): value is Step {
  if (!isObject(value)) return false;
  const { define, values, remove, ids, insert, columns, rows, parent } = value;
  if (define !== undefined) return isText(define) && DEFINITION.test(define) && isListOf(values, isValue);
  if (remove !== undefined) return isText(remove) && isListOf(ids, Number.isSafeInteger);
  if (insert !== undefined) return isText(insert) && isListOf(columns, isText) && areRows(rows, columns);
  return isText(parent);
}

function areRows(rows: unknown, columns: readonly unknown[]): boolean {
  const isRow = (row: unknown) => isListOf(row, isCell) && row.length === columns.length;
  return isListOf(rows, isRow);
}

const isValue = (value: unknown) => value === null || isText(value) || typeof value === 'number';
/** Bytes are base64 in a list of one. */
const isCell = (cell: unknown) => isValue(cell) || (isListOf(cell, isText) && cell.length === 1);
