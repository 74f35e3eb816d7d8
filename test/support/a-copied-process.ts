import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { faultyLibrary } from './faulty-library.js';
import { tally } from './tally.js';
import type { Answer, Run, RunEnded, Task } from './task-loop.js';

/** A function of a program, and its arguments, which travel as JSON. */
export type Call = readonly [task: string, ...args: unknown[]];

/** How a process ended that ran one function. */
export interface Ended {
  readonly isKilled: boolean;
  readonly said: readonly string[];
  /** What the function gave; undefined if it did not get there. */
  readonly result: unknown;
  /** What it printed besides: an error that nobody caught. */
  readonly complaint: string;
}

/** Runs a function in a new process that can hurt its own disk, by the variables that faulty-disk.c names. */
export function inCopy(program: string, [task, ...args]: Call, environment: Run['environment'] = {}): Promise<Ended> {
  return originalOf(program).run([task, args, { environment, inCopy: true }]);
}

/**
 * The same in the process of which those are copies. What it has compiled and found out it has for all of them. It must
 * close what it opens.
 */
export function inOriginal(
  program: string,
  [task, ...args]: Call,
  environment: Run['environment'] = {},
): Promise<Ended> {
  return originalOf(program).run([task, args, { environment, inCopy: false }]);
}

const originalOf = (program: string) => originals.get(program) ?? new Original(program);
const originals = new Map<string, Original>();

/** Ends the processes that copies were made of. */
export function endOriginals(): void {
  for (const original of originals.values()) original.end();
  originals.clear();
}

/** A process that has loaded a program, and runs each function in a copy of itself. */
class Original {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #runs: ((ended: Ended) => void)[] = [];
  #printed: string[] = [];

  constructor(program: string) {
    // A copy has one thread only: V8 is to do without others.
    const env = { ...process.env, LD_PRELOAD: faultyLibrary() };
    this.#child = spawn(process.execPath, ['--single-threaded', program], { env, stdio: 'pipe' });
    createInterface(this.#child.stdout).on('line', (line) => this.#hear(line));
    this.#child.stderr.on('data', (bytes) => this.#printed.push(String(bytes)));
    this.#child.stdin.on('error', () => undefined); // 'close' tells that it is gone
    this.#child.once('close', () => {
      while (this.#runs.length > 0) this.#end('crashed');
    });
    originals.set(program, this);
  }

  run(task: Task): Promise<Ended> {
    this.#child.stdin.write(`${JSON.stringify(task)}\n`);
    return new Promise((resolve) => this.#runs.push(resolve));
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }

  #hear(line: string): void {
    const answer = answerIn(line);
    if (answer !== undefined && 'ended' in answer) this.#end(answer.ended);
    else this.#printed.push(line);
  }

  #end(how: RunEnded['ended']): void {
    const [printed, isKilled] = [this.#printed, how === 'killed'];
    this.#printed = [];
    if (isKilled) tally('kills');
    const answers = printed.map((line) => answerIn(line) ?? { failed: { message: line } });
    const complaints = answers.flatMap((answer) => ('failed' in answer ? [answer.failed.message] : []));
    this.#runs.shift()?.({
      isKilled,
      said: answers.flatMap((answer) => ('said' in answer ? [answer.said] : [])),
      result: answers.flatMap((answer) => ('done' in answer ? [answer.done] : []))[0],
      complaint: [...complaints, ...(how === 'crashed' ? ['It crashed'] : [])].join('\n'),
    });
  }
}

// Undefined if it is no answer but what Node prints when nobody has caught an error.
function answerIn(line: string): Answer | RunEnded | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
