import { CorollaryError } from 'corollary';
import { expect } from 'vitest';

/** Thrown on purpose by hooks and callbacks that run after a commit. */
class ThrownAfterCommit extends Error {}

let thrown: ThrownAfterCommit[] = [];

/** Throws after a commit, which stays. */
export function throwAfterCommit(): never {
  const error = new ThrownAfterCommit();
  thrown.push(error);
  throw error;
}

/** Does something that commits. What is thrown after that must come as `HOOK_FAILED`, all of it, and changes nothing. */
export function expectThrown(act: () => void): void {
  thrown = [];
  let told: readonly unknown[] = [];
  try {
    act();
  } catch (error) {
    if (!(error instanceof CorollaryError) || error.code !== 'HOOK_FAILED') throw error;
    expect(error.committed).toBe(true);
    told = error.errors ?? [];
  }
  expect(told.length === thrown.length && told.every((one, at) => one === thrown[at]), 'HOOK_FAILED has all').toBe(
    true,
  );
}
