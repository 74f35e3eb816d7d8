import type { TypeRegistry } from '../schema/registry.js';
import { StoreKeeper } from './keeper.js';
import { StoreCore } from './store-core.js';
import type { StoreFile } from './store-file.js';

/** A store put together over its database, which is opened at its first use. */
export function newStoreCore(
  file: StoreFile,
  registry: TypeRegistry,
  place: { readonly parent: StoreCore | undefined; readonly name: string | null; readonly isReadOnly: boolean },
): StoreCore {
  const core = new StoreCore({ file, registry, ...place });
  core.keeper = new StoreKeeper(core);
  if (file.directory !== undefined) file.onForeignCommit = () => core.watches.seenWritten(core);
  return core;
}
