import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { aFaultyProcess } from '../support/a-faulty-disk.js';
import type { Program, TaskProcess } from '../support/a-process.js';
import { aDirectory } from '../support/a-store.js';
import { tally } from '../support/tally.js';
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

type DeedProcess = TaskProcess<typeof tasks>;

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
  #next: DeedProcess | undefined;
  readonly #before = new Map<boolean, Found>();
  #logs = 0;

  constructor(program: Program<typeof tasks>) {
    const all = aDirectory({ mayBeCorrupt: true }); // the looks at it judge that, and some disks tear what is deleted
    this.#program = program;
    [this.directory, this.#original, this.#beside] = ['stage', 'original', 'beside'].map((name) => join(all, name)) as [string, string, string]; // biome-ignore format: one thought
    mkdirSync(this.#beside);
    mkdirSync(this.#original);
    seed(this.#original);
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

  /** A process that has started while another was busy. */
  process(): DeedProcess {
    const ready = this.#next ?? aFaultyProcess(this.#program);
    this.#next = aFaultyProcess(this.#program);
    return ready;
  }

  /** Does each deed once, without a fault; beside a survivor, where one will be there. */
  async scenes(names: readonly DeedName[], survivor?: (name: DeedName) => { close(): void }): Promise<DeedScene[]> {
    expect(names).not.toEqual([]);
    const child = this.process();
    const scenes: DeedScene[] = [];
    for (const name of names) {
      const before = this.before(name);
      this.set();
      const living = survivor?.(name);
      const operations = await this.operationsOf((log) => child.call('perform', name, this.directory, log));
      living?.close();
      expect(child.heardSoFar()).toEqual(['done']);
      const after = this.look(name);
      expect(after.wrong, name).toEqual([]);
      scenes.push({ name, before, after, operations });
    }
    await child.kill();
    return scenes;
  }

  async operationsOf(work: (log: Injury) => Promise<unknown>): Promise<string[]> {
    const log = this.beside(`log ${++this.#logs}`); // a process goes on writing into the one that it has open
    await work({ FAULTS_LOG: log });
    const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : [];
    return lines.map((line) => line.slice(line.indexOf(' ') + 1));
  }

  /** Does a deed in a process that is killed just before its nth operation. True if it had said that it was done. */
  async kill(name: DeedName, kill: number, torn = false): Promise<boolean> {
    const child = this.process();
    const injury: Injury = { FAULTS_KILL: String(kill), ...(torn ? { FAULTS_TORN: '1' } : {}) };
    await expect(child.call('perform', name, this.directory, injury), `${name}, kill ${kill}`).rejects.toThrow('gone');
    tally('kills');
    return child.heardSoFar().includes('done');
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
