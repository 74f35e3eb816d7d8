import { keepShape } from '../driver/kept-shapes.js';
import { typeOf } from '../item/type-of.js';
import { TypeRegistry } from '../schema/registry.js';
import { StoreKeeper } from './keeper.js';
import type { StoreSettings } from './settings.js';
import { StoreCore } from './store-core.js';
import { StoreFile } from './store-file.js';

/** A store put together over its database, which is opened at its first use. */
export function newStoreCore(
  file: StoreFile,
  registry: TypeRegistry,
  place: { readonly parent: StoreCore | undefined; readonly name: string | null; readonly isReadOnly: boolean },
): StoreCore {
  const core = new StoreCore({ file, registry, ...place });
  core.keeper = new StoreKeeper(core);
  return core;
}

/** One that is never used, and so has no database. */
function sampleCore(): StoreCore {
  const whereabouts = { directory: undefined, place: '', expected: undefined };
  const settings: StoreSettings = { readOnly: false, durability: 'full', busyTimeoutMs: 0, clock: Date.now };
  const file = new StoreFile({ whereabouts, settings, openFiles: undefined });
  return newStoreCore(file, new TypeRegistry(typeOf), { parent: undefined, name: null, isReadOnly: false });
}

keepShape(sampleCore());
