import type { Item, ItemClass, Store, StoreId } from 'corollary';
import { expect } from 'vitest';
import { aStore, aStoreDirectory } from '../support/a-store.js';
import { tablesOf } from '../support/on-disk.js';

// biome-ignore lint/suspicious/noExplicitAny: one check for classes of several shapes
type AnyItem = any;

/** A store that can be left and entered again, so that its items are built anew from what is stored. */
class Place {
  readonly #directory = aStoreDirectory();
  readonly #types: ItemClass<Item>[];
  #store: Store;

  constructor(types: ItemClass<Item>[]) {
    this.#types = types;
    this.#store = aStore({ types }, this.#directory);
  }
  create(itemClass: ItemClass<Item>, values: object): AnyItem {
    return this.#store.create(itemClass, values as never);
  }
  reload(id: StoreId): AnyItem {
    this.#store.close();
    this.#store = aStore({ types: this.#types }, this.#directory);
    return this.#store.getAny(id);
  }
  get tables(): unknown[] {
    return tablesOf(this.#directory);
  }
}

/** What every way of writing an item class must do, whatever compiled it. */
export function check(forms: { readonly Company: ItemClass<Item>; readonly Person: ItemClass<Item> }): void {
  const { Company, Person } = forms;
  const place = new Place([Company, Person]);
  const acme = place.create(Company, { name: 'Acme' });
  const ann = place.create(Person, { name: 'Ann', employer: acme });
  expect([ann.name, ann.age, ann.employer, ann.active, ann.visits]).toEqual(['Ann', null, acme, true, 5]);
  expect(Object.keys(ann)).toEqual([]);
  expect(place.tables).toContain('item_company_v1$text');
  expect(place.tables).not.toContain('item_person_v1$text');

  const bob = place.create(Person, { name: 'Bob', age: 9, visits: 1 });
  expect([bob.age, bob.visits], 'what is given wins over an initialiser').toEqual([9, 1]);
  const cyd = place.create(Person, { name: 'Cyd' });
  expect([cyd.age, cyd.visits], 'also after the first items of a class').toEqual([null, 5]);

  ann.age = 3;
  bob.set({ visits: 2, active: false });
  const again = place.reload(ann.storeId);
  expect(again).not.toBe(ann);
  expect([again.name, again.age, again.visits, again.employer.name], 'what is stored wins too').toEqual([
    ...['Ann', 3, 5, 'Acme'],
  ]);
  expect(Object.keys(again)).toEqual([]);
  expect(again.see(), '#private fields exist on loaded items').toBe(2);
  expect(again.idOf('employer')).toBe(acme.storeId);
  expect(place.reload(bob.storeId).toJSON()).toEqual({
    ...{ storeId: bob.storeId, name: 'Bob', age: 9, employer: null, active: false, visits: 2 },
  });

  expect(() => place.create(Person, {})).toThrow(/person: name must be given/);
  expect(() => place.create(Person, { name: 7, nick: 'x' })).toThrow(/name takes a string.*nick is no attribute/);
  const PersonClass = Person as unknown as new (values: object) => Item;
  expect(() => new PersonClass({ name: 'x' })).toThrow(/call store\.create\(Person, \{\.\.\.\}\)/);
}
