import type { TypeRegistry } from '../schema/registry.js';
import { StoreKeeper } from './keeper.js';
import { StoreCore } from './store-core.js';
import { StoreFile, type StoreFileOptions } from './store-file.js';

/** A store put together. Its database is opened at its first use. */
export function newStoreCore(
  fileOptions: StoreFileOptions,
  registry: TypeRegistry,
  place: { readonly parent: StoreCore | undefined; readonly name: string | null },
): StoreCore {
  const file = new StoreFile(fileOptions);
  const core = new StoreCore({ file, registry, isReadOnly: fileOptions.settings.readOnly, ...place });
  core.keeper = new StoreKeeper(core);
  return core;
}
