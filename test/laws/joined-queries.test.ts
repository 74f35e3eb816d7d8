import { expect, test } from 'vitest';
import { aStore } from '../support/a-store.js';
import { cases, fc, lawTimeout } from '../support/chance.js';
import { plain } from './world/compare.js';
import { answerOf, aQuestion, queryOf, windowed, within } from './world/questions.js';
import { inStoreWith, someRows } from './world/stores.js';
import { CLASSES } from './world/world.js';

// Search longer by LAW_RUNS=50. A failure prints its seed and path, and the question that was answered wrongly.

test('a joined, projected or distinct query answers as plain JavaScript does', { timeout: lawTimeout }, () => {
  const store = aStore({ types: Object.values(CLASSES), durability: 'relaxed' });

  fc.assert(
    fc.property(
      someRows,
      fc.array(aQuestion(false), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 5 }),
      (rows, questions, size) => {
        inStoreWith(store, rows, (asked) => {
          for (const question of questions) {
            const expected = answerOf(question, rows);
            const query = queryOf(question, asked);
            const cut = windowed(query, question);

            expect(plain(query.all())).toEqual(expected);
            expect(plain([...query.pages(size)].flat())).toEqual(expected);
            expect(query.count()).toBe(expected.length);
            expect(plain(cut.all())).toEqual(within(expected, question));
            expect(cut.count()).toBe(within(expected, question).length);
            expect(cut.exists()).toBe(within(expected, question).length > 0);
            expect(plain(cut.first())).toEqual(within(expected, question)[0]);
          }
        });
      },
    ),
    { numRuns: cases(40) },
  );
});
