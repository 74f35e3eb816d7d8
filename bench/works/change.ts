import type { Work } from './work.js';

export const change: Work = {
  key: 'change',
  title: ({ changes }) => `read, change one attribute, store: ${changes.toLocaleString('en')} in one transaction`,
  goal: 1.1,
  operations: ({ changes }) => changes,
  synchronous: 'FULL',
  startsEmpty: false,
  changesRows: true,
  run: (session, { ids, scale }) => session.changeEach(ids.slice(0, scale.changes)),
};
