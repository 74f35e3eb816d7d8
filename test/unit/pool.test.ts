import { describe, expect, test } from 'vitest';
import type { Evictable, OpenFiles } from '../../src/store/settings.js';
import { Pool } from '../../src/substore/pool.js';

// Which database is closed to make room. What needs no database stands here; test/pool.test.ts has the rest.

interface File extends Evictable {
  isInUse: boolean;
  hasWritten: boolean;
  memory: number;
  readonly member: OpenFiles;
}

/** A pool, and how files in it are used; gives the names of those that were closed, in order. */
function aPool(max: number) {
  const pool = new Pool(max);
  const closed: string[] = [];
  const files = new Map<string, File>();
  const fileOf = (place: string): File => {
    const member = pool.memberFor(() => files);
    const evict = () => {
      closed.push(place);
      member.closed();
    };
    const seen = { generation: 0, raised: 0, foreign: 0 };
    const state = { isInUse: false, hasWritten: false, memory: 1, directory: place };
    return { place, member, evict, lookForCommits: () => seen, commitsSeen: seen, ...state };
  };
  const file = (place: string): File => {
    const known = files.get(place) ?? fileOf(place);
    files.set(place, known);
    return known;
  };
  const use = (...places: readonly string[]) => {
    for (const place of places) {
      const used = file(place);
      if (![...pool.files()].includes(used)) {
        used.member.makeRoom();
        used.member.opened(used);
      }
      used.member.used();
    }
  };
  return { pool, closed, file, use };
}

describe('to make room', () => {
  test('the one that has rested longest is closed, if none was used again', () => {
    const { use, closed } = aPool(3);
    use('a', 'b', 'c', 'd', 'e');
    expect(closed).toEqual(['a', 'b']);
  });

  test('those used again are spared', () => {
    const { use, closed } = aPool(5);
    use('a', 'b', 'c', 'a', 'b', '1', '2', '3', '4', '5');
    expect(closed).toEqual(['c', '1', '2']);
  });

  test('uses in a row are one use', () => {
    const { use, closed } = aPool(3);
    use('a', 'a', 'a', 'b', 'c', 'd');
    expect(closed).toEqual(['a']);
  });

  test('those that come back soon are spared too', () => {
    const { use, closed } = aPool(3);
    use('a', 'b', 'c', 'd', 'a', 'e', 'f');
    expect(closed).toEqual(['a', 'b', 'c', 'd']);
    use('a', 'e', 'f', 'a');
    expect(closed).toEqual(['a', 'b', 'c', 'd']);
  });

  test('of those used again, the one that has rested longest gives up its place', () => {
    const { use, closed } = aPool(3); // two of them can be spared
    use('a', 'b', 'c', 'a', 'b', 'c', 'd');
    expect(closed).toEqual(['a']);
  });

  test('one that was written is passed over for one that was not, among those that have rested longest', () => {
    const { use, file, closed } = aPool(16);
    const places = Array.from({ length: 16 }, (_, i) => `${i}`);
    use(...places);
    file('0').hasWritten = true;
    use('next');
    expect(closed).toEqual(['1']);
    for (const place of places) file(place).hasWritten = true;
    use('last');
    expect(closed).toEqual(['1', '0']);
  });

  test('none that is in use is closed; when all are, the error names them', () => {
    const { use, file, closed } = aPool(3);
    use('a', 'b', 'c');
    for (const place of ['a', 'b']) file(place).isInUse = true;
    use('d', 'e');
    expect(closed).toEqual(['c', 'd']);
    file('e').isInUse = true;
    expect(() => use('f')).toThrow(/more than 3 substores .* it has .*a, b.*: use several transactions/);
    file('b').isInUse = false;
    use('f');
    expect(closed).toEqual(['c', 'd', 'b']);
  });
});

describe('beyond the budget of memory', () => {
  const most = 256 * 2 ** 20;

  test('stores are closed until the rest is within it', () => {
    const { use, file, closed, pool } = aPool(100);
    use('a', 'b', 'c');
    file('a').memory = most / 2;
    file('b').memory = most / 2;
    use('a', 'b', 'd', 'e'); // what they take is seen when they are used
    expect(closed).toEqual(['c', 'd']);
    expect(pool.stats.memoryBytes).toBe(most + 1);
  });

  test('what is in use may take more', () => {
    const { use, file, closed } = aPool(100);
    use('a');
    file('a').memory = 2 * most;
    file('a').isInUse = true;
    use('b', 'c');
    expect(closed).toEqual(['b']);
    expect(file('a').isInUse).toBe(true);
  });
});
