import { CorollaryError } from '../../errors.js';
import type { Columns } from '../../query/columns.js';
import { newQuery, type Query } from '../../query/query.js';
import type { StoreCore } from '../store-core.js';
import { StoreRunner } from '../store-runner.js';
import { fileNameFault } from './file-name.js';
import { StoredFile } from './stored-file.js';

/** The files of a store. */
export function filesOf(core: StoreCore): Query<StoredFile> {
  return newQuery<StoredFile, StoredFile, [Columns<StoredFile>]>(new StoreRunner(core), [
    { type: core.typeOf(StoredFile), isOptional: false },
  ]);
}

/** The file of that name. @throws CorollaryError BAD_NAME */
export function findFile(core: StoreCore, name: string): StoredFile | undefined {
  assertFileName(name, core.file.place);
  return filesOf(core)
    .where((f) => f.name.eq(name))
    .first();
}

/** @throws CorollaryError BAD_NAME */
export function assertFileName(name: unknown, place: string): asserts name is string {
  const fault = fileNameFault(name);
  if (fault === undefined) return;
  throw new CorollaryError('BAD_NAME', `A file of ${place} cannot have this name: ${fault}`, { store: place });
}
