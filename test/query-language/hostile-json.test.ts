import { CorollaryError, ERROR_CODES, Query, type Store } from 'corollary';
import { expect, test } from 'vitest';
import { aStore } from '../support/a-store.js';
import { numbersFrom } from '../support/random-numbers.js';
import { mutated } from './mutations.js';
import { seedQueries } from './seed-queries.js';
import { fillWorld, types } from './world.js';

/** What a caller may do with a query, each an answer or a CorollaryError. */
const ASKED: readonly ((query: Query<never, unknown>) => unknown)[] = [
  (query) => query.all(),
  (query) => query.count(),
  (query) => query.page({ size: 2 }),
  (query) => query.explain(),
  (query) => query.exists(),
];

const CODES: ReadonlySet<string> = new Set(ERROR_CODES);
/** What SQLite says of SQL that is wrong. None may reach a caller. */
const OF_SQLITE = /no such|syntax error|ambiguous|malformed|too many|too large|misuse|datatype|unrecognized|parser/;
const EXPECTED: ReadonlySet<string> = new Set([
  'BAD_QUERY',
  'UNKNOWN_TYPE',
  'INVALID_VALUE',
  'OUT_OF_RANGE',
  'NOT_SUPPORTED',
  'WRONG_STORE',
  'WRONG_TYPE',
]);

function faultOf(act: () => unknown): string | undefined {
  const start = performance.now();
  try {
    act();
  } catch (error) {
    if (!(error instanceof CorollaryError)) return `threw ${String(error)}`;
    if (!CODES.has(error.code)) return `has the unknown code ${error.code}`;
    const cause = error.cause instanceof Error ? error.cause.message : '';
    if (!EXPECTED.has(error.code)) return `has the code ${error.code}: ${error.message} (${cause})`;
    if (OF_SQLITE.test(`${error.message} ${cause}`)) return `speaks of SQLite: ${error.message} (${cause})`;
  }
  const took = performance.now() - start;
  return took > 5000 ? `took ${took} ms` : undefined;
}

function faultsOf(of: Store | Store['tree'], json: unknown): string[] {
  const made: Query<never, unknown>[] = [];
  const fault = faultOf(() => made.push(Query.fromJSON<never, unknown>(of, json)));
  const answers = made.flatMap((query) => ASKED.map((ask) => faultOf(() => ask(query))));
  return [fault, ...answers].filter((one) => one !== undefined);
}

const ROUNDS = Number(process.env.HOSTILE_ROUNDS ?? 4_000);

test('a mutated query gives an answer or says what is wrong with it', { timeout: 600_000 }, () => {
  const store = aStore({ types });
  const world = fillWorld(store);
  store.substores.create('one');
  const seeds = seedQueries(store, world).map((query) => JSON.parse(JSON.stringify(query)) as unknown);
  const next = numbersFrom(Number(process.env.HOSTILE_SEED ?? 20_261));
  const found = new Map<string, string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const json = mutated(seeds, next);
    const of = round % 4 === 3 ? store.tree : store;
    for (const fault of faultsOf(of, json)) {
      const kind = fault.replace(/\d+/g, '#').slice(0, 160);
      const shown = JSON.stringify(json, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
      const known = found.get(kind);
      if (known === undefined || shown.length < known.length)
        found.set(kind, `${fault} ${of === store ? '' : '[tree] '}${shown.slice(0, 1500)}`);
    }
  }
  expect([...found.values()]).toEqual([]);
});
