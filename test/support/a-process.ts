import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { bundled } from './bundled.js';
import { inRepository } from './run-node.js';
import { tally } from './tally.js';
import type { Answer } from './task-loop.js';

/** The names of a module's functions, which another process can run. Classes are no functions here. */
export type TaskName<M> = { [K in keyof M]: M[K] extends (...args: never[]) => unknown ? K & string : never }[keyof M];
type Args<F> = F extends (...args: infer A) => unknown ? A : never;
type Result<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never;

/** Another Node process that runs the functions of a module when told to. M is the module. */
export interface TaskProcess<M> {
  /** Runs a function there. Arguments and result travel as JSON. Rejects with its error's `message`, `code`, `retry`. */
  call<K extends TaskName<M>>(task: K, ...args: Args<M[K]>): Promise<Result<M[K]>>;
  /** What the running function said next, with `say`. Rejects when it ends without saying anything more. */
  heard(): Promise<string>;
  /** What it has said and nobody has taken with `heard` yet. */
  heardSoFar(): string[];
  /** Answers a function that waits in `hear`. */
  tell(text: string): void;
  /** Whether it lives, and does nothing. */
  readonly isIdle: boolean;
  /** Kills it as `kill -9` does. Resolves when it is gone; everything that it said before is heard. */
  kill(): Promise<void>;
}

/** A tasks module that is ready to be run by other processes. */
export interface Program<M> {
  /** What Node runs. */
  readonly file: string;
  /** Starts a process. It is killed when the test ends. */
  start(...nodeFlags: readonly string[]): TaskProcess<M>;
  /**
   * So many processes that stay until the file of tests ends, the same ones for each test, so that they have their code
   * loaded. When a test ends, each does what puts it at rest; one that is gone or busy then is replaced.
   */
  kept(count: number, rest: TaskName<M>, ...nodeFlags: readonly string[]): TaskProcess<M>[];
  /** Like `start`, with these variables in its environment besides those of this process. */
  startWith(environment: NodeJS.ProcessEnv): TaskProcess<M>;
  /** Runs one function in a new process and waits for it without letting this one do anything else. */
  callSync<K extends TaskName<M>>(task: K, ...args: Args<M[K]>): Result<M[K]>;
}

/** Makes a program of a TypeScript module in `test/tasks`; `name` is its own for each test file that uses the module. */
export async function aProgram<M>(module: string, name: string = basename(module, '.ts')): Promise<Program<M>> {
  const file = inRepository(`.scratch/programs/${name}.mjs`);
  await bundled(file, {
    stdin: {
      contents: `import * as tasks from './${module}'; import { serve } from '../support/task-loop.ts'; await serve(tasks);`,
      resolveDir: inRepository('test/tasks'),
      loader: 'ts',
    },
  });
  return {
    file,
    start: (...flags) => endedWithTheTest(aProcess<M>([...flags, file])),
    startWith: (environment) => endedWithTheTest(aProcess<M>([file], { ...process.env, ...environment })),
    kept: (count, rest, ...flags) => {
      const all = keptFor<M>([...flags, file], count);
      onTestFinished(async () => {
        await Promise.all(all.map((one) => (one.isIdle ? one.call(rest, ...([] as never)) : one.kill())));
      });
      return all;
    },
    callSync: (...task) => callSync(file, task),
  };
}

function endedWithTheTest<M>(started: TaskProcess<M>): TaskProcess<M> {
  onTestFinished(() => started.kill());
  return started;
}

/** By what Node runs. */
const kept = new Map<string, TaskProcess<never>[]>();

function keptFor<M>(words: readonly string[], count: number): TaskProcess<M>[] {
  const key = words.join(' ');
  const all = (kept.get(key) ?? []).filter(({ isIdle }) => isIdle) as unknown as TaskProcess<M>[];
  while (all.length < count) all.push(aProcess<M>(words));
  kept.set(key, all as unknown as TaskProcess<never>[]);
  return all.slice(0, count);
}

/** Ends the processes that were kept for a file of tests. */
export async function endKept(): Promise<void> {
  await Promise.all([...kept.values()].flat().map((one) => one.kill()));
  kept.clear();
}

function callSync<R>(file: string, [task, ...args]: readonly unknown[]): R {
  const input = `${JSON.stringify([task, args])}\n`;
  const { stdout, stderr } = spawnSync(process.execPath, [file], { input, encoding: 'utf8' });
  const answer = stdout === '' ? { failed: { message: stderr } } : (JSON.parse(stdout) as Answer);
  if ('done' in answer) return answer.done as R;
  throw errorOf(answer);
}

interface Call {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

function aProcess<M>(words: readonly string[], env: NodeJS.ProcessEnv = process.env): TaskProcess<M> {
  const child = spawn(process.execPath, words, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const calls: Call[] = [];
  const said = new Mailbox<string>();
  let isGone = false;
  const gone = new Promise<void>((resolve) => {
    // 'close', not 'exit': only then everything that it printed has been read.
    child.once('close', () => {
      isGone = true;
      for (const call of calls.splice(0)) call.reject(new Error('The process is gone'));
      resolve();
    });
  });
  createInterface(child.stdout).on('line', (line) => {
    const answer = JSON.parse(line) as Answer;
    if ('said' in answer) said.put(answer.said);
    else if ('done' in answer) calls.shift()?.resolve(answer.done as never);
    else calls.shift()?.reject(errorOf(answer));
  });
  child.stdin.on('error', () => undefined); // it was killed while being told something
  const kill = () => {
    if (calls.length > 0) tally('kills'); // in the middle of something
    return killed(child, gone);
  };
  let lastCall: Promise<unknown> = gone;
  const callEnded = async () => {
    await lastCall;
    throw new Error('The process has no more to say');
  };
  return {
    get isIdle() {
      return !isGone && calls.length === 0;
    },
    call: (task, ...args) => {
      const result = new Promise<never>((resolve, reject) => {
        calls.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify([task, args])}\n`);
      });
      lastCall = result;
      return result;
    },
    heard: () => Promise.race([said.take(), callEnded()]),
    heardSoFar: () => said.takeAll(),
    tell: (text) => void child.stdin.write(`${text}\n`),
    kill,
  };
}

function killed(child: ChildProcessByStdio<Writable, Readable, null>, gone: Promise<void>): Promise<void> {
  child.kill('SIGKILL');
  return gone;
}

function errorOf(answer: Answer): Error {
  const failed = 'failed' in answer ? answer.failed : { message: `Unexpected: ${JSON.stringify(answer)}` };
  return Object.assign(new Error(failed.message), failed);
}

/** Hands over what is put in, one by one, to whoever takes; either may come first. */
class Mailbox<T> {
  readonly #letters: T[] = [];
  readonly #waiting: ((letter: T) => void)[] = [];

  put(letter: T): void {
    const taker = this.#waiting.shift();
    if (taker === undefined) this.#letters.push(letter);
    else taker(letter);
  }
  takeAll(): T[] {
    return this.#letters.splice(0);
  }
  take(): Promise<T> {
    const letter = this.#letters.shift();
    return letter === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(letter);
  }
}
