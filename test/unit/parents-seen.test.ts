import { expect, test } from 'vitest';
import { ParentsSeen } from '../../src/substore/parents-seen.js';

test('the way down is made of what was noted last', () => {
  const seen = new ParentsSeen();
  seen.note('b', 'a');
  seen.note('c', 'b');
  seen.note('d', 'x');
  seen.note('d', 'c');
  expect(seen.wayDown('a', 'd')).toEqual(['b', 'c', 'd']);
  expect(seen.wayDown('c', 'd')).toEqual(['d']);
  expect(seen.wayDown('a', 'a')).toEqual([]);
});

test('there is no way where one step was never noted', () => {
  const seen = new ParentsSeen();
  seen.note('c', 'b');
  expect(seen.wayDown('a', 'c')).toBeUndefined();
  expect(seen.wayDown('c', 'b')).toBeUndefined();
});

test('stores that were moved below each other in turn are no endless way', () => {
  const seen = new ParentsSeen();
  seen.note('c', 'b');
  seen.note('b', 'c');
  expect(seen.wayDown('a', 'c')).toBeUndefined();
});

test('no more than 10,000 are kept: the first noted go', () => {
  const seen = new ParentsSeen();
  for (let n = 0; n <= 10_000; n++) seen.note(`store ${n}`, 'a');
  expect(seen.wayDown('a', 'store 0')).toBeUndefined();
  expect(seen.wayDown('a', 'store 1')).toEqual(['store 1']);
  expect(seen.wayDown('a', 'store 10000')).toEqual(['store 10000']);
});
