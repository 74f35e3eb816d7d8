import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Address, address, Item, item, reference, Store, text } from 'corollary';
import { expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aStoreDirectory } from './support/a-store.js';
import { rawly } from './support/raw-database.js';

@item('note')
class Note extends Item {
  @text() declare title: string;
  @reference(() => Note, { nullable: true, whenDeleted: 'nullify' }) declare next: Note | null;
}

@item('pointer')
class Pointer extends Item {
  @address() declare to: Address;
}

/** Two levels with a note each, and where they are. */
function aTree() {
  const place = aStoreDirectory();
  const root = Store.open(place, { types: [Note] });
  const acme = root.substores.create('acme');
  const deep = acme.substores.create('deep');
  for (const store of [root, acme, deep]) store.create(Note, { title: 'x', next: null });
  const acmeDirectory = join(place, 'sub', root.substores.query().one().directory);
  const deepDirectory = join(acmeDirectory, 'sub', acme.substores.query().one().directory);
  root.close();
  return { place, acmeDirectory, deepDirectory };
}

function checked(place: string, repair = false) {
  const root = Store.open(place, { types: [Note] });
  const report = root.tree.check({ repair });
  root.close();
  return report;
}

test('a sound tree has no findings', () => {
  expect(checked(aTree().place)).toEqual({ isSound: true, stores: 3, findings: [] });
});

test('a store that was taken away is found, and the rest is examined all the same', () => {
  const { place, deepDirectory } = aTree();
  rmSync(deepDirectory, { recursive: true });
  const { isSound, stores, findings } = checked(place);
  expect([isSound, stores]).toEqual([false, 2]);
  expect(findings).toMatchObject([{ kind: 'registry', path: ['acme', 'deep'], isRepaired: false }]);
});

// The whole check ended with the error of the store that it leads to.
test.each([
  ['lost', (directory: string) => rmSync(directory, { recursive: true })],
  ['damaged', (directory: string) => rawly(directory, (db) => db.exec('DROP TABLE item_note_v1'))],
])('an address that leads into a store that is %s is found, beside the fault of that store', (_, harm) => {
  const { place, deepDirectory } = aTree();
  const before = Store.open(place, { types: [Note, Pointer] });
  before.create(Pointer, { to: before.at('acme/deep').findFirst(Note)?.address as Address });
  before.close();
  harm(deepDirectory);
  const { isSound, findings } = checked(place);
  expect(isSound).toBe(false);
  expect(findings).toContainEqual(expect.objectContaining({ path: ['acme', 'deep'] }));
  expect(findings).toContainEqual(
    expect.objectContaining({
      kind: 'address',
      path: [],
      type: 'pointer',
      attribute: 'to',
      storeId: expect.any(Number),
    }),
  );
});

test('a store at the place of another is found', () => {
  const { place, acmeDirectory, deepDirectory } = aTree();
  cpSync(join(acmeDirectory, 'db.sqlite'), join(deepDirectory, 'db.sqlite'));
  expect(checked(place).findings).toMatchObject([{ kind: 'registry', path: ['acme', 'deep'] }]);
});

test('what a killed process has left of a substore is removed before it is looked for', () => {
  const { place, acmeDirectory } = aTree();
  const left = join(acmeDirectory, 'sub', 'abcdefgh');
  mkdirSync(left);
  expect(checked(place).findings).toEqual([]);
  expect(existsSync(left)).toBe(false);
});

test('a directory that no row names is found, and removed where repairing is asked for', () => {
  const { place, acmeDirectory } = aTree();
  using root = Store.open(place, { types: [Note] });
  expect(root.at('acme/deep').count(Note)).toBe(1); // a handle sweeps once
  mkdirSync(join(acmeDirectory, 'sub', 'abcdefgh'));
  expect(root.tree.check().findings).toMatchObject([{ kind: 'orphan', path: ['acme'], isRepaired: false }]);
  expect(root.tree.check({ repair: true })).toMatchObject({
    isSound: true,
    findings: [{ kind: 'orphan', isRepaired: true }],
  });
  expect(root.tree.check().findings).toEqual([]);
});

test('what one store has of faults is told with its path', () => {
  const { place, deepDirectory } = aTree();
  rawly(deepDirectory, (db) => db.exec('UPDATE item_note_v1 SET next = 999 * 4096 + 1'));
  const [finding] = checked(place).findings;
  expect(finding).toMatchObject({ kind: 'reference', path: ['acme', 'deep'], type: 'note', attribute: 'next' });
});

test('repairing is refused where nothing may be written, and inside a transaction', () => {
  const { place } = aTree();
  const readOnly = Store.open(place, { readOnly: true });
  expect(readOnly.tree.check().isSound).toBe(true);
  expect(codeOf(() => readOnly.tree.check({ repair: true }))).toBe('READ_ONLY');
  readOnly.close();
  const root = Store.open(place);
  expect(root.transact(() => codeOf(() => root.tree.check({ repair: true })))).toBe('NOT_SUPPORTED');
  expect(codeOf(() => root.tree.check({ mend: true } as never))).toBe('INVALID_VALUE');
  root.close();
});

test('a tree in memory is examined as well', () => {
  const root = Store.inMemory({ types: [Note] });
  root.substores.create('a').create(Note, { title: 'x', next: null });
  expect(root.tree.check()).toEqual({ isSound: true, stores: 2, findings: [] });
  root.close();
});
