import { expect, test } from 'vitest';
import { cases, fc, lawTimeout } from '../support/chance.js';
import { outcome, plain } from './world/compare.js';
import { aFilter, inQuery } from './world/filters.js';
import { aggregated, isNumber } from './world/groups.js';
import { answerOf, aQuestion, type Question, queryOf, told, windowed, within } from './world/questions.js';
import { aShape, someClusters, twoForms } from './world/stores.js';
import { type AnyQuery, type Asked, aTerm, type Sources, type Term } from './world/terms.js';
import type { Rows } from './world/world.js';

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
    { numRuns: cases(6) },
  );
});

type Fn = 'sum' | 'avg' | 'min' | 'max';

/** One value of all rows of a question, or of those within its limit. */
interface Measure {
  readonly question: Question;
  readonly fn: Fn;
  readonly term: Term;
}

/** A number of referrers, counted by what another query finds. */
const aDecidedCount = (sources: Sources) =>
  aTerm(sources, isNumber, (inner) => inQuery(inner, 1)).filter(({ said }) => said.startsWith('referrers'));

const aMeasure: fc.Arbitrary<Measure> = aQuestion(true)
  .chain((question) =>
    fc.record({
      question: fc.constant({ ...question, read: 'pluck' as const, isDistinct: false }),
      fn: fc.constantFrom<Fn[]>('sum', 'avg', 'min', 'max'),
      term: fc.oneof(
        aTerm(question.sources, isNumber, (inner) => aFilter(inner, 1)),
        aDecidedCount(question.sources),
      ),
    }),
  )
  .map(({ question, fn, term }) => {
    const made = { question: { ...question, values: [term] }, fn, term };
    return Object.assign(made, { [fc.toStringMethod]: () => `${told(made.question)} ${fn}(${term.said})` });
  });

function measured({ question, fn, term }: Measure, asked: Asked): unknown {
  const all = queryOf({ ...question, read: 'items' }, asked);
  const value = (...columns: readonly never[]) => term.column(columns, asked) as never;
  const of = (query: AnyQuery) => (query as unknown as Readonly<Record<Fn, (of: unknown) => unknown>>)[fn](value);
  return outcome(() => [of(all), of(windowed(all, question))]);
}

function expectedOf({ question, fn, term }: Measure, rows: Rows): unknown {
  const all = answerOf(question, rows);
  const of = (values: readonly unknown[]) =>
    aggregated(
      fn,
      term.kind,
      values.filter((value) => value !== null),
    );
  return outcome(() => [of(all), of(within(all, question))]);
}

test('aggregates of a tree are those of one store, also of what other queries decide', { timeout: lawTimeout }, () => {
  fc.assert(
    fc.property(
      aShape,
      someClusters,
      fc.array(aMeasure, { minLength: 4, maxLength: 4 }),
      (shape, clusters, measures) => {
        const { rows, tree, one, close } = twoForms(shape, clusters);
        try {
          for (const measure of measures)
            for (const asked of [one, tree]) expect(measured(measure, asked)).toEqual(expectedOf(measure, rows));
        } finally {
          close();
        }
      },
    ),
    { numRuns: cases(6) },
  );
});
