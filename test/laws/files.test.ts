import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CorollaryError, file, Item, item, type Store, type StoredFile, text } from 'corollary';
import { expect, test } from 'vitest';
import { aMemoryStore, aStore, aStoreDirectory } from '../support/a-store.js';
import { cases, fc, lawTimeout } from '../support/chance.js';

// Random writing, naming, referring and deleting of files in the stores of a tree, in nested transactions of which some are
// undone, against a model of plain objects. Afterwards the files and their bytes must be those of the model, and no others.

@item('paper')
class Paper extends Item {
  @text({ unique: true }) declare key: string;
  @file({ nullable: true, owned: true, whenDeleted: 'nullify' }) declare owned: StoredFile | null;
  @file({ nullable: true, whenDeleted: 'cascade' }) declare cascade: StoredFile | null;
  @file({ nullable: true, whenDeleted: 'nullify' }) declare nullify: StoredFile | null;
  @file({ nullable: true, whenDeleted: 'refuse' }) declare refuse: StoredFile | null;
}
const REFERENCES = ['owned', 'cascade', 'nullify', 'refuse'] as const;
type Reference = (typeof REFERENCES)[number];

interface ModelFile {
  readonly key: number;
  readonly name: string | null;
  readonly content: string;
}
type ModelPaper = { readonly key: string } & Readonly<Record<Reference, number | null>>;
/** What one store holds; never changed, so that undoing is forgetting. */
interface Model {
  readonly files: readonly ModelFile[];
  readonly papers: readonly ModelPaper[];
}

/** What is done in a store. Which file or paper: the one with this number among those that are there. */
type Action = { readonly store: number } & (
  | { readonly does: 'write'; readonly name: string | null; readonly content: string }
  | { readonly does: 'create'; readonly refers: readonly (number | null)[] }
  | { readonly does: 'delete file' | 'delete paper' | 'delete paper by query'; readonly which: number }
  | { readonly does: 'rename'; readonly which: number; readonly name: string | null }
  | { readonly does: 'refer'; readonly which: number; readonly by: Reference; readonly to: number | null }
  | { readonly does: 'transact'; readonly actions: readonly Action[]; readonly isUndone: boolean }
);

const PATHS = ['', 'x', 'x/y', 'z'];

class Undone extends Error {}
/** What the model says that the store must refuse. */
class Refused extends Error {}

const chosen = <T>(from: readonly T[], which: number | null): T | undefined =>
  which === null || from.length === 0 ? undefined : from[which % from.length];

function orRefused<R>(work: () => R): R | 'refused' {
  try {
    return work();
  } catch (error) {
    if (error instanceof CorollaryError || error instanceof Refused) return 'refused';
    throw error;
  }
}

/** What is left where files and papers are deleted, with all that goes along. @throws Refused */
function without(model: Model, files: Set<number>, papers: Set<string>): Model {
  const before = files.size + papers.size;
  for (const { key, cascade } of model.papers) if (cascade !== null && files.has(cascade)) papers.add(key);
  const staying = model.papers.filter(({ key }) => !papers.has(key));
  for (const { key, owned } of model.papers)
    if (owned !== null && papers.has(key) && !staying.some((other) => other.owned === owned)) files.add(owned);
  if (files.size + papers.size > before) return without(model, files, papers);
  if (staying.some(({ refuse }) => refuse !== null && files.has(refuse))) throw new Refused();
  const kept = (key: number | null) => (key !== null && files.has(key) ? null : key);
  return {
    files: model.files.filter(({ key }) => !files.has(key)),
    papers: staying.map((one) => ({ ...one, owned: kept(one.owned), nullify: kept(one.nullify) })),
  };
}

/** A tree and what the model says of it. */
class World {
  readonly #root: Store;
  #models = PATHS.map((): Model => ({ files: [], papers: [] }));
  readonly #files = new Map<number, StoredFile>();
  readonly #papers = new Map<string, Paper>();
  #last = 0;
  /** The store that the running transaction was started on; the root, if none runs. */
  #runsOn = 0;

  constructor(root: Store) {
    this.#root = root;
    for (const path of ['x', 'z']) root.substores.create(path);
    root.at('x').substores.create('y');
  }

  /** Does the same in the store and in the model: both do it, or both refuse. */
  act(action: Action): void {
    if (action.does === 'transact') {
      this.#transact(action);
      return;
    }
    const wanted = orRefused(() => this.#expected(action));
    const did = orRefused(() => this.#done(action));
    expect({ action, isRefused: did === 'refused' }).toEqual({ action, isRefused: wanted === 'refused' });
    if (wanted !== 'refused') this.#models[action.store] = wanted;
  }

  #transact({ actions, isUndone, store }: Extract<Action, { does: 'transact' }>): void {
    const [before, around] = [[...this.#models], this.#runsOn];
    // A store covers only what lies below it.
    this.#runsOn = actions.every((one) => isBelow(one, store)) ? store : around;
    try {
      this.#store(this.#runsOn).transact(() => {
        for (const one of actions) this.act(one);
        if (isUndone) throw new Undone();
      });
    } catch (error) {
      if (!(error instanceof Undone)) throw error;
      this.#models = before;
    } finally {
      this.#runsOn = around;
    }
  }

  #store(at: number): Store {
    return PATHS[at] === '' ? this.#root : this.#root.at(PATHS[at] as string);
  }

  #expected(action: Exclude<Action, { does: 'transact' }>): Model {
    const model = this.#models[action.store] as Model;
    const { files, papers } = model;
    const keyOf = (which: number | null) => chosen(files, which)?.key ?? null;
    switch (action.does) {
      case 'write':
        assertFree(model, action.name, undefined);
        return { ...model, files: [...files, { key: this.#last + 1, name: action.name, content: action.content }] };
      case 'create': {
        const refers = Object.fromEntries(REFERENCES.map((name, at) => [name, keyOf(action.refers[at] ?? null)]));
        return { ...model, papers: [...papers, { key: `p${this.#last + 1}`, ...refers } as ModelPaper] };
      }
      case 'rename': {
        const renamed = chosen(files, action.which);
        assertFree(model, action.name, renamed);
        return { ...model, files: files.map((one) => (one === renamed ? { ...one, name: action.name } : one)) };
      }
      case 'refer': {
        const changed = chosen(papers, action.which);
        const to = { [action.by]: keyOf(action.to) };
        return { ...model, papers: papers.map((one) => (one === changed ? { ...one, ...to } : one)) };
      }
      case 'delete file': {
        const gone = chosen(files, action.which);
        return without(model, new Set(gone && [gone.key]), new Set());
      }
      default: {
        const gone = chosen(papers, action.which);
        return without(model, new Set(), new Set(gone && [gone.key]));
      }
    }
  }

  #done(action: Exclude<Action, { does: 'transact' }>): void {
    const { files, papers } = this.#models[action.store] as Model;
    const store = this.#store(action.store);
    const fileAt = (which: number | null) => this.#files.get(chosen(files, which)?.key ?? 0);
    switch (action.does) {
      case 'write': {
        const { name, content } = action;
        this.#last++;
        this.#files.set(this.#last, store.files.write(content, name === null ? {} : { name }));
        return;
      }
      case 'create': {
        const key = `p${++this.#last}`;
        const refers = Object.fromEntries(
          REFERENCES.map((name, at) => [name, fileAt(action.refers[at] ?? null) ?? null]),
        );
        this.#papers.set(key, store.create(Paper, { key, ...refers }));
        return;
      }
      case 'rename': {
        const renamed = fileAt(action.which);
        if (renamed !== undefined) renamed.name = action.name;
        return;
      }
      case 'delete file':
        fileAt(action.which)?.delete();
        return;
      default: {
        const key = chosen(papers, action.which)?.key ?? '';
        const paper = this.#papers.get(key);
        if (action.does === 'refer') paper?.set({ [action.by]: fileAt(action.to) ?? null });
        else if (action.does === 'delete paper') paper?.delete();
        else store.query(Paper, { key }).delete();
      }
    }
  }

  /** What a handle shows of all stores, and what the model says. */
  compare(root: Store): void {
    for (const [at, path] of PATHS.entries()) {
      const { files, papers } = this.#models[at] as Model;
      const store = path === '' ? root : root.at(path);
      const contentOf = (key: number | null) => files.find((one) => one.key === key)?.content ?? null;
      expect(
        store.files
          .query()
          .all()
          .map((one) => `${one.name} ${one.text()}`)
          .sort(),
      ).toEqual(files.map(({ name, content }) => `${name} ${content}`).sort());
      expect(
        store
          .query(Paper)
          .all()
          .map((one) => [one.key, ...REFERENCES.map((name) => one[name]?.text() ?? null)]),
      ).toEqual(papers.map((one) => [one.key, ...REFERENCES.map((name) => contentOf(one[name]))]));
    }
    expect(root.tree.check().findings).toEqual([]);
  }

  get countOfFiles(): number {
    return this.#models.reduce((sum, { files }) => sum + files.length, 0);
  }
}

function assertFree({ files }: Model, name: string | null, but: ModelFile | undefined): void {
  if (name !== null && files.some((one) => one !== but && one.name === name)) throw new Refused();
}

function isBelow(action: Action, store: number): boolean {
  const [path, above] = [PATHS[action.store] as string, PATHS[store] as string];
  const isCovered = above === '' || path === above || path.startsWith(`${above}/`);
  return isCovered && (action.does !== 'transact' || action.actions.every((one) => isBelow(one, store)));
}

/** The files of a tree that hold bytes of stored files. */
function bytesOnDisk(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile() && one.parentPath.split('/').includes('files'))
    .map((one) => join(one.parentPath, one.name));
}

const which = fc.nat(9);
const maybe = fc.option(which, { freq: 3 });
const name = fc.option(fc.constantFrom('a', 'b', '../x', 'CON', 'é'), { freq: 2 });
const content = fc.constantFrom('', 'one', 'two', 'three');
const { action } = fc.letrec<{ action: Action }>((tie) => ({
  action: fc
    .tuple(
      fc.constantFrom(0, 0, 0, 1, 2, 3),
      fc.oneof(
        { maxDepth: 3 },
        { weight: 6, arbitrary: fc.record({ does: fc.constant('write'), name, content }) },
        {
          weight: 5,
          arbitrary: fc.record({ does: fc.constant('create'), refers: fc.tuple(maybe, maybe, maybe, maybe) }),
        },
        {
          weight: 6,
          arbitrary: fc.record({
            does: fc.constantFrom('delete file', 'delete paper', 'delete paper by query'),
            which,
          }),
        },
        { weight: 2, arbitrary: fc.record({ does: fc.constant('rename'), which, name }) },
        {
          weight: 2,
          arbitrary: fc.record({ does: fc.constant('refer'), which, by: fc.constantFrom(...REFERENCES), to: maybe }),
        },
        {
          weight: 4,
          arbitrary: fc.record({
            does: fc.constant('transact'),
            actions: fc.array(tie('action'), { maxLength: 6, size: 'max' }),
            isUndone: fc.boolean(),
          }),
        },
      ),
    )
    .map(([store, does]) => ({ store, ...does }) as Action),
}));

test.each(['on disk', 'in memory'])(
  'the files of a tree %s, and what refers to them, are what a model says',
  (where) => {
    fc.assert(
      fc.property(
        fc.array(action, { minLength: 10, maxLength: 60, size: 'max' }),
        fc.constantFrom(3, 5),
        (actions, maxOpenSubstores) => {
          const place = aStoreDirectory();
          const options = { types: [Paper], durability: 'relaxed', maxOpenSubstores } as const;
          const root = where === 'on disk' ? aStore(options, place) : aMemoryStore({ types: [Paper] });
          const world = new World(root);
          for (const one of actions) world.act(one);
          world.compare(root);
          root.close();
          if (!existsSync(place)) return;
          const again = aStore(options, place);
          world.compare(again);
          again.close();
          expect(bytesOnDisk(place)).toHaveLength(world.countOfFiles);
        },
      ),
      { numRuns: cases(10) },
    );
  },
  lawTimeout,
);
