import { cityRows } from '../competitors/city.js';
import type { Work } from './work.js';

export const createEach: Work = {
  key: 'create-each',
  title: () => 'create one item, own transaction',
  goal: 1.3,
  operations: ({ singles }) => singles,
  synchronous: 'FULL',
  startsEmpty: false,
  changesRows: true,
  run: (session, { scale }) => session.createEach(cityRows(scale.singles, scale.cities)),
};

/** The same without waiting for the disk, which hides what everything else costs. */
export const createEachUnsynced: Work = {
  ...createEach,
  key: 'create-each-unsynced',
  title: () => 'the same, synchronous NORMAL',
  goal: undefined,
  synchronous: 'NORMAL',
};
