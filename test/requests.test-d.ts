import {
  type Address,
  type AddressAsker,
  type AnsweringStore,
  type Asker,
  asker,
  Item,
  type MethodOf,
  type RemoteAsker,
  type Reply,
  type Request,
  role,
  type Store,
  type TreeAnswer,
} from 'corollary';
import { describe, expectTypeOf, test } from 'vitest';

class Invoice extends Item {
  declare amount: number;
}
interface Billing {
  readonly currency: string;
  charge(amount: number, note?: string): number;
  all(): Invoice[];
  pay(invoice: Invoice): { readonly paid: Invoice; readonly at: Date };
  later(): Promise<number>;
  perhaps?(): number;
  give<V>(value: V): V;
  find(id: number): Invoice;
  find(name: string): Invoice | null;
  delete(): void;
  // biome-ignore lint/suspicious/noExplicitAny: what is any stays so
  anything(): any;
}
const Billing = role<Billing>('test.billing');
declare const store: Store;
declare const send: (request: Request) => Promise<Reply>;

describe('a request', () => {
  test('takes the names of methods that are there, are synchronous, and are none of items', () => {
    type Methods = 'charge' | 'all' | 'pay' | 'give' | 'find' | 'anything';
    expectTypeOf<MethodOf<Billing>>().toEqualTypeOf<Methods>();
    // @ts-expect-error there is no such method
    store.ask('', Billing, 'refund');
    // @ts-expect-error not a method
    store.ask('', Billing, 'currency');
    // @ts-expect-error asynchronous
    store.ask('', Billing, 'later');
    // @ts-expect-error may be missing
    store.ask('', Billing, 'perhaps');
    // @ts-expect-error every item has it
    store.ask('', Billing, 'delete');
    // @ts-expect-error there is no such method
    store.tree.ask(Billing, 'refund');
  });

  test('takes what the method takes', () => {
    store.ask('', Billing, 'charge', 5);
    store.ask(['acme', '..'], Billing, 'charge', 5, 'note');
    // @ts-expect-error an argument is missing
    store.ask('', Billing, 'charge');
    // @ts-expect-error of another type
    store.ask('', Billing, 'charge', '5');
    // @ts-expect-error one too many
    store.tree.ask(Billing, 'charge', 5, 'note', 1);
    // @ts-expect-error a path is a text or a list of them
    store.ask(5, Billing, 'charge', 5);
    // @ts-expect-error a role is no text
    store.ask('', 'test.billing', 'charge', 5);
  });

  test('gives what the method gives', () => {
    expectTypeOf(store.ask('', Billing, 'charge', 5)).toEqualTypeOf<number>();
    expectTypeOf(store.ask('', Billing, 'all')).toEqualTypeOf<Invoice[]>();
    expectTypeOf(store.ask('', Billing, 'give', 5)).toEqualTypeOf<unknown>(); // of generic methods, no more is known
    expectTypeOf(store.ask('', Billing, 'find', 'a')).toEqualTypeOf<Invoice | null>(); // the last of several forms
  });
});

describe('the answers of a tree', () => {
  const answers = store.tree.ask(Billing, 'charge', 5);
  test('tell the store, and the value or an error', () => {
    expectTypeOf(answers).toEqualTypeOf<TreeAnswer<Store, number>[]>();
    for (const { store: part, value } of answers) {
      expectTypeOf(part).toEqualTypeOf<Store>();
      expectTypeOf(value).toEqualTypeOf<number | undefined>();
    }
    for (const answer of answers) {
      if ('error' in answer) expectTypeOf(answer.error).toEqualTypeOf<unknown>();
      else expectTypeOf(answer.value).toEqualTypeOf<number>();
    }
  });
  test('are the same with options', () => {
    expectTypeOf(store.tree.asking({ depth: 1 }).ask(Billing, 'charge', 5)).toEqualTypeOf<
      TreeAnswer<Store, number>[]
    >();
  });
});

describe('an asker', () => {
  const there = asker(send);
  const withItems = asker(send, { resolve: (address) => store.getAny(address) });

  test('is asked like a store, and so are all who can be asked', () => {
    expectTypeOf<Store>().toExtend<Asker>();
    expectTypeOf<AddressAsker>().toExtend<Asker>();
    expectTypeOf<RemoteAsker>().toExtend<Asker>();
    expectTypeOf(there).toEqualTypeOf<AddressAsker>();
    expectTypeOf(withItems).toEqualTypeOf<RemoteAsker>();
  });

  test('gives promises', () => {
    expectTypeOf(there.ask('', Billing, 'charge', 5)).toEqualTypeOf<Promise<number>>();
    expectTypeOf(there.tree.ask(Billing, 'charge', 5)).toEqualTypeOf<Promise<TreeAnswer<AnsweringStore, number>[]>>();
    // @ts-expect-error of another type
    there.ask('', Billing, 'charge', '5');
  });

  test('gives addresses for items, unless it can make items of them', async () => {
    expectTypeOf(await there.ask('', Billing, 'all')).toEqualTypeOf<Address[]>();
    const paid = await there.ask('', Billing, 'pay', {} as Invoice);
    expectTypeOf(paid).toEqualTypeOf<{ readonly paid: Address; readonly at: Date }>();
    expectTypeOf(await withItems.ask('', Billing, 'all')).toEqualTypeOf<Invoice[]>();
    expectTypeOf(await there.ask('', Billing, 'anything')).toBeAny();
  });

  test('gives, whoever it is, what code that awaits can use', async () => {
    const shop = there as Asker;
    expectTypeOf(await shop.ask('', Billing, 'charge', 5)).toEqualTypeOf<number>();
    for (const { value } of await shop.tree.ask(Billing, 'charge', 5))
      expectTypeOf(value).toEqualTypeOf<number | undefined>();
  });
});
