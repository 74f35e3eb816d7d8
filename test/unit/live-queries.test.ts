import { appendFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { typesIn } from '../../src/query/live/types-in.js';
import { isUnwritten, lookAtFiles } from '../../src/store/files-seen.js';
import { paceFor } from '../../src/substore/live/pace.js';
import { aDirectory } from '../support/a-store.js';
import { other, specOfQuery, thing, things } from './query-sample.js';

describe('the types that a question reads', () => {
  test('are its own', () => {
    expect([...typesIn(specOfQuery(things((t) => t.name.eq('x'))))]).toEqual([thing]);
  });

  test('and those of the questions inside, at any depth', () => {
    const inner = { from: [{ type: other, isOptional: false }], orderBy: [], distinct: false } as const;
    const list = { column: { source: 0, name: 'storeId' }, orNull: false };
    const middle = {
      ...inner,
      from: [{ type: thing, isOptional: false }],
      where: { op: 'not', of: { op: 'in', ...list, list: { query: inner } } },
    } as const;
    const outer = { ...middle, where: { op: 'or', of: [{ op: 'notIn', ...list, list: { query: middle } }] } } as const;
    expect(typesIn(outer)).toEqual(new Set([thing, other]));
  });
});

describe('a round over polled stores', () => {
  test('is one step for few', () => {
    expect(paceFor(3, 500)).toEqual({ looksPerStep: 3, pauseMs: 500 });
  });
  test('is spread over the time that it may take', () => {
    expect(paceFor(2000, 500)).toEqual({ looksPerStep: 200, pauseMs: 50 });
  });
  test('takes longer for very many', () => {
    expect(paceFor(10_000, 500)).toEqual({ looksPerStep: 200, pauseMs: 50 });
  });
  test('is as quick as it is asked to be', () => {
    expect(paceFor(400, 4)).toEqual({ looksPerStep: 200, pauseMs: 4 });
  });
});

describe('the files of a closed store', () => {
  function files() {
    const directory = aDirectory({ mayBeCorrupt: true });
    const [database, log] = [join(directory, 'db.sqlite'), join(directory, 'db.sqlite-wal')] as const;
    writeFileSync(database, 'not really');
    utimesSync(database, 1000, 1000);
    return { directory, database, log };
  }

  test('that nobody has touched are unwritten', () => {
    const { directory } = files();
    expect(isUnwritten(lookAtFiles(directory), lookAtFiles(directory))).toBe(true);
  });

  test('that look the same, but were young at the first look, may have been written', () => {
    const { directory, database } = files();
    const now = Date.now() / 1000;
    utimesSync(database, now, now);
    expect(isUnwritten(lookAtFiles(directory), lookAtFiles(directory))).toBe(false);
  });

  test('are written when either grows, and not when a log of no bytes comes or goes', () => {
    const { directory, database, log } = files();
    const before = lookAtFiles(directory);
    writeFileSync(log, '');
    expect(isUnwritten(before, lookAtFiles(directory))).toBe(true);
    writeFileSync(log, 'frames');
    utimesSync(log, 1000, 1000);
    const withLog = lookAtFiles(directory);
    expect(isUnwritten(before, withLog)).toBe(false);
    appendFileSync(database, '!');
    utimesSync(database, 1000, 1000);
    expect(isUnwritten(withLog, lookAtFiles(directory))).toBe(false);
  });

  test('that are not there are a state like others', () => {
    const directory = aDirectory();
    expect(lookAtFiles(directory)).toMatchObject({ exists: false, isSettled: true });
  });
});
