import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Ended, inCopy, inOriginal } from '../support/a-copied-process.js';
import { aFaultyProcess, logged } from '../support/a-faulty-disk.js';
import type { Program, TaskName, TaskProcess } from '../support/a-process.js';
import { aDirectory } from '../support/a-store.js';
import type * as tasks from '../tasks/deeds.js';
import { beside, type DeedName, deedNames, type Found, type Injury, look, seed, treeIn } from '../tasks/deeds.js';
import { isThorough } from './scene.js';

const chosen = process.env.FAULTS_DEEDS;

/** The deeds that are tried: all, or by FAULTS_DEEDS=moves those whose names match. */
export const chosenDeeds = deedNames.filter((name) => new RegExp(chosen ?? '').test(name));

/** Of these deeds every nth, from some one on; all of them where all were asked for, or some by name. */
export function someOf(deeds: readonly DeedName[], nth: number, from = nth - 1): readonly DeedName[] {
  return isThorough || chosen !== undefined ? deeds : deeds.filter((_, n) => n % nth === from % nth);
}

/** A tree, what one deed makes of it, and the operations on files that takes. */
export interface DeedScene {
  readonly name: DeedName;
  readonly before: Found;
  readonly after: Found;
  /** 'write /place/db.sqlite-wal', ... */
  readonly operations: readonly string[];
}

/** Where deeds are done: always at the same place, on a fresh copy of the same tree. */
export class Stage {
  readonly directory: string;
  readonly #program: Program<typeof tasks>;
  readonly #original: string;
  readonly #beside: string;
  readonly #before = new Map<boolean, Found>();
  #process: TaskProcess<typeof tasks> | undefined;

  constructor(program: Program<typeof tasks>) {
    const all = aDirectory({ mayBeCorrupt: true }); // the looks at it judge that, and some disks tear what is deleted
    this.#program = program;
    [this.directory, this.#original, this.#beside] = ['stage', 'original', 'beside'].map((name) => join(all, name)) as [string, string, string]; // biome-ignore format: one thought
    mkdirSync(this.#beside);
    mkdirSync(this.#original);
    seedOnce(this.#original);
  }

  /** A path that no fault reaches. */
  beside(name: string): string {
    return join(this.#beside, name);
  }

  /** Puts a fresh copy of the tree, or of another directory, on the stage. */
  set(original = this.#original): string {
    rmSync(this.directory, { recursive: true, force: true });
    cpSync(original, this.directory, { recursive: true });
    return this.directory;
  }

  /** Keeps what is on the stage: the original of another scene. */
  keep(name: string): string {
    const kept = this.beside(name);
    rmSync(kept, { recursive: true, force: true });
    cpSync(this.directory, kept, { recursive: true });
    return kept;
  }

  /** From now on every scene begins with what is on the stage. */
  beginWithThis(): void {
    rmSync(this.#original, { recursive: true });
    cpSync(this.directory, this.#original, { recursive: true });
    this.#before.clear();
  }

  /** Looks at what a deed may have changed. */
  look(name: DeedName): Found {
    return look(this.directory, this.scratchOf(name));
  }

  scratchOf(name: DeedName): string | undefined {
    return beside.has(name) ? this.beside('restored') : undefined;
  }

  /** What a look finds before a deed. */
  before(name: DeedName): Found {
    const known = this.#before.get(beside.has(name));
    if (known !== undefined) return known;
    this.set();
    const before = this.look(name);
    expect(before.wrong).toEqual([]);
    this.#before.set(beside.has(name), before);
    return before;
  }

  /** A process that can hurt its own disk: the same one until it is killed. */
  process(): TaskProcess<typeof tasks> {
    if (this.#process?.isIdle !== true) this.#process = aFaultyProcess(this.#program);
    return this.#process;
  }

  /** Does each deed once, without a fault; beside a survivor, where one will be there. */
  async scenes(names: readonly DeedName[], survivor?: (name: DeedName) => { close(): void }): Promise<DeedScene[]> {
    expect(names).not.toEqual([]);
    const scenes: DeedScene[] = [];
    for (const name of names) {
      const before = this.before(name);
      this.set();
      const living = survivor?.(name);
      const { operations, ended } = await this.log((log) => this.inOriginal('perform', name, this.directory, log));
      living?.close();
      expect(ended).toMatchObject({ said: ['done'], complaint: '' });
      const after = this.look(name);
      expect(after.wrong, name).toEqual([]);
      scenes.push({ name, before, after, operations });
    }
    return scenes;
  }

  /** The operations of some work on the stage, and what it gave. */
  log<R>(work: (log: Injury) => Promise<R>): Promise<{ readonly operations: readonly string[]; readonly ended: R }> {
    return logged(this.beside('operations'), (log) => work({ FAULTS_LOG: log }));
  }

  /** Does a deed in a process that is killed just before its nth operation. True if it had said that it was done. */
  async kill(name: DeedName, kill: number): Promise<boolean> {
    const ended = await this.inCopy('perform', name, this.directory, { FAULTS_KILL: String(kill) });
    expect(ended, `${name}, kill ${kill}`).toMatchObject({ isKilled: true, complaint: '' });
    return ended.said.includes('done');
  }

  /** Runs a function in a process of its own. */
  inCopy<K extends TaskName<typeof tasks>>(task: K, ...args: Parameters<(typeof tasks)[K]>): Promise<Ended> {
    return inCopy(this.#program.file, [task, ...args]);
  }

  /** The same in the process of which those are copies. */
  inOriginal<K extends TaskName<typeof tasks>>(task: K, ...args: Parameters<(typeof tasks)[K]>): Promise<Ended> {
    return inOriginal(this.#program.file, [task, ...args]);
  }

  get tree(): string {
    return treeIn(this.directory);
  }
}

/** All or nothing; all, if it is known to be done. Nothing else is wrong, and nothing is left. */
export function expectWhole(
  { before, after }: DeedScene,
  found: Found,
  isDone: boolean | undefined,
  what: string,
): void {
  const isAfter = isDone ?? JSON.stringify(found) === JSON.stringify(after);
  expect(found, what).toEqual(isAfter ? after : before);
}

/** The tree in which all deeds begin: its entries, directories first; those have no content. */
let seeded: readonly (readonly [path: string, content: Uint8Array | undefined])[] | undefined;

// To make it anew for each test takes twenty times as long as to write it.
function seedOnce(directory: string): void {
  seeded ??= seededIn(directory);
  for (const [path, content] of seeded) {
    if (content === undefined) mkdirSync(join(directory, path), { recursive: true });
    else writeFileSync(join(directory, path), content);
  }
}

function seededIn(directory: string): NonNullable<typeof seeded> {
  seed(directory);
  const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  return entries.map((path) => {
    const place = join(directory, path);
    return [path, statSync(place).isDirectory() ? undefined : readFileSync(place)];
  });
}

/** Gathers what went wrong at many points: one fault is not to hide the others. */
export class Faults {
  readonly #found: string[] = [];

  /** Judges one point; `what` says which. */
  judge(what: string, judge: () => void): void {
    try {
      judge();
    } catch (error) {
      this.#found.push(`${what}: ${error}`);
      if (isThorough) console.log(`${what}: ${error}`); // who has to wait for long is told at once
    }
  }

  expectNone(): void {
    expect(this.#found.join('\n')).toBe('');
  }
}
