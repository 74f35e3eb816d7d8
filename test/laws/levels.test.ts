import { join } from 'node:path';
import {
  CorollaryError,
  type Default,
  type ErrorCode,
  Item,
  integer,
  item,
  type Query,
  reference,
  Store,
  text,
} from 'corollary';
import { expect, test } from 'vitest';
import { aDirectory } from '../support/a-store.js';
import { fc } from '../support/chance.js';

// Transactions in transactions, some of which throw, with everything in them that a program can do.

const runs = Number(process.env.RUNS ?? 50);

abstract class Numbered extends Item {
  @integer({ default: 0 }) declare n: Default<number>;
}

@item('thing', { indexes: [['n']] })
class Thing extends Numbered {
  @text() declare name: string;
  @reference(() => Thing, { nullable: true, whenDeleted: 'nullify' }) declare friend: Thing | null;
}

class Unlucky extends Error {}

@item('guarded')
class Guarded extends Numbered {
  override stored(): void {
    if (this.n === 13) throw new Unlucky();
  }
}

// Only stored by the command 'create late', so that its table comes and goes with a level too.
@item('late')
class Late extends Numbered {}

const types = [Thing, Guarded, Late];

class Undone extends Error {}

/** What a step may end with, as a program would see it. Anything else is a fault. */
const FORESEEN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ITEM_GONE',
  'NOT_FOUND',
  'NAME_TAKEN',
  'OUTSIDE_TREE', // another handle, or the root inside a transaction of a substore
  'STORE_CLOSED',
  'TOO_MANY_OPEN',
]);

function attempt<R>(act: () => R): R | undefined {
  try {
    return act();
  } catch (error) {
    const isForeseen = error instanceof CorollaryError && FORESEEN.has(error.code);
    if (!isForeseen && !(error instanceof Undone) && !(error instanceof Unlucky)) throw error;
    return undefined;
  }
}

/** A store, a second handle on it, and the items that the program holds. */
interface Session {
  readonly place: string;
  readonly store: Store;
  readonly other: Store;
  readonly held: Set<Numbered>;
}

/** What a command is done with: an item or a name to choose, and a number to write. */
interface Choice {
  readonly which: number;
  readonly n: number;
}
type Command = (session: Session, choice: Choice) => unknown;

const chosen = ({ held }: Session, { which }: Choice) => [...held][which % held.size];
const hold = ({ held }: Session, found: Query<Thing>) => {
  for (const one of found) held.add(one);
};
const nameOf = ({ which }: Choice) => `s${which % 3}`;
const chosenStore = ({ store }: Session, choice: Choice) => store.substores.open(nameOf(choice));
const some = (count: number) => Array.from({ length: count }, (_, n) => ({ name: 'one of many', n }));

const commands = {
  create: ({ store, held }, { n }) => held.add(store.create(Thing, { name: 'created', n })),
  'create guarded': ({ store, held }, { n }) => held.add(store.create(Guarded, { n })),
  'create late': ({ store, held }, { n }) => held.add(store.create(Late, { n })),
  createMany: ({ store }, { which }) => store.createMany(Thing, some(which)),
  'change one': (session, choice) => chosen(session, choice)?.set({ n: choice.n }),
  'refer to another': (session, choice) => {
    const one = chosen(session, choice);
    if (one instanceof Thing) one.friend = one.store.findFirst(Thing, { n: choice.n }) ?? null;
  },
  'change some': ({ store }, { which, n }) => store.query(Thing, { n: which }).update({ n }),
  'change all of a type': ({ store }, { n }) => store.query(Guarded).update({ n }),
  'delete one': (session, choice) => chosen(session, choice)?.delete(),
  'delete some': ({ store }, { n }) => store.query(Thing, { n }).delete(),
  'read one': (session, choice) => chosen(session, choice)?.n,
  'find one': (session, { n }) => hold(session, session.store.query(Thing, (t) => t.n.gte(n)).limit(1)),
  'find all': (session) => hold(session, session.store.query(Thing)),
  'create a substore': ({ store }, choice) => store.substores.create(nameOf(choice)),
  'create one that is not empty': ({ store }, choice) =>
    store.substores.create(nameOf(choice)).create(Thing, { name: 'first', n: choice.n }),
  'delete a substore': ({ store }, choice) => store.substores.delete(nameOf(choice)),
  'create in a substore': (session, choice) =>
    session.held.add(chosenStore(session, choice).create(Thing, { name: 'below', n: choice.n })),
  'change all in a substore': (session, choice) => chosenStore(session, choice).query(Thing).update({ n: choice.n }),
  'count in a substore': (session, choice) => chosenStore(session, choice).count(Thing),
  'change from another handle': ({ other }, { which, n }) => other.query(Thing, { n: which }).update({ n }),
  'delete from another handle': ({ other }, { n }) => other.query(Thing, { n }).delete(),
} satisfies Record<string, Command>;

type Step =
  | (Choice & { readonly command: keyof typeof commands })
  | { readonly transact: readonly Step[]; readonly on: 'the root' | 's0'; readonly isUndone: boolean };

const { steps: someSteps } = fc.letrec<{ steps: readonly Step[]; step: Step }>((tie) => ({
  steps: fc.array(tie('step'), { maxLength: 6, size: 'max' }),
  step: fc.oneof(
    { depthSize: 'medium', maxDepth: 4, withCrossShrink: true },
    {
      weight: 1,
      arbitrary: fc.record({
        command: fc.constantFrom(...(Object.keys(commands) as (keyof typeof commands)[])),
        which: fc.nat(7),
        n: fc.nat(14),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        transact: tie('steps'),
        on: fc.constantFrom('the root', 'the root', 'the root', 's0'),
        isUndone: fc.boolean(),
      }),
    },
  ),
}));

const create = { command: 'create', which: 0, n: 0 } as const;
const level = (isUndone: boolean, ...transact: readonly Step[]): Step => ({ transact, on: 'the root', isUndone });
// What an inner level had undone was counted again when the level around it was undone: the two that stay then seemed
// to be none, so there was nothing to commit.
const countedTwice = [create, level(false, level(true, level(true, create, create), create), create, create)];

/** Does a step; inside a transaction, the errors of each are caught, as a program might. */
function take(session: Session, step: Step): void {
  if ('command' in step) return void commands[step.command](session, step);
  const scope = step.on === 'the root' ? session.store : session.store.at(step.on);
  scope.transact(() => {
    for (const inner of step.transact) attempt(() => take(session, inner));
    if (step.isUndone) throw new Undone();
  });
}

/** What a store and those below it answer. */
function told(store: Store): unknown {
  return [...store.tree.stores()].map((one) => ({
    path: one.path.join('/'),
    items: types.map((type) => one.query<Item>(type).all().map(plain)),
    isSound: one.check().isSound,
  }));
}
const plain = (one: Item) => one.toJSON();

/** Compares all that the program holds and can ask for with what a handle reads that was opened just now. */
function compare({ place, store, held }: Session, step: Step): void {
  const said = `after ${JSON.stringify(step)}`;
  using fresh = Store.open(place, { types, readOnly: true });
  store.refresh();
  for (const one of held) {
    const twin = twinOf(one, fresh);
    expect(one.isStored, said).toBe(twin !== undefined);
    if (twin === undefined) continue;
    expect(one.toJSON(), said).toEqual(twin.toJSON());
    expect(one.store.findAny(one.storeId), said).toBe(one);
  }
  expect(told(store), said).toEqual(told(fresh));
}

/** The same item as another handle has it. A store that was deleted may have a successor of the same name. */
function twinOf(one: Item, root: Store): Item | undefined {
  const { path, uid } = one.store;
  const store = attempt(() => root.at(path));
  return store?.uid === uid ? store.findAny(one.storeId) : undefined;
}

test('after any sequence of nested transactions with throws, what is in memory is what another handle reads', {
  timeout: 120_000 + 1000 * runs,
}, () => {
  const directory = aDirectory();
  let count = 0;
  const law = fc.property(someSteps, fc.constantFrom(1, 5), (steps, maxOpenSubstores) => {
    const place = join(directory, String(count++));
    using store = Store.open(place, { types, maxOpenSubstores, durability: 'relaxed' });
    using other = Store.open(place, { types, durability: 'relaxed' });
    const session = { place, store, other, held: new Set<Numbered>() };
    for (const step of steps) {
      attempt(() => take(session, step));
      compare(session, step);
    }
  });
  fc.assert(law, { numRuns: runs, examples: [[countedTwice, 5]] });
});
