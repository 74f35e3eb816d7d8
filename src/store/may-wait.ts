import type { Cell } from '../schema/value.js';
import type { StoredType } from './catalog.js';

/** Larger values are written at once: what waits in memory stays small. A length in characters or bytes. */
const MAX_LENGTH = 4096;

/** True for cells that may be written later, together with those of other items: only the disk can refuse them. */
export function mayWait({ mayCollect }: StoredType, cells: readonly Cell[]): boolean {
  if (!mayCollect) return false;
  for (const cell of cells)
    if ((typeof cell === 'string' || cell instanceof Uint8Array) && cell.length > MAX_LENGTH) return false;
  return true;
}
