import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { file, Item, item, reference, type Store, StoredFile, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aDirectory, aMemoryStore, aStore, aStoreDirectory, type StoreOptions } from './support/a-store.js';
import { childProgram } from './support/child-program.js';
import { inDatabase } from './support/on-disk.js';
import { run } from './support/run-node.js';

@item('scan')
class Scan extends Item {
  @text() declare title: string;
  @file({ nullable: true, owned: true }) declare scan: StoredFile | null;
}

@item('binder')
class Binder extends Item {
  @text() declare title: string;
  @file({ owned: true }) declare cover: StoredFile;
}

@item('page')
class Page extends Item {
  @reference(() => Binder, { whenDeleted: 'cascade' }) declare binder: Binder;
  @file({ owned: true }) declare picture: StoredFile;
}

@item('link')
class Link extends Item {
  @file({ nullable: true, whenDeleted: 'nullify' }) declare to: StoredFile | null;
}

@item('caption')
class Caption extends Item {
  @text() declare words: string;
  @file({ whenDeleted: 'cascade' }) declare of: StoredFile;
}

const bytes = new Uint8Array([0, 1, 2, 253, 254, 255]);
const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex');

/** What lies in one of a store's directories. */
function entries(place: string, name: 'files' | 'temp'): string[] {
  const directory = join(place, name);
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}

/** Every row has its bytes, all bytes have a row, and nothing is in the middle of anything. */
function expectInOrder(store: Store, place: string): void {
  const all = store.files.query().all();
  expect(entries(place, 'files')).toEqual(all.map(({ diskName }) => diskName).sort());
  expect(all.filter((one) => !one.verify())).toEqual([]);
  expect(entries(place, 'temp')).toEqual([]);
}

const kinds: [string, (options?: StoreOptions) => Store][] = [
  ['on disk', (options) => aStore(options)],
  ['in memory', (options) => aMemoryStore(options)],
];

describe.each(kinds)('a store %s', (_, open) => {
  test('keeps bytes, text and pieces as files, and gives them back', () => {
    const { files } = open();
    const pieces = [bytes, new Uint8Array(), bytes.subarray(1, 3)];
    expect(files.write(bytes).read()).toEqual(bytes);
    expect(files.write('Grüße 🌍').text()).toBe('Grüße 🌍');
    expect(files.write('').read()).toEqual(new Uint8Array());
    expect(files.write(pieces).read()).toEqual(new Uint8Array([...bytes, 1, 2]));
    expect(files.write(new Set(pieces)).size).toBe(8);
  });

  test('says of a file how large it is, what its hash is, and when it was written', () => {
    const { files } = open({ clock: () => 86_400_000 });
    const { name, size, sha256: hash, createdAt } = files.write(bytes, { name: 'six' });
    expect({ name, size, hash, createdAt }).toEqual({
      name: 'six',
      size: 6,
      hash: sha256(bytes),
      createdAt: new Date(86_400_000),
    });
  });

  test('finds files by name and by query, and gives the same object', () => {
    const { files } = open();
    const long = files.write('a longer text', { name: 'a/long one.txt' });
    files.write('short');
    expect(files.named('a/long one.txt')).toBe(long);
    expect(files.named('other')).toBeUndefined();
    expect(files.query((f) => f.size.gt(5)).all()).toEqual([long]);
    expect(files.query().count()).toBe(2);
  });

  test('gives a copy at every read', () => {
    const { files } = open();
    const given = new Uint8Array(bytes);
    const kept = files.write(given);
    given.fill(7);
    kept.read().fill(9);
    expect(kept.read()).toEqual(bytes);
  });

  test('streams a file, and parts of it', async () => {
    const kept = open().files.write('0123456789');
    expect(await textOf(kept.stream())).toBe('0123456789');
    expect(await textOf(kept.stream({ start: 2, end: 5 }))).toBe('234');
    expect(await textOf(kept.stream({ start: 8, end: 500 }))).toBe('89');
    expect(await textOf(kept.stream({ start: 10 }))).toBe('');
    expect(await textOf(kept.stream({ start: 700 }))).toBe('');
    expect(await textOf(kept.stream({ end: 0 }))).toBe('');
  });

  test.each([{ start: -1 }, { end: 1.5 }, { start: 5, end: 4 }, { from: 1 }, null, 'all'])(
    'refuses to stream the part %j',
    (range) => {
      const kept = open().files.write('0123456789');
      expect(codeOf(() => kept.stream(range as object))).toBe('INVALID_VALUE');
    },
  );

  test('streams to the end what is deleted meanwhile', async () => {
    const { files } = open();
    const content = 'x'.repeat(300_000);
    const kept = files.write(content);
    const stream = kept.stream();
    kept.delete();
    expect(await textOf(stream)).toBe(content);
  });

  test('deletes a file with its bytes, which can no longer be read', () => {
    const { files } = open();
    const kept = files.write(bytes, { name: 'six' });
    kept.delete();
    expect(files.query().count()).toBe(0);
    expect(refusal(() => kept.read())).toMatchObject({ code: 'ITEM_GONE', storeId: kept.storeId });
    expect(codeOf(() => kept.stream())).toBe('ITEM_GONE');
    expect(codeOf(() => kept.verify())).toBe('ITEM_GONE');
    expect(files.write('again', { name: 'six' }).text()).toBe('again');
  });

  test('lets a name go over to another file, in one transaction', () => {
    const store = open();
    const old = store.files.write('old', { name: 'logo' });
    const link = store.create(Link, { to: old });
    const fresh = store.transact(() => {
      old.name = null;
      const made = store.files.write('new', { name: 'logo' });
      link.to = made;
      old.delete();
      return made;
    });
    expect(store.files.named('logo')).toBe(fresh);
    expect(link.to?.text()).toBe('new');
  });

  test('refuses a name that is taken, and keeps nothing then', () => {
    const { files } = open();
    const kept = files.write('one', { name: 'a' });
    const other = files.write('two');
    expect(codeOf(() => files.write('three', { name: 'a' }))).toBe('NAME_TAKEN');
    expect(codeOf(() => (other.name = 'a'))).toBe('CONSTRAINT');
    expect(files.query().all()).toEqual([kept, other]);
  });

  test.each(['../x', '/etc/passwd', '..', '.', 'C:\\x', 'a'.repeat(300), 'CON', ' ', 'x\n', '__proto__'])(
    'takes %j for a name and nothing else',
    (name) => {
      const { files } = open();
      const kept = files.write(bytes, { name });
      expect(files.named(name)).toBe(kept);
      expect(kept.diskName).toMatch(/^[0-9a-v]{16}$/);
      expect(kept.read()).toEqual(bytes);
    },
  );

  test.each(['', 'a\0b', '\ud800', 'a'.repeat(1025), 7, {}])('refuses %j as a name', (name) => {
    const { files } = open();
    const kept = files.write(bytes);
    expect(codeOf(() => files.write(bytes, { name: name as string }))).toBe('BAD_NAME');
    expect(codeOf(() => files.named(name as string))).toBe('BAD_NAME');
    expect(codeOf(() => (kept.name = name as string))).toBe('INVALID_VALUE');
    expect(files.query().count()).toBe(1);
  });

  test.each([undefined, null, 7, {}, [1, 2], new ArrayBuffer(3), ['text'], 'half \udc00'])(
    'refuses %j as content',
    (content) => {
      const store = open();
      expect(codeOf(() => store.files.write(content as string))).toBe('INVALID_VALUE');
      expect(store.files.query().count()).toBe(0);
    },
  );

  test.each([null, 'name', { called: 'x' }, { signal: AbortSignal.abort() }])('refuses %j as options', (options) => {
    expect(codeOf(() => open().files.write('x', options as object))).toBe('INVALID_VALUE');
  });

  test('sends bytes away for items that are made of nothing', () => {
    const store = open();
    expect(refusal(() => store.create(StoredFile, {} as never))).toMatchObject({ code: 'NOT_SUPPORTED' });
    expect(codeOf(() => store.createMany(StoredFile, []))).toBe('NOT_SUPPORTED');
    const kept = store.files.write('x');
    expect(codeOf(() => (kept.size = 3))).toBe('READ_ONLY');
    expect(codeOf(() => (kept.diskName = '../../db.sqlite'))).toBe('READ_ONLY');
  });

  test('undoes what a failed transaction wrote and deleted', () => {
    const store = open();
    const before = store.files.write('before', { name: 'a' });
    let made: StoredFile | undefined;
    expect(() =>
      store.transact(() => {
        before.delete();
        made = store.files.write('made', { name: 'a' });
        expect(made.text()).toBe('made');
        throw new Error('changed my mind');
      }),
    ).toThrow('changed my mind');
    expect(store.files.named('a')).toBe(before);
    expect(before.text()).toBe('before');
    expect(codeOf(() => made?.read())).toBe('ITEM_GONE');
  });

  test('undoes only the inner level that failed', () => {
    const store = open();
    const before = store.files.write('before');
    const outer = store.transact(() => {
      const written = store.files.write('outer', { name: 'outer' });
      expect(() =>
        store.transact(() => {
          store.files.write('inner', { name: 'inner' });
          written.delete();
          before.delete();
          throw new Error('inner');
        }),
      ).toThrow('inner');
      return written;
    });
    expect(store.files.query().all()).toEqual([before, outer]);
    expect([before.text(), outer.text()]).toEqual(['before', 'outer']);
  });

  test('forgets what one transaction wrote and deleted again', () => {
    const store = open();
    const kept = store.transact(() => {
      const written = store.files.write('short-lived');
      written.delete();
      return written;
    });
    expect(kept.isStored).toBe(false);
    expect(store.files.query().exists()).toBe(false);
  });

  test('throws what an iterable throws, and keeps nothing then', () => {
    const store = open();
    function* failing() {
      yield bytes;
      throw new TypeError('no more');
    }
    expect(() => store.files.write(failing())).toThrow(new TypeError('no more'));
    expect(store.files.query().count()).toBe(0);
  });

  test('tells of faults when it is closed', () => {
    const store = open();
    const { files } = store;
    const kept = files.write('x');
    store.close();
    expect(codeOf(() => files.write('y'))).toBe('STORE_CLOSED');
    expect(codeOf(() => files.query().all())).toBe('STORE_CLOSED');
    expect(codeOf(() => kept.read())).toBe('STORE_CLOSED');
    expect(codeOf(() => kept.stream())).toBe('STORE_CLOSED');
  });

  test('keeps the files of substores with them, and one question finds all', () => {
    const store = open();
    const below = store.substores.create('below');
    const made = store.transact(() => {
      const fresh = store.substores.create('fresh');
      return fresh.files.write('fresh');
    });
    below.files.write('below');
    expect(
      store.tree
        .query(StoredFile)
        .pluck((f) => f.size)
        .all(),
    ).toEqual([5, 5]);
    expect(made.store.path).toEqual(['fresh']);
    store.substores.delete('below');
    expect(store.tree.count(StoredFile)).toBe(1);
    expect(made.text()).toBe('fresh');
  });

  test('undoes the files of a substore together with it', () => {
    const store = open();
    expect(() =>
      store.transact(() => {
        store.substores.create('fresh').files.write('fresh');
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(store.substores.names()).toEqual([]);
    store.substores.create('fresh');
    expect(store.tree.count(StoredFile)).toBe(0);
  });
});

describe.each(kinds)('an item that refers to a file in a store %s', (_, open) => {
  test('gives it, and refuses its deletion', () => {
    const store = open();
    const kept = store.files.write('cover');
    const binder = store.create(Binder, { title: 'A', cover: kept });
    expect(binder.cover).toBe(kept);
    expect(binder.idOf('cover')).toBe(kept.storeId);
    expect(refusal(() => kept.delete())).toMatchObject({ code: 'DELETE_REFUSED', attribute: 'cover' });
    expect(kept.text()).toBe('cover');
  });

  test('refuses it also where it may be null, unless it is to become null', () => {
    const store = open();
    const owned = store.files.write('owned');
    const linked = store.files.write('linked');
    store.create(Scan, { title: 'A', scan: owned });
    const link = store.create(Link, { to: linked });
    expect(codeOf(() => owned.delete())).toBe('DELETE_REFUSED');
    linked.delete();
    expect(link.to).toBeNull();
  });

  test('takes its own file along', () => {
    const store = open();
    const kept = store.files.write('cover');
    store.create(Binder, { title: 'A', cover: kept }).delete();
    expect(kept.isStored).toBe(false);
    expect(store.files.query().count()).toBe(0);
  });

  test('takes none along that it does not own', () => {
    const store = open();
    const kept = store.files.write('linked');
    store.create(Link, { to: kept }).delete();
    expect(kept.text()).toBe('linked');
  });

  test('takes its file along by a query and by a cascade too', () => {
    const store = open();
    const write = (content: string) => store.files.write(content);
    const binder = store.create(Binder, { title: 'A', cover: write('cover') });
    store.create(Page, { binder, picture: write('one') });
    store.create(Page, { binder, picture: write('two') });
    store.create(Scan, { title: 'without', scan: null });
    store.create(Scan, { title: 'with', scan: write('scan') });
    const other = store.create(Scan, { title: 'other', scan: write('other') });
    store.query(Scan, (s) => s.title.ne('other')).delete();
    store.query(Binder).delete();
    expect(store.count(Page)).toBe(0);
    expect(store.files.query().all()).toEqual([other.scan]);
  });

  test('leaves a file that another item owns as well, and the last one takes it', () => {
    const store = open();
    const kept = store.files.write('shared');
    const first = store.create(Scan, { title: 'first', scan: kept });
    const second = store.create(Binder, { title: 'second', cover: kept });
    first.delete();
    expect(kept.text()).toBe('shared');
    second.delete();
    expect(kept.isStored).toBe(false);
  });

  test('takes a file along that only items own which all go at once', () => {
    const store = open();
    const kept = store.files.write('shared');
    const binder = store.create(Binder, { title: 'A', cover: kept });
    store.create(Page, { binder, picture: kept });
    binder.delete();
    expect(kept.isStored).toBe(false);
  });

  test('has what refers to its file without owning it dealt with by its own rule', () => {
    const store = open();
    const kept = store.files.write('cover');
    const binder = store.create(Binder, { title: 'A', cover: kept });
    const link = store.create(Link, { to: kept });
    store.create(Caption, { words: 'nice', of: kept });
    binder.delete();
    expect(link.to).toBeNull();
    expect(store.count(Caption)).toBe(0);
  });

  test('comes back with its file when the deletion is undone', () => {
    const store = open();
    const binder = store.create(Binder, { title: 'A', cover: store.files.write('cover') });
    expect(() =>
      store.transact(() => {
        binder.delete();
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(binder.cover.text()).toBe('cover');
  });

  test('is found through its file', () => {
    const store = open();
    store.create(Scan, { title: 'small', scan: store.files.write('x') });
    store.create(Scan, { title: 'large', scan: store.files.write('x'.repeat(99), { name: 'big' }) });
    const large = store.query(Scan, (s) => s.scan.to.size.gt(50));
    expect(large.pluck((s) => s.title).all()).toEqual(['large']);
    expect(large.pluck((s) => s.scan.to.name).all()).toEqual(['big']);
  });

  test('refuses a file of another store, and what is no file', () => {
    const [store, other] = [open(), open()];
    expect(codeOf(() => store.create(Scan, { title: 'A', scan: other.files.write('x') }))).toBe('WRONG_STORE');
    const link = store.create(Link, { to: null });
    expect(codeOf(() => store.create(Scan, { title: 'A', scan: link as never }))).toBe('WRONG_TYPE');
  });
});

test.each([{ whenDeleted: 'forget' }, { whenDeleted: 'nullify' }, { owned: 'yes' }, { own: true }])(
  'an attribute with %j is refused',
  (options) => {
    expect(
      codeOf(() => {
        @item('wrong')
        class Wrong extends Item {
          @(file(options as object) as PropertyDecorator) declare it: StoredFile;
        }
        return Wrong;
      }),
    ).toBe('BAD_TYPE');
  },
);

describe('on disk', () => {
  test('a file lies under a name of its own, for its owner alone, and its path leads there', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    const kept = store.files.write(bytes, { name: '../../outside' });
    expect(kept.path).toBe(join(place, 'files', kept.diskName));
    expect(lstatSync(kept.path as string).mode & 0o777).toBe(0o600);
    expect(lstatSync(join(place, 'files')).mode & 0o777).toBe(0o700);
    expectInOrder(store, place);
  });

  test('in memory there is no path', () => {
    expect(aMemoryStore().files.write('x').path).toBeUndefined();
  });

  test('nothing is left of what was undone, and nothing of what was deleted', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    store.files.write('a', { name: 'a' });
    expect(() =>
      store.transact(() => {
        store.files.named('a')?.delete();
        store.files.write('b');
        store.transact(() => store.files.write('c').delete());
        expect(() =>
          store.transact(() => {
            store.files.write('d');
            throw new Error('inner');
          }),
        ).toThrow('inner');
        throw new Error('outer');
      }),
    ).toThrow('outer');
    expect(entries(place, 'files')).toHaveLength(1);
    expectInOrder(store, place);
    store.query(StoredFile).delete();
    expectInOrder(store, place);
  });

  test('a file is there until the commit that deletes it', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    const kept = store.files.write('x');
    store.transact(() => {
      kept.delete();
      expect(entries(place, 'files')).toEqual([kept.diskName]);
    });
    expectInOrder(store, place);
  });

  test('another handle reads it, and sees when it is deleted', () => {
    const place = aStoreDirectory();
    const [one, other] = [aStore({}, place), aStore({}, place)];
    const kept = one.files.write('x', { name: 'x' });
    const seen = other.files.named('x');
    expect(seen?.text()).toBe('x');
    kept.delete();
    expect(codeOf(() => seen?.text())).toBe('ITEM_GONE');
  });

  test('a store that is only read serves its files, and takes none', async () => {
    const place = aStoreDirectory();
    aStore({}, place).files.write('x', { name: 'x' });
    const store = aStore({ readOnly: true }, place);
    const kept = store.files.named('x') as StoredFile;
    expect([kept.text(), kept.verify(), await textOf(kept.stream())]).toEqual(['x', true, 'x']);
    expect(codeOf(() => store.files.write('y'))).toBe('READ_ONLY');
    expect(codeOf(() => kept.delete())).toBe('READ_ONLY');
    const transaction = aStore({}, place);
    expect(codeOf(() => transaction.transact(() => transaction.files.write('y'), { readOnly: true }))).toBe(
      'READ_ONLY',
    );
  });

  test('a substore that is opened alone has its files', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    store.substores.create('below').files.write('x', { name: 'x' });
    const { directory } = store.substores.query().one();
    store.close();
    expect(
      aStore({}, join(place, 'sub', directory))
        .files.named('x')
        ?.text(),
    ).toBe('x');
  });

  test('missing bytes are NOT_FOUND, and can be deleted', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    const kept = store.files.write('x');
    rmSync(kept.path as string);
    expect(kept.verify()).toBe(false);
    for (const use of [() => kept.read(), () => kept.text(), () => kept.stream()])
      expect(refusal(use)).toMatchObject({ code: 'NOT_FOUND', storeId: kept.storeId, path: kept.path });
    kept.delete();
    expectInOrder(store, place);
  });

  test.each(['y', 'longer', ''])('bytes altered to %j are CORRUPT', (content) => {
    const kept = aStore().files.write('x');
    writeFileSync(kept.path as string, content);
    expect(kept.verify()).toBe(false);
    expect(codeOf(() => kept.read())).toBe('CORRUPT');
  });

  test('a link is followed nowhere', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    const kept = store.files.write('x');
    rmSync(kept.path as string);
    symlinkSync(join(place, 'db.sqlite'), kept.path as string);
    expect(kept.verify()).toBe(false);
    expect(codeOf(() => kept.stream())).toBe('CORRUPT');
    rmSync(join(place, 'files'), { recursive: true });
    symlinkSync(aDirectory(), join(place, 'files'));
    expect(codeOf(() => kept.read())).toBe('NOT_A_STORE');
    expect(codeOf(() => store.files.write('y'))).toBe('NOT_A_STORE');
  });

  test('a row that somebody made to lead elsewhere does not', () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    const kept = store.files.write('x');
    store.close();
    inDatabase(place, (database) =>
      database.prepare('UPDATE item_corollary_file_v1 SET diskName = ?').run('../../../../etc/hostname'),
    );
    const found = aStore({}, place).get(StoredFile, kept.storeId);
    expect(codeOf(() => found.read())).toBe('CORRUPT');
    expect(codeOf(() => found.path)).toBe('CORRUPT');
    expect(codeOf(() => found.delete())).toBe('CORRUPT');
  });

  test("check() finds bytes that are missing, altered, or nobody's", () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    const [missing, altered] = [store.files.write('x'), store.files.write('y')];
    expect(store.check()).toEqual({ isSound: true, findings: [] });
    rmSync(missing.path as string);
    writeFileSync(altered.path as string, 'z');
    writeFileSync(join(place, 'files', '0'.repeat(16)), 'nobody');
    const { findings } = store.check();
    expect(findings.map(({ kind, storeId }) => [kind, storeId])).toEqual([
      ['file', missing.storeId],
      ['file', altered.storeId],
      ['file', undefined],
    ]);
  });

  test('check() takes what a running transaction does for no fault', () => {
    const place = aStoreDirectory();
    const [store, other] = [aStore({}, place), aStore({}, place)];
    const kept = store.files.write('x');
    store.transact(() => {
      store.files.write('y');
      kept.delete();
      expect(store.check().isSound).toBe(true);
      expect(other.check().findings).toEqual([]);
    });
  });

  test('what the system cuts off in the middle leaves nothing, and the store goes on', async () => {
    const place = aStoreDirectory();
    // No file of this process grows beyond 1 MB: the write stops half-way, as on a full disk.
    const child = await childProgram(`
      import { Store } from 'corollary';
      const store = Store.open(process.argv[2]);
      const fails = (write) => { try { write(); } catch (error) { console.log(error.code); } };
      const large = new Uint8Array(3_000_000);
      fails(() => store.files.write(large));
      fails(() => store.transact(() => { store.files.write('undone'); store.files.write(large); }));
      await store.files.receive((async function* () { yield large; })()).catch((error) => console.log(error.code));
      store.files.write('small');
    `);
    const shell = ['-c', 'ulimit -f 2048 && exec "$0" "$@"', process.execPath, child, place];
    expect(await run('sh', shell)).toEqual({ status: 0, output: 'IO_ERROR\nIO_ERROR\nIO_ERROR\n' });
    const store = aStore({}, place);
    expect(
      store.files
        .query()
        .all()
        .map((one) => one.text()),
    ).toEqual(['small']);
    expectInOrder(store, place);
  });

  test('words that are no UTF-8 are not taken for text', () => {
    expect(codeOf(() => aStore().files.write(bytes).text())).toBe('INVALID_VALUE');
  });
});
