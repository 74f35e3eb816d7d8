import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Address,
  address,
  CorollaryError,
  type Default,
  file,
  Item,
  integer,
  item,
  reference,
  Store,
  type StoredFile,
  SubStore,
  text,
} from 'corollary';
import { say } from '../support/task-loop.js';

// One tree, and everything that can be done to it: what the fault tests kill, fail and cut off at every operation.

@item('account')
export class Account extends Item {
  @text({ unique: true }) declare owner: string;
  @integer() declare cents: number;
}

@item('note', { indexes: [['round']] })
export class Note extends Item {
  @text({ fullText: true }) declare title: string;
  @integer() declare round: number;
  @reference(() => Account, { whenDeleted: 'cascade' }) declare of: Account;
  @file({ nullable: true, owned: true }) declare scan: StoredFile | null;
}

/** In the root: where an account of a store below is, whatever way leads there. */
@item('pointer')
export class Pointer extends Item {
  @address() declare to: Address;
  @text({ default: '' }) declare note: Default<string>;
  @reference(() => SubStore, { nullable: true, whenDeleted: 'nullify' }) declare part: SubStore | null;
}

/** Written after a fault, to see that the store goes on. */
@item('remark')
export class Remark extends Item {
  @integer() declare number: number;
}

export const types = [Account, Note, Pointer, Remark];
const options = { types, busyTimeoutMs: 400 };

/** Where things are below the directory that has the faulty disk. */
export const treeIn = (directory: string) => join(directory, 'a.store');
export const backupIn = (directory: string) => join(directory, 'backup');
export const exportIn = (directory: string) => join(directory, 'export');
const restoredIn = (directory: string) => join(directory, 'restored.store');

const PATHS = ['a', 'a/b', 'c', 'c/old', 'c/old/below'] as const;

/** Makes the tree, a backup of it from before its last change, and an export of one of its parts. */
export function seed(directory: string): void {
  using root = Store.open(treeIn(directory), options);
  fill(root, 1);
  for (const path of PATHS) fill(makeAt(root, path), 1);
  const { address: to } = root.at('a/b').getUnique(Account, { owner: 'ann' });
  root.create(Pointer, { to, part: root.substores.query({ name: 'a' }).one() });
  root.tree.backup(backupIn(directory));
  root.at('c/old').tree.export(exportIn(directory));
  root.at('a').getUnique(Account, { owner: 'bob' }).cents = 3;
}

function makeAt(root: Store, path: string): Store {
  const [name, ...above] = path.split('/').reverse() as [string, ...string[]];
  return at(root, above.reverse().join('/')).substores.create(name);
}

const at = (root: Store, path: string) => (path === '' ? root : root.at(path));

/** The accounts that this process has made. */
const made: Account[] = [];

/** Two accounts, and a note of each with a file. */
function fill(store: Store, round: number): void {
  store.transact(() => {
    for (const [owner, cents] of [
      ['ann', 1],
      ['bob', 2],
    ] as const) {
      // biome-ignore format: one line
      const account = store.create(Account, { owner, cents });
      made.push(account);
      keep(store, account, round);
    }
  });
}

function keep(store: Store, of: Account, round: number): void {
  const scan = store.files.write(`${of.owner} ${round} `.repeat(200 * round), { name: `${of.owner} ${round}` });
  store.create(Note, { title: `round ${round} of ${of.owner}`, round, of, scan });
}

/** Unique values change hands, notes go with their files, and new ones come. */
function rewrite(store: Store): void {
  const [ann, bob] = [store.getUnique(Account, { owner: 'ann' }), store.getUnique(Account, { owner: 'bob' })];
  ann.owner = 'between';
  bob.owner = 'ann';
  ann.set({ owner: 'bob', cents: 20 });
  const round = 1 + (store.query(Note).max((n) => n.round) ?? 0);
  store.query(Note, { of: ann }).delete();
  keep(store, ann, round);
}

/** What can be done to the tree in one call that happens wholly or not at all. */
export const deeds = {
  'commits in one store': (root) => root.transact(() => rewrite(root.at('a'))),
  'commits in the root': (root) => root.transact(() => rewrite(root)),
  'commits over several stores': (root) =>
    root.transact(() => {
      for (const path of ['', 'a/b', 'c/old', 'a']) rewrite(at(root, path));
    }),
  'commits in parts of which none decides': (root) =>
    root.transact(() => {
      for (const path of ['c/old/below', 'a/b']) rewrite(at(root, path));
    }),
  'writes a file': (root) => void root.at('c').files.write('x'.repeat(100_000), { name: 'large' }),
  'receives a file': (root) => root.at('c').files.receive(pieces(), { name: 'received' }),
  'deletes notes and their files': (root) => void root.transact(() => root.at('c').query(Note).delete()),
  'creates a substore': (root) => void root.at('a').substores.create('new'),
  // The store's log is there already: SQLite syncs the directory when it makes one.
  'creates the first substore of a store': (root) => {
    const below = root.at('c/old/below');
    below.transact(() => below.create(Remark, { number: 0 }).delete());
    below.substores.create('first');
  },
  'creates a substore with content': (root) =>
    root.transact(() => {
      const made = root.at('a').substores.create('new');
      fill(made, 1);
      fill(made.substores.create('inner'), 2);
    }),
  'deletes a substore': (root) => root.at('c').substores.delete('old'),
  'renames a substore': (root) => root.at('c').substores.rename('old', 'older'),
  'moves a substore': (root) => root.at('c').substores.move('old', root.at('a')),
  'moves a substore up': (root) => root.at('a').substores.move('b', root, 'b of a'),
  'moves a substore down': (root) => root.substores.move('a', root.at('c/old/below'), 'deep'),
  'moves and writes': (root) =>
    root.transact(() => {
      root.at('a').substores.move('b', root.at('c'));
      for (const path of ['', 'c/b', 'a', 'c']) rewrite(at(root, path));
    }),
  'moves out of what it deletes': (root) =>
    root.transact(() => {
      root.at('c/old').substores.move('below', root);
      root.at('c').substores.delete('old');
    }),
  'moves into what it creates': (root) =>
    root.transact(() => root.at('c').substores.move('old', root.substores.create('new'), 'moved')),
  'moves what it creates': (root) =>
    root.transact(() => {
      root.substores.create('new');
      root.substores.move('new', root.at('c/old'));
    }),
  'moves what it deletes then': (root) =>
    root.transact(() => {
      root.at('c').substores.move('old', root.at('a'));
      root.at('a').substores.delete('old');
    }),
  'moves in vain, and writes': (root) =>
    root.transact(() => {
      inVain(root, () => root.at('c').substores.move('old', root.at('a')));
      for (const path of ['c/old', 'a']) rewrite(at(root, path));
    }),
  'copies a substore': (root) => void root.substores.copy('c', root.at('a'), 'copy'),
  'imports a substore': (root, directory) => void root.tree.import(exportIn(directory), 'imported'),
  'restores a substore': (root, directory) => void root.at('c').substores.restore('old', exportIn(directory)),
  'backs up': (root, directory) => root.tree.backup(backupIn(directory)),
  'exports for the first time': (root, directory) => {
    root.at('c').tree.export(join(directory, 'first'));
  },
  'restores a root': (_root, directory) => Store.restore(backupIn(directory), restoredIn(directory)).close(),
  'makes a root': (_root, directory) => Store.open(restoredIn(directory), options).close(),
} satisfies Record<string, (root: Store, directory: string) => unknown>;
export type DeedName = keyof typeof deeds;
export const deedNames = Object.keys(deeds) as DeedName[];

/** Does something in a transaction that is undone. */
function inVain(root: Store, act: () => void): void {
  const undone = new Error('undone');
  try {
    root.transact(() => {
      act();
      throw undone;
    });
  } catch (error) {
    if (error !== undone) throw error;
  }
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (const piece of ['one ', 'two ', 'three']) yield Buffer.from(piece.repeat(10_000));
}

/** What a store shows, as a program sees it. */
interface Told {
  readonly accounts: readonly string[];
  readonly notes: readonly string[];
  readonly files: readonly string[];
  readonly names: readonly string[];
}
export type ToldTree = Readonly<Record<string, Told>>;

const asText = ({ owner, cents }: Account) => `${owner} ${cents}`;

function tell(store: Store): Told {
  return {
    accounts: store.query(Account).all().map(asText),
    notes: store
      .query(Note, (n) => n.title.matches('round'))
      .all()
      .map(({ title, of, scan }) => `${title} ${of.owner} ${scan?.name}`)
      .sort(),
    files: store.files
      .query()
      .all()
      .map(({ name, size }) => `${name} ${size}`)
      .sort(),
    names: store.substores.names(),
  };
}

/** What a store and all below it show, by path. */
export function told(root: Store): ToldTree {
  return Object.fromEntries([...root.tree.stores()].map((one) => [one.path.join('/'), tell(one)]));
}

/** What a fresh look finds of all that a deed can have changed. */
export interface Found {
  readonly tree: ToldTree;
  readonly backup: ToldTree | string;
  readonly first: ToldTree | string;
  readonly restored: ToldTree | string;
  /** What is wrong, also after a repair; what was left that nobody swept; what changed in a repair. */
  readonly wrong: readonly string[];
}

/** Those that read or write what lies beside the tree. */
export const beside: ReadonlySet<string> = new Set<DeedName>([
  'backs up',
  'exports for the first time',
  'restores a root',
  'makes a root',
]);

/**
 * Looks at everything as the next process does, and repairs. Backups are restored into `scratch` to be seen; without it
 * only the tree is looked at.
 */
export function look(directory: string, scratch?: string): Found {
  const tree = lookAtTree(treeIn(directory));
  if (scratch === undefined) return { ...tree, restored: '', backup: '', first: '' };
  const restored = orCode(() => lookAtTree(restoredIn(directory)));
  const [backup, first] = [backupIn(directory), join(directory, 'first')].map((one) =>
    orCode(() => lookAtBackup(one, scratch)),
  );
  const wrong = [tree, restored, backup, first].flatMap((one) => (typeof one === 'string' ? [] : (one?.wrong ?? [])));
  const toldBy = (one: Seen | string | undefined) => (typeof one === 'string' ? one : (one?.tree ?? {}));
  return { tree: tree.tree, restored: toldBy(restored), backup: toldBy(backup), first: toldBy(first), wrong };
}

interface Seen {
  readonly tree: ToldTree;
  readonly wrong: readonly string[];
}

function orCode<R>(act: () => R): R | string {
  try {
    return act();
  } catch (error) {
    const { code } = error as CorollaryError;
    if (code === 'STORE_MISSING') return code;
    throw error;
  }
}

function lookAtBackup(backup: string, scratch: string): Seen {
  rmSync(scratch, { recursive: true, force: true });
  Store.checkBackup(backup);
  Store.restore(backup, scratch).close();
  return lookAtTree(scratch);
}

function lookAtTree(place: string): Seen {
  using root = Store.open(place, { ...options, mustExist: true });
  const tree = told(root);
  const findings = root.tree.check({ repair: true }).findings;
  const left = leftIn(root, place);
  if (findings.length === 0) return { tree, wrong: left }; // nothing was there to repair
  const later = root.tree.check().findings;
  const isSame = JSON.stringify(told(root)) === JSON.stringify(tree);
  const wrong = [...findings.filter(({ isRepaired }) => !isRepaired), ...later]
    .filter(({ kind }) => kind !== 'address')
    .map(({ message }) => message);
  return { tree, wrong: [...wrong, ...left, ...(isSame ? [] : ['it is another after the repair'])] };
}

/** Files and directories that belong to nothing. */
function leftIn(store: Store, place: string): string[] {
  const entries = (name: string) => (existsSync(join(place, name)) ? readdirSync(join(place, name)) : []);
  const below = store.substores.query().all();
  const ids = below.map(({ directory }) => directory);
  const names = readdirSync(place).filter(
    (name) => !/^(db\.sqlite(-wal|-shm)?|sub|files|temp|.*closed-for.*)$/.test(name),
  );
  const files = store.files.query().count();
  return [
    ...names.map((name) => `${name} is left in ${place}`),
    ...entries('sub')
      .filter((id) => !ids.includes(id))
      .map((id) => `${id} is left in ${place}/sub`),
    ...entries('temp')
      .filter((name) => !name.startsWith('arriving-'))
      .map((name) => `${name} is left in ${place}/temp`),
    ...(entries('files').length === files
      ? []
      : [`${entries('files').length} files are there for ${files} rows in ${place}`]),
    ...below.flatMap((one) => leftIn(store.substores.open(one.name), join(place, 'sub', one.directory))),
  ];
}

/** What happens to the disk of this process from now on: settings of the faulty disk. */
export type Injury = Readonly<Record<string, string>>;

let rounds = 0;

function injure(injury: Injury): void {
  heal();
  Object.assign(process.env, injury, { FAULTS_ROUND: `${process.pid} ${++rounds}` });
}

function heal(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('FAULTS_')) delete process.env[name];
}

/** Does one thing on a disk that is hurt from the opening of the tree on. Says 'done' when it has returned. */
export async function perform(name: DeedName, directory: string, injury: Injury): Promise<void> {
  injure({ FAULTS_BELOW: directory, ...injury });
  using root = Store.open(treeIn(directory), options);
  await deeds[name](root, directory);
  say('done');
}

/** What became of a call. Errors that are none of the library's have no code, which no test allows. */
export interface Outcome {
  readonly error?: string;
  readonly code?: string;
  readonly committed?: boolean;
}

async function outcomeOf(act: () => unknown): Promise<Outcome> {
  try {
    await act();
    return {};
  } catch (error) {
    const { code, committed, message } = error as CorollaryError;
    const isOurs = error instanceof CorollaryError;
    return { error: message, ...(isOurs ? { code } : {}), ...(committed === undefined ? {} : { committed }) };
  }
}

/**
 * Does one thing while the disk is hurt, in a process that has read everything before. Tells how it ended; whether reading
 * meanwhile was refused, and how; what its objects and its handle say when the disk is well again; and whether it can
 * write then.
 */
export async function live(name: DeedName, directory: string, injury: Injury) {
  injure({ FAULTS_BELOW: directory }); // of files that are opened before, nothing is known later
  using root = Store.open(treeIn(directory), options);
  const held = [...root.tree.stores()].flatMap((one) => one.query(Account).all());
  // A log that has something in it stays when syncs fail: what was written there last may be found again, and count.
  for (const one of root.tree.stores()) one.create(Remark, { number: 0 }).delete();
  made.length = 0;
  told(root);
  injure({ FAULTS_BELOW: directory, ...injury });
  const ended = await outcomeOf(() => deeds[name](root, directory));
  const meanwhile = await outcomeOf(() => told(root));
  heal();
  const texts = Object.fromEntries(
    [...held, ...made].flatMap((one) => (one.isStored ? [[`${one.store.uid}/${one.storeId}`, asText(one)]] : [])),
  );
  const after = await outcomeOf(() => told(root));
  const tree = after.error === undefined ? told(root) : {};
  const goesOn = await outcomeOf(() =>
    root.transact(() => {
      for (const store of root.tree.stores()) store.create(Remark, { number: 1 });
    }),
  );
  const stores = new Set([...held, ...made].map(({ store }) => store));
  const inUse = [...stores].filter(isWritable).map(({ uid }) => uid);
  return { ended, meanwhile, texts, after, tree, goesOn, inUse };
}

/** Renames a store that is held while the disk is hurt. Tells what it is called then, by its object and by its parent. */
export async function renameHeld(directory: string, injury: Injury) {
  injure({ FAULTS_BELOW: directory });
  using root = Store.open(treeIn(directory), options);
  const parent = root.at('c');
  const held = parent.substores.open('old');
  held.count(Account);
  parent.create(Remark, { number: 0 }).delete(); // as in `live`
  injure({ FAULTS_BELOW: directory, ...injury });
  const { code } = await outcomeOf(() => parent.substores.rename('old', 'older'));
  heal();
  held.count(Account);
  const said = held.name;
  return {
    code,
    said,
    names: parent.substores
      .query({ uid: held.uid })
      .pluck((s) => s.name)
      .all(),
  };
}

const staying: Store[] = [];

/**
 * Does one thing while the disk is hurt, and goes no further: the process is killed then. Another handle keeps every
 * database open, so that what was written into the logs stays there.
 */
export async function failAndStay(name: DeedName, directory: string, injury: Injury) {
  injure({ FAULTS_BELOW: directory });
  const [other, root] = [Store.open(treeIn(directory), options), Store.open(treeIn(directory), options)];
  staying.push(other, root);
  other.count(Account);
  injure({ FAULTS_BELOW: directory, ...injury });
  return outcomeOf(() => deeds[name](root, directory));
}

function isWritable(store: Store): boolean {
  try {
    store.query(Remark).update({ number: 2 });
    return true;
  } catch (error) {
    if ((error as CorollaryError).code === 'STORE_CLOSED') return false;
    throw error;
  }
}

/** What a fresh handle finds where a process lived through a fault: its accounts by address, and its last remarks. */
export function lookAfterLife(directory: string): {
  texts: Record<string, string>;
  lacking: string[];
  uids: string[];
} {
  using root = Store.open(treeIn(directory), options);
  const stores = [...root.tree.stores()];
  const all = stores.flatMap((one) => one.query(Account).all());
  return {
    texts: Object.fromEntries(all.map((one) => [`${one.store.uid}/${one.storeId}`, asText(one)])),
    lacking: stores.filter((one) => one.count(Remark) !== 1).map(({ path }) => path.join('/')),
    uids: stores.map(({ uid }) => uid),
  };
}

/**
 * Commits again and again; says the number of each round once it is committed. Where power loss may take a commit, it is
 * one of a single store: of several stores one may keep it and the other not.
 */
export function churn(directory: string, durability: 'full' | 'relaxed', last: number, injury: Injury): void {
  injure({ FAULTS_BELOW: directory, ...injury });
  using root = Store.open(treeIn(directory), { ...options, durability });
  const paths = durability === 'full' ? ['', 'a', 'a/b'] : [''];
  for (let number = 1; number <= last; number++) {
    root.transact(() => {
      for (const path of paths) {
        at(root, path).create(Remark, { number });
        at(root, path).files.write('x'.repeat(number * 10), { name: `of ${number}` });
        at(root, path)
          .query(Pointer)
          .update({ note: 'y'.repeat(20_000) + number });
      }
    });
    say(`done ${number}`);
  }
}

/** How many rounds each store has seen, and what is wrong with it. */
export function lookAtRounds(directory: string): { rounds: number[]; wrong: readonly string[] } {
  const { wrong } = lookAtTree(treeIn(directory));
  using root = Store.open(treeIn(directory), options);
  const rounds = ['', 'a', 'a/b'].map((path) => {
    const numbers = at(root, path)
      .query(Remark)
      .all()
      .map(({ number }) => number);
    const files = at(root, path)
      .files.query((f) => f.name.startsWith('of '))
      .all()
      .map((one) => one.text().length / 10);
    const isWhole = [numbers, files].every((all) => all.every((number, n) => number === n + 1));
    return isWhole && numbers.length === files.length ? numbers.length : -1;
  });
  return { rounds, wrong };
}

/** Does all there is to do to a tree that was left behind, as the next process would. */
export function lookAfter(directory: string, scratch: string | undefined, injury: Injury): void {
  injure({ FAULTS_BELOW: directory, ...injury });
  look(directory, scratch ?? undefined); // undefined travels as null
}
