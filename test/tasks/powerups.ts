import { Store } from 'corollary';
import { Customer, Mailer, Named, Smtp, types } from '../support/mailers.js';

// --expose-gc. A garbage collection finds what no turn of the event loop still needs.
declare function gc(): void;

async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await new Promise(setImmediate);
    gc();
  }
}

let store: Store | undefined;

function opened(): Store {
  if (store === undefined) throw new Error('open comes first');
  return store;
}

/** Opens the store that other functions work on. */
export function open(place: string): void {
  store = Store.open(place, { types });
}

/** Makes a mailer that sends for the store. */
export function give(name: string, priority: number): void {
  opened().transact(() => opened().powerUp(opened().create(Smtp, { name }), Mailer, { priority }));
}

/** Has a mailer that is there send for the customer too. */
export function giveToCustomer(name: string): void {
  opened().query(Customer).one().powerUp(opened().getUnique(Smtp, { name }), Mailer);
}

export function takeAway(name: string): void {
  opened().powerDown(opened().getUnique(Smtp, { name }), Mailer);
}

export function remove(name: string): void {
  opened().getUnique(Smtp, { name }).delete();
}

export function removeCustomer(): void {
  opened().query(Customer).delete();
}

/** Asks again and again who sends, while another process changes it; says what was heard that makes no sense. */
export function askManyTimes(times: number): string[] {
  const wrong: string[] = [];
  for (let n = 0; n < times; n++) {
    opened().refresh();
    const names = opened()
      .powerupsFor(Mailer)
      .map((one) => one.send('x'));
    if (new Set(names).size !== names.length) wrong.push(names.join());
  }
  return wrong;
}

/** Takes a role and gives it back many times. */
export function giveAndTakeAway(name: string, times: number): void {
  const mailer = opened().getUnique(Smtp, { name });
  for (let n = 0; n < times; n++) {
    opened().powerUp(mailer, Named);
    opened().powerUp(mailer, Mailer, { priority: n });
  }
}

/** Whether what plays a role in memory for a substore is there after nobody held the store for a while. */
export async function outlivesItsStore(place: string): Promise<string[]> {
  using root = Store.open(place, { types });
  const weakly = playInMemory(root);
  await collectGarbage();
  const before = [root.at('one/two').as(Mailer).send('x'), root.substores.open('one').maybe(Mailer) === undefined];
  root.at('one').close();
  const after = root.at('one/two').maybe(Mailer);
  root.inMemoryPowerUp({ send: (to) => to }, Mailer); // lets go of what was closed
  await collectGarbage();
  return [...before, after === undefined, weakly.deref() === undefined].map(String);
}

function playInMemory(root: Store): WeakRef<object> {
  const player = { send: (to: string) => `memory to ${to}` };
  root.substores.create('one').substores.create('two').inMemoryPowerUp(player, Mailer);
  return new WeakRef(player);
}

/** Whether a substore stays while one role of two is played for it in memory, and no longer. */
export async function letsGoOfSubstore(place: string) {
  using root = Store.open(place, { types, maxOpenSubstores: 1 });
  root.substores.create('other');
  const [mailer, named] = [{ send: (to: string) => `memory to ${to}` }, { name: 'n' }];
  const weakly = playTwice(root, mailer, named);
  closeToMakeRoom(root);
  await collectGarbage();
  const isKept = weakly.deref() !== undefined;
  const whilePlayed = root.at('one').maybe(Mailer)?.send('x');
  root.at('one').powerDown(mailer);
  closeToMakeRoom(root);
  await collectGarbage();
  return { whilePlayed, isKept, isKeptAfterwards: weakly.deref() !== undefined };
}

function playTwice(root: Store, mailer: Mailer, named: Named): WeakRef<Store> {
  const one = root.substores.create('one');
  one.inMemoryPowerUp(mailer, Mailer);
  one.inMemoryPowerUp(named, Named);
  one.powerDown(named);
  const customer = one.create(Customer, { name: 'c', parent: null });
  customer.inMemoryPowerUp(mailer, Mailer);
  customer.powerDown(mailer);
  return new WeakRef(one);
}

// An open database keeps its store.
function closeToMakeRoom(root: Store): void {
  root.at('other').count(Customer);
}

/** Whether a closed substore is collected, and what played a role for a closed store that somebody holds. */
export async function letsGoWhenClosed(place: string): Promise<boolean[]> {
  using root = Store.open(place, { types });
  const one = root.substores.create('one');
  const weakly = [playInMemoryAndClose(root), playInHeld(one)];
  await collectGarbage();
  const areGone = weakly.map((one) => one.deref() === undefined);
  return one.isClosed ? areGone : []; // held until here
}

function playInMemoryAndClose(root: Store): WeakRef<object> {
  const two = root.substores.create('two');
  two.inMemoryPowerUp({ send: String }, Mailer);
  two.close();
  return new WeakRef(two);
}

function playInHeld(store: Store): WeakRef<object> {
  const player = { send: String };
  store.inMemoryPowerUp(player, Mailer);
  store.close();
  return new WeakRef(player);
}

/** Whether what plays a role in memory for an item goes with the item, and not before. */
export async function goesWithItsItem(place: string): Promise<string[]> {
  using root = Store.open(place, { types });
  let customer: Customer | undefined = root.create(Customer, { name: 'c', parent: null });
  const id = customer.storeId;
  const weakly = playFor(customer);
  await collectGarbage();
  const held = customer.maybe(Mailer)?.send('x');
  customer = undefined;
  await collectGarbage();
  return [held, weakly.deref() === undefined, root.get(Customer, id).maybe(Mailer) === undefined].map(String);
}

function playFor(customer: Customer): WeakRef<object> {
  const player = { send: (to: string) => `memory to ${to}` };
  customer.inMemoryPowerUp(player, Mailer);
  return new WeakRef(player);
}

/** Whether a root store is collected that was closed, or that nobody holds, with what played roles for it in memory. */
export async function letsGoOfStores(place: string): Promise<boolean[]> {
  const [closed, dropped] = [playInClosed(`${place}.1`), playInDropped()];
  await collectGarbage();
  return [closed.deref() === undefined, dropped.deref() === undefined];
}

function playInClosed(place: string): WeakRef<object> {
  using root = Store.open(place, { types });
  return playInMemory(root);
}

function playInDropped(): WeakRef<object> {
  return playInMemory(Store.inMemory({ types }));
}

/** Whether asking many items leaves them in memory. */
export async function asksManyItems(place: string): Promise<number> {
  using root = Store.open(place, { types });
  const weakly = askOneByOne(root);
  await collectGarbage();
  return weakly.filter((one) => one.deref() !== undefined).length;
}

function askOneByOne(root: Store): WeakRef<object>[] {
  const smtp = root.create(Smtp, { name: 'a' });
  return Array.from({ length: 50 }, (_, n) => {
    const customer = root.create(Customer, { name: `${n}`, parent: null });
    customer.powerUp(smtp, Mailer);
    customer.as(Mailer);
    return new WeakRef(customer);
  });
}

/** Opens the store at a place, makes a mailer that sends for it, and closes it again. */
export function giveOnce(place: string, name: string): void {
  using once = Store.open(place, { types });
  once.powerUp(once.create(Smtp, { name }), Mailer);
}
