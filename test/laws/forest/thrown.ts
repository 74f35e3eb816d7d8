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
  // Callbacks commit in turn.
  const outer = thrown;
  thrown = [];
  try {
    const told = toldBy(act);
    const [other] = told.filter((error) => !(error instanceof ThrownAfterCommit));
    if (other !== undefined) throw other;
    expect(told.length, 'errors of HOOK_FAILED').toBe(thrown.length);
    expect(told.every((error, at) => error === thrown[at])).toBe(true);
  } finally {
    thrown = outer;
  }
}

function toldBy(act: () => void): readonly unknown[] {
  try {
    act();
  } catch (error) {
    if (!(error instanceof CorollaryError) || error.code !== 'HOOK_FAILED') throw error;
    expect(error.committed).toBe(true);
    return error.errors ?? [];
  }
  return [];
}
