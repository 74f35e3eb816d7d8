import { type Default, Item, integer, item } from 'corollary';
import { afterEach, expect, test, vi } from 'vitest';
import { aStore, aStoreDirectory } from './support/a-store.js';

// An answer from memory looks for commits of others once in each turn of the event loop.

@item('counter')
class Counter extends Item {
  @integer({ default: 0 }) declare value: Default<number>;
}

// Taken before any test replaces it.
const { setImmediate: realImmediate } = globalThis;
const turn = () => new Promise<void>((resolve) => realImmediate(resolve));

function twoHandles() {
  const place = aStoreDirectory();
  const [mine, yours] = [aStore({}, place), aStore({}, place)];
  const { storeId } = mine.create(Counter, {});
  yours.query(Counter).one();
  return { look: () => yours.get(Counter, storeId).value, change: () => mine.query(Counter).update({ value: 5 }) };
}

afterEach(() => {
  vi.useRealTimers();
});

// The end of the turn was scheduled with the timer of the test, which never came: the store stayed in that turn for
// ever, and every get gave what was in memory.
test('a get from memory during fake timers does not keep later ones from seeing foreign commits', async () => {
  const { look, change } = twoHandles();
  await turn();
  vi.useFakeTimers();
  look();
  vi.useRealTimers();
  await turn();
  change();
  await turn();
  expect(look()).toBe(5);
});

test('a get from memory sees foreign commits while timers are fake', async () => {
  const { look, change } = twoHandles();
  vi.useFakeTimers();
  look();
  await turn();
  change();
  expect(look()).toBe(5);
});
