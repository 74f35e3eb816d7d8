import { scattered } from '../competitors/city.js';
import type { Work } from './work.js';

/** Areas go up to about a thousand. */
const MOST = 900;

export const count: Work = {
  key: 'count',
  title: () => 'count with condition, built anew',
  goal: 1.1,
  operations: ({ counts }) => counts,
  synchronous: 'FULL',
  startsEmpty: false,
  changesRows: false,
  run: (session, { scale }) => session.countEach(scattered(scale.counts, MOST)),
};
