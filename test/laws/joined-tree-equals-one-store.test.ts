import { expect, test } from 'vitest';
import { fc, lawRuns, lawTimeout } from '../support/chance.js';
import { plain } from './world/compare.js';
import { answerOf, aQuestion, queryOf, windowed, within } from './world/questions.js';
import { aShape, someClusters, twoForms } from './world/stores.js';
import type { AnyQuery } from './world/terms.js';

// Search longer by LAW_RUNS=50. A failure prints its seed and path, and the question that was answered wrongly.

const answersTo = (query: AnyQuery, cut: AnyQuery, size: number) =>
  plain([
    query.all(),
    [...query.pages(size)].flat(),
    query.count(),
    cut.all(),
    cut.count(),
    cut.exists(),
    cut.first() ?? null,
  ]);

test('joined, projected and distinct queries of a tree answer as those of one store, also as JSON', {
  timeout: lawTimeout,
}, () => {
  fc.assert(
    fc.property(
      aShape,
      someClusters,
      fc.array(aQuestion(true), { minLength: 4, maxLength: 4 }),
      fc.integer({ min: 1, max: 5 }),
      (shape, clusters, questions, size) => {
        const { rows, tree, one, close } = twoForms(shape, clusters);
        try {
          for (const question of questions)
            for (const asked of [one, tree]) {
              const all = answerOf(question, rows);
              const some = within(all, question);
              const query = queryOf(question, asked);
              const cut = windowed(query, question);
              const expected = [all, all, all.length, some, some.length, some.length > 0, some[0] ?? null];

              expect(answersTo(query, cut, size)).toEqual(expected);
              expect(answersTo(asked.fromJSON(query), asked.fromJSON(cut), size)).toEqual(expected);
            }
        } finally {
          close();
        }
      },
    ),
    { numRuns: 10 * lawRuns },
  );
});
