import { existsSync, readdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { type CorollaryError, type Store, StoredFile } from 'corollary';
import { describe, expect, test } from 'vitest';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';

const encoder = new TextEncoder();

async function* saying(...words: string[]): AsyncGenerator<Uint8Array> {
  for (const word of words) {
    await turn();
    yield encoder.encode(word);
  }
}

/** Gives one piece, then nothing more for ever. */
async function* stuck(): AsyncGenerator<Uint8Array> {
  yield encoder.encode('first');
  await new Promise(() => undefined);
}

/** What a promise is rejected with. */
async function rejection(promise: Promise<unknown>): Promise<CorollaryError> {
  try {
    await promise;
  } catch (error) {
    return error as CorollaryError;
  }
  throw new Error('it was expected to be rejected');
}

function entries(place: string, name: 'files' | 'temp'): string[] {
  const directory = join(place, name);
  return existsSync(directory) ? readdirSync(directory) : [];
}

/** Waits until there is something in a store's `temp`. */
async function untilBegun(place: string): Promise<string> {
  while (entries(place, 'temp').length === 0) await turn();
  return join(place, 'temp', entries(place, 'temp')[0] as string);
}

const kinds: [string, () => Store][] = [
  ['on disk', () => aStore()],
  ['in memory', () => aMemoryStore()],
];

describe.each(kinds)('a store %s receives', (_, open) => {
  test('what a stream gives, as a file like any other', async () => {
    const { files } = open();
    const kept = await files.receive(saying('one', '', 'two'), { name: 'n' });
    expect(kept).toBeInstanceOf(StoredFile);
    expect([kept.text(), kept.size, kept.verify(), files.named('n') === kept]).toEqual(['onetwo', 6, true, true]);
  });

  test('streams of Node and of the web, and empty ones', async () => {
    const { files } = open();
    expect((await files.receive(Readable.from([Buffer.from('node')]))).text()).toBe('node');
    expect((await files.receive(new Blob(['web']).stream())).text()).toBe('web');
    expect((await files.receive(saying())).text()).toBe('');
  });

  test('several at a time, while it is written otherwise', async () => {
    const store = open();
    const coming = ['a', 'b', 'c'].map((name) => store.files.receive(saying(...name.repeat(20)), { name }));
    await turn();
    store.files.write('meanwhile', { name: 'meanwhile' });
    const kept = await Promise.all(coming);
    expect(kept.map((one) => one.text())).toEqual(['a', 'b', 'c'].map((name) => name.repeat(20)));
    expect(store.files.query().count()).toBe(4);
  });

  test('nothing of a stream that fails, and says why', async () => {
    const { files } = open();
    async function* failing() {
      yield encoder.encode('some');
      throw new TypeError('the line is dead');
    }
    expect(await rejection(files.receive(failing()))).toEqual(new TypeError('the line is dead'));
    expect(files.query().count()).toBe(0);
  });

  test('nothing of a stream that is aborted, even if it never gives anything more', async () => {
    const { files } = open();
    const control = new AbortController();
    const reason = new Error('enough');
    const coming = rejection(files.receive(stuck(), { signal: control.signal }));
    await turn();
    control.abort(reason);
    expect(await coming).toBe(reason);
    const early = AbortSignal.abort(reason);
    expect(await rejection(files.receive(saying('x'), { signal: early }))).toBe(reason);
    expect(files.query().count()).toBe(0);
  });

  test('a stream to its end if the signal never aborts', async () => {
    const { signal } = new AbortController();
    expect((await open().files.receive(saying('a', 'b'), { signal })).text()).toBe('ab');
  });

  test('nothing but bytes', async () => {
    const { files } = open();
    const texts = Readable.from(['text']) as AsyncIterable<Uint8Array>;
    expect(await rejection(files.receive(texts))).toMatchObject({ code: 'INVALID_VALUE' });
    expect(await rejection(files.receive([encoder.encode('x')] as never))).toMatchObject({ code: 'INVALID_VALUE' });
    expect(await rejection(files.receive(saying(), { signal: 'no' as never }))).toMatchObject({
      code: 'INVALID_VALUE',
    });
    expect(files.query().count()).toBe(0);
  });

  test('nothing under a name that is taken, be it meanwhile', async () => {
    const { files } = open();
    const coming = rejection(files.receive(saying('x', 'y'), { name: 'n' }));
    files.write('first', { name: 'n' });
    expect(await coming).toMatchObject({ code: 'NAME_TAKEN' });
    expect(await rejection(files.receive(stuck(), { name: 'n' }))).toMatchObject({ code: 'NAME_TAKEN' });
    expect(await rejection(files.receive(stuck(), { name: '' }))).toMatchObject({ code: 'BAD_NAME' });
    expect(files.query().count()).toBe(1);
  });

  test('nothing inside a transaction', async () => {
    const store = open();
    let coming: Promise<unknown> | undefined;
    store.transact(() => {
      coming = rejection(store.files.receive(saying('x')));
    });
    expect(await coming).toMatchObject({ code: 'NOT_SUPPORTED' });
  });

  test('nothing once it is closed', async () => {
    const store = open();
    const coming = rejection(store.files.receive(saying('x', 'y')));
    await turn();
    store.close();
    expect(await coming).toMatchObject({ code: 'STORE_CLOSED' });
  });
});

describe('an upload on disk', () => {
  test('leaves nothing in temp, however it ends', async () => {
    const place = aStoreDirectory();
    const { files } = aStore({}, place);
    const control = new AbortController();
    const aborted = rejection(files.receive(stuck(), { signal: control.signal }));
    await untilBegun(place);
    control.abort();
    await aborted;
    expect([entries(place, 'temp'), entries(place, 'files')]).toEqual([[], []]);
    await files.receive(saying('x'));
    await rejection(files.receive(Readable.from(['text']) as AsyncIterable<Uint8Array>));
    expect([entries(place, 'temp').length, entries(place, 'files').length]).toEqual([0, 1]);
  });

  // It was looked for where the store had been.
  test('leaves nothing in temp where its store has been moved meanwhile', async () => {
    const place = aStoreDirectory();
    const store = aStore({}, place);
    const [a, b] = [store.substores.create('a'), store.substores.create('b')];
    const at = (name: string) => join(place, 'sub', store.substores.query({ name }).one().directory);
    const control = new AbortController();
    const aborted = rejection(a.files.receive(stuck(), { signal: control.signal }));
    await untilBegun(at('a'));
    store.substores.move('a', b);
    control.abort();
    await aborted;
    expect(entries(join(at('b'), 'sub', b.substores.query().one().directory), 'temp')).toEqual([]);
  });

  test('is left alone by a handle that is opened meanwhile', async () => {
    const place = aStoreDirectory();
    const { files } = aStore({}, place);
    const going = files.receive(saying(...'abcdefgh'));
    await untilBegun(place);
    const other = aStore({}, place);
    other.files.write('other');
    expect((await going).text()).toBe('abcdefgh');
    expect(other.files.query().count()).toBe(2);
  });

  test('that nobody has touched for more than an hour is swept by the next handle', async () => {
    const place = aStoreDirectory();
    aStore({}, place).files.write('x');
    const left = join(place, 'temp', `arriving-${'0'.repeat(16)}`);
    writeFileSync(left, 'half');
    const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    utimesSync(left, minutesAgo(59), minutesAgo(59));
    aStore({}, place);
    expect(existsSync(left)).toBe(true);
    utimesSync(left, minutesAgo(61), minutesAgo(61));
    aStore({}, place);
    expect(existsSync(left)).toBe(false);
  });

  test('that was swept all the same fails with an error of ours, and leaves nothing', async () => {
    const place = aStoreDirectory();
    const { files } = aStore({}, place);
    const coming = rejection(files.receive(saying(...'abcdefgh')));
    const upload = await untilBegun(place);
    renameSync(upload, join(place, 'taken-away'));
    expect(await coming).toMatchObject({ code: 'IO_ERROR' });
    expect([entries(place, 'temp'), entries(place, 'files')]).toEqual([[], []]);
    expect(files.query().count()).toBe(0);
  });
});
