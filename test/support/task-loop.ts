import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readlinkSync, readSync, writeSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** One line that a task process prints. */
export type Answer =
  | { readonly said: string }
  | { readonly done: unknown }
  | { readonly failed: { readonly message: string; readonly code?: string; readonly retry?: boolean } };

/** The last line of a {@link Run}. */
export type RunEnded = { readonly ended: 'left' | 'killed' | 'crashed' };

// Everything here is synchronous, so that a function can speak and listen in the middle of a transaction, and so that
// what was said has left the process even if the next instruction kills it.

const chunk = Buffer.alloc(65_536);
let unread = '';

/** Waits for one line from the process that started this one; undefined when there will be none. */
export function hear(): string | undefined {
  while (!unread.includes('\n')) {
    const count = readSync(0, chunk);
    if (count === 0) return undefined;
    unread += chunk.toString('utf8', 0, count);
  }
  const end = unread.indexOf('\n');
  const line = unread.slice(0, end);
  unread = unread.slice(end + 1);
  return line;
}

/** Tells something to the process that started this one. */
export function say(text: string): void {
  print({ said: text });
}

/** Stops everything in this process for a while. */
export function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Runs a function in a thread of its own, as {@link serve} does in this one. */
export function inThread<R>(task: (...args: never[]) => R, ...args: readonly unknown[]): Promise<R> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(process.argv[1] as string, { workerData: [task.name, args] });
    let answer: Answer = { failed: { message: 'The thread has ended without an answer' } };
    thread.on('message', (given: Answer) => {
      answer = given;
    });
    thread.on('error', reject);
    thread.on('exit', () => {
      if ('done' in answer) resolve(answer.done as R);
      else reject(new Error(JSON.stringify(answer)));
    });
  });
}

/** How a function is to be run: with more in its environment, in this process or in a copy of it. */
export interface Run {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly inCopy: boolean;
}

/** A line for {@link serve}: a function, its arguments, and how it is run if that is to be told. */
export type Task = readonly [name: string, args: readonly unknown[], run?: Run];

/** Runs the functions that it is told to, one after another, each in turns of the event loop of its own. */
export async function serve(tasks: Readonly<Record<string, unknown>>): Promise<void> {
  if (!isMainThread) return parentPort?.postMessage(await answerTo(tasks, workerData));
  for (let line = hear(); line !== undefined; line = hear()) {
    const task = JSON.parse(line) as Task;
    if (task[2] === undefined) print(await answerTo(tasks, task));
    else print({ ended: await ended(task[2], async () => print(await answerTo(tasks, task))) });
    await new Promise(setImmediate);
  }
}

async function ended({ environment, inCopy }: Run, work: () => Promise<void>): Promise<RunEnded['ended']> {
  const ofCopy = inCopy ? copyOfThis() : undefined;
  if (ofCopy !== undefined) return ofCopy;
  const names = Object.keys(process.env);
  Object.assign(process.env, environment);
  await work();
  if (inCopy) openSync('/copy/leave', 'r');
  for (const name of Object.keys(process.env)) if (!names.includes(name)) delete process.env[name];
  for (const file of openDatabases()) print({ failed: { message: `Copies would have ${file} open` } });
  return 'left';
}

// As faulty-disk.c has it. Undefined in the copy; in the process, when that has ended, how.
function copyOfThis(): RunEnded['ended'] | undefined {
  try {
    closeSync(openSync('/copy', 'r'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? 'left' : code === 'ECANCELED' ? 'killed' : 'crashed';
  }
  // What Node has asked for long ago: the number of the process, and random bytes for so many uuids.
  Object.defineProperty(process, 'pid', { value: Number(readlinkSync('/proc/self')) });
  for (let kept = 0; kept < 128; kept++) randomUUID();
  return undefined;
}

// A copy has none of the locks of a database, and must not take it for one that it has opened.
function openDatabases(): string[] {
  const files = readdirSync('/proc/self/fd').map((descriptor) => `/proc/self/fd/${descriptor}`);
  return files
    .filter(existsSync)
    .map((file) => readlinkSync(file))
    .filter((file) => file.includes('db.sqlite'));
}

function answerTo(tasks: Readonly<Record<string, unknown>>, [name, args]: Task): Promise<Answer> {
  return answerOf(tasks[name] as (...args: unknown[]) => unknown, args);
}

async function answerOf(task: (...args: unknown[]) => unknown, args: readonly unknown[]): Promise<Answer> {
  try {
    return { done: (await task(...args)) ?? null };
  } catch (error) {
    const { message, code, retry } = error as Error & { code?: string; retry?: boolean };
    return { failed: { message, ...(code === undefined ? {} : { code, retry: retry ?? false }) } };
  }
}

function print(answer: Answer | RunEnded): void {
  writeSync(1, `${JSON.stringify(answer)}\n`);
}
