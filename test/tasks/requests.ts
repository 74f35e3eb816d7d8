import { parentPort } from 'node:worker_threads';
import { type Default, Item, integer, item, role, Store, text } from 'corollary';

/** What each account can do, here or elsewhere. */
export interface Billing {
  charge(amount: number): number;
  total(): number;
  latest(): Entry | null;
  isLatest(entry: Entry): boolean;
  echo(value: unknown): unknown;
  fail(): void;
}
export const Billing = role<Billing>('acme.billing', { has: ['charge'] });
/** A role that is played, but not answered to others. */
export const Secret = role<{ total(): number }>('acme.secret');

@item('entry')
export class Entry extends Item {
  @text() declare subject: string;
}

@item('account')
export class Account extends Item implements Billing {
  @integer({ default: 0 }) declare sum: Default<number>;
  charge(amount: number): number {
    this.sum += amount;
    this.store.create(Entry, { subject: `charge ${amount}` });
    if (amount < 0) throw new RangeError('a charge is positive');
    return this.sum;
  }
  total(): number {
    return this.sum;
  }
  latest(): Entry | null {
    return (
      this.store
        .query(Entry)
        .orderBy((e) => e.storeId.desc())
        .first() ?? null
    );
  }
  isLatest(entry: Entry): boolean {
    return entry === this.latest();
  }
  echo(value: unknown): unknown {
    return value;
  }
  fail(): void {
    this.store.create(Entry, {} as never);
  }
}

export const types = [Entry, Account];

/** A shop with two customers, each with an account; opened again if it is there. */
export function openShop(place: string): Store {
  const shop = Store.open(place, { types, durability: 'relaxed' });
  for (const name of ['acme', 'globex']) {
    if (shop.substores.has(name)) continue;
    const customer = shop.substores.create(name);
    const account = customer.create(Account, {});
    customer.powerUp(account, Billing);
    customer.powerUp(account, Secret);
  }
  return shop;
}

/** In a thread: answers requests to the shop at a place, as JSON. */
export function answerRequests(place: string): void {
  const shop = openShop(place);
  parentPort?.on('message', ({ id, request }: { id: number; request: string }) => {
    const reply = shop.answer(JSON.parse(request), { roles: [Billing] });
    parentPort?.postMessage({ id, reply: JSON.stringify(reply) });
  });
}
