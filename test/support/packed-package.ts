import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inRepository, type Outcome, run, runNode, typescript } from './run-node.js';

const sources = ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'src', 'tsup.config.ts', 'tsconfig.json'];

/**
 * A new project that has installed the package as npm would publish it, built now from the sources as they are.
 * The answer is the project's directory; whoever asks removes it.
 */
export async function projectWithThePackage(): Promise<string> {
  const project = mkdtempSync(join(realpathSync(tmpdir()), 'corollary-project-'));
  const workshop = join(project, 'workshop');
  mkdirSync(workshop);
  for (const source of [...sources, 'tsconfig.build.json'])
    if (existsSync(inRepository(source))) cpSync(inRepository(source), join(workshop, source), { recursive: true });
  symlinkSync(inRepository('node_modules'), join(workshop, 'node_modules'));
  await build(workshop);
  await install(workshop, project);
  return project;
}

async function build(workshop: string): Promise<void> {
  const cwd = { cwd: workshop };
  mustSucceed(await runNode([inRepository('node_modules/tsup/dist/cli-default.js'), '--silent'], cwd));
  mustSucceed(await runNode([typescript, '-p', 'tsconfig.build.json'], cwd));
  mustSucceed(await run('npm', ['pack', '--ignore-scripts', '--silent'], cwd));
}

async function install(workshop: string, project: string): Promise<void> {
  const archive = readdirSync(workshop).find((file) => file.endsWith('.tgz')) ?? 'the archive that npm pack makes';
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, 'corollary'), { recursive: true });
  mustSucceed(
    await run('tar', ['-xzf', join(workshop, archive), '--strip-components=1'], { cwd: join(modules, 'corollary') }),
  );
  for (const dependency of ['better-sqlite3', 'reflect-metadata'])
    symlinkSync(inRepository(`node_modules/${dependency}`), join(modules, dependency));
  write(join(project, 'package.json'), '{ "type": "module" }');
}

/** Writes a file and whatever directories it needs. */
export function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function mustSucceed({ status, output }: Outcome): void {
  if (status !== 0) throw new Error(`ended with ${status}: ${output}`);
}
