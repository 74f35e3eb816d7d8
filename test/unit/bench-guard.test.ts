import { expect, test } from 'vitest';
import { judge } from '../../bench/guard/judge.js';
import { median, quantile, ratios } from '../../bench/measure/statistics.js';

const kept = { ratio: 2, run: 1000, rows: 500, compiled: 1 };
const verdictsOf = (now: typeof kept) => judge('get', kept, now).map(({ name, verdict }) => `${name} ${verdict}`);

test('what is as it was is fine, and so is what became better', () => {
  expect(verdictsOf(kept)).toEqual(['ratio fine', 'run fine', 'rows fine', 'compiled fine']);
  expect(verdictsOf({ ratio: 1, run: 1, rows: 0, compiled: 0 })).not.toContainEqual(expect.stringMatching(/warn|fail/));
});

test('more than a tenth is a warning, more than three tenths a failure', () => {
  expect(verdictsOf({ ...kept, ratio: 2.21 })).toContain('ratio warning');
  expect(verdictsOf({ ...kept, ratio: 2.61 })).toContain('ratio failure');
  expect(verdictsOf({ ...kept, run: 1200, rows: 700 })).toEqual(
    expect.arrayContaining(['run warning', 'rows failure']),
  );
});

test('a few looks at the file more say nothing, but one statement compiled more does', () => {
  const looks = judge('held', { ...kept, run: 3, rows: 3 }, { ...kept, run: 12, rows: 12, compiled: 2 });
  expect(looks.map(({ verdict }) => verdict)).toEqual(['fine', 'fine', 'fine', 'failure']);
});

test('the median of an even number of values lies between the middle two', () => {
  expect([median([4, 1, 3, 2]), quantile([1, 2, 3, 4, 5], 0.25), quantile([7], 0.9)]).toEqual([2.5, 2, 7]);
  expect(() => median([])).toThrow(RangeError);
});

test('each round is compared with the same round of the other', () => {
  expect(ratios([2, 9], [1, 3])).toEqual([2, 3]);
});
