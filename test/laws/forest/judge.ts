import { CorollaryError, type ErrorCode } from 'corollary';
import type { Plan } from './course.js';
import { expectThrown } from './thrown.js';

/** Thrown in a transaction that is to be undone. */
export class Undone extends Error {}

/** The code that the library refuses something with; none if it was done, and only hooks after it threw. What is thrown else is a fault, but what was thrown on purpose. */
export function refusalOf(act: () => void): ErrorCode | undefined {
  try {
    expectThrown(act);
  } catch (error) {
    if (error instanceof CorollaryError) return error.code;
    if (!(error instanceof Undone)) throw error;
  }
  return undefined;
}

/** Whether an action was done, refused as it must be, or refused with an excuse. Anything else is a fault. */
export function judge(
  { action, faults }: Plan,
  code: ErrorCode | undefined,
  excuses: readonly ErrorCode[],
): 'done' | 'refused' | 'excused' {
  if (code === undefined && faults.length === 0) return 'done';
  if (code !== undefined && faults.includes(code)) return 'refused';
  if (code !== undefined && excuses.includes(code)) return 'excused';
  const wanted = faults.length === 0 ? 'done' : `refused with ${faults.join(' or ')}`;
  throw new Error(`${JSON.stringify(action)} was to be ${wanted}, and was ${code ?? 'done'}`);
}
