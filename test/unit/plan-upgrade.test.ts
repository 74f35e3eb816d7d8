import { expect, test } from 'vitest';
import { type Leads, type OlderType, planUpgrade } from '../../src/upgrade/plan.js';

const step = (from: number, to = from + 1): Leads => ({ from, to });

function planned(steps: Leads[], given: Partial<OlderType<Leads>> = {}) {
  const older = { name: 'note', stored: 1, wanted: 4, hasRows: true, steps, differences: () => [], ...given };
  const { steps: way, problems } = planUpgrade(older);
  return { way: way.map(({ from, to }) => [from, to]), problems };
}

const gapsOf = (steps: Leads[], given: Partial<OlderType<Leads>> = {}) =>
  planned(steps, given).problems.map(({ message }) => /version (\d+) to (\d+)/.exec(message)?.slice(1).map(Number));

test('one step after the other leads to the version of the class', () => {
  expect(planned([step(3), step(1), step(2)])).toEqual({
    way: [
      [1, 2],
      [2, 3],
      [3, 4],
    ],
    problems: [],
  });
});

test('the longest jump that arrives wins', () => {
  const steps = [step(1), step(1, 3), step(2), step(2, 4), step(3)];
  expect(planned(steps).way).toEqual([
    [1, 3],
    [3, 4],
  ]);
  expect(planned([...steps, step(1, 4)]).way).toEqual([[1, 4]]);
});

test('a longer jump into nowhere is not taken', () => {
  expect(planned([step(1), step(1, 3), step(2, 4)]).way).toEqual([
    [1, 2],
    [2, 4],
  ]);
});

test('every gap is told, with the versions on both sides of it', () => {
  expect(gapsOf([])).toEqual([[1, 4]]);
  expect(gapsOf([step(2)])).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(gapsOf([step(1, 3)])).toEqual([[3, 4]]);
});

test('versions may be far apart, as dates are', () => {
  const given = { stored: 20_240_101, wanted: 20_250_601 };
  expect(planned([step(20_240_101, 20_250_601)], given).way).toEqual([[20_240_101, 20_250_601]]);
  expect(gapsOf([], given)).toEqual([[20_240_101, 20_250_601]]);
});

test('steps from versions that are not stored any more do no harm', () => {
  expect(planned([step(1), step(2), step(3)], { stored: 3 }).way).toEqual([[3, 4]]);
});

test('a version without items needs no steps', () => {
  expect(planned([], { hasRows: false })).toEqual({ way: [], problems: [] });
});

test('what the first step says of the stored version is compared, what later ones say is not', () => {
  const differences = ({ from }: Leads) => [`fault ${from}`];
  const { problems } = planned([step(1), step(2), step(3)], { differences });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ code: 'SCHEMA_MISMATCH', message: expect.stringContaining('fault 1') });
  expect(planned([step(2), step(3)], { differences }).problems.map(({ code }) => code)).toEqual(['NO_UPGRADE_PATH']);
});
