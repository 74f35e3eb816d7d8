type Next = () => number;
type Slot = { readonly holder: Record<string, unknown> | unknown[]; readonly key: string };

const pick = <V>(next: Next, list: readonly V[]): V => list[Math.floor(next() * list.length)] as V;

const SQL = `x" FROM sqlite_schema; DROP TABLE item_city_v1; --`;

/** Values that have no place in most places. */
const STRANGE: readonly (() => unknown)[] = [
  () => null,
  () => true,
  () => false,
  () => 0,
  () => -1,
  () => 1,
  () => 2,
  () => 1.5,
  () => 1e308,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => 2 ** 53,
  () => Number.MAX_SAFE_INTEGER,
  () => Number.MIN_SAFE_INTEGER,
  () => -0,
  () => 2 ** 31,
  () => 2 ** 63,
  () => '',
  () => 'x',
  () => "'",
  () => '"',
  () => '\\',
  () => '\0',
  () => '\ud800',
  () => '%',
  () => SQL,
  () => "it's",
  () => 'name"."x',
  () => '9223372036854775807',
  () => '-9223372036854775808',
  () => '9223372036854775808',
  () => '12.50',
  () => 'x'.repeat(60_000),
  () => [],
  () => [null],
  () => [[]],
  () => ({}),
  () => JSON.parse('{"__proto__": {"polluted": 1}}') as unknown,
  () => ({ constructor: 1 }),
  () => ({ bytes: 'AAEC' }),
  () => ({ bytes: 5 }),
  () => ({ value: 1 }),
  () => ({ column: { source: 0, name: 'storeId' } }),
  () => ({ source: 0, name: 'self' }),
  () => ({ source: 1, name: 'storeId' }),
  () => ({ aggregate: 'count' }),
  () => ({ at: ['a"b', 'c\\', 0, "d'"], of: { source: 0, name: 'notes' } }),
  () => ({ at: ['a\0b'], of: { source: 0, name: 'notes' } }),
  () => ({ at: ['\ud800'], of: { source: 0, name: 'notes' } }),
  () => ({ at: [''], of: { source: 0, name: 'notes' } }),
  () => ({ at: [4294967296], of: { source: 0, name: 'notes' } }),
  () => ({ at: [Number.MAX_SAFE_INTEGER], of: { source: 0, name: 'notes' } }),
  () => ({ at: Array.from({ length: 200 }, () => 'x'), of: { source: 0, name: 'notes' } }),
  () => ({ at: ['x'.repeat(100_000)], of: { source: 0, name: 'notes' } }),
  () => ({ at: Array.from({ length: 5000 }, () => 0), of: { source: 0, name: 'notes' } }),
  () => ({ source: 0, path: Array.from({ length: 20 }, () => 'twin'), name: 'name' }),
  () => ({ source: 0, path: Array.from({ length: 25 }, () => 'twin'), name: 'name' }),
  () => ({ source: 0, path: ['country"', 'x'], name: 'name' }),
  () => ({ source: 0, path: ['__proto__'], name: 'name' }),
  () => ({ op: 'and', of: [] }),
  () => ({ op: 'or', of: [] }),
  () => ({ from: ['city'] }),
  () => nested(99),
  () => nested(101),
  () => nested(20_000),
  () => calculated(60),
  () => calculated(5_000),
  () => Array.from({ length: 2_000 }, (_, at) => at),
  () => Symbol.iterator,
  () => 5n,
  () => new Date(0),
  () => () => 1,
  () => new Map(),
];

function nested(levels: number): unknown {
  let node: unknown = { op: 'isNull', column: { source: 0, name: 'storeId' } };
  for (let level = 0; level < levels; level += 1) node = { op: 'not', of: node };
  return node;
}

function calculated(levels: number): unknown {
  let node: unknown = { source: 0, name: 'population' };
  for (let level = 0; level < levels; level += 1) node = { fn: 'plus', of: node, with: [{ value: 1 }] };
  return node;
}

const NAMES = [
  ...['name', 'alias', 'population', 'area', 'tax', 'stars', 'founded', 'capital', 'flag', 'notes', 'country', 'twin'],
  ...['about', 'storeId', 'self', 'city', 'by', 'words', 'since', 'code', 'people', 'continent', '__proto__'],
  ...[
    'constructor',
    'toString',
    'hasOwnProperty',
    'rowid',
    'sqlite_master',
    'NAME',
    'storeid',
    'id',
    'store_id',
    '_rowid_',
  ],
] as const;
const TYPES = [
  'city',
  'country',
  'mayor',
  'review',
  'ghost',
  'continent',
  'CITY',
  'unknown',
  'substore',
  '',
  'sqlite_master',
  '__proto__',
];
const OPS = [
  ...[
    'and',
    'or',
    'not',
    'eq',
    'ne',
    'lt',
    'lte',
    'gt',
    'gte',
    'between',
    'in',
    'notIn',
    'isNull',
    'isNotNull',
    'like',
  ],
  ...['startsWith', 'endsWith', 'contains', 'exists', 'matches', 'constructor', 'union'],
];
const FUNCTIONS = [
  ...['plus', 'minus', 'times', 'coalesce', 'concat', 'length', 'lower', 'upper', 'year', 'month', 'day', 'hour'],
  ...['minute', 'second', 'weekday', 'random', 'load_extension', 'toString'],
];
const AGGREGATES = ['count', 'sum', 'avg', 'min', 'max', 'total', 'group_concat', '__proto__'];

/** Words that would be right in the place of a key's value, if only they fitted the rest. */
function plausible(next: Next, key: string): unknown {
  switch (key) {
    case 'name':
      return pick(next, NAMES);
    case 'op':
      return pick(next, OPS);
    case 'fn':
      return pick(next, FUNCTIONS);
    case 'aggregate':
      return pick(next, AGGREGATES);
    case 'source':
      return pick(next, [0, 1, 2, 3, -1, 15, 16, 0.5, '0']);
    case 'path':
      return Array.from({ length: 1 + Math.floor(next() * 4) }, () => pick(next, NAMES));
    case 'from':
      return Array.from({ length: 1 + Math.floor(next() * 3) }, () =>
        next() < 0.2 ? { optional: pick(next, TYPES) } : pick(next, TYPES),
      );
    case 'direction':
      return pick(next, ['asc', 'desc', 'ASC']);
    case 'nulls':
      return pick(next, ['first', 'last', 'middle']);
    case 'limit':
    case 'offset':
      return pick(next, [0, 1, 3, 1e15, -1, 0.5, Number.MAX_SAFE_INTEGER]);
    default:
      return pick(next, TYPES);
  }
}

function slotsIn(value: unknown, found: Slot[] = []): Slot[] {
  if (typeof value !== 'object' || value === null || found.length > 3000) return found;
  for (const key of Object.keys(value)) {
    found.push({ holder: value as Slot['holder'], key });
    slotsIn((value as Record<string, unknown>)[key], found);
  }
  return found;
}

const at = ({ holder, key }: Slot): unknown => (holder as Record<string, unknown>)[key];
function put({ holder, key }: Slot, value: unknown): void {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

const CHANGES: readonly ((next: Next, slot: Slot, slots: readonly Slot[], seeds: readonly unknown[]) => void)[] = [
  (next, slot) => put(slot, pick(next, STRANGE)()),
  (next, slot) => put(slot, plausible(next, slot.key)),
  (next, slot) => put(slot, plausible(next, slot.key)),
  (next, slot) => put(slot, plausible(next, slot.key)),
  (_, { holder, key }) => {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  },
  (next, slot, slots) => {
    const other = pick(next, slots);
    const [mine, theirs] = [structuredCloneSafe(at(slot)), structuredCloneSafe(at(other))];
    put(slot, theirs);
    put(other, mine);
  },
  (next, slot, slots) => put(slot, structuredCloneSafe(at(pick(next, slots)))),
  // A part of another query, of the same name: often fits.
  (next, slot, _, seeds) => {
    const same = slotsIn(pick(next, seeds)).filter(({ key }) => key === slot.key);
    if (same.length > 0) put(slot, structuredCloneSafe(at(pick(next, same))));
  },
  (next, slot, _, seeds) => {
    const same = slotsIn(pick(next, seeds)).filter(({ key }) => key === slot.key);
    if (same.length > 0) put(slot, structuredCloneSafe(at(pick(next, same))));
  },
  (_, { holder, key }) => {
    if (Array.isArray(holder)) holder.push(structuredCloneSafe(holder[Number(key)]));
    else put({ holder, key: `${key}2` }, holder[key]);
  },
  (next, { holder }) => {
    if (!Array.isArray(holder))
      put({ holder, key: pick(next, ['__proto__', 'constructor', 'where', 'sql', 'of']) }, pick(next, STRANGE)());
  },
];

function structuredCloneSafe(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return value;
  }
}

/** A query's JSON that one to four random changes have made wrong, strange, or another query. */
export function mutated(seeds: readonly unknown[], next: Next): unknown {
  const whole = { root: structuredClone(pick(next, seeds)) };
  const changes = 1 + Math.floor(next() * 4);
  for (let change = 0; change < changes; change += 1) {
    const slots = slotsIn(whole);
    // The root itself is changed seldom.
    const slot = next() < 0.01 ? slots[0] : pick(next, slots.slice(1).length > 0 ? slots.slice(1) : slots);
    if (slot !== undefined) pick(next, CHANGES)(next, slot, slots, seeds);
  }
  return whole.root;
}
