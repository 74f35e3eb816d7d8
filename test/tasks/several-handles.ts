import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Default, Item, integer, item, reference, Store, text } from 'corollary';
import { hear, say, sleep } from '../support/task-loop.js';

@item('counter')
export class Counter extends Item {
  @text({ unique: true }) declare name: string;
  @integer({ default: 0 }) declare value: Default<number>;
  @text({ default: '' }) declare remark: Default<string>;
}

@item('mark')
export class Mark extends Item {
  @reference(() => Counter, { whenDeleted: 'refuse' }) declare counter: Counter;
}

/** A type that the test's process has not used before this process stores it. */
@item('late')
export class Late extends Item {
  @text() declare what: string;
}

let store: Store | undefined;

/** Opens the store that all other functions work on. */
export function open(place: string, busyTimeoutMs = 5000): string {
  store?.close();
  store = Store.open(place, { busyTimeoutMs });
  return store.uid;
}

/** Closes what is open. */
export function rest(): void {
  store?.close();
}

function opened(): Store {
  if (store === undefined) throw new Error('open comes first');
  return store;
}

const counter = (name: string) => opened().getUnique(Counter, { name });

export function set(name: string, values: { value?: number; remark?: string }): void {
  counter(name).set(values);
}

/** Adds one so many times, each in a transaction of its own, to an item that it holds all the while. */
export function increment(name: string, times: number): void {
  const held = counter(name);
  for (let n = 0; n < times; n++)
    opened().transact(() => {
      held.value += 1;
    });
}

export function read(name: string) {
  const { value, remark } = counter(name);
  return { value, remark };
}

export function remove(name: string): void {
  counter(name).delete();
}

export function createLate(what: string): number {
  return opened().create(Late, { what }).storeId;
}

/** The first items ever of three types, one after the other. */
export function createFirst(name: string): void {
  const made = opened().create(Counter, { name });
  opened().create(Mark, { counter: made });
  opened().create(Late, { what: name });
}

export function findOrCreate(name: string): number {
  return opened().findOrCreate(Counter, { name }).storeId;
}

/** Makes sure of a substore, and stores a counter there. */
export function countIn(substore: string, name: string): string {
  const below = opened().substores.openOrCreate(substore);
  below.create(Counter, { name });
  return below.uid;
}

/** True if this process made the substore, false if another had made one of that name. */
export function createSubstore(name: string): boolean {
  try {
    opened().substores.create(name);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'NAME_TAKEN') return false;
    throw error;
  }
}

/** Starts a transaction, says 'locked', and ends it when it is told to. */
export function holdLock(name: string, value: number): void {
  opened().transact(() => {
    counter(name).value = value;
    say('locked');
    hear();
  });
}

/** Starts a transaction, says 'locked', and ends it after a while by itself. */
export function holdLockFor(ms: number): void {
  opened().transact(() => {
    opened().query(Counter).update({ remark: 'held' });
    say('locked');
    sleep(ms);
  });
}

/** Opens the store at a place, changes a counter or the only one of its only substore, and closes it again. */
export function changeOnce(place: string, where: 'root' | 'below', name: string, value: number): void {
  const path = where === 'root' ? place : onlySubstoreOf(place);
  const once = Store.open(path);
  once.getUnique(Counter, { name }).value = value;
  once.close();
}

function onlySubstoreOf(place: string): string {
  const [id] = readdirSync(join(place, 'sub'));
  return join(place, 'sub', id as string);
}

/** Opens a store as a user would, and reads it. */
export function readOnce(place: string): number[] {
  const once = Store.open(place);
  const values = once
    .query(Counter)
    .pluck((c) => c.value)
    .all();
  once.close();
  return values;
}
