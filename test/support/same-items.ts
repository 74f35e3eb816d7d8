import { Item, Store } from 'corollary';
import { expect } from 'vitest';

const isLive = (value: unknown) => value instanceof Item || value instanceof Store;

// Their state is private: to `toEqual`, any two of a class are the same, unless it is told that each is itself only.
expect.addEqualityTesters([(one, other) => (isLive(one) && isLive(other) ? one === other : undefined)]);
