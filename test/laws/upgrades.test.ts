import {
  bigint,
  boolean,
  bytes,
  decimal,
  Item,
  type ItemClass,
  integer,
  item,
  json,
  real,
  reference,
  type Store,
  text,
  timestamp,
  upgrade,
} from 'corollary';
import { expect, test } from 'vitest';
import { refusal } from '../support/a-refusal.js';
import { aStore, aStoreDirectory } from '../support/a-store.js';
import { cases, fc, lawTimeout } from '../support/chance.js';

// Random versions of a type, with random items that others refer to, upgraded in one of the ways there are. A model of plain
// objects says what must come of each item, or that it cannot be; then all must be as before.

type Value = string | number | boolean | bigint | Date | Uint8Array | object | null;
type Values = Readonly<Record<string, Value>>;

/** What an attribute can be: how it is declared, and a value for each number. */
const KINDS = {
  text: { declared: text, value: (n: number) => `t${n % 5}` },
  integer: { declared: integer, value: (n: number) => n - 3 },
  real: { declared: real, value: (n: number) => n / 4 },
  boolean: { declared: boolean, value: (n: number) => n % 2 === 0 },
  timestamp: { declared: timestamp, value: (n: number) => new Date(n) },
  json: { declared: json, value: (n: number) => ({ list: [n, null] }) },
  bytes: { declared: bytes, value: (n: number) => new Uint8Array([n]) },
  bigint: { declared: bigint, value: (n: number) => 2n ** 62n + BigInt(n) },
  decimal: { declared: (options: object) => decimal({ scale: 2, ...options }), value: (n: number) => `${n}.50` },
} as const;

interface Declared {
  readonly kind: keyof typeof KINDS;
  readonly nullable: boolean;
  readonly rule: 'none' | 'indexed' | 'unique';
}
type Shape = Readonly<Record<string, Declared>>;

/** A step from a version to the next, or over one. */
interface Step {
  readonly isLong: boolean;
  /** What it gives is left out where the number fits. */
  readonly leavesOut: number;
  /** Items whose number fits are deleted. */
  readonly deletes: number;
}

interface Course {
  readonly shapes: readonly Shape[];
  readonly steps: readonly Step[];
  /** Of each store: what the items are numbered, and which of them others refer to, by which rule. */
  readonly stores: readonly { readonly items: readonly number[]; readonly notes: readonly [number, Rule][] }[];
  readonly way: keyof typeof WAYS;
}

const NAMES = ['a', 'b', 'c', 'd'];
const RULES = ['refuse', 'nullify', 'cascade'] as const;
type Rule = (typeof RULES)[number];

// biome-ignore lint/suspicious/noExplicitAny: the attributes of these classes are drawn
type Any = any;

function declaration({ kind, nullable, rule }: Declared) {
  const isUnique = rule === 'unique' && kind !== 'json' && kind !== 'bytes';
  return KINDS[kind].declared({
    ...(nullable && { nullable }),
    ...(isUnique ? { unique: true } : rule === 'indexed' && kind !== 'json' && { indexed: true }),
  } as never) as Any;
}

function itemType(name: string, options: object, shape: Readonly<Record<string, Any>>): ItemClass<Any> {
  class Drawn extends Item {}
  for (const [attribute, decorator] of Object.entries(shape)) decorator(Drawn.prototype, attribute);
  (item as Any)(name, options)(Drawn);
  return Drawn as Any;
}

const declarations = (shape: Shape) =>
  Object.fromEntries(Object.entries(shape).map(([name, one]) => [name, declaration({ ...one, rule: 'none' })]));

/** The classes of a program of some version. */
function program({ shapes, steps }: Course, version: number) {
  const upgrades = () =>
    shapes.slice(0, version - 1).map((shape, at) => {
      const step = steps[at] as Step;
      const to = targetOf(step, at, version);
      return (upgrade as Any)(
        at + 1,
        declarations(shape),
        (old: Values, { storeId }: { storeId: number }) => given(step, shapes[to - 1] as Shape, numberOf(storeId), old),
        { to },
      );
    });
  const Thing = itemType('thing', { version, upgrades }, declarationsOf(shapes[version - 1] as Shape));
  const notes = RULES.map((whenDeleted) =>
    itemType(`note_${whenDeleted}`, {}, { of: reference(() => Thing, { nullable: true, whenDeleted } as Any) }),
  );
  return { Thing, notes };
}

const declarationsOf = (shape: Shape) =>
  Object.fromEntries(Object.entries(shape).map(([name, one]) => [name, declaration(one)]));

/** The version that a step leads to, for the last version there is. */
const targetOf = ({ isLong }: Step, at: number, last: number) => Math.min(at + (isLong ? 3 : 2), last);

/** What an item is known by in the model: the number in its id, without the tag of its type. */
const numberOf = (storeId: number) => Math.floor(Number(storeId) / 4096);

/** What a step gives for an item. */
function given({ leavesOut, deletes }: Step, next: Shape, number: number, old: Values): object | null {
  if (number % deletes === 0) return null;
  expect(Object.keys(old).length).toBeGreaterThan(0);
  return Object.fromEntries(
    Object.entries(next).flatMap(([name, { kind }], at) =>
      (number + at) % leavesOut === 0 ? [] : [[name, KINDS[kind].value(number + at)]],
    ),
  );
}

class Impossible extends Error {}

/** What becomes of an item; null where it is deleted. */
function upgraded({ shapes, steps }: Course, number: number, values: Values): Values | null {
  let now: Values = values;
  let at = 0;
  while (at < shapes.length - 1) {
    const step = steps[at] as Step;
    const to = targetOf(step, at, shapes.length);
    const [before, next] = [shapes[at] as Shape, shapes[to - 1] as Shape];
    const gives = given(step, next, number, now) as Values | null;
    if (gives === null) return null;
    now = Object.fromEntries(
      Object.entries(next).map(([name, wanted]) => [name, valueAfter(name, wanted, { gives, before, now })]),
    );
    at = to - 1;
  }
  return now;
}

function valueAfter(name: string, wanted: Declared, has: { gives: Values; before: Shape; now: Values }): Value {
  if (name in has.gives) return has.gives[name] as Value;
  const copied = has.before[name]?.kind === wanted.kind ? (has.now[name] as Value) : null;
  if (copied === null && !wanted.nullable) throw new Impossible();
  return copied;
}

/** All of a store as data that can be compared, by number. */
interface Content {
  readonly things: Map<number, Values>;
  readonly notes: (readonly [Rule, number | null])[];
}

function wantedContent(course: Course, before: Content): Content {
  const things = new Map<number, Values>();
  for (const [number, values] of before.things) {
    const after = upgraded(course, number, values);
    if (after !== null) things.set(number, after);
  }
  assertUnique(course.shapes.at(-1) as Shape, [...things.values()]);
  const notes = before.notes.flatMap(([rule, number]): Content['notes'] => {
    if (number === null || things.has(number)) return [[rule, number]];
    if (rule === 'refuse') throw new Impossible();
    return rule === 'nullify' ? [[rule, null]] : [];
  });
  return { things, notes };
}

function assertUnique(shape: Shape, all: readonly Values[]): void {
  for (const [name, { rule, kind }] of Object.entries(shape)) {
    if (rule !== 'unique' || kind === 'json' || kind === 'bytes') continue;
    const values = all.map((one) => one[name] as Value).filter((value) => value !== null);
    if (new Set(values.map((value) => String(value?.valueOf()))).size < values.length) throw new Impossible();
  }
}

function contentOf(store: Store, { Thing, notes }: ReturnType<typeof program>, shape: Shape): Content {
  const things = store.query(Thing).all() as Any[];
  const names = Object.keys(shape);
  return {
    things: new Map(
      things.map((one) => [numberOf(one.storeId), Object.fromEntries(names.map((name) => [name, one[name]]))]),
    ),
    notes: notes.flatMap((Note, at) =>
      (store.query(Note).all() as Any[]).map(({ of }) => [RULES[at] as Rule, of && numberOf(of.storeId)] as const),
    ),
  };
}

/** What a program does with a store of an older version. */
type Use = (store: Store, Thing: ItemClass<Any>, id: number) => unknown;

const WAYS = {
  query: (store, Thing) => store.query(Thing).all(),
  count: (store, Thing) => store.count(Thing),
  get: (store, Thing, id) => store.find(Thing, id as Any),
  'a transaction that is undone': (store, Thing) => {
    const undone = new Error('undone');
    const work = () => {
      store.query(Thing).all();
      throw undone;
    };
    try {
      store.transact(work);
    } catch (error) {
      if (error !== undone) throw error;
    }
    store.query(Thing).all();
  },
  'a transaction': (store, Thing) => store.transact(() => store.query(Thing).all()),
} as const satisfies Record<string, Use>;

/** Writes the stores of a course as a program of the first version does. */
function written(course: Course): { place: string; contents: Content[] } {
  const place = aStoreDirectory();
  const { Thing, notes } = program(course, 1);
  const shape = course.shapes[0] as Shape;
  const root = aStore({ types: [Thing, ...notes] }, place);
  const contents = course.stores.map((wanted, at) => {
    const store = at === 0 ? root : root.substores.create(`sub${at}`);
    const things = new Map<number, Any>();
    for (const number of wanted.items) {
      const made = store.create(Thing, firstValues(shape, number));
      things.set(number, made);
    }
    for (const [number, rule] of wanted.notes)
      store.create(notes[RULES.indexOf(rule)] as Any, { of: things.get(number) ?? null });
    return contentOf(store, { Thing, notes }, shape);
  });
  root.close();
  return { place, contents };
}

function firstValues(shape: Shape, number: number): Values {
  return Object.fromEntries(
    Object.entries(shape).map(([name, { kind, nullable }], at) => [
      name,
      nullable && number % 3 === at % 3 ? null : KINDS[kind].value(number),
    ]),
  );
}

const outcome = (course: Course, before: Content): Content | 'impossible' => {
  try {
    return wantedContent(course, before);
  } catch (error) {
    if (error instanceof Impossible) return 'impossible';
    throw error;
  }
};

const declared: fc.Arbitrary<Declared> = fc.record({
  kind: fc.constantFrom(...(Object.keys(KINDS) as Declared['kind'][])),
  nullable: fc.boolean(),
  rule: fc.constantFrom('none', 'none', 'none', 'indexed', 'unique'),
});
const shape = fc
  .uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 })
  .chain((names) =>
    fc
      .tuple(...names.map(() => declared))
      .map((all) => Object.fromEntries(names.map((name, at) => [name, all[at] as Declared]))),
  );
const step: fc.Arbitrary<Step> = fc.record({
  isLong: fc.boolean(),
  leavesOut: fc.constantFrom(1, 2, 3, 100),
  deletes: fc.constantFrom(1000, 1000, 7, 2),
});
const stores = fc.array(
  fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { maxLength: 6 }).chain((items) =>
    fc.record({
      items: fc.constant(items),
      notes: fc.array(fc.tuple(fc.constantFrom(0, ...items), fc.constantFrom(...RULES)), {
        maxLength: 4,
      }) as fc.Arbitrary<[number, Rule][]>,
    }),
  ),
  { minLength: 1, maxLength: 2 },
);
const course: fc.Arbitrary<Course> = fc.integer({ min: 2, max: 4 }).chain((versions) =>
  fc.record({
    shapes: fc.array(shape, { minLength: versions, maxLength: versions }),
    steps: fc.array(step, { minLength: versions - 1, maxLength: versions - 1 }),
    stores,
    way: fc.constantFrom(...(Object.keys(WAYS) as (keyof typeof WAYS)[])),
  }),
);

/** What the first version holds is not unique there: later ones say what must be. */
const withoutUnique = (shape: Shape): Shape =>
  Object.fromEntries(
    Object.entries(shape).map(([name, one]) => [name, { ...one, rule: one.rule === 'unique' ? 'none' : one.rule }]),
  );

const storeAt = (root: Store, at: number) => (at === 0 ? root : root.at(`sub${at}`));

/** Opens the stores with the last program, and compares what they hold with the model. */
function assertUpgraded(course: Course, place: string, wanted: readonly (Content | 'impossible')[], use?: Use): void {
  const now = program(course, course.shapes.length);
  const root = aStore({ types: [now.Thing, ...now.notes] }, place);
  for (const [at, content] of wanted.entries()) {
    const store = storeAt(root, at);
    if (content === 'impossible') {
      expect(refusal(() => (use ?? WAYS.query)(store, now.Thing, 4097)).code).toBe('UPGRADE_FAILED');
    } else {
      use?.(store, now.Thing, 4097);
      expect(contentOf(store, now, course.shapes.at(-1) as Shape)).toEqual(content);
    }
  }
  if (!wanted.includes('impossible')) expect(root.tree.check().findings).toEqual([]);
  root.close();
}

test(
  'items of old versions become what a model says, or all of their store stays as it was',
  () => {
    fc.assert(
      fc.property(course, ({ shapes: [first, ...others], ...rest }) => {
        const drawn: Course = { ...rest, shapes: [withoutUnique(first as Shape), ...others] };
        const { place, contents } = written(drawn);
        const wanted = contents.map((content) => outcome(drawn, content));
        assertUpgraded(drawn, place, wanted, WAYS[drawn.way]);
        assertUpgraded(drawn, place, wanted);
        if (wanted[0] !== 'impossible') return;
        const older = aStore({}, place);
        expect(contentOf(older, program(drawn, 1), drawn.shapes[0] as Shape)).toEqual(contents[0]);
        older.close();
      }),
      { numRuns: cases(60) },
    );
  },
  lawTimeout,
);
