import { readSync, writeSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** One line that a task process prints. */
export type Answer =
  | { readonly said: string }
  | { readonly done: unknown }
  | { readonly failed: { readonly message: string; readonly code?: string; readonly retry?: boolean } };

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

/** Runs the functions that it is told to, one after another, each in turns of the event loop of its own. */
export async function serve(tasks: Readonly<Record<string, unknown>>): Promise<void> {
  if (!isMainThread) return parentPort?.postMessage(await answerTo(tasks, workerData));
  for (let line = hear(); line !== undefined; line = hear()) {
    print(await answerTo(tasks, JSON.parse(line)));
    await new Promise(setImmediate);
  }
}

function answerTo(tasks: Readonly<Record<string, unknown>>, [name, args]: [string, unknown[]]): Promise<Answer> {
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

function print(answer: Answer): void {
  writeSync(1, `${JSON.stringify(answer)}\n`);
}
