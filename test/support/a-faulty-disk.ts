import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import type { Program, TaskProcess } from './a-process.js';
import { inRepository } from './run-node.js';
import { tally } from './tally.js';
import type { Answer } from './task-loop.js';

/** What happens to the operations of a process that change files below a directory. Numbers count from 1. */
export interface Faults {
  readonly below: string;
  /** Only while this file exists. */
  readonly while?: string;
  /** Only operations on paths that begin so are hurt. */
  readonly only?: string;
  /** The process is killed just before this one. */
  readonly kill?: number;
  /** Half of it is done before, if it is a write. */
  readonly torn?: boolean;
  /** This one fails, of those that can be hurt. */
  readonly fail?: number;
  /** And so does every later one. */
  readonly ever?: boolean;
  /** Only those of this kind fail. */
  readonly kind?: 'write' | 'sync' | 'open';
  readonly errno?: 'ENOSPC' | 'EIO' | 'EMFILE';
  /** Where each operation is noted: its number, its kind, the path. */
  readonly log?: string;
  /** Where each operation is recorded with its bytes. */
  readonly trace?: string;
}

/** How a process with faults ended. */
export interface Ended {
  readonly isKilled: boolean;
  readonly said: readonly string[];
  /** What the function gave; undefined if it did not get there. */
  readonly result: unknown;
  /** What it printed besides: an error that nobody caught. */
  readonly complaint: string;
}

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

/** Starts a process that can hurt its own disk, by the variables that faulty-disk.c names. {@link whyNoFaults} comes first. */
export function aFaultyProcess<M>(program: Program<M>): TaskProcess<M> {
  return program.startWith({ LD_PRELOAD: library });
}

const settings = (faults: Faults): Record<string, string | undefined> => ({
  FAULTS_BELOW: join(faults.below, '/'),
  FAULTS_WHILE: faults.while,
  FAULTS_ONLY: faults.only,
  FAULTS_LOG: faults.log,
  FAULTS_TRACE: faults.trace,
  FAULTS_KILL: faults.kill?.toString(),
  FAULTS_TORN: faults.torn ? '1' : undefined,
  FAULTS_FAIL: faults.fail?.toString(),
  FAULTS_EVER: faults.ever ? '1' : undefined,
  FAULTS_KIND: faults.kind,
  FAULTS_ERRNO: faults.errno && String(constants.errno[faults.errno]),
});

/** Runs one function of a program in a new process whose disk has faults. */
export function runWithFaults(program: string, faults: Faults, call: readonly [string, ...unknown[]]): Promise<Ended> {
  const [task, ...args] = call;
  const env = { ...process.env, ...settings(faults), LD_PRELOAD: library };
  const child = spawn(process.execPath, [program], { env, stdio: 'pipe' });
  let [printed, complaint] = ['', ''];
  child.stdout.on('data', (bytes) => (printed += bytes));
  child.stderr.on('data', (bytes) => (complaint += bytes));
  child.stdin.on('error', () => undefined); // it was killed before it read
  child.stdin.end(`${JSON.stringify([task, args])}\n`);
  return new Promise((resolve) => {
    child.once('close', (_status, signal) => {
      if (signal === 'SIGKILL') tally('kills');
      else if (faults.fail !== undefined) tally('failing disks');
      const answers = printed
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Answer);
      resolve({
        isKilled: signal === 'SIGKILL',
        said: answers.flatMap((answer) => ('said' in answer ? [answer.said] : [])),
        result: answers.flatMap((answer) => ('done' in answer ? [answer.done] : []))[0],
        complaint: complaint + answers.flatMap((one) => ('failed' in one ? [one.failed.message] : [])).join(),
      });
    });
  });
}

/** The operations of a run in which nothing fails: 'write /place/db.sqlite-wal', ... */
export async function operationsOf(program: string, faults: Faults, call: readonly [string, ...unknown[]]) {
  const log = `${faults.below}.log`;
  rmSync(log, { force: true });
  const ended = await runWithFaults(program, { ...faults, log }, call);
  const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : [];
  rmSync(log, { force: true });
  return { ended, operations: lines.map((line) => line.slice(line.indexOf(' ') + 1)) };
}
