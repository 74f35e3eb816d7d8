import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Reply, Request } from 'corollary';
import { onTestFinished } from 'vitest';
import type { Answer } from './task-loop.js';

/**
 * A thread that runs a function of a program, which then answers requests as JSON, one message each. It ends with the
 * test.
 */
export async function aWorker(file: string, task: string, ...args: readonly unknown[]) {
  const worker = new Worker(file, { workerData: [task, args] });
  onTestFinished(async () => void (await worker.terminate()));
  const [answer] = (await once(worker, 'message')) as [Answer];
  if (!('done' in answer)) throw new Error(JSON.stringify(answer));
  const waiting = new Map<number, (reply: Reply) => void>();
  worker.on('message', ({ id, reply }: { id: number; reply: string }) => {
    waiting.get(id)?.(JSON.parse(reply) as Reply);
    waiting.delete(id);
  });
  let last = 0;
  return (request: Request): Promise<Reply> => {
    const id = ++last;
    worker.postMessage({ id, request: JSON.stringify(request) });
    return new Promise((resolve) => waiting.set(id, resolve));
  };
}
