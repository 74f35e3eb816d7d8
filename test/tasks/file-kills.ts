import { randomInt } from 'node:crypto';
import { file, Item, integer, item, Store, type StoredFile } from 'corollary';
import { say } from '../support/task-loop.js';

/** What is known of a file apart from its own item: the round that wrote it, and the text that it must have. */
@item('note')
export class Note extends Item {
  @integer() declare round: number;
  @integer() declare length: number;
  @file({ owned: true }) declare file: StoredFile;
}

/** The text of a file. */
export function textOf(round: number, length: number): string {
  return `${round},`.repeat(length);
}

/**
 * Writes and deletes files, in transactions that are committed or undone, and receives streams, until this process is
 * killed. Says the number of each round that is committed.
 */
export async function churnFiles(place: string): Promise<void> {
  const store = Store.open(place);
  const below = store.substores.openOrCreate('below');
  for (let round = lastRound(store) + 1; ; round++) {
    store.transact(() => writeAndDelete(store, round));
    undone(store, round);
    below.transact(() => writeAndDelete(below, round));
    say(`round ${round}`);
    await store.files.receive(pieces(round), { name: `received ${process.pid}` });
    store.files.named(`received ${process.pid}`)?.delete();
  }
}

function lastRound(store: Store): number {
  return store.query(Note).max((n) => n.round) ?? 0;
}

/** A few more files than go away, until there are a dozen. */
function writeAndDelete(store: Store, round: number): void {
  const lengths = Array.from({ length: 1 + randomInt(3) }, () => randomInt(20_000));
  for (const [at, length] of lengths.entries())
    store.create(Note, {
      round,
      length,
      file: store.files.write(textOf(round, length), { name: `${process.pid}/${round}/${at}` }),
    });
  const excess = store.count(Note) - 12;
  if (excess > 0) for (const note of store.query(Note).limit(excess)) note.delete();
  store.files.write('at once').delete();
}

function undone(store: Store, round: number): void {
  try {
    store.transact(() => {
      writeAndDelete(store, -round);
      throw new Error('undone');
    });
  } catch {
    // as planned
  }
}

async function* pieces(round: number): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < 3; n++) yield Buffer.from(textOf(round, 1000));
}
