import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Store } from 'corollary';
import type { Synchronous } from '../competitors/database.js';
import { newDirectory } from '../measure/scratch.js';
import { makeStore, RawStore } from './raw-store.js';
import { Reading, readingRows, storeName } from './reading.js';

/** How large a tree is: a root, and so many stores of so many rows directly below. */
export interface TreeSize {
  readonly stores: number;
  readonly rows: number;
}

const STORE = 'tree.store';
const RAW = 'raw';

/** Makes the same tree by hand and with corollary. Nothing is waited for: what a test writes later is synced. */
export function makeSite(size: TreeSize): Site {
  const directory = newDirectory();
  makeRawTree(join(directory, RAW), size);
  makeTree(join(directory, STORE), size);
  return new Site(directory, size);
}

function makeRawTree(directory: string, { stores, rows }: TreeSize): void {
  makeStore(directory);
  mkdirSync(join(directory, 'sub'));
  const root = new RawStore(directory, 'NORMAL');
  for (let at = 0; at < stores; at++) {
    makeStore(partDirectory(directory, at));
    root.statement('addPart').run(storeName(at), String(at));
    fillRaw(partDirectory(directory, at), at, rows);
  }
  root.close();
}

function fillRaw(directory: string, store: number, rows: number): void {
  const part = new RawStore(directory, 'NORMAL');
  part.database.transaction(() => {
    for (const { sensor, watts, noise } of readingRows(store, rows)) part.statement('insert').run(sensor, watts, noise);
  })();
  part.close();
}

function makeTree(place: string, { stores, rows }: TreeSize): void {
  using root = Store.open(place, { types: [Reading], durability: 'relaxed' });
  for (let at = 0; at < stores; at++) root.substores.create(storeName(at)).createMany(Reading, readingRows(at, rows));
}

export function partDirectory(root: string, store: number | string): string {
  return join(root, 'sub', String(store));
}

/** A tree that was made twice, and where it lies. */
export class Site {
  readonly directory: string;
  readonly size: TreeSize;
  readonly rawDirectory: string;
  readonly place: string;

  constructor(directory: string, size: TreeSize) {
    this.directory = directory;
    this.size = size;
    this.rawDirectory = join(directory, RAW);
    this.place = join(directory, STORE);
  }

  openRaw(store: number): RawStore {
    return this.openRawAs(store, 'FULL');
  }

  openRawAs(store: number, synchronous: Synchronous): RawStore {
    return new RawStore(partDirectory(this.rawDirectory, store), synchronous);
  }

  openRawRoot(): RawStore {
    return new RawStore(this.rawDirectory, 'FULL');
  }

  /** All stores may be open at once. */
  open(): Store {
    return Store.open(this.place, { types: [Reading], maxOpenSubstores: this.size.stores + 100 });
  }
}
