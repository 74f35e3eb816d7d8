// Measures how fairly processes and threads get the write lock of one store; `npm run fairness`. Fails where the target of
// docs/decisions/0021-waiting-for-the-lock.md is missed. Wants a machine that does nothing else.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const LEAST_OF_MEAN = 0.5;
const LONGEST_WAIT_MS = 500;
const WRITING_MS = 3000;
const STARTING_MS = 1500;

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const scratch = join(repository, '.scratch', 'fairness');
const program = join(scratch, 'program.mjs');

const cases = [
  { name: '8 processes, 1 ms inside', processes: 8, insideMs: 1 },
  { name: '8 processes, nothing inside', processes: 8, insideMs: 0 },
  { name: '2 processes, 50 ms inside', processes: 2, insideMs: 50 },
  { name: '4 threads, 1 ms inside', threads: 4, insideMs: 1 },
  { name: '4 threads, nothing inside', threads: 4, insideMs: 0 },
  { name: '1 process, nothing inside', processes: 1, insideMs: 0 },
];

await build({
  stdin: {
    contents: `import * as tasks from './tasks/several-processes.ts'; import { serve } from './support/task-loop.ts'; await serve(tasks);`,
    resolveDir: join(repository, 'test'),
    loader: 'ts',
  },
  outfile: program,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  packages: 'external',
  alias: { corollary: join(repository, 'src', 'index.ts') },
  logLevel: 'warning',
});

let isFair = true;
for (const one of cases) {
  const shares = await measured(one);
  const commits = shares.map((share) => share.commits).sort((a, b) => a - b);
  const total = commits.reduce((sum, count) => sum + count, 0);
  const leastOfMean = (commits[0] * commits.length) / total;
  const longestMs = Math.max(...shares.map((share) => share.longestWaitMs));
  if (leastOfMean < LEAST_OF_MEAN || longestMs > LONGEST_WAIT_MS) isFair = false;
  const [least, most] = [commits[0], commits.at(-1)];
  console.log(
    `${one.name.padEnd(28)} ${total} commits, ${least} to ${most} each (least/mean ${leastOfMean.toFixed(2)}), longest wait ${longestMs.toFixed(0)} ms`,
  );
}
rmSync(scratch, { recursive: true });
process.exitCode = isFair ? 0 : 1;

async function measured({ processes = 0, threads = 0, insideMs }) {
  const directory = mkdtempSync(join(scratch, 'store-'));
  const place = join(directory, 'a.store');
  await run(['makeCounter', [place]]);
  const from = Date.now() + STARTING_MS;
  const shares =
    threads > 0
      ? await run(['competeInThreads', [threads, place, WRITING_MS, insideMs]])
      : await Promise.all(
          Array.from({ length: processes }, () => run(['compete', [place, from, from + WRITING_MS, insideMs]])),
        );
  rmSync(directory, { recursive: true });
  return shares;
}

function run(task) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.on('close', () => {
      const answer = JSON.parse(output);
      if ('done' in answer) resolve(answer.done);
      else reject(new Error(output));
    });
    child.stdin.end(`${JSON.stringify(task)}\n`);
  });
}
