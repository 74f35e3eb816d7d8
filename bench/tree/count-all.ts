import type { Duel } from '../duel/duel.js';
import type { OpenTree } from './open-tree.js';
import { Reading } from './reading.js';

const TIMES = 5;

export function countAll({ rawRoot, rawStores, root }: OpenTree): Duel {
  const countByHand = () =>
    [rawRoot, ...rawStores].reduce((sum, store) => sum + (store.statement('count').pluck().get() as number), 0);
  return {
    key: 'count',
    title: `count over ${rawStores.length.toLocaleString('en')} open substores`,
    goal: { ms: 8 },
    operations: TIMES,
    raw: () => Array.from({ length: TIMES }, countByHand),
    ours: () => Array.from({ length: TIMES }, () => root.tree.count(Reading)),
  };
}
