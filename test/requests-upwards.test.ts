import { CorollaryError, type Default, Item, integer, item, role, type Store, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { aStore } from './support/a-store.js';

interface Till {
  add(cents: number): void;
}
const Till = role<Till>('test.till', { inherited: true });

interface Seller {
  sell(what: string, cents: number): void;
  sellAnyway(what: string, cents: number): void;
}
const Seller = role<Seller>('test.seller');

@item('sale')
class Sale extends Item {
  @text() declare what: string;
}

@item('till', { roles: () => [Till] })
class OneTill extends Item implements Till {
  @integer({ default: 0 }) declare cents: Default<number>;
  add(cents: number) {
    this.cents += cents;
    if (this.cents > 100) throw new Error('the till is full');
  }
}

/** Sells in its own store, and asks whatever till is above. */
@item('shop', { roles: () => [Seller] })
class Shop extends Item implements Seller {
  sell(what: string, cents: number) {
    this.store.create(Sale, { what });
    this.store.ask('', Till, 'add', cents);
  }
  sellAnyway(what: string, cents: number) {
    this.store.create(Sale, { what });
    try {
      this.store.ask('..', Till, 'add', cents);
    } catch {
      this.store.create(Sale, { what: `${what} is not paid` });
    }
  }
}

function aChain() {
  const site = aStore({ types: [Sale, OneTill, Shop] });
  const till = site.create(OneTill, {});
  site.powerUp(till);
  const part = site.substores.create('town').substores.create('street');
  part.powerUp(part.create(Shop, {}));
  return { site, till, part };
}
const sales = (store: Store) =>
  store.tree
    .query(Sale)
    .orderBy((s) => s.what.asc())
    .pluck((s) => s.what)
    .all();
const outsideTree = expect.objectContaining({ constructor: CorollaryError, code: 'OUTSIDE_TREE' });

describe('a request that goes up from a part', () => {
  test('is part of the transaction of the whole, and writes there', () => {
    const { site, till } = aChain();
    site.transact(() => site.ask('town/street', Seller, 'sell', 'bread', 40));
    expect(till.cents).toBe(40);
    expect(sales(site)).toEqual(['bread']);
  });

  test('is undone with all that was asked for on the way', () => {
    const { site, till } = aChain();
    expect(() => site.transact(() => site.ask('town/street', Seller, 'sell', 'gold', 400))).toThrow('the till is full');
    expect(till.cents).toBe(0);
    expect(sales(site)).toEqual([]);
  });

  test('is undone alone when the part catches its failure', () => {
    const { site, till, part } = aChain();
    site.at('town').powerUp(site.at('town').create(OneTill, {}));
    const townTill = site.at('town').getUnique(OneTill, {});
    site.transact(() => {
      till.cents = 1;
      site.ask('town/street', Seller, 'sellAnyway', 'gold', 400);
    });
    expect([till.cents, townTill.cents]).toEqual([1, 0]);
    expect(sales(part)).toEqual(['gold', 'gold is not paid']);
  });

  test('goes back with the whole although every request succeeded', () => {
    const { site, till } = aChain();
    expect(() =>
      site.transact(() => {
        site.ask('town/street', Seller, 'sell', 'bread', 40);
        expect(till.cents).toBe(40);
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(till.cents).toBe(0);
    expect(sales(site)).toEqual([]);
  });

  test('may not write above a transaction that the part began itself', () => {
    const { site, till, part } = aChain();
    expect(() => part.ask('', Seller, 'sell', 'bread', 40)).toThrow(outsideTree);
    expect(() => part.transact(() => part.ask('..', Till, 'add', 1))).toThrow(outsideTree);
    expect(till.cents).toBe(0);
    expect(sales(site)).toEqual([]);
  });

  test('leaves what may be written as it was: transact of a part does not reach further up', () => {
    const { site, till, part } = aChain();
    expect(() => site.transact(() => part.transact(() => till.set({ cents: 5 })))).toThrow(outsideTree);
    site.transact(() => part.transact(() => part.ask('', Till, 'add', 5)));
    expect(till.cents).toBe(5);
  });

  test('is refused its writes in a transaction that only reads', () => {
    const { site, till } = aChain();
    const readOnly = expect.objectContaining({ code: 'READ_ONLY' });
    expect(() => site.transact(() => site.ask('town', Till, 'add', 5), { readOnly: true })).toThrow(readOnly);
    expect(till.cents).toBe(0);
  });
});
