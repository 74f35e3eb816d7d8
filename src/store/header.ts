import type { Connection, FirstLook } from '../driver/connection.js';
import { keepShape } from '../driver/kept-shapes.js';
import { isLacking } from '../driver/sqlite-error.js';
import { CorollaryError } from '../errors.js';
import { IS_PREPARED } from './commit/prepared.js';
import { APPLICATION_ID, FORMAT, type StoreIds } from './format.js';

/** What a store's database says of itself. */
export interface Header extends StoreIds {
  readonly generation: number;
  readonly sequence: number;
  /** The store was deleted, and its files are about to go. */
  readonly isDeleted: boolean;
  /** True when a transaction over several stores has prepared this one, and left it so. */
  readonly isPrepared: boolean;
}

const TABLE = 'corollary_store';
const COLUMNS = `format, uid, parent, incarnation, generation, sequence, deleted, ${IS_PREPARED}`;
type Cells = [number, string, string, string, number, number, number, number];

/**
 * The header, and what SQLite says of the database as of the same moment.
 * @throws CorollaryError NOT_A_STORE, NEWER_DATABASE, CORRUPT, BUSY, IO_ERROR
 */
export function readHeader(connection: Connection, place: string): FirstLook & { readonly header: Header } {
  const look = lookAt(connection, place);
  if (look.applicationId !== APPLICATION_ID) throw foreign(place);
  const { row } = look;
  if (typeof row[0] === 'number' && row[0] > FORMAT) throw newer(place);
  if (!isWhole(row)) throw headerless(place);
  return { ...look, header: headerOf(row) };
}

function headerOf([, uid, parentUid, incarnation, generation, sequence, deleted, prepared]: Cells): Header {
  const states = { isDeleted: deleted === 1, isPrepared: prepared === 1 };
  return { uid, parentUid, incarnation, generation, sequence, ...states };
}

keepShape(headerOf([FORMAT, '', '', '', 0, 0, 0, 0]));

// A page of which the power has kept half is read as something else, and mostly as nothing.
function isWhole(row: readonly unknown[]): row is Cells {
  return row.every((cell, at) => typeof cell === (at > 0 && at < 4 ? 'string' : 'number'));
}

function lookAt(connection: Connection, place: string): FirstLook {
  let look: FirstLook | undefined;
  try {
    look = connection.look(COLUMNS, TABLE);
  } catch (error) {
    throw diagnosed(connection, place, error);
  }
  if (look === undefined) throw headerless(place);
  return look;
}

/** Why a database could not be looked at, asked step by step. */
function diagnosed(connection: Connection, place: string, error: unknown): unknown {
  try {
    if (connection.pragma('application_id') !== APPLICATION_ID) return foreign(place);
  } catch (cause) {
    // A file that is no database says so only when its first page is read.
    return isNoDatabase(cause) ? notAStore(place, 'its db.sqlite is no SQLite database', cause) : cause;
  }
  if (error instanceof CorollaryError && !isLacking(error.cause)) return error;
  return isNewer(connection) ? newer(place) : headerless(place);
}

function isNewer(connection: Connection): boolean {
  try {
    const [format] = connection.row(`SELECT format FROM ${TABLE}`) ?? [];
    return typeof format === 'number' && format > FORMAT;
  } catch {
    return false; // then it has not even that
  }
}

function isNoDatabase(error: unknown): boolean {
  return error instanceof CorollaryError && error.code === 'CORRUPT';
}

function newer(place: string): CorollaryError {
  return new CorollaryError(
    'NEWER_DATABASE',
    `${place} has a newer file format than ${FORMAT}, which this version of corollary knows: use a newer version of corollary`,
    { store: place },
  );
}

function foreign(place: string): CorollaryError {
  return notAStore(place, 'its db.sqlite is the database of another program');
}

/** The error for a database that has our mark, and no header. */
export function headerless(place: string): CorollaryError {
  return notAStore(place, 'its db.sqlite has lost its header');
}

/** The error for a place that holds something else than the store that is looked for. */
export function notAStore(place: string, why: string, cause?: unknown): CorollaryError {
  return new CorollaryError('NOT_A_STORE', `${place} is not a store: ${why}`, { store: place, cause });
}
