import { mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Item, item, Store, text } from 'corollary';
import { expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aStoreDirectory } from './support/a-store.js';

@item('note')
class Note extends Item {
  @text() declare title: string;
}

/** A tree as a process leaves it that is killed after the commit of a move, before the directory has followed. */
function aTreeCutOffInAMove() {
  const place = aStoreDirectory();
  const root = Store.open(place, { types: [Note] });
  const from = root.substores.create('from');
  const to = root.substores.create('to');
  from.substores.create('moved').create(Note, { title: 'x' });
  const directoryOf = (parent: Store, name: string) => join('sub', parent.substores.query({ name }).one().directory);
  const before = join(place, directoryOf(root, 'from'), directoryOf(from, 'moved'));
  from.substores.move('moved', to);
  const after = join(place, directoryOf(root, 'to'), directoryOf(to, 'moved'));
  root.close();
  mkdirSync(dirname(before), { recursive: true });
  renameSync(after, before);
  return place;
}

test('a moved store whose directory has not followed is RECOVERY_NEEDED where nothing may be written', () => {
  const place = aTreeCutOffInAMove();
  using reader = Store.open(place, { types: [Note], readOnly: true });
  expect(codeOf(() => reader.at('to/moved').count(Note))).toBe('RECOVERY_NEEDED');
});

test('once the tree was open for writing, it can be read', () => {
  const place = aTreeCutOffInAMove();
  const writer = Store.open(place, { types: [Note] });
  expect(writer.at('to/moved').count(Note)).toBe(1);
  writer.close();
  using reader = Store.open(place, { types: [Note], readOnly: true });
  expect(reader.at('to/moved').count(Note)).toBe(1);
});
