import { expect, test } from 'vitest';
import { aStore } from '../support/a-store.js';
import { cases, fc, lawTimeout } from '../support/chance.js';
import { outcome } from './world/compare.js';
import { asTold, type Groups, groupsOf, groupsQuery, someGroups } from './world/groups.js';
import { windowed, within } from './world/questions.js';
import { aShape, inStoreWith, someClusters, someRows, twoForms } from './world/stores.js';
import type { AnyQuery, Asked } from './world/terms.js';
import { CLASSES, type Rows } from './world/world.js';

// Search longer by LAW_RUNS=50. A failure prints its seed and path, and the question that was answered wrongly.

/** All that can be asked of groups, or that a sum is out of range. */
function answersTo(groups: Groups, query: AnyQuery, size: number): unknown {
  const cut = windowed(query, groups);
  const told = (answer: readonly unknown[]) => asTold(groups, answer);
  return outcome(() => [
    told(query.all()),
    told([...query.pages(size)].flat()),
    query.count(),
    told(cut.all()),
    cut.count(),
    cut.exists(),
  ]);
}

function expectedOf(groups: Groups, rows: Rows): unknown {
  return outcome(() => {
    const all = groupsOf(groups, rows);
    const some = within(all, groups);
    return [all, all, all.length, some, some.length, some.length > 0];
  });
}

function bothAgree(groups: Groups, rows: Rows, asked: Asked, size: number): void {
  const expected = expectedOf(groups, rows);
  const query = groupsQuery(groups, asked);

  expect(answersTo(groups, query, size)).toEqual(expected);
  expect(answersTo(groups, asked.fromJSON(query), size)).toEqual(expected);
}

const aSize = fc.integer({ min: 1, max: 4 });
const severalGroups = (isTree: boolean) => fc.array(someGroups(isTree), { minLength: 1, maxLength: 4 });

test('groups of one store are what plain JavaScript makes of arrays', { timeout: lawTimeout }, () => {
  const store = aStore({ types: Object.values(CLASSES), durability: 'relaxed' });

  fc.assert(
    fc.property(someRows, severalGroups(false), aSize, (rows, questions, size) => {
      inStoreWith(store, rows, (asked) => {
        for (const groups of questions) bothAgree(groups, rows, asked, size);
      });
    }),
    { numRuns: cases(15) },
  );
});

test('groups of a tree are those of one store', { timeout: lawTimeout }, () => {
  fc.assert(
    fc.property(aShape, someClusters, severalGroups(true), aSize, (shape, clusters, questions, size) => {
      const { rows, tree, close } = twoForms(shape, clusters);
      try {
        for (const groups of questions) bothAgree(groups, rows, tree, size);
      } finally {
        close();
      }
    }),
    { numRuns: cases(15) },
  );
});
