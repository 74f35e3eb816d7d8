import type { Work } from './work.js';

export const createAll: Work = {
  key: 'create-all',
  title: ({ cities }) => `create ${cities.toLocaleString('en')} items in one transaction`,
  goal: 1,
  operations: ({ cities }) => cities,
  synchronous: 'FULL',
  startsEmpty: true,
  changesRows: true,
  run: (session, { rows }) => session.createAll(rows),
};
