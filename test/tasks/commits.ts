import { rmSync, writeFileSync } from 'node:fs';
import { bytes, type CorollaryError, type Decimal, decimal, Item, integer, item, Store, text } from 'corollary';
import { say } from '../support/task-loop.js';

/** Two in each store; every transaction gives each the other's name. */
@item('account')
export class Account extends Item {
  @text({ unique: true }) declare owner: string;
  @decimal({ scale: 2 }) declare money: Decimal;
  @bytes() declare seal: Uint8Array;
}

/** Those of the round before are deleted, new ones made. */
@item('note')
export class Note extends Item {
  @text({ fullText: true }) declare title: string;
  @integer() declare round: number;
}

/** Written by another program that has only one part of the tree. */
@item('remark')
export class Remark extends Item {
  @integer() declare n: number;
}

export const types = [Account, Note, Remark];
const options = { types, busyTimeoutMs: 400 };

/** A tree, and what a transaction does to it. */
export interface Shape {
  /** The paths of the stores that are there, parents first. */
  readonly stores: readonly string[];
  /** Those that are written. */
  readonly written: readonly string[];
  /** Before anything is written. */
  readonly moved?: readonly (readonly [parent: string, name: string, to: string])[];
  /** Some are moved before they are written. */
  readonly made?: readonly (readonly [parent: string, name: string, movedTo?: string])[];
  readonly deleted?: readonly (readonly [parent: string, name: string])[];
}

const deep = ['', 'a', 'a/a', 'a/a/a', 'a/a/a/a', 'b', 'b/a', 'b/b', 'c', 'c/a', 'c/a/a', 'd'];

export const shapes = {
  one: { stores: ['', 'a'], written: ['a'] },
  two: { stores: ['', 'a'], written: ['', 'a'] },
  // The root decides, and is not written itself.
  three: {
    stores: ['', 'a', 'a/b', 'c', 'c/old', 'c/old/below'],
    written: ['a', 'a/b', 'c'],
    made: [['a/b', 'new']],
    deleted: [['c', 'old']],
  },
  twelve: { stores: deep, written: deep },
  // Two of the new ones are moved before they are written; one holds another that stays.
  new: {
    stores: ['', 'a'],
    written: ['', 'a'],
    made: [
      ['a', 'new', ''],
      ['new', 'newer', 'a'],
      ['a/newer', 'newest'],
    ],
  },
  // Two are moved into what is deleted then, one of them by name.
  gone: {
    stores: ['', 'a', 'a/b', 'a/c', 'd', 'e'],
    moved: [
      ['a', 'b', 'd'],
      ['a', 'c', 'e'],
    ],
    written: ['', 'a', 'd/b'],
    deleted: [
      ['', 'd'],
      ['e', 'c'],
    ],
  },
} satisfies Record<string, Shape>;
export type ShapeName = keyof typeof shapes;

const at = (root: Store, path: string) => (path === '' ? root : root.at(path));

/** Makes the tree as it is before the transaction. */
export function seed(place: string, name: ShapeName): void {
  using root = Store.open(place, options);
  for (const path of shapes[name].stores) {
    if (path !== '')
      at(root, path.split('/').slice(0, -1).join('/')).substores.create(path.split('/').at(-1) as string);
    const store = at(root, path);
    store.create(Account, { owner: 'ann', money: '1.10', seal: Uint8Array.of(1, 0, 255) });
    store.create(Account, { owner: 'bob', money: '92233720368547758.07', seal: Uint8Array.of(2) });
    store.createMany(
      Note,
      [1, 1, 1].map((round) => ({ title: `round ${round} of ${path}`, round })),
    );
  }
}

function play(root: Store, shape: Shape): void {
  for (const [parent, name, to] of shape.moved ?? []) at(root, parent).substores.move(name, at(root, to));
  for (const path of shape.written) {
    const store = at(root, path);
    const [ann, bob] = [store.getUnique(Account, { owner: 'ann' }), store.getUnique(Account, { owner: 'bob' })];
    ann.owner = 'between';
    bob.set({ owner: 'ann', money: '0.01' });
    ann.set({ owner: 'bob', seal: Uint8Array.of(3, 3) });
    store.query(Note).delete();
    store.createMany(
      Note,
      [2, 2].map((round) => ({ title: `round ${round} of ${path}`, round })),
    );
  }
  for (const [parent, name, movedTo] of shape.made ?? []) {
    const made = at(root, parent).substores.create(name);
    if (movedTo !== undefined) at(root, parent).substores.move(name, at(root, movedTo));
    made.create(Note, { title: 'round 2 of a new one', round: 2 });
  }
  for (const [parent, name] of shape.deleted ?? []) at(root, parent).substores.delete(name);
}

/** What stores have, as a program sees it, by path. */
export type Told = Record<string, { readonly accounts: string[]; readonly notes: string[]; readonly names: string[] }>;

const asText = ({ owner, money, seal }: Account) => `${owner} ${money} ${seal.join()}`;

function has(store: Store): Told[string] {
  return {
    accounts: store.query(Account).all().map(asText),
    notes: store
      .query(Note, (n) => n.title.matches('round'))
      .all()
      .map(({ title }) => title),
    names: store.substores.names(),
  };
}

/** What a store and all below it have, by path. */
export function told(store: Store): Told {
  return Object.fromEntries([...store.tree.stores()].map((one) => [one.path.join('/'), has(one)]));
}

/** What a new process is told by a store and all below it, and whether each is sound. */
export function look(place: string): { told: Told; isSound: boolean } {
  using root = Store.open(place, { ...options, mustExist: true });
  return { told: told(root), isSound: [...root.tree.stores()].every((one) => one.check().isSound) };
}

/** How the opening of a store and its repair end. */
export function codesOf(place: string, inDoubt: 'commit' | 'undo'): (string | undefined)[] {
  const opened = attempted(() => Store.open(place, options).close());
  return [opened, attempted(() => Store.repair(place, { inDoubt }))].map(({ code }) => code);
}

/** Another program writes into the store that it has opened by its own path. */
export function remark(place: string): void {
  using store = Store.open(place, { ...options, mustExist: true });
  store.create(Remark, { n: 1 });
}

/** One transaction. Says 'committed' when it has returned. Faults happen while the file `armed` exists. */
export function work(place: string, name: ShapeName, armed: string): void {
  using root = Store.open(place, options);
  told(root); // what is opened for the first time shall not count
  writeFileSync(armed, '');
  root.transact(() => play(root, shapes[name]));
  rmSync(armed);
  say('committed');
}

/** The same, where nothing was opened or read before. */
export function workAtOnce(place: string, name: ShapeName, armed: string): void {
  using root = Store.open(place, options);
  writeFileSync(armed, '');
  root.transact(() => play(root, shapes[name]));
  rmSync(armed);
  say('committed');
}

/** One transaction while faults happen. Tells how it ended, and what memory and disk say: during the faults, and after. */
export function workAndTell(place: string, name: ShapeName, armed: string) {
  using root = Store.open(place, options);
  told(root);
  const held = [...root.tree.stores()].flatMap((one) => one.query(Account).all());
  const inMemory = () => held.map(asText);
  writeFileSync(armed, '');
  const ended = attempted(() => root.transact(() => play(root, shapes[name])));
  const meanwhile = attempted(() => told(root));
  const memory = inMemory();
  rmSync(armed);
  return { ended, meanwhile, memory, after: told(root), memoryAfter: inMemory() };
}

/** What a function gave, or the error that it threw. */
interface Attempted extends Partial<Pick<CorollaryError, 'code' | 'committed' | 'retry' | 'message'>> {
  readonly gave?: unknown;
}

function attempted(act: () => unknown): Attempted {
  try {
    return { gave: act() ?? null };
  } catch (error) {
    const { code, committed, retry, message } = error as CorollaryError;
    return { code, committed, retry, message };
  }
}
