import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import { runInThisContext } from 'node:vm';
import { expect, onTestFinished, test, vi } from 'vitest';
import { aDirectory } from './support/a-store.js';
import { documentationPages, type PageProgram, programsOf } from './support/page-programs.js';
import { runNode, top, typescript } from './support/run-node.js';

// Every ```ts block of README.md and docs is a program. It is compiled, run in an empty directory, and what it prints
// is compared with what `// =>` behind a console.log promises: a JavaScript value, or the text as it is printed.
// A page may find things in its directory: see `found`.
// Marks: ```ts continue adds to the program above; ```ts no-run <reason> is neither compiled nor run.

const scratch = new URL('.scratch/docs/', top);
const programs = documentationPages(top).flatMap((page) => programsOf(page, top));

/** What the programs of a page find in their directory: copies of what lies in the repository. */
const found: Readonly<Record<string, string>> = { 'docs/guide/axiom.md': 'test/old-stores/axiom/library.axiom' };

rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });
writeFileSync(
  new URL('tsconfig.json', scratch),
  '{ "extends": "../../tsconfig.json", "include": ["."], "exclude": [] }\n',
);
writeFileSync(new URL('said.d.ts', scratch), 'declare function said(line: number, ...values: unknown[]): void;\n');
for (const program of programs) {
  const file = fileOf(program);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, program.source);
}

for (const program of programs)
  test(`${program.page}:${program.line} does what it says`, async () => {
    workIn(aDirectory());
    bringWhatIsFound(program);
    const faults = listenTo(program);
    await import(fileOf(program));
    expect(faults()).toEqual([]);
  });

test('every program of the documentation compiles', async () => {
  const { status, output } = await runNode([typescript, '--pretty', 'false', '-p', fileURLToPath(scratch)]);
  expect(output.trim().split('\n').map(leadingToThePage).join('\n')).toBe('');
  expect(status).toBe(0);
});

test('README.md has a program', () => {
  expect(programs.map(({ page }) => page)).toContain('README.md');
});

function fileOf({ page, line }: PageProgram): string {
  return fileURLToPath(new URL(`${page}/${line}.ts`, scratch));
}

function workIn(directory: string): void {
  const before = process.cwd();
  process.chdir(directory);
  onTestFinished(() => process.chdir(before));
}

function bringWhatIsFound({ page }: PageProgram): void {
  const thing = found[page];
  if (thing !== undefined) cpSync(new URL(thing, top), basename(thing), { recursive: true });
}

/** Compares what the program prints from now on. The answer gives the faults; a promise never kept is one. */
function listenTo({ page, says }: PageProgram): () => string[] {
  const unheard = new Set(says.keys());
  const faults: string[] = [];
  const silence = vi.spyOn(console, 'log').mockReturnValue();
  vi.stubGlobal('said', (line: number, ...values: unknown[]) => {
    unheard.delete(line);
    // Compared at once: an object may have changed by the end of the program.
    const difference = differenceBetween(values, says.get(line) ?? '');
    if (difference !== undefined) faults.push(`${page}:${line} ${difference}`);
  });
  onTestFinished(() => {
    silence.mockRestore();
    vi.unstubAllGlobals();
  });
  return () => [...faults, ...[...unheard].map((line) => `${page}:${line} was never reached`)];
}

function differenceBetween(values: readonly unknown[], promise: string): string | undefined {
  if (format(...values) === promise) return undefined;
  try {
    expect(values.length === 1 ? values[0] : values).toEqual(meaningOf(promise));
    return undefined;
  } catch {
    return `prints ${format(...values)}, not ${promise}`;
  }
}

function meaningOf(promise: string): unknown {
  try {
    return runInThisContext(`(${promise})`);
  } catch {
    return promise; // no JavaScript: the text as printed
  }
}

/** `.scratch/docs/README.md/12.ts(14,3): error ...` as `README.md:14: error ...`. */
function leadingToThePage(complaint: string): string {
  return complaint.replace(/^.*?\.scratch\/docs\/(.*)\/\d+\.ts\((\d+),\d+\)/, '$1:$2');
}
