import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Address,
  address,
  bigint,
  boolean,
  bytes,
  CorollaryError,
  type Decimal,
  decimal,
  file,
  Item,
  integer,
  item,
  json,
  optional,
  real,
  reference,
  role,
  Store,
  type StoredFile,
  SubStore,
  text,
  timestamp,
  upgrade,
} from 'corollary';
import { say } from '../support/task-loop.js';

interface Greeter {
  greet(): string;
}
const Greeter = role<Greeter>('app.greeter', { has: ['greet'] });

@item('author', { roles: () => [Greeter] })
export class Author extends Item implements Greeter {
  @text({ unique: true, collate: 'nocase' }) declare name: string;
  greet() {
    return `I am ${this.name}`;
  }
}

@item('note')
export class Note extends Item {
  @text({ fullText: true }) declare words: string;
  @integer({ indexed: true }) declare number: number;
  @bigint({ nullable: true }) declare large: bigint | null;
  @real({ nullable: true }) declare weight: number | null;
  @boolean({ nullable: true }) declare isRead: boolean | null;
  @timestamp({ nullable: true }) declare at: Date | null;
  @bytes({ nullable: true }) declare content: Uint8Array | null;
  @json({ nullable: true }) declare extra: { readonly tags: readonly string[] } | null;
  @decimal({ scale: 2, nullable: true }) declare price: Decimal | null;
  @reference(() => Author, { whenDeleted: 'cascade' }) declare author: Author;
  @reference({ nullable: true, whenDeleted: 'nullify' }) declare about: Item | null;
  @address({ nullable: true }) declare elsewhere: Address | null;
  @file({ nullable: true, owned: true }) declare scan: StoredFile | null;
}

@item('person')
class Person1 extends Item {
  @text() declare name: string;
}
@item('person', {
  version: 2,
  upgrades: () => [upgrade(1, { name: text() }, ({ name }) => ({ first: name, last: '' }))],
})
export class Person extends Item {
  @text() declare first: string;
  @text() declare last: string;
}

/** How many notes a store of a sample has. */
export const NOTES = 40;

/** Makes a tree of four stores with something of everything. People are stored in version 1. */
export function makeSample(place: string): void {
  const store = Store.open(place, { types: [Author, Note, Person1], durability: 'relaxed' });
  fill(store);
  const inner = store.substores.create('inner');
  fill(inner);
  fill(inner.substores.create('deep'));
  fill(store.substores.create('beside'));
  store.close();
}

/** Makes a backup of such a tree. */
export function makeBackup(place: string, backup: string): void {
  makeSample(place);
  using store = Store.open(place, { types, upgrade: 'open' });
  store.tree.backup(backup);
}

/** Writes into all stores of it, and stays: whoever is killed then leaves the logs. */
export function leaveLogs(place: string): void {
  const store = Store.open(place, { types: [Author, Note, Person1], durability: 'relaxed' });
  for (const one of store.tree.stores()) one.transact(() => one.query(Note).update({ number: 7 }));
  say('written');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function fill(store: Store): void {
  store.transact(() => {
    const author = store.create(Author, { name: 'Ann' });
    store.powerUp(author, Greeter);
    store.createMany(Person1, [{ name: 'Bob' }, { name: 'Cem' }]);
    const scan = store.files.write(`scanned ${store.uid}`, { name: 'a/scan' });
    for (let n = 0; n < NOTES; n++)
      store.create(Note, {
        words: `some words, number ${n}`,
        number: n,
        large: 2n ** 60n + BigInt(n),
        weight: n / 7,
        isRead: n % 2 === 0,
        at: new Date(1_700_000_000_000 + n),
        content: new Uint8Array(n === 3 ? 9000 : 10).fill(n),
        extra: { tags: ['x', String(n)] },
        price: '12.50',
        author,
        about: n === 0 ? null : author,
        elsewhere: author.address,
        scan: n === 1 ? scan : null,
      });
  });
}

/** What a store of a sample holds when nothing of it is damaged: the same text for the same items. */
function digest(store: Store): string {
  const notes = store.query(Note).orderBy((n) => n.storeId.asc());
  return JSON.stringify([...notes.pluck((n) => n.words), store.files.named('a/scan')?.text()]);
}

/** The contents of each store of a sample, opened alone by its directory; undefined for one that cannot be read. */
export function digests(directories: readonly string[]): (string | undefined)[] {
  return directories.map((directory) => {
    try {
      using store = Store.open(directory, { types, readOnly: true });
      return digest(store);
    } catch {
      return undefined;
    }
  });
}

/** Writes into all stores of a tree that can be reached, makes stores, and repairs what is found. */
export function useTree(place: string): void {
  const notes = new Notes();
  notes.attempt('open', () => {
    using store = Store.open(place, { types, durability: 'relaxed', busyTimeoutMs: 500 });
    for (const path of ['', 'inner', 'inner/deep', 'beside'])
      notes.attempt(path, () => {
        const one = path === '' ? store : store.at(path);
        one.substores.create('made').create(Author, { name: 'below' });
      });
    notes.attempt('repair', () => store.tree.check({ repair: true }));
  });
}

const types = [Author, Note, Person];

/** What an examination came to. */
export interface Examined {
  /** Errors that are not the library's own, with what was asked. */
  readonly faults: readonly string[];
  /** The codes of those that are, and how often each came. */
  readonly codes: Readonly<Record<string, number>>;
}

/** Opens what lies at a place, asks and does everything with it, and closes it. */
export function examine(place: string, aside: string): Examined {
  const notes = new Notes();
  notes.attempt('check of a backup', () => Store.checkBackup(place));
  notes.attempt('open readOnly', () => {
    using store = Store.open(place, { types, readOnly: true });
    ask(notes, store);
  });
  notes.attempt('open', () => {
    using store = Store.open(place, { types, durability: 'relaxed', busyTimeoutMs: 500 });
    for (const path of ['', 'inner', 'inner/deep', 'beside'])
      notes.attempt(`at ${path}`, () => {
        const one = path === '' ? store : store.at(path);
        ask(notes, one);
        write(notes, one);
      });
    askTree(notes, store, aside);
    writeTree(notes, store);
  });
  notes.attempt('repair', () => Store.repair(place, { inDoubt: 'undo' }));
  notes.attempt('open again', () => {
    using store = Store.open(place, { types, durability: 'relaxed', upgrade: 'open', busyTimeoutMs: 500 });
    notes.attempt('check', () => store.tree.check());
  });
  return notes;
}

/** Restores what a backup holds, takes it into another tree, and looks whether that is as it was. */
export function takeForged(backup: string, aside: string): { readonly faults: string[] } {
  const notes = new Notes();
  notes.attempt('check of a backup', () => Store.checkBackup(backup));
  const restored = join(aside, 'restored');
  notes.attempt('restore', () => Store.restore(backup, restored, { types, durability: 'relaxed' }).close());
  if (existsSync(restored)) notes.faults.push(...examine(restored, join(aside, 'more')).faults);
  const whole = join(aside, 'whole');
  makeSample(whole);
  using store = Store.open(whole, { types, durability: 'relaxed' });
  const contents = () => [store, store.at('inner'), store.at('inner/deep')].map(digest).join();
  const before = contents();
  const isThere = notes.attempt('import', () => store.tree.import(backup, 'taken'));
  if (isThere !== store.substores.names().includes('taken')) notes.faults.push('an import is there in part');
  notes.attempt('restore a substore', () => store.substores.restore('beside', backup));
  notes.attempt('all of it', () => readAll(store.tree.query(Note).all()));
  notes.attempt('repair', () => store.tree.check({ repair: true }));
  if (contents() !== before) notes.faults.push('stores that were there before are others now');
  return notes;
}

class Notes implements Examined {
  readonly faults: string[] = [];
  readonly codes: Record<string, number> = {};

  /** True if it went well. */
  attempt(what: string, work: () => unknown): boolean {
    try {
      work();
      return true;
    } catch (error) {
      if (error instanceof CorollaryError) this.codes[error.code] = 1 + (this.codes[error.code] ?? 0);
      else
        this.faults.push(
          `${error instanceof Error ? (error.stack ?? error.message) : String(error)} when asked: ${what}`,
        );
      return false;
    }
  }
}

/** Reads every attribute of every item. */
function readAll(items: Iterable<Item>): void {
  for (const one of items) JSON.stringify(one);
}

function ask(notes: Notes, store: Store): void {
  const each = (what: string, work: () => unknown) => notes.attempt(`${store.path.join('/')}: ${what}`, work);
  each('notes', () => readAll(store.query(Note)));
  each('authors', () => readAll(store.query(Author)));
  each('people', () => readAll(store.query(Person)));
  each('by index', () => store.query(Note, (n) => n.number.gt(3)).all());
  each('in order', () =>
    store
      .query(Note)
      .orderBy((n) => [n.words.desc(), n.at.asc()])
      .all(),
  );
  each('by path', () => store.query(Note, (n) => n.author.to.name.eq('ann')).count());
  each('join', () => store.query([Note, optional(Author)], (n, a) => n.author.eq(a)).all());
  each('in JSON', () => store.query(Note, (n) => n.extra.at('tags').at(1).eq('3')).all());
  each('search', () => store.query(Note, (n) => n.words.matches('words')).all());
  each('sum', () => store.query(Note).sum((n) => n.large));
  each('average', () => store.query(Note).avg((n) => n.price));
  each('groups', () =>
    store
      .query(Note)
      .groupBy((n) => n.isRead)
      .pluck((n) => n.isRead)
      .all(),
  );
  each('page', () => store.query(Note).page({ size: 5 }).next);
  each('unique', () => store.findUnique(Author, { name: 'ANN' }));
  each('any', () =>
    readAll(
      store
        .query(Note)
        .pluck((n) => n.about)
        .all()
        .filter((one) => one !== null),
    ),
  );
  each('role', () => store.maybe(Greeter)?.greet());
  each('powerups', () => store.powerupsFor(Greeter));
  each('files', () =>
    store.files
      .query()
      .all()
      .map((one) => one.read()),
  );
  each('file', () => store.files.named('a/scan')?.text());
  each(
    'address',
    () => store.query(Note).first()?.elsewhere && store.getAny(store.query(Note).first()?.elsewhere as Address),
  );
  each('substores', () =>
    store.substores
      .query()
      .all()
      .map((one) => JSON.stringify(one)),
  );
  each('names', () => store.substores.names());
  each('stats', () => store.stats());
  each('check', () => store.check());
}

function write(notes: Notes, store: Store): void {
  const each = (what: string, work: () => unknown) => notes.attempt(`${store.path.join('/')}: ${what}`, work);
  each('create', () => store.create(Author, { name: `new ${store.depth}` }));
  each('create in full', () => {
    const author = store.findFirst(Author);
    if (author)
      store.create(Note, {
        words: 'new',
        number: 1,
        large: null,
        weight: 1,
        isRead: null,
        at: null,
        content: null,
        extra: null,
        price: null,
        author,
        about: null,
        elsewhere: null,
        scan: null,
      });
  });
  each('set', () => store.query(Note).first()?.set({ words: 'changed', number: 9 }));
  each('update', () => store.query(Note, (n) => n.number.lt(5)).update({ weight: 2 }));
  each('find or create', () => store.findOrCreate(Author, { name: 'Dee' }));
  each('nested', () => store.transact(() => store.transact(() => store.query(Person).first()?.set({ last: 'x' }))));
  each('power up', () => {
    const author = store.findFirst(Author);
    if (author) store.powerUp(author, Greeter, { priority: 3 });
  });
  each('write a file', () => store.files.write('new', { name: 'new' }));
  each('rename a file', () => {
    const found = store.files.named('a/scan');
    if (found) found.name = 'other';
  });
  each('delete', () => store.query(Note).first()?.delete());
  each('delete by query', () => store.query(Note, (n) => n.number.lt(9)).delete());
  each('delete a file', () => store.files.named('new')?.delete());
  each('make a substore', () => store.substores.create('made').create(Author, { name: 'below' }));
  each('delete a substore', () => store.substores.delete('made'));
  each('vacuum', () => store.vacuum());
}

function askTree(notes: Notes, store: Store, aside: string): void {
  notes.attempt('tree: notes', () => readAll(store.tree.query(Note).all()));
  notes.attempt('tree: order', () =>
    store.tree
      .query(Note)
      .orderBy((n) => n.number.desc())
      .page({ size: 7 }),
  );
  notes.attempt('tree: sum', () => store.tree.query(Note).sum((n) => n.weight));
  notes.attempt('tree: search', () => store.tree.query(Note, (n) => n.words.matches('words')).count());
  notes.attempt('tree: stores', () => [...store.tree.stores()].length);
  notes.attempt('tree: check', () => store.tree.check());
  notes.attempt('tree: backup', () => store.tree.backup(join(aside, 'backup')));
  notes.attempt('tree: export', () => store.tree.export(join(aside, 'export')));
}

function writeTree(notes: Notes, store: Store): void {
  notes.attempt('tree: transaction', () =>
    store.transact(() => {
      for (const one of store.tree.stores()) one.query(Note).first()?.set({ number: 77 });
    }),
  );
  notes.attempt('tree: rename', () => store.substores.rename('beside', 'moved'));
  notes.attempt('tree: move', () => store.at('inner').substores.move('deep', store.at('moved')));
  notes.attempt('tree: delete all', () => store.query(SubStore, (s) => s.name.eq('moved')).delete());
  notes.attempt('tree: delete', () => store.query(Author).delete());
  notes.attempt('tree: repair', () => store.tree.check({ repair: true }));
}
