import type { Work } from './work.js';

export const loadAll: Work = {
  key: 'load-all',
  title: ({ cities }) => `load ${cities.toLocaleString('en')} items by one query`,
  goal: 1,
  operations: ({ cities }) => cities,
  synchronous: 'FULL',
  startsEmpty: false,
  changesRows: false,
  run: (session) => session.loadAll(),
};
