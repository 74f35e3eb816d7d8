const kept: object[] = [];

/**
 * Keeps an object for good, so that V8 keeps the hidden class of its kind. V8 forgets those of which no object is left when
 * garbage is collected, and throws away the code that was compiled for them: whoever lets go of all items and then asks
 * again begins with slow code. For the few classes whose objects come and go in hot paths (decision 0039).
 */
export function keepShape(sample: object): void {
  kept.push(sample);
}
