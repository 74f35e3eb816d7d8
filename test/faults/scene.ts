import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Store } from 'corollary';
import { expect } from 'vitest';
import type { Ended } from '../support/a-copied-process.js';
import { operationsOf, runWithFaults } from '../support/a-faulty-disk.js';
import type { Program } from '../support/a-process.js';
import { aDirectory } from '../support/a-store.js';
import type * as tasks from '../tasks/commits.js';
import { look, type ShapeName, seed, shapes, type Told, types } from '../tasks/commits.js';

/** True when faults are put in at every point: FAULTS=all. Without it at some, spread evenly. */
export const isThorough = process.env.FAULTS === 'all';

/** For tests that take as long as there are points. */
export const timeout = isThorough ? 3_600_000 : 120_000;

/** A tree, what its transaction makes of it, and the operations that takes. */
export interface Scene {
  readonly program: Program<typeof tasks>;
  readonly name: ShapeName;
  readonly directory: string;
  readonly seeded: string;
  readonly before: Told;
  readonly after: Told;
  readonly operations: readonly string[];
}

export async function aScene(
  program: Program<typeof tasks>,
  name: ShapeName,
  directory = aDirectory(),
): Promise<Scene> {
  const seeded = join(directory, 'seeded');
  seed(seeded, name);
  const { before, place, armed } = { before: look(seeded).told, ...copied({ directory, seeded }) };
  const call = ['work', place, name, armed] as const;
  const { operations, ended } = await operationsOf(program.file, { below: place, while: armed }, call);
  expect(ended).toMatchObject({ said: ['committed'], complaint: '' });
  const after = look(place).told;
  expect(after).not.toEqual(before);
  return { program, name, directory, seeded, before, after, operations };
}

/** A fresh copy of the tree, always at the same place, and the file that turns faults on. */
export function copied({ directory, seeded }: Pick<Scene, 'directory' | 'seeded'>, original = seeded) {
  const [place, armed] = [join(directory, 'place', 'a.store'), join(directory, 'armed')];
  rmSync(dirname(place), { recursive: true, force: true });
  rmSync(armed, { force: true });
  cpSync(original, place, { recursive: true });
  return { place, armed };
}

/** What is left when the process is killed just before its nth operation. */
export async function killedAt(scene: Scene, kill: number, torn = false): Promise<Ended & { readonly place: string }> {
  const { place, armed } = copied(scene);
  const faults = { below: place, while: armed, kill, torn };
  const ended = await runWithFaults(scene.program.file, faults, ['work', place, scene.name, armed]);
  expect(ended, `kill ${kill}`).toMatchObject({ isKilled: true, complaint: '' });
  return { ...ended, place };
}

/** Numbers from 1 to the count: all of them, or so many; with `all` false never all of them. */
export function points(count: number, some: number, all = isThorough): number[] {
  const numbers = Array.from({ length: count }, (_, at) => at + 1);
  const step = all ? 1 : Math.max(1, count / some);
  return numbers.filter((point) => Math.floor(point / step) !== Math.floor((point - 1) / step));
}

/** All or nothing, over all stores; all, if the process had said so. */
export function expectWhole({ before, after }: Scene, place: string, ended: Ended, what: string): void {
  const found = look(place);
  expect(found.isSound, what).toBe(true);
  const isDone = ended.said.includes('committed') || JSON.stringify(found.told) === JSON.stringify(after);
  expect(found.told, what).toEqual(isDone ? after : before);
  expect(leftIn(place), what).toEqual([]);
}

/** Directories of substores that no store has, and what was left in `temp`. */
function leftIn(place: string): string[] {
  const entries = (directory: string) => (existsSync(directory) ? readdirSync(directory) : []);
  using store = Store.open(place, { types });
  const named = store.substores
    .query()
    .pluck((s) => s.directory)
    .all();
  const here = entries(join(place, 'sub')).filter((id) => !named.includes(id));
  return [...here, ...entries(join(place, 'temp')), ...named.flatMap((id) => leftIn(join(place, 'sub', id)))];
}

/** The directories of the stores that are written, by their paths, the deepest first. */
export function partsOf({ seeded, name }: Scene, place: string): [path: string, directory: string][] {
  using root = Store.open(seeded, { types });
  const stores = [...root.tree.stores()].map((one) => one.path.join('/'));
  const written = stores.filter((path) => (shapes[name].written as readonly string[]).includes(path)).reverse();
  return written.map((path) => [
    path,
    join(place, ...(path === '' ? [] : path.split('/')).flatMap(directoriesFrom(root))),
  ]);
}

// 'sub' and the id of each store on the way down.
function directoriesFrom(root: Store): (name: string) => string[] {
  let at = root;
  return (name) => {
    const { directory } = at.substores.query({ name }).one();
    at = at.substores.open(name);
    return ['sub', directory];
  };
}
