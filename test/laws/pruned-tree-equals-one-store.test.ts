import {
  and,
  bigint,
  type Columns,
  type Condition,
  type CreateInput,
  type Decimal,
  decimal,
  Item,
  integer,
  item,
  or,
  type Query,
  real,
  Store,
  text,
  timestamp,
} from 'corollary';
import { expect, test } from 'vitest';
import { aDirectory } from '../support/a-store.js';
import { cases, fc, lawTimeout } from '../support/chance.js';

// A tree passes by stores of which it knows that they have nothing for a question. Whatever was written since, by
// whom, and whether it was undone: each question has the answer of one store that holds the same items.

@item('thing')
class Thing extends Item {
  @integer() declare serial: number;
  @text({ collate: 'nocase', nullable: true, indexed: true }) declare name: string | null;
  @text({ indexed: true }) declare code: string;
  @integer({ nullable: true, indexed: true }) declare size: number | null;
  @real({ indexed: true }) declare weight: number;
  @bigint({ indexed: true }) declare stars: bigint;
  @decimal({ scale: 2, nullable: true, indexed: true }) declare price: Decimal | null;
  @timestamp({ nullable: true }) declare made: Date | null; // without an index: nothing is known of it
}

type Values = Omit<CreateInput<Thing>, 'serial'>;
type Columned = Columns<Thing>;

const words = ['', 'a', 'A', 'b', 'Z', 'ab', 'é', '10', '9', '\uffee', '\u{1f600}'];
const nullable = <T>(values: readonly T[]) => fc.constantFrom<(T | null)[]>(null, ...values);
const aThing: fc.Arbitrary<Values> = fc.record({
  name: nullable(words),
  code: fc.constantFrom(...words),
  size: nullable([0, 1, -1, 2, 10, 2 ** 40]),
  weight: fc.constantFrom(0, -0, 0.1, -0.3, 1e6),
  stars: fc.constantFrom(0n, 1n, -1n, 2n ** 60n, 2n ** 60n + 1n),
  price: nullable(['0.00', '0.01', '-0.01', '10.00', '9.99'] as Decimal[]),
  made: nullable([new Date(0), new Date(-1), new Date(1e12)]),
}) as fc.Arbitrary<Values>;

const FILTERS: readonly (readonly [told: string, narrow: ((c: Columned) => Condition) | undefined])[] = [
  ['all', undefined],
  ['size above', (c) => c.size.gt(1)],
  ['size from', (c) => c.size.gte(10)],
  ['size below', (c) => c.size.lt(0)],
  ['size up to', (c) => c.size.lte(-1)],
  ['size is', (c) => c.size.eq(2)],
  ['size is not', (c) => c.size.ne(2)],
  ['size is null', (c) => c.size.isNull()],
  ['size is not null', (c) => c.size.isNotNull()],
  ['size among', (c) => c.size.in([2, 10, null])],
  ['size among none', (c) => c.size.in([])],
  ['name is', (c) => c.name.eq('B')],
  ['name between', (c) => c.name.between('B', 'z')],
  ['name among', (c) => c.name.in(['z', '\u{1f600}'])],
  ['code above', (c) => c.code.gt('\uffee')],
  ['code below', (c) => c.code.lt('A')],
  ['weight between', (c) => c.weight.between(-1, -0.1)],
  ['stars above', (c) => c.stars.gt(2n ** 60n)],
  ['price from', (c) => c.price.gte('9.99')],
  ['made before', (c) => c.made.lt(new Date(0))],
  ['both', (c) => and(c.size.gt(0), c.name.lt('b'))],
  ['either', (c) => or(c.size.gt(2), c.price.isNull())],
  ['two columns', (c) => c.size.eq(c.serial)],
];
const ORDERED = ['name', 'code', 'size', 'weight', 'stars', 'price', 'made', 'serial'] as const;
const aQuestion = fc.record({
  filter: fc.constantFrom(...FILTERS),
  orders: fc.array(
    fc.record({
      key: fc.constantFrom(...ORDERED),
      direction: fc.constantFrom('asc' as const, 'desc' as const),
      nulls: fc.constantFrom(undefined, 'first' as const, 'last' as const),
    }),
    { maxLength: 2 },
  ),
  limit: fc.nat(4),
  offset: fc.nat(3),
});
type Question = typeof aQuestion extends fc.Arbitrary<infer Q> ? Q : never;

/** What happens between two rounds of questions. `where` and `which` choose a store, and an item of it. */
const aStep = fc.record({
  what: fc.constantFrom(
    ...(['create', 'create', 'change', 'change', 'delete', 'nothing', 'undo', 'undo inside', 'elsewhere'] as const),
    ...(['elsewhere', 'elsewhere', 'elsewhere', 'make store', 'delete store', 'reopen'] as const),
  ),
  where: fc.nat(),
  which: fc.nat(),
  values: aThing,
});
type Step = typeof aStep extends fc.Arbitrary<infer S> ? S : never;

/** Which kind of column it is matters to the compiler only. */
const column = (key: (typeof ORDERED)[number]) => (c: Columned) => c[key as 'size'];

function asked(start: Query<Thing>, { filter: [, narrow], orders }: Question): Query<Thing> {
  const narrowed = narrow === undefined ? start : start.where(narrow);
  return orders.reduce(
    (query, { key, direction, nulls }) =>
      query.orderBy((c) => column(key)(c)[direction](nulls === undefined ? {} : { nulls })),
    narrowed,
  );
}

function answersTo(start: Query<Thing>, question: Question): Record<string, unknown> {
  const { limit, offset, filter } = question;
  const query = asked(start, question);
  const serials = query.pluck((c) => c.serial);
  const sizes = query.pluck((c) => c.size);
  const { items, next } = query.page({ size: limit + 1 });
  const key = question.orders[0]?.key ?? 'size';
  const distinct = asked(start, { ...question, orders: [] })
    .pluck(column(key))
    .distinct();
  return {
    filter: filter[0],
    count: query.count(),
    some: query.exists(),
    sum: query.sum((c) => c.size),
    largest: query.max((c) => c.stars),
    cut: serials.limit(limit).all(),
    within: serials.limit(limit).offset(offset).all(),
    counted: query.limit(limit).offset(offset).count(),
    summed: sizes.limit(limit).sum((c) => c.size),
    first: query.first()?.serial,
    items: query
      .limit(limit)
      .all()
      .map((thing) => [thing.serial, thing.code]),
    page: items.map(({ serial }) => serial),
    nextPage: next === undefined ? [] : query.page({ size: limit + 1, after: next }).items.map(({ serial }) => serial),
    // Which of 'a' and 'A' stands for both is left open.
    distinct: distinct
      .orderBy((c) => column(key)(c).asc())
      .limit(limit)
      .all()
      .map((value) => String(value).toLowerCase()),
  };
}

interface Kept {
  readonly serial: number;
  readonly values: Values;
}
/** The items of each store, by its path, in the order in which they were made. */
type Held = ReadonlyMap<string, readonly Kept[]>;
/** A write of one item. */
interface Write extends Kept {
  readonly what: 'create' | 'change' | 'delete';
  readonly path: string;
}

const WRITES = ['create', 'change', 'delete'] as const;

/** What is held after a write. */
function written(held: Held, { what, path, serial, values }: Write): Held {
  const kept = held.get(path) ?? [];
  const changed = kept.map((one) => (one.serial === serial ? { serial, values } : one));
  const after = {
    create: [...kept, { serial, values }],
    change: changed,
    delete: kept.filter((one) => one.serial !== serial),
  };
  return new Map([...held, [path, after[what]]]);
}

function write(root: Store, { what, path, serial, values }: Write): void {
  const store = path === '' ? root : root.at(path.slice(1).split('/'));
  if (what === 'create') store.create(Thing, { ...values, serial });
  else if (what === 'delete') store.query(Thing, { serial }).one().delete();
  else Object.assign(store.query(Thing, { serial }).one(), values);
}

/** What one store answers that holds all items in the order of the tree. */
function expected(held: Held, questions: readonly Question[]): Record<string, unknown>[] {
  const one = Store.inMemory({ types: [Thing] });
  const place = (path: string) => path.split('/').join('\0');
  const byPath = [...held].sort(([a], [b]) => (place(a) < place(b) ? -1 : 1));
  for (const [, kept] of byPath)
    one.createMany(
      Thing,
      kept.map(({ serial, values }) => ({ ...values, serial })),
    );
  const answers = questions.map((question) => answersTo(one.query(Thing), question));
  one.close();
  return answers;
}

class Undone extends Error {}

/** A tree, and what it must hold. */
class World {
  readonly #place: string | undefined;
  readonly #questions: readonly Question[];
  tree: Store;
  #held: Held = new Map([['', []]]);
  #next = 0;

  constructor(place: string | undefined, questions: readonly Question[]) {
    this.#place = place;
    this.#questions = questions;
    this.tree = this.#opened();
  }

  // Reopened, it has few databases open at once: stores are closed and opened again all the time.
  #opened(maxOpenSubstores = 50): Store {
    if (this.#place === undefined) return Store.inMemory({ types: [Thing] });
    return Store.open(this.#place, { types: [Thing], durability: 'relaxed', maxOpenSubstores });
  }

  /** Asks all questions, as often as it takes to read bounds and to use them. */
  check(): void {
    const answers = expected(this.#held, this.#questions);
    for (let time = 0; time < 3; time++) this.#compare(answers);
  }

  #compare(answers: readonly unknown[]): void {
    const found = this.#questions.map((question) => answersTo(this.tree.tree.query(Thing), question));
    expect(found).toEqual(answers);
  }

  take(step: Step): void {
    const path = [...this.#held.keys()][step.where % this.#held.size] as string;
    if (step.what === 'make store') this.#makeStore(path);
    else if (step.what === 'delete store') this.#deleteStore(path);
    else if (step.what === 'undo' || step.what === 'undo inside') this.#undo(step, path);
    else if (step.what === 'elsewhere') this.#elsewhere(this.#writeFor({ ...step, what: kindOf(step) }, path));
    else if (step.what === 'reopen')
      this.#reopen(5 + (step.which % 4)); // a transaction keeps open what it writes, and paths go three levels deep
    else if (step.what !== 'nothing') this.#write(this.#writeFor({ ...step, what: step.what }, path));
  }

  #writeFor({ what, which, values }: Pick<Step, 'which' | 'values'> & Pick<Write, 'what'>, path: string): Write {
    const kept = this.#held.get(path) ?? [];
    const one = kept[which % Math.max(1, kept.length)];
    if (what === 'create' || one === undefined) return { what: 'create', path, serial: this.#next++, values };
    return { what, path, serial: one.serial, values };
  }

  #write(one: Write): void {
    write(this.tree, one);
    this.#held = written(this.#held, one);
  }

  /** The same through another handle. */
  #elsewhere(one: Write): void {
    if (this.#place === undefined) return;
    const other = this.#opened();
    write(other, one);
    other.close();
    this.#held = written(this.#held, one);
  }

  /** Writes, asks while that is not committed, and undoes it: the whole transaction, or a part of it. */
  #undo(step: Step, path: string): void {
    const one = this.#writeFor({ ...step, what: kindOf(step) }, path);
    const before = expected(this.#held, this.#questions);
    const within = expected(written(this.#held, one), this.#questions);
    const undone = () => {
      write(this.tree, one);
      this.#compare(within);
      this.#compare(within);
      throw new Undone();
    };
    const attempt = () => expect(() => this.tree.transact(undone)).toThrow(Undone);
    if (step.what === 'undo') attempt();
    else
      this.tree.transact(() => {
        this.#compare(before);
        attempt();
        this.#compare(before);
        this.#compare(before);
      });
  }

  #makeStore(path: string): void {
    if (path.length > 6) return;
    const name = String(this.#next++);
    const parent = path === '' ? this.tree : this.tree.at(path.slice(1).split('/'));
    parent.substores.create(name);
    this.#held = new Map([...this.#held, [`${path}/${name}`, []]]);
  }

  #deleteStore(path: string): void {
    if (path === '') return;
    const names = path.slice(1).split('/');
    const parent = names.length === 1 ? this.tree : this.tree.at(names.slice(0, -1));
    parent.substores.delete(names.at(-1) as string);
    this.#held = new Map([...this.#held].filter(([at]) => at !== path && !at.startsWith(`${path}/`)));
  }

  #reopen(maxOpenSubstores: number): void {
    if (this.#place === undefined) return;
    this.tree.close();
    this.tree = this.#opened(maxOpenSubstores);
  }
}

function kindOf({ which }: Step): Write['what'] {
  return WRITES[which % 3] as Write['what'];
}

function holds(aPlace: () => string | undefined) {
  return (before: Step[], steps: Step[], questions: Question[]) => {
    const world = new World(aPlace(), questions);
    try {
      for (const step of before) world.take({ ...step, what: step.which % 3 === 0 ? 'make store' : 'create' });
      for (const step of steps) {
        world.check();
        world.take(step);
      }
      world.check();
    } finally {
      world.tree.close();
    }
  };
}

const steps = (minLength: number, maxLength: number) => fc.array(aStep, { minLength, maxLength, size: 'max' });
const someQuestions = fc.array(aQuestion, { minLength: 2, maxLength: 2 });

test('a tree in memory that passes by stores answers as one store', { timeout: lawTimeout }, () => {
  fc.assert(
    fc.property(
      steps(4, 16),
      steps(1, 5),
      someQuestions,
      holds(() => undefined),
    ),
    { numRuns: cases(5) },
  );
});

test('a tree on disk that passes by stores answers as one store', { timeout: lawTimeout }, () => {
  const directory = aDirectory();
  let number = 0;
  const aPlace = () => `${directory}/${number++}`;
  fc.assert(fc.property(steps(4, 16), steps(1, 5), someQuestions, holds(aPlace)), { numRuns: cases(3) });
});
