import { existsSync, readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { type Call, type Ended, inCopy, inOriginal } from './a-copied-process.js';
import type { Program, TaskProcess } from './a-process.js';
import { faultyLibrary } from './faulty-library.js';
import { tally } from './tally.js';

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

/** Starts a process that can hurt its own disk, by the variables that faulty-disk.c names. {@link whyNoFaults} comes first. */
export function aFaultyProcess<M>(program: Program<M>): TaskProcess<M> {
  return program.startWith({ LD_PRELOAD: faultyLibrary() });
}

let rounds = 0;

const settings = (faults: Faults): Record<string, string | undefined> => ({
  FAULTS_ROUND: String(++rounds),
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

/** Runs one function of a program in a new process whose disk has faults. {@link whyNoFaults} comes first. */
export async function runWithFaults(program: string, faults: Faults, call: Call): Promise<Ended> {
  const ended = await inCopy(program, call, settings(faults));
  if (!ended.isKilled && faults.fail !== undefined) tally('failing disks');
  return ended;
}

/** The operations of a run in which nothing fails: 'write /place/db.sqlite-wal', ... */
export async function operationsOf(program: string, faults: Faults, call: Call) {
  return logged(faults.below, (log) => inOriginal(program, call, settings({ ...faults, log })));
}

let logs = 0;

/** The operations that something notes in a log, and what it gave. The log lies beside a path for that time. */
export async function logged<R>(path: string, work: (log: string) => Promise<R>) {
  const log = `${path}.log ${++logs}`; // a process goes on writing into the one that it has open
  const ended = await work(log);
  const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : [];
  rmSync(log, { force: true });
  return { ended, operations: lines.map((line) => line.slice(line.indexOf(' ') + 1)) };
}
