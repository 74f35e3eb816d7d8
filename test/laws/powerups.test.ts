import { join } from 'node:path';
import {
  type AnyRole,
  CorollaryError,
  type Default,
  type ErrorCode,
  Item,
  integer,
  item,
  role,
  Store,
  SubStore,
  text,
} from 'corollary';
import { expect, test } from 'vitest';
import { aDirectory } from '../support/a-store.js';
import { fc } from '../support/chance.js';

// Any sequence of giving, taking away and deleting, in transactions that are undone and by other handles, on two stores
// and their items, against a plain list of who plays what.

const runs = Number(process.env.RUNS ?? 4);

interface Named {
  readonly name: string;
}
const roles = ['one', 'two', 'above'].map((id) => role<Named>(id, { inherited: id === 'above' }));

@item('player', { roles: () => [roles[0] as AnyRole, [roles[2] as AnyRole, 2]] })
class Player extends Item implements Named {
  @text() declare name: string;
  @integer({ default: 0 }) declare n: Default<number>;
}

class Undone extends Error {}

const types = [Player];
const PATHS = ['', 'part'] as const;
/** How many items each store begins with. */
const ITEMS = 2;

/** A place in the model: a store, or an item by its name. */
interface Spot {
  readonly store: number;
  /** Undefined for the store itself. */
  readonly name: string | undefined;
}

/** That a player plays a role for a target of its store. */
interface Seat {
  readonly store: number;
  readonly target: string | undefined;
  readonly role: string;
  readonly player: string;
  readonly priority: number;
}

/** What there should be. Seats are in the order in which they were given. */
interface Model {
  readonly items: readonly Spot[];
  readonly seats: readonly Seat[];
  /** Role ids that the substore plays for its parent by its SubStore item. */
  readonly handedUp: readonly string[];
}

/** The program's side: two handles on one tree, of which the first one can be asked at any time. */
interface Session {
  readonly place: string;
  model: Model;
  handles: [Store, Store];
  count: number;
}

interface Choice {
  readonly store: number;
  readonly target: number;
  readonly player: number;
  readonly role: number;
  readonly priority: number | undefined;
}

/** One step, and what the model is afterwards; undefined where the step is to be refused. */
type Command = (session: Session, handle: Store, choice: Choice) => Model | ErrorCode;

const storeOf = (handle: Store, index: number) => (index === 0 ? handle : handle.at('part'));
const itemsOf = ({ items }: Model, store: number) => items.filter((one) => one.store === store);

/** The chosen item of a store, by name; undefined when there is none. */
function chosen({ model }: Session, store: number, index: number): string | undefined {
  const items = itemsOf(model, store);
  return items[index % Math.max(1, items.length)]?.name;
}
function found(handle: Store, store: number, name: string): Player {
  return storeOf(handle, store).getUnique(Player, { name });
}
/** Every third choice is the store itself. */
function chosenTarget(session: Session, { store, target }: Choice): string | undefined {
  return target % 3 === 0 ? undefined : chosen(session, store, target);
}
function targetOf(handle: Store, store: number, name: string | undefined): Store | Player {
  return name === undefined ? storeOf(handle, store) : found(handle, store, name);
}
const isSeat = (seat: Seat, wanted: Partial<Seat>) =>
  Object.entries(wanted).every(([key, value]) => seat[key as keyof Seat] === value);

function given(
  { seats }: Model,
  { store, target, role, player }: Omit<Seat, 'priority'>,
  priority: number | undefined,
  declared: number,
): Seat[] {
  const seat = { store, target, role, player };
  const known = seats.find((one) => isSeat(one, seat));
  if (known === undefined) return [...seats, { ...seat, priority: priority ?? declared }];
  return seats.map((one) => (one === known ? { ...one, priority: priority ?? one.priority } : one));
}
const declaredFor = (id: string) => (id === 'above' ? 2 : 0);

const commands = {
  give: (session, handle, choice) => {
    const { store, priority } = choice;
    const [target, player] = [chosenTarget(session, choice), chosen(session, store, choice.player)];
    if (player === undefined) return session.model;
    const wanted = roles[choice.role] as AnyRole;
    const options = priority === undefined ? {} : { priority };
    targetOf(handle, store, target).powerUp(found(handle, store, player), wanted, options);
    const seat = { store, target, role: wanted.id, player };
    return { ...session.model, seats: given(session.model, seat, priority, declaredFor(wanted.id)) };
  },
  'give again': (session, handle, { player, priority }) => {
    const { model } = session;
    const seat = model.seats[player % Math.max(1, model.seats.length)];
    if (seat === undefined) return model;
    const wanted = roles.find(({ id }) => id === seat.role) as AnyRole;
    const options = priority === undefined ? {} : { priority };
    targetOf(handle, seat.store, seat.target).powerUp(found(handle, seat.store, seat.player), wanted, options);
    return { ...model, seats: given(model, seat, priority, 0) };
  },
  'give as the class says': (session, handle, choice) => {
    const { store } = choice;
    const [target, player] = [chosenTarget(session, choice), chosen(session, store, choice.player)];
    if (player === undefined) return session.model;
    targetOf(handle, store, target).powerUp(found(handle, store, player));
    return ['one', 'above'].reduce<Model>((model, id) => {
      const seats = given(model, { store, target, role: id, player }, undefined, declaredFor(id));
      return { ...model, seats };
    }, session.model);
  },
  'take away': (session, handle, choice) => takeAway(session, handle, choice, (roles[choice.role] as AnyRole).id),
  'take all away': (session, handle, choice) => takeAway(session, handle, choice, undefined),
  create: (session, handle, { store }) => {
    const name = `made ${session.count++}`;
    storeOf(handle, store).create(Player, { name });
    return { ...session.model, items: [...session.model.items, { store, name }] };
  },
  delete: (session, handle, { store, player }) => {
    const name = chosen(session, store, player);
    if (name === undefined) return session.model;
    found(handle, store, name).delete();
    return without(session.model, store, [name]);
  },
  'delete by a query': (session, handle, { store, player }) => {
    const names = itemsOf(session.model, store).flatMap((one, index) =>
      index % 3 === player % 3 ? (one.name ?? []) : [],
    );
    storeOf(handle, store)
      .query(Player, (p) => p.name.in(names))
      .delete();
    return without(session.model, store, names);
  },
  'change something else': (session, handle, { store, player, target }) => {
    const name = chosen(session, store, player);
    if (name !== undefined) found(handle, store, name).n = target;
    return session.model;
  },
  'hand up': ({ model }, handle, choice) => {
    const { id } = roles[choice.role] as AnyRole;
    handle.powerUp(handle.getUnique(SubStore, { name: 'part' }), roles[choice.role] as AnyRole);
    return { ...model, handedUp: [...new Set([...model.handedUp, id])] };
  },
  'hand up no more': ({ model }, handle, choice) => {
    const { id } = roles[choice.role] as AnyRole;
    if (!model.handedUp.includes(id)) return model;
    handle.powerDown(handle.getUnique(SubStore, { name: 'part' }), roles[choice.role] as AnyRole);
    return { ...model, handedUp: model.handedUp.filter((one) => one !== id) };
  },
} satisfies Record<string, Command>;

function takeAway(session: Session, handle: Store, choice: Choice, id: string | undefined): Model | ErrorCode {
  const { model } = session;
  const { store } = choice;
  const [target, player] = [chosenTarget(session, choice), chosen(session, store, choice.player)];
  if (player === undefined) return model;
  const wanted = { store, target, player, ...(id === undefined ? {} : { role: id }) };
  const seats = model.seats.filter((seat) => !isSeat(seat, wanted));
  const isRefused = seats.length === model.seats.length;
  const asked = roles.find((one) => one.id === id);
  const act = () => targetOf(handle, store, target).powerDown(found(handle, store, player), asked);
  if (!isRefused) act();
  else expect(codeOf(act)).toBe('NO_POWERUP');
  return { ...model, seats };
}

function codeOf(act: () => void): ErrorCode | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof CorollaryError) return error.code;
    throw error;
  }
}

/** The model once items of these names are gone. */
function without(model: Model, store: number, names: readonly string[]): Model {
  const isGone = (where: number, name: string | undefined) =>
    where === store && name !== undefined && names.includes(name);
  return {
    ...model,
    items: model.items.filter((one) => !isGone(one.store, one.name)),
    seats: model.seats.filter((seat) => !isGone(seat.store, seat.target) && !isGone(seat.store, seat.player)),
  };
}

/** The names of those who play a role right there, as the model has it. */
function seated({ seats }: Model, spot: Spot, id: string): string[] {
  const there = seats.filter((seat) => isSeat(seat, { store: spot.store, target: spot.name, role: id }));
  return there.sort((a, b) => b.priority - a.priority).map(({ player }) => player);
}

/** The same for a store above, whose substore may play roles for it: always given with priority 0, and never again. */
function expected(model: Model, spot: Spot, id: string): string[] {
  const here = spot.store === 0 && spot.name === undefined ? withHandedUp(model, id) : seated(model, spot, id);
  if (here.length > 0 || id !== 'above') return here;
  if (spot.name !== undefined) return expected(model, { ...spot, name: undefined }, id);
  return spot.store === 0 ? [] : expected(model, { store: 0, name: undefined }, id);
}

// Only the position of the substore's answer among those of priority 0 depends on when it was given: it is compared as a set.
function withHandedUp(model: Model, id: string): string[] {
  const root = seated(model, { store: 0, name: undefined }, id);
  const [first] = model.handedUp.includes(id) ? seated(model, { store: 1, name: undefined }, id) : [];
  return first === undefined ? root : [...root, `part's ${first}`];
}

const nameOf = (player: Named & Partial<Item>, asked: Store) =>
  player.store === asked || asked.depth > 0
    ? player.name
    : player.store?.depth === 1
      ? `part's ${player.name}`
      : player.name;

/** Compares everything that can be asked of one handle with the model. */
function compare({ model }: Session, handle: Store, said: string): void {
  for (const spot of spotsOf(model)) {
    const target = targetOf(handle, spot.store, spot.name);
    for (const one of roles) {
      const where = `${said}: ${one.id} for ${spot.name ?? 'the store'} of ${spot.store}`;
      const players = target.powerupsFor(one);
      const names = players.map((player) => nameOf(player, storeOf(handle, spot.store)));
      const wanted = expected(model, spot, one.id);
      expect([...names].sort(), where).toEqual(wanted.map((name) => fromAbove(name, spot)).sort());
      expect(names.filter(isOwn), where).toEqual(wanted.map((name) => fromAbove(name, spot)).filter(isOwn));
      expect(target.maybe(one), where).toBe(players[0]);
      expect(
        codeOf(() => void target.as(one)),
        where,
      ).toBe(players.length === 0 ? 'NO_POWERUP' : undefined);
    }
    for (const { name } of itemsOf(model, spot.store)) compareRoles(model, handle, spot, name as string, said);
  }
}
const isOwn = (name: string) => !name.startsWith("part's ");
const fromAbove = (name: string, spot: Spot) => (spot.store === 1 ? name.replace("part's ", '') : name);

function compareRoles({ seats }: Model, handle: Store, spot: Spot, player: string, said: string): void {
  const wanted = seats.filter((seat) => isSeat(seat, { store: spot.store, target: spot.name, player }));
  const ids = targetOf(handle, spot.store, spot.name)
    .rolesOf(found(handle, spot.store, player))
    .map(({ id }) => id);
  expect(ids, said).toEqual(wanted.map((seat) => seat.role).sort());
}

function spotsOf(model: Model): Spot[] {
  return [...model.items, { store: 0, name: undefined }, { store: 1, name: undefined }];
}

type Step =
  | (Choice & { readonly command: keyof typeof commands; readonly handle: number })
  | { readonly transact: readonly Step[]; readonly isUndone: boolean; readonly handle: number }
  | { readonly reopen: number };

const choice = {
  store: fc.nat(1),
  target: fc.nat(8),
  player: fc.nat(7),
  role: fc.nat(2),
  priority: fc.option(fc.integer({ min: -2, max: 2 }), { nil: undefined }),
};
const { steps: someSteps } = fc.letrec<{ steps: readonly Step[]; step: Step }>((tie) => ({
  steps: fc.array(tie('step'), { maxLength: 14, size: 'max' }),
  step: fc.oneof(
    { depthSize: 'medium', maxDepth: 3, withCrossShrink: true },
    {
      weight: 6,
      arbitrary: fc.record({
        command: fc.constantFrom(
          ...(Object.keys(commands) as (keyof typeof commands)[]),
          'give' as const,
          'give' as const,
          'give again' as const,
        ),
        handle: fc.constantFrom(0, 0, 1),
        ...choice,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ transact: tie('steps'), isUndone: fc.boolean(), handle: fc.constantFrom(0, 0, 1) }),
    },
    { weight: 1, arbitrary: fc.record({ reopen: fc.nat(1) }) },
  ),
}));

/** Does a step by one handle; inside a transaction only that one may do anything. */
function take(session: Session, step: Step, running?: Store): void {
  const said = JSON.stringify(step);
  if ('reopen' in step) {
    if (running === undefined) reopen(session, step.reopen);
  } else if ('command' in step) {
    const command: Command = commands[step.command];
    const after = command(session, running ?? (session.handles[step.handle] as Store), step);
    if (typeof after === 'object') session.model = after;
  } else {
    inTransaction(session, step.transact, step.isUndone, running ?? (session.handles[step.handle] as Store));
  }
  for (const handle of running === undefined ? session.handles : [running]) compare(session, handle, said);
}

function inTransaction(session: Session, steps: readonly Step[], isUndone: boolean, handle: Store): void {
  const before = session.model;
  try {
    handle.transact(() => {
      for (const step of steps) take(session, step, handle);
      if (isUndone) throw new Undone();
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
    session.model = before;
  }
}

function reopen(session: Session, index: number): void {
  session.handles[index]?.close();
  session.handles[index] = opened(session.place);
}

function opened(place: string): Store {
  return Store.open(place, { types, durability: 'relaxed', maxOpenSubstores: 1 });
}

/** A session with two stores and some items in each. */
function begun(place: string): Session {
  const handles: [Store, Store] = [opened(place), opened(place)];
  handles[0].substores.create('part');
  const items = PATHS.flatMap((_, store) => Array.from({ length: ITEMS }, (__, n) => ({ store, name: `item ${n}` })));
  for (const { store, name } of items) storeOf(handles[0], store).create(Player, { name });
  return { place, model: { items, seats: [], handedUp: [] }, handles, count: 0 };
}

test('after any sequence of giving, taking away, deleting and undoing, those play a role who should', {
  timeout: 120_000 + 1000 * runs,
}, () => {
  const directory = aDirectory();
  let count = 0;
  const law = fc.property(someSteps, (steps) => {
    const session = begun(join(directory, String(count++)));
    try {
      for (const step of steps) take(session, step);
      expect(session.handles[0].tree.check()).toMatchObject({ isSound: true });
    } finally {
      for (const handle of session.handles) handle.close();
    }
  });
  fc.assert(law, { numRuns: runs });
});
