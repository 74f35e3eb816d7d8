import type { StoreSettings } from './settings.js';
import { StoreFile } from './store-file.js';

/**
 * Opens the store that lies in a directory for a moment, whoever it is: no handle of the program knows of it. What a
 * transaction over several stores has left there is finished, if that can be done now.
 */
export function visitStore<R>(directory: string, settings: StoreSettings, work: (file: StoreFile) => R): R {
  const whereabouts = { directory, place: directory, expected: undefined };
  const file = new StoreFile({ whereabouts, settings, openFiles: undefined });
  try {
    return work(file);
  } finally {
    file.close();
  }
}
