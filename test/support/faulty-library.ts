import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { inRepository } from './run-node.js';

let library: string | undefined;

/** Why there is no faulty disk on this machine; undefined where there is one. */
export function whyNoFaults(): string | undefined {
  if (process.platform !== 'linux') return `faults are put in on Linux only, not on ${process.platform}`;
  try {
    library ??= compiled();
    return undefined;
  } catch (error) {
    return `no C compiler made the faulty disk: ${(error as Error).message}`;
  }
}

/** What a process preloads to have a faulty disk. {@link whyNoFaults} comes first. */
export const faultyLibrary = (): string | undefined => library;

// By several test files at once: each compiles its own, and the last to rename wins.
function compiled(): string {
  const source = inRepository('test/faults/faulty-disk.c');
  const target = inRepository('.scratch/faults/faulty-disk.so');
  if (existsSync(target) && statSync(target).mtimeMs > statSync(source).mtimeMs) return target;
  mkdirSync(dirname(target), { recursive: true });
  const own = `${target}.${process.pid}`;
  execFileSync(process.env.CC ?? 'cc', ['-O2', '-Wall', '-shared', '-fPIC', '-o', own, source, '-ldl']);
  renameSync(own, target);
  return target;
}
