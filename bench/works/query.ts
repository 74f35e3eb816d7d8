import { scattered } from '../competitors/city.js';
import { PAGE } from '../competitors/competitor.js';
import type { Work } from './work.js';

/** Populations go up to about a million. */
const MOST = 900_000;

export const query: Work = {
  key: 'query',
  title: () => `indexed query, sorted, ${PAGE} rows, built anew`,
  goal: 1.15,
  operations: ({ queries }) => queries,
  synchronous: 'FULL',
  startsEmpty: false,
  changesRows: false,
  run: (session, { scale }) => session.queryEach(scattered(scale.queries, MOST)),
};
