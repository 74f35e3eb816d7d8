import { symlinkSync } from 'node:fs';
import { file, Item, item, type StoredFile } from 'corollary';
import { importAxiom, mapTo } from 'corollary/axiom';
import { expect, test } from 'vitest';
import { refusal } from '../support/a-refusal.js';
import { aDirectory, aMemoryStore, aStore } from '../support/a-store.js';
import { type AxiomContent, substoreType, writeAxiomStore } from '../support/axiom-store.js';

// Paths become files where the attribute is a file.

@item('book')
class Book extends Item {
  @file({ nullable: true, owned: true }) declare cover: StoredFile | null;
}
@item('bound')
class Bound extends Item {
  @file() declare cover: StoredFile;
}

const books = (items: Record<number, readonly (string | null)[]>) => ({
  name: 'book',
  attributes: { cover: 'path' },
  items,
});
const reading = (types: AxiomContent['types'], files: Record<string, string> = {}) =>
  writeAxiomStore(aDirectory(), { types, files });
const types = { book: Book };

test('the bytes come along, once for each path, under that name', () => {
  const store = aStore();
  const directory = reading([books({ 1: ['covers/heart.txt'], 2: ['covers/heart.txt'], 3: [null] })], {
    'covers/heart.txt': 'a heart',
  });
  const report = importAxiom(directory, { into: store, types });
  const [one, two, three] = store.query(Book).all();
  expect([one?.cover?.text(), one?.cover?.name, three?.cover]).toEqual(['a heart', 'covers/heart.txt', null]);
  expect(two?.cover).toBe(one?.cover);
  expect(report.stores[0]?.files).toEqual({ imported: 1, leftOut: [] });
});

test('files that nothing takes are listed, those of substores with them', () => {
  const site = reading([books({ 1: ['a'] }), substoreType({ 2: ['sub/box'] })], { a: '', 'b/c': '', 'sub/d': '' });
  writeAxiomStore(`${site}/files/sub/box`, { types: [], files: { e: '' } });
  const report = importAxiom(site, { dryRun: true, types });
  expect(report.stores.map(({ files }) => files.leftOut)).toEqual([['b/c', 'sub/d'], ['e']]);
});

test('a substore that lies elsewhere, where a link leads, is no file that is left out', () => {
  const site = reading([substoreType({ 1: ['box'] })], { a: '' });
  symlinkSync(reading([]), `${site}/files/box`);
  const [report] = importAxiom(site, { dryRun: true }).stores;
  expect([report?.files.leftOut, report?.substoresLeftOut]).toEqual([['a'], []]);
});

test.each([
  ['is not there', 'gone', 'is the path of a file that is not there'],
  ['is a directory', 'covers', 'is the path of something that is no file'],
  ['leads out of the files', '../db.sqlite', 'is a path that leads out of the files of its store'],
  ['begins at the root', '/etc/passwd', 'is a path that leads out of the files of its store'],
] as const)('a path that %s is a problem', (_, path, message) => {
  const directory = reading([books({ 1: [path] })], { 'covers/x': '' });
  expect(importAxiom(directory, { dryRun: true, types }).problems[0]?.message).toBe(`book: cover ${message} (item 1)`);
});

test('values can give null where a file is not there, but not where there must be one', () => {
  const directory = reading([books({ 1: ['gone'] })]);
  const store = aMemoryStore();
  const report = importAxiom(directory, {
    into: store,
    types: { book: mapTo(Book, { values: (row) => ({ cover: row.file('cover') }) }) },
  });
  expect(store.query(Book).one().cover).toBe(null);
  expect(report.stores[0]?.types[0]?.notes[0]?.message).toBe('becomes null, for it refers to a file that is not there');
  const bound = mapTo(Bound, { values: (row) => ({ cover: row.file('cover') }) });
  expect(refusal(() => importAxiom(directory, { into: store, types: { book: bound } })).message).toContain(
    'cover refers to a file that is not there, and is not nullable (item 1)',
  );
});

test('a file of that name in the open store is a problem', () => {
  const store = aMemoryStore();
  store.files.write('mine', { name: 'a' });
  const directory = reading([books({ 1: ['a'] })], { a: 'theirs' });
  expect(refusal(() => importAxiom(directory, { into: store, types })).problems).toEqual([
    { code: 'NAME_TAKEN', message: 'files: the store in memory has a file named a already' },
  ]);
  expect(store.files.named('a')?.text()).toBe('mine');
});
