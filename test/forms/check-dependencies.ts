import { attributes, Item, type ItemClass, install, installedOn, integer, item, role } from 'corollary';
import { expect } from 'vitest';
import { aMemoryStore } from '../support/a-store.js';

/** What gives the hour, for a store below. */
export const Clock = role<{ hour(): number }>('forms.clock');
export const noon = { hour: () => 12 };

export class Cog extends Item {
  declare teeth: number | null;
}
attributes(Cog, { teeth: integer({ nullable: true }) });
item('cog')(Cog);

// biome-ignore lint/suspicious/noExplicitAny: one check for classes of several shapes
type AnyItem = any;

/** What every way of writing a class with a dependency and a property from the parent must do, whatever compiled it. */
export function checkDependencies(Machine: ItemClass<Item>): void {
  const root = aMemoryStore();
  const store = root.substores.create('below');
  const machine: AnyItem = store.create(Machine, {} as never);
  expect([machine.cog, Object.keys(machine)]).toEqual([null, []]);
  expect(() => machine.clock).toThrow(/forms\.clock/);
  expect(() => install(machine, store)).toThrow(expect.objectContaining({ code: 'INSTALL_REFUSED' }));

  root.inMemoryPowerUp(noon, Clock);
  install(machine, store);

  expect([machine.clock, machine.cog.teeth, installedOn(machine.cog)]).toEqual([noon, 8, store]);
  expect(machine.toJSON()).toEqual({ storeId: machine.storeId, cog: machine.cog.storeId });
  const second: AnyItem = store.create(Machine, {} as never);
  expect([second.clock, Object.keys(second)], 'also after the first item of a class').toEqual([noon, []]);
  expect(() => Object.assign(second, { clock: noon })).toThrow(expect.objectContaining({ code: 'READ_ONLY' }));
}
