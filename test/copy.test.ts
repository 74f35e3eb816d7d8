import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Address, address, file, Item, integer, item, reference, Store, type StoredFile, text } from 'corollary';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { aProgram, type Program } from './support/a-process.js';
import { codeOf, refusal } from './support/a-refusal.js';
import { aDirectory, aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { substoreDirectories } from './support/on-disk.js';
import type * as tasks from './tasks/copies.js';
import { Account, makeBank, TOTAL } from './tasks/copies.js';

@item('page')
class Page extends Item {
  @text({ fullText: true }) declare words: string;
  @integer({ unique: true }) declare number: number;
  @address({ nullable: true }) declare next: Address | null;
  @reference(() => Page, { nullable: true, whenDeleted: 'nullify' }) declare parent: Page | null;
}

@item('paper')
class Paper extends Item {
  @file() declare scan: StoredFile;
}

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('copies.ts');
});

const types = [Page, Paper];

/** 'book' with 'book/chapter', and 'other' beside; pages that point to each other. */
function aLibrary(store: Store): Store {
  const book = store.substores.create('book');
  const chapter = book.substores.create('chapter');
  const other = store.substores.create('other');
  const outside = other.create(Page, { words: 'outside', number: 1, next: null, parent: null });
  const first = book.create(Page, { words: 'first page', number: 1, next: null, parent: null });
  const second = chapter.create(Page, { words: 'second page', number: 2, next: first.address, parent: null });
  first.next = second.address;
  book.create(Page, { words: 'third page', number: 3, next: outside.address, parent: first });
  outside.next = first.address;
  return store;
}

/** What the pages of a part say, by path, and where they point to, as the path of the store. */
function pagesOf(part: Store): unknown[] {
  const base = part.path.length;
  return part.tree
    .query(Page)
    .orderBy((p) => p.number.asc())
    .all()
    .map((page) => {
      const target = page.next === null ? null : (part.root.getAny(page.next) as Page);
      const where = target?.store.path.join('/').replace(part.path.join('/'), 'HERE');
      return [page.store.path.slice(base).join('/'), page.words, page.parent?.number ?? null, where, target?.number];
    });
}

const databaseBelow = (directory: string) => join(substoreDirectories(directory)[0] as string, 'db.sqlite');
const uidsOf = (part: Store) => [...part.tree.stores()].map(({ uid }) => uid);
const isSound = (store: Store) => store.tree.check().findings;

describe.each([
  ['on disk', () => aStore({ types })],
  ['in memory', () => aMemoryStore({ types })],
])('a copy %s', (_, make) => {
  test('has everything, under new uids, and its addresses follow', () => {
    const store = aLibrary(make());
    const copy = store.substores.copy('book', store, 'copy');
    expect(copy.path).toEqual(['copy']);
    expect(pagesOf(copy)).toEqual(pagesOf(store.at('book')));
    expect(pagesOf(copy).map((page) => (page as unknown[])[3])).toEqual(['HERE/chapter', 'HERE', 'other']);
    expect(new Set([...uidsOf(copy), ...uidsOf(store.at('book'))]).size).toBe(4);
    expect(copy.query(Page, (p) => p.words.matches('third')).count()).toBe(1);
    expect(isSound(store)).toEqual([]);
    expect(store.tree.count(Page)).toBe(7);
  });

  test('goes its own way from then on', () => {
    const store = aLibrary(make());
    const before = pagesOf(store.at('book'));
    const copy = store.substores.copy('book', store.at('other'), 'copy');
    const storeIds = store
      .at('book')
      .query(Page)
      .all()
      .map(({ storeId }) => storeId);
    const made = copy.create(Page, { words: 'only here', number: 9, next: null, parent: null });
    copy.getUnique(Page, { number: 1 }).words = 'changed';
    copy.at('chapter').getUnique(Page, { number: 2 }).delete();
    copy.substores.create('appendix');
    expect(storeIds).not.toContain(made.storeId);
    expect(pagesOf(store.at('book'))).toEqual(before);
    expect(store.at('book').substores.names()).toEqual(['chapter']);
  });

  test('may go into what is copied', () => {
    const store = aLibrary(make());
    const before = pagesOf(store.at('book'));
    const copy = store.substores.copy('book', store.at('book/chapter'), 'inside');
    expect(copy.path).toEqual(['book', 'chapter', 'inside']);
    expect(pagesOf(copy)).toEqual(before);
    expect(copy.substores.names()).toEqual(['chapter']);
    expect(copy.at('chapter').substores.names()).toEqual([]);
    expect(store.substores.copy('book', store.at('book'), 'again').tree.count(Page)).toBe(6);
    expect(isSound(store)).toEqual([]);
  });

  test('has its own files', () => {
    const store = make();
    const book = store.substores.create('book');
    book.create(Paper, { scan: book.files.write('as it was', { name: 'scan.txt' }) });
    const copy = store.substores.copy('book', store, 'copy');
    book.query(Paper).one().delete();
    book.files.named('scan.txt')?.delete();
    expect(copy.query(Paper).one().scan.text()).toBe('as it was');
    expect(isSound(store)).toEqual([]);
  });

  test('keeps numbers that were never given out apart', () => {
    const store = make();
    const book = store.substores.create('book');
    const page = book.create(Page, { words: 'x', number: 1, next: null, parent: null });
    const { storeId } = page;
    page.delete();
    const copy = store.substores.copy('book', store, 'copy');
    expect(copy.create(Page, { words: 'y', number: 1, next: null, parent: null }).storeId).toBeGreaterThan(storeId);
  });

  test('is refused with the reason, and nothing is made', () => {
    const store = aLibrary(make());
    const { substores } = store;
    const codes = [
      () => substores.copy('none', store, 'copy'),
      () => substores.copy('book', store, 'other'),
      () => substores.copy('book', store, 'a/b'),
      () => substores.copy('book', make(), 'copy'),
      () => substores.copy('book', 'other' as never, 'copy'),
      () => store.transact(() => substores.copy('book', store, 'copy')),
    ].map(codeOf);
    expect(codes).toEqual(['NOT_FOUND', 'NAME_TAKEN', 'BAD_NAME', 'OUTSIDE_TREE', 'INVALID_VALUE', 'NOT_SUPPORTED']);
    expect([...store.tree.stores()].length).toBe(4);
  });

  test('is seen by a live query of the tree, as is what is written in it', async () => {
    const store = aLibrary(make());
    const counts: number[] = [];
    using _live = store.tree.query(Page).subscribe(({ results }) => counts.push(results.length));
    const copy = store.substores.copy('book', store, 'copy');
    await vi.waitFor(() => expect(counts.at(-1)).toBe(7));
    copy.at('chapter').create(Page, { words: 'new', number: 10, next: null, parent: null });
    await vi.waitFor(() => expect(counts.at(-1)).toBe(8));
  });

  test('comes from an export too, and goes where it is wanted', () => {
    const store = aLibrary(make());
    const directory = join(aDirectory(), 'export');
    expect(store.at('book').tree.export(directory)).toMatchObject({ stores: 2 });
    const elsewhere = make();
    const book = elsewhere.tree.import(directory, 'my book');
    expect(uidsOf(book)).toEqual(uidsOf(store.at('book')));
    expect(book.tree.count(Page)).toBe(3);
    expect(
      book
        .at('chapter')
        .query(Page, (p) => p.words.matches('second'))
        .count(),
    ).toBe(1);

    const second = elsewhere.tree.import(directory, 'my book again');
    expect(new Set([...uidsOf(book), ...uidsOf(second)]).size).toBe(4);
    const first = second.getUnique(Page, { number: 1 });
    expect((elsewhere.getAny(first.next as Address) as Page).store.path).toEqual(['my book again', 'chapter']);
    expect(codeOf(() => elsewhere.tree.import(directory, 'my book'))).toBe('NAME_TAKEN');
    expect(elsewhere.substores.names()).toEqual(['my book', 'my book again']);
  });

  test('takes the place of what is there', () => {
    const store = aLibrary(make());
    const before = pagesOf(store.at('book'));
    const directory = join(aDirectory(), 'backup');
    store.at('book').tree.backup(directory);
    const item = store.substores.query({ name: 'book' }).one();
    const held = store.at('book');
    const page = held.getUnique(Page, { number: 1 });
    page.words = 'spoilt';
    held.substores.delete('chapter');

    const restored = store.substores.restore('book', directory);
    expect([restored.path, held.isClosed, page.isStored]).toEqual([['book'], true, false]);
    expect(restored).toBe(store.at('book'));
    expect(pagesOf(restored)).toEqual(before);
    expect(store.substores.query({ name: 'book' }).one()).toBe(item);
    expect(codeOf(() => held.count(Page))).toBe('STORE_CLOSED');
    expect(isSound(store)).toEqual([]);
    expect(codeOf(() => store.substores.restore('none', directory))).toBe('NOT_FOUND');
  });
});

describe('on disk', () => {
  test('what replaces a store keeps its uids, so that addresses to it stay good', () => {
    const place = aStoreDirectory();
    const store = aLibrary(aStore({ types }, place));
    const directory = join(aDirectory(), 'backup');
    store.at('book').tree.backup(directory);
    const uids = uidsOf(store.at('book'));
    store.substores.restore('book', directory);
    expect(uidsOf(store.at('book'))).toEqual(uids);
    const outside = store.at('other').query(Page).one();
    expect((store.getAny(outside.next as Address) as Page).words).toBe('first page');
    expect(substoreDirectories(place).length).toBe(2);
  });

  test('what replaces a store gets new uids where one of them has moved elsewhere', () => {
    const store = aLibrary(aStore({ types }));
    const directory = join(aDirectory(), 'backup');
    store.at('book').tree.backup(directory);
    store.at('book').substores.move('chapter', store, 'moved');
    const restored = store.substores.restore('book', directory);
    expect(new Set([...uidsOf(restored), store.at('moved').uid]).size).toBe(3);
    expect(store.tree.count(Page)).toBe(5);
    const chapter = restored.at('chapter').query(Page).one();
    expect((store.getAny(chapter.next as Address) as Page).store).toBe(restored);
    // Those outside point to what is no more.
    expect(isSound(store).map(({ kind, path }) => [kind, path.join('/')])).toEqual([
      ['address', 'moved'],
      ['address', 'other'],
    ]);
  });

  test.each<[string, (directory: string) => void]>([
    ['no database', (directory) => writeFileSync(join(directory, 'db.sqlite'), 'no database at all')],
    ['empty', (directory) => truncateSync(join(directory, 'db.sqlite'))],
    ['cut off', (directory) => truncateSync(join(directory, 'db.sqlite'), 5000)],
    ['another store', (directory) => cpSync(databaseBelow(directory), join(directory, 'db.sqlite'))],
    ['missing', (directory) => rmSync(join(directory, 'db.sqlite'))],
    ['missing with its directory', (directory) => rmSync(directory, { recursive: true })],
  ])('a store can be replaced though its database is %s', (what, damage) => {
    const place = aStoreDirectory({ mayBeCorrupt: true });
    const store = aLibrary(Store.open(place, { types }));
    const directory = join(aDirectory(), 'backup');
    store.at('book').tree.backup(directory);
    const { directory: id } = store.substores.query({ name: 'book' }).one();
    store.close();
    damage(join(place, 'sub', id));

    const again = aStore({ types }, place);
    expect(refusal(() => again.at('book').count(Page)).code).toMatch(/NOT_A_STORE|STORE_MISSING|CORRUPT|WRONG_STORE/);
    expect(pagesOf(again.substores.restore('book', directory)).length).toBe(3);
    // A directory in which another store lies is no remains of this one: it stays, and is told of.
    expect(isSound(again).map(({ kind }) => kind)).toEqual(what === 'another store' ? ['orphan'] : []);
  });

  test('a damaged export is refused before anything is touched', () => {
    const store = aLibrary(aStore({ types }));
    const directory = join(aDirectory({ mayBeCorrupt: true }), 'export');
    store.at('book').tree.export(directory);
    const [name] = readdirSync(join(directory, 'stores')) as [string];
    const damaged = join(directory, 'stores', name);
    const bytes = readFileSync(damaged);
    bytes[5000] = (bytes[5000] as number) ^ 1;
    writeFileSync(damaged, bytes);
    const held = store.at('book');
    expect(refusal(() => store.tree.import(directory, 'new'))).toMatchObject({ code: 'CORRUPT', path: damaged });
    expect(refusal(() => store.substores.restore('book', directory))).toMatchObject({ code: 'CORRUPT', path: damaged });
    expect([held.isClosed, store.substores.names()]).toEqual([false, ['book', 'other']]);
  });

  test('a copy whose deepest store would have too long a path is refused, and leaves nothing', () => {
    const directory = aDirectory();
    const place = join(directory, 'x'.repeat(200), 'y'.repeat(100), 'z'.repeat(450 - directory.length - 303));
    const store = aStore({ types }, place);
    store.substores.create('a').substores.create('b').substores.create('c');
    store.substores.create('d');
    const before = readdirSync(place, { recursive: true }).length;
    expect(codeOf(() => store.substores.copy('a', store.at('d'), 'copy'))).toBe('PATH_TOO_LONG');
    expect(store.at('d').substores.size).toBe(0);
    expect(
      readdirSync(place, { recursive: true }).filter((path) => !/-(wal|shm)$/.test(String(path))).length,
    ).toBeLessThanOrEqual(before);
  });

  test('a read-only tree takes no copies', () => {
    const place = aStoreDirectory();
    aLibrary(aStore({ types }, place));
    const readOnly = aStore({ types, readOnly: true }, place);
    const directory = join(aDirectory(), 'export');
    expect(codeOf(() => readOnly.substores.copy('book', readOnly, 'copy'))).toBe('READ_ONLY');
    expect(codeOf(() => readOnly.tree.import(directory, 'new'))).toBe('STORE_MISSING');
  });

  test('another process that holds what is replaced is told, and finds the new one', async () => {
    const place = aStoreDirectory();
    makeBank(place);
    const store = aStore({ types: [Account] }, place);
    const directory = join(aDirectory(), 'backup');
    store.at('north').tree.backup(directory);
    const child = program.start();
    const ended = child.call('holdPart', place);
    expect(await child.heard()).toBe('holding');
    store.substores.restore('north', directory);
    store.at('north').query(Account).one().amount = 77;
    child.tell('go on');
    expect([await child.heard(), await child.heard()]).toEqual(['STORE_CLOSED', '77']);
    await ended;
    expect(store.at('north').query(Account).one().amount).toBe(77);
  });
});

describe('a process that is killed', () => {
  const kills = Number(process.env.KILLS ?? 3);
  const allPaths = (store: Store) => [...store.tree.stores()].map(({ path }) => path.join('/')).sort();
  const bank = ['', 'north', 'north/inner', 'south', 'south/inner'];

  /** Lets a process do a task for a while after it has first said something, kills it, and gives what it said last. */
  async function killed(start: (child: ReturnType<typeof program.start>) => Promise<unknown>, ms: number) {
    const child = program.start();
    start(child).catch(() => undefined);
    const lines = [await child.heard()];
    await pause(ms);
    await child.kill();
    return [...lines, ...child.heardSoFar()].at(-1)?.split(' ') as [string, string];
  }

  // A gate that a killed process has left is taken away by the next who writes.
  function leftOf(place: string): string[] {
    return readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((path) => /temp[\\/]/.test(path));
  }

  test('while it copies leaves the whole copy or nothing', { timeout: 120_000 + 1500 * kills }, async () => {
    const place = aStoreDirectory();
    makeBank(place);
    for (let n = 0; n < kills; n++) {
      const [what] = await killed((child) => child.call('copyForEver', place), (n * 7) % 30);
      const store = Store.open(place, { types: [Account] });
      store.at('south/inner'); // looks after what was left in 'south'
      const copies = store
        .at('south')
        .substores.names()
        .filter((name) => name !== 'inner');
      expect(copies.length, `kill ${n} after ${what}`).toBeLessThanOrEqual(1);
      expect(store.tree.query(Account).sum((a) => a.amount)).toBe(TOTAL + (copies.length * TOTAL) / 2);
      for (const name of copies) store.at('south').substores.delete(name);
      expect(allPaths(store)).toEqual(bank);
      expect(store.tree.check().findings, `kill ${n}`).toEqual([]);
      store.close();
      expect(leftOf(place), `kill ${n}`).toEqual([]);
    }
  });

  test('while it imports leaves the whole import or nothing', { timeout: 120_000 + 1500 * kills }, async () => {
    const place = aStoreDirectory();
    makeBank(place);
    const directory = join(aDirectory(), 'export');
    aStore({}, place).at('north').tree.export(directory);
    let next = 1;
    for (let n = 0; n < kills; n++) {
      const [, number] = await killed((child) => child.call('importForEver', place, directory, next), (n * 5) % 30);
      const store = Store.open(place, { types: [Account] });
      const imports = store.substores.names().filter((name) => name.startsWith('import'));
      expect([Number(number), Number(number) + 1], `kill ${n}`).toContain(imports.length);
      expect(
        imports.map((name) =>
          store
            .at(name)
            .tree.query(Account)
            .sum((a) => a.amount),
        ),
      ).toEqual(imports.map(() => TOTAL / 2));
      expect(store.tree.check().findings, `kill ${n}`).toEqual([]);
      next = imports.length + 1;
      store.close();
    }
  });

  test('while it restores in place leaves the old or the new, never a mixture', {
    timeout: 120_000 + 1500 * kills,
  }, async () => {
    const place = aStoreDirectory();
    makeBank(place);
    const directory = join(aDirectory(), 'backup');
    const made = Store.open(place, { types: [Account] });
    made.at('north').tree.backup(directory);
    made.close();
    for (let n = 0; n < kills; n++) {
      await killed((child) => child.call('replaceForEver', place, directory), (n * 7) % 40);
      const store = Store.open(place, { types: [Account] });
      const amounts = ['north', 'north/inner'].map((path) => store.at(path).query(Account).one().amount);
      // Between the two changes that follow a restoration, one has been made.
      const [one, two] = amounts as [number, number];
      const isFresh = one === TOTAL / 4 && two === TOTAL / 4;
      const isChanged = one === two || two === one - 1 || two === TOTAL / 4;
      expect(isFresh || isChanged, `kill ${n}: ${amounts.join()}`).toBe(true);
      expect(allPaths(store)).toEqual(bank);
      expect(store.tree.check().findings, `kill ${n}`).toEqual([]);
      store.close();
      expect(readdirSync(join(place, 'sub')).length, `kill ${n}`).toBe(2);
    }
  });
});

// The other handle knew a store of that uid in another directory, and went on asking that one: it told once that the
// store was deleted, where it should have found the restored one; or, closed to make room, it became the restored one.
test.each([
  ['open', 50],
  ['closed to make room', 1],
])('a restored store is found by another handle whose old one is %s', (_, maxOpenSubstores) => {
  const place = aStoreDirectory();
  const store = aLibrary(aStore({ types }, place));
  const directory = join(aDirectory(), 'export');
  store.at('book').tree.export(directory);
  const other = aStore({ types, maxOpenSubstores }, place);
  const [book, chapter] = [other.at('book'), other.at('book/chapter')];
  const pages = [book, chapter].map((one) => one.findFirst(Page) as Page);
  expect(other.at('other').count(Page)).toBe(1);

  store.substores.restore('book', directory);
  expect(other.tree.count(Page)).toBe(4);
  expect(other.at('book/chapter').count(Page)).toBe(1);
  expect([book, chapter].map((one) => codeOf(() => one.count(Page)))).toEqual(['STORE_CLOSED', 'STORE_CLOSED']);
  expect(pages.map(({ isStored }) => isStored)).toEqual([false, false]);
});
