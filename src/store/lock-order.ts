import type { Participant } from './part.js';

/**
 * Two processes cannot wait for each other, as all wait for locks in one order only. Upper stores first: a transaction
 * begins with the uppermost, and could never wait for those below otherwise. A store that is opened alone has less above
 * it, which changes nothing between those below.
 */
export function inLockOrder(one: Participant, other: Participant): number {
  if (one.depth !== other.depth) return one.depth - other.depth;
  return one.file.uid < other.file.uid ? -1 : 1;
}
