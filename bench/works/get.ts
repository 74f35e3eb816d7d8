import { scattered } from '../competitors/city.js';
import type { Task, Work } from './work.js';

/** Ids in no order, each once: none of them is in memory because it was asked for before. */
function someIds({ ids, scale }: Task): number[] {
  return scattered(ids.length, ids.length)
    .slice(0, scale.gets)
    .map((at) => ids[at]!);
}

export const get: Work = {
  key: 'get',
  title: () => 'get by id, not in memory',
  goal: 1.3,
  operations: ({ gets }) => gets,
  synchronous: 'FULL',
  startsEmpty: false,
  changesRows: false,
  run: (session, task) => session.getEach(someIds(task)),
};

/** How often each is asked for, where asking takes next to no time. */
const TIMES = 10;

export const getHeld: Work = {
  ...get,
  key: 'get-held',
  title: () => 'get by id, in memory',
  goal: 0.15,
  operations: ({ gets }) => gets * TIMES,
  prepare: (session) => session.hold(),
  run(session, task) {
    const ids = someIds(task);
    return session.getEach(Array.from({ length: TIMES }, () => ids).flat());
  },
};
