import { Item, item, role, text } from 'corollary';
import { importAxiom } from 'corollary/axiom';
import { expect, test } from 'vitest';
import { refusal } from '../support/a-refusal.js';
import { aDirectory, aMemoryStore } from '../support/a-store.js';
import { powerupType, substoreType, writeAxiomStore } from '../support/axiom-store.js';

// Powerups of Axiom become powerups, where a role stands for the interface.

interface Greets {
  readonly greeting: string;
}
const Greeter = role<Greets>('app.greeter', { has: ['greeting'] });

@item('greeter')
class Greeting extends Item {
  @text() declare greeting: string;
}
@item('mute')
class Mute extends Item {
  @text() declare name: string;
}

const greeters = {
  name: 'greeter',
  attributes: { greeting: 'text' },
  items: { 1: ['hello'], 2: ['HELLO'], 3: ['hi'] },
};
const types = { greeter: Greeting };
const roles = { 'lib.IGreeter': Greeter };
const reading = (
  connectors: Parameters<typeof powerupType>[0],
  more: Parameters<typeof writeAxiomStore>[1]['types'] = [],
) => writeAxiomStore(aDirectory(), { types: [greeters, powerupType(connectors), ...more] });

test('powerups of the store and of items come over with their priorities and order', () => {
  const store = aMemoryStore();
  const directory = reading({
    10: ['lib.IGreeter', -1, 3, 0],
    11: ['lib.IGreeter', -1, 1, 0],
    12: ['lib.IGreeter', -1, 2, 10],
    13: ['lib.IGreeter', 1, 2, null],
  });
  const report = importAxiom(directory, { into: store, types, roles });
  expect(store.powerupsFor(Greeter).map((one) => one.greeting)).toEqual(['HELLO', 'hi', 'hello']);
  expect(store.getUnique(Greeting, { greeting: 'hello' }).as(Greeter).greeting).toBe('HELLO');
  expect(report.stores[0]?.powerups).toEqual({ given: 4, leftOut: [] });
});

test('what is left out is listed with the reason', () => {
  const connectors = {
    10: ['lib.IOther', -1, 1, 0],
    11: ['lib.IOther', -1, 2, 0],
    12: ['lib.IGreeter', -1, 99, 0],
    13: ['lib.IGreeter', 50, 1, 0],
  } as const;
  const other = { name: 'other', attributes: { x: 'integer' }, items: { 50: [1] } };
  const store = aMemoryStore();
  const report = importAxiom(reading(connectors, [other]), { into: store, types, roles, skip: ['other'] });
  expect(report.stores[0]?.powerups).toEqual({
    given: 0,
    leftOut: [
      { interface: 'lib.IOther', why: 'no role stands for the interface', count: 2 },
      { interface: 'lib.IGreeter', why: 'it is an item that was deleted', count: 1 },
      { interface: 'lib.IGreeter', why: 'it is for an item of type other, which is left out', count: 1 },
    ],
  });
  expect(store.powerupsFor(Greeter)).toEqual([]);
});

test('a substore plays a role for its parent by what plays it there', () => {
  const site = reading({ 10: ['lib.IGreeter', -1, 20, 0] }, [substoreType({ 20: ['box'] })]);
  writeAxiomStore(`${site}/files/box`, { types: [greeters, powerupType({ 10: ['lib.IGreeter', -1, 3, 0] })] });
  const store = aMemoryStore();
  importAxiom(site, { into: store, types, roles });
  expect(store.as(Greeter).greeting).toBe('hi');
});

test('an item that lacks a member of the role stops the import, and nothing is written', () => {
  const mute = { name: 'mute', attributes: { name: 'text' }, items: { 30: ['m'] } };
  const store = aMemoryStore();
  const directory = reading({ 10: ['lib.IGreeter', -1, 30, 0] }, [mute]);
  const importing = () => importAxiom(directory, { into: store, types: { ...types, mute: Mute }, roles });
  expect(refusal(importing).code).toBe('WRONG_TYPE');
  expect([store.count(Greeting), store.count(Mute)]).toEqual([0, 0]);
});

test('a connector that holds something else is left out', () => {
  const store = aMemoryStore();
  const report = importAxiom(reading({ 10: ['lib.IGreeter', -1, 1, 'high'] }), { into: store, types, roles });
  expect(report.stores[0]?.powerups.leftOut).toEqual([
    {
      ...{ interface: '', count: 1 },
      why: 'the connector reads priority, which holds a text where a whole number should be',
    },
  ]);
});
