import { expect, test } from 'vitest';
import { TAGS } from '../../src/store/format.js';
import { IdTable } from '../../src/store/id-table.js';

interface Value {
  readonly number: number;
}

const idOf = (number: number, tag = 1) => number * TAGS + tag;
const stepsOf = (sweep: Iterable<void>) => [...sweep].length;

function aTable(...numbers: number[]): IdTable<Value> {
  const table = new IdTable<Value>();
  for (const number of numbers) table.set(idOf(number), { number });
  return table;
}

test('what is kept is found by the number in an id, and counted once', () => {
  const table = aTable(1, 15, 16, 17, 1_000_000);
  const other = { number: 16 };
  table.set(idOf(16, 2), other);
  expect(table.size).toBe(5);
  expect(table.get(idOf(16))).toBe(other);
  expect([2, 14, 18, 32].map((number) => table.get(idOf(number)))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect([...table.values()].map(({ number }) => number)).toEqual([1, 15, 16, 17, 1_000_000]);
});

test('what is deleted is not there, and not counted; to delete it again changes nothing', () => {
  const table = aTable(1, 2, 40);
  table.delete(idOf(2));
  table.delete(idOf(2));
  table.delete(idOf(3));
  table.delete(idOf(90));
  expect(table.size).toBe(2);
  expect(table.get(idOf(2))).toBeUndefined();
  expect(table.get(idOf(1))).toEqual({ number: 1 });
});

test('nothing is left after it was cleared, and it can be filled again', () => {
  const table = aTable(1, 2, 40);
  table.clear();
  expect([table.size, ...table.values()]).toEqual([0]);
  table.set(idOf(2), { number: 2 });
  expect([table.size, ...table.values()]).toEqual([1, { number: 2 }]);
});

test('a sweep takes out what is not wanted, and leaves the rest', () => {
  const table = aTable(1, 2, 3, 40, 41, 90);
  expect(stepsOf(table.sweep(({ number }) => number % 2 === 1))).toBe(3);
  expect([...table.values()].map(({ number }) => number)).toEqual([1, 3, 41]);
  expect(table.size).toBe(3);
});

test('blocks of which all has gone take no memory and no step of a sweep', () => {
  const table = aTable(1, 2, 40, 90);
  table.delete(idOf(40));
  expect(stepsOf(table.sweep(({ number }) => number === 1))).toBe(2);
  expect(stepsOf(table.sweep(() => true))).toBe(1);
});
