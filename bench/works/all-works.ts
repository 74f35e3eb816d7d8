import { change } from './change.js';
import { count } from './count.js';
import { createAll } from './create-all.js';
import { createEach, createEachUnsynced } from './create-each.js';
import { get, getHeld } from './get.js';
import { loadAll } from './load-all.js';
import { query } from './query.js';
import type { Work } from './work.js';

/** In the order of the table. */
export const allWorks: readonly Work[] = [
  createAll,
  get,
  getHeld,
  loadAll,
  query,
  count,
  change,
  createEach,
  createEachUnsynced,
];
