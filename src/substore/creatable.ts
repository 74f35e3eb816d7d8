import { CorollaryError } from '../errors.js';
import type { ItemType } from '../schema/item-type.js';
import { StoredFile } from '../store/files/stored-file.js';
import { SubStore } from './sub-store.js';

/** Gives back a type of which items can be made by `create`. @throws CorollaryError NOT_SUPPORTED saying what to call instead */
export function creatable(type: ItemType): ItemType {
  if (type.itemClass === SubStore)
    throw new CorollaryError(
      'NOT_SUPPORTED',
      'A SubStore item is made with its store: call store.substores.create(name)',
    );
  if (type.itemClass === StoredFile)
    throw new CorollaryError('NOT_SUPPORTED', 'A StoredFile is made with its bytes: call store.files.write(bytes)');
  return type;
}
