import { attribute, Item, integer, item, Store } from 'corollary';
import { expect, test } from 'vitest';

test('attribute() takes the type that the compiler emits', () => {
  @item('inferred')
  class Inferred extends Item {
    @attribute() declare name: string;
    @attribute({ unique: true }) declare big: bigint;
    @attribute() declare flag: boolean;
    @attribute() declare at: Date;
    @attribute() declare raw: Uint8Array;
  }
  using store = Store.inMemory({ types: [Inferred] });
  const values = { name: 'a', big: 2n ** 60n, flag: true, at: new Date(5), raw: new Uint8Array([1]) };
  store.create(Inferred, values);
  expect(store.query(Inferred, (c) => c.big.eq(2n ** 60n)).one()).toMatchObject(values);
});

test.each<[string, () => unknown, RegExp]>([
  [
    'a plain number',
    () => {
      class A extends Item {
        @attribute() declare n: number;
      }
      return A;
    },
    /A\.n: its type cannot be inferred: the compiler emitted Number.*@integer\(\), @real\(\)/s,
  ],
  [
    'a union with null',
    () => {
      class A extends Item {
        @attribute({ nullable: true }) declare n: string | null;
      }
      return A;
    },
    /emitted Object.*@text\(\)/s,
  ],
])('attribute() says what to write for %s', (_, work, message) => {
  expect(work).toThrow(message);
});

test('a decorator that contradicts the emitted type is refused', () => {
  const work = () => {
    class A extends Item {
      // @ts-expect-error also at compile time
      @integer() declare n: string;
    }
    return A;
  };
  expect(work).toThrow('Attribute A.n: it is declared String, but @integer() keeps Number');
});
