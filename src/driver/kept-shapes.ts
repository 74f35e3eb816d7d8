const kept: object[] = [];

/**
 * Keeps an object for good, so that V8 keeps the hidden class of its kind. V8 forgets those of which no object is left when
 * garbage is collected, and throws away the code that was compiled for them: whoever lets go of all items and then asks
 * again begins with slow code. For the few classes whose objects come and go in hot paths (decision 0039).
 */
export function keepShape(sample: object): void {
  kept.push(sample);
}

/** By kind. */
const latest = new Map<string, object>();

/**
 * Keeps an object until the next of its kind: for what cannot be made as a sample, and holds nothing large, and nothing of the
 * program's.
 */
export function keepLatestShape(kind: 'connection' | 'turn', sample: object): void {
  latest.set(kind, sample);
}
