import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Item, integer, item, Store, upgrade } from 'corollary';
import { describe, expect, test } from 'vitest';
import { refusal } from './support/a-refusal.js';
import { aStore, aStoreDirectory } from './support/a-store.js';

// Backups, copies and moves close a gate in the root's directory: a file that its owner has locked.

@item('count')
class Count extends Item {
  @integer() declare n: number;
}

/** A root with one substore, closed, and the file of a gate. */
function aTree(gate: string) {
  const place = aStoreDirectory();
  using root = Store.open(place, { types: [Count] });
  root.substores.create('one').create(Count, { n: 1 });
  return { place, file: join(place, gate) };
}

/** The gate is closed by somebody else while something is done. */
function whileClosed<R>(file: string, work: () => R): R {
  writeFileSync(file, '');
  const owner = new Database(file);
  owner.exec('BEGIN EXCLUSIVE');
  try {
    return work();
  } finally {
    owner.close();
  }
}

describe.each(['closed-for-writing', 'closed-for-opening'])('a gate that was left %s by a killed process', (gate) => {
  test('stops nobody, and is taken away', () => {
    const { place, file } = aTree(gate);
    writeFileSync(file, '');
    const root = aStore({ types: [Count], busyTimeoutMs: 0 }, place);
    root.at('one').create(Count, { n: 2 });
    expect(root.at('one').count(Count)).toBe(2);
    expect(existsSync(file)).toBe(false);
  });
});

test('a gate closed for writing stops who writes, and nobody who reads', () => {
  const { place, file } = aTree('closed-for-writing');
  const root = aStore({ types: [Count], busyTimeoutMs: 20 }, place);
  whileClosed(file, () => {
    const error = refusal(() => root.at('one').create(Count, { n: 2 }));
    expect(error).toMatchObject({ code: 'BUSY', retry: true, store: place });
    expect(root.at('one').count(Count)).toBe(1);
    expect(root.transact(() => root.at('one').count(Count), { readOnly: true })).toBe(1);
  });
  root.at('one').create(Count, { n: 2 });
  expect(root.at('one').count(Count)).toBe(2);
});

test('a gate closed for opening stops who opens a substore, and nobody who has it open', () => {
  const { place, file } = aTree('closed-for-opening');
  const [late, early] = [0, 1].map(() => aStore({ types: [Count], busyTimeoutMs: 20 }, place)) as [Store, Store];
  early.at('one').create(Count, { n: 2 });
  whileClosed(file, () => {
    expect(refusal(() => late.at('one').count(Count))).toMatchObject({ code: 'BUSY', retry: true });
    early.at('one').create(Count, { n: 3 });
    expect(early.at('one').count(Count)).toBe(3);
  });
  expect(late.at('one').count(Count)).toBe(3);
});

// Who only reads upgrades what is of an older version, and so writes.
describe('a read that has a type upgraded while a gate is closed for writing', () => {
  @item('count', {
    version: 2,
    upgrades: () => [upgrade(1, { n: integer() }, ({ n }) => ({ much: n * 10 }))],
  })
  class Much extends Item {
    @integer() declare much: number;
  }
  const options = { types: [Much], busyTimeoutMs: 20 };
  const ways: [string, (root: Store) => number][] = [
    ['alone', (root) => root.at('one').query(Much).one().much],
    ['in a transaction of its store', (root) => root.at('one').transact(() => root.at('one').query(Much).one().much)],
    ['in a question to the tree', (root) => root.tree.query(Much).one().much],
  ];

  test.each(ways)('waits for it, %s, and is BUSY after that', (_, read) => {
    const { place, file } = aTree('closed-for-writing');
    const root = aStore(options, place);
    whileClosed(file, () => {
      expect(refusal(() => read(root))).toMatchObject({ code: 'BUSY', retry: true });
    });
    expect(read(root)).toBe(10);
    expect(root.tree.check().findings).toEqual([]);
  });

  test('is done beside a transaction that has passed the gate before', () => {
    const { place, file } = aTree('closed-for-writing');
    const root = aStore(options, place);
    const [one, two] = [root.at('one'), root.substores.create('two')];
    expect(two.transact(() => whileClosed(file, () => one.query(Much).one().much))).toBe(10);
  });
});

test('a gate that somebody else closes after a move was undone stays closed', () => {
  const { place, file } = aTree('closed-for-opening');
  const root = aStore({ types: [Count] }, place);
  const other = root.substores.create('other');
  root.at('one').substores.create('below');
  root.transact(() => {
    const undone = () =>
      root.transact(() => {
        root.at('one').substores.move('below', other);
        throw new RangeError('undone');
      });
    expect(undone).toThrow(RangeError);
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, ''); // once the transaction ended, it was taken away
  });
  expect(existsSync(file)).toBe(true);
});
