import {
  boolean,
  type Decimal,
  type Default,
  decimal,
  Item,
  integer,
  item,
  json,
  reference,
  type Store,
  type StoreId,
  text,
  timestamp,
  type UpgradeStep,
  upgrade,
} from 'corollary';
import { describe, expectTypeOf, test } from 'vitest';

@item('country')
class Country extends Item {
  @text() declare code: string;
}

class Person extends Item {
  @text() declare first: string;
  @integer({ nullable: true }) declare age: number | null;
  @boolean({ default: false }) declare old: Default<boolean>;
  @reference(() => Country) declare country: Country;
  @json() declare tags: string[];
  @decimal({ scale: 2 }) declare wage: Decimal;
  @text() declare state: 'new' | 'done';
}

const shape = {
  name: text(),
  country: reference(() => Country),
  tags: json(),
  wage: decimal({ scale: 2 }),
  born: timestamp({ nullable: true }),
};
const personWith = <const S extends readonly UpgradeStep[]>(...steps: S) =>
  item('person', { version: 3, upgrades: () => steps });

describe('the old values', () => {
  test('are typed by the shape: references as ids, others as they are read', () => {
    upgrade(1, shape, (old) => {
      expectTypeOf(old.name).toEqualTypeOf<string>();
      expectTypeOf(old.country).toEqualTypeOf<StoreId<Country>>();
      expectTypeOf(old.born).toEqualTypeOf<Date | null>();
      expectTypeOf(old.wage).toEqualTypeOf<Decimal>();
      expectTypeOf(old.tags).toEqualTypeOf<unknown>();
      // @ts-expect-error the shape has no such attribute
      old.first;
      return null;
    });
  });

  test('come with a context', () => {
    upgrade(1, shape, (_old, { store, storeId, create }) => {
      expectTypeOf(store).toExtend<Store>();
      expectTypeOf(storeId).toEqualTypeOf<StoreId>();
      expectTypeOf(create(Country, { code: 'FR' })).toEqualTypeOf<StoreId<Country>>();
      // @ts-expect-error the code is mandatory
      create(Country, {});
      // @ts-expect-error the code is a text
      create(Country, { code: 5 });
      return null;
    });
  });

  test('a step gives an object or null, at once', () => {
    // @ts-expect-error a text is no object
    upgrade(1, shape, () => 'x');
    // @ts-expect-error a promise comes too late
    upgrade(1, shape, async () => ({}));
    // @ts-expect-error a version is a number
    upgrade('1', shape);
  });
});

describe('the last step', () => {
  test('gives what the class needs, or has it copied', () => {
    personWith(upgrade(2, shape, (old) => ({ first: old.name, state: 'new' })))(Person);
    personWith(upgrade(2, shape, (old) => ({ ...old, first: old.name, state: 'new', age: 5, wage: 12 })))(Person);
    personWith(upgrade(2, shape, (old) => (old.name === '' ? null : { first: old.name, state: 'done' })))(Person);
    personWith(upgrade(2, shape, () => null))(Person);
  });

  test('must not leave out what is mandatory', () => {
    const step = upgrade(2, shape, (old) => ({ first: old.name }));
    // @ts-expect-error state is not given
    personWith(step)(Person);
    // @ts-expect-error without a function nothing is given
    personWith(upgrade(2, shape))(Person);
  });

  test('must not give a value of another type', () => {
    // @ts-expect-error age is a number
    personWith(upgrade(2, shape, (old) => ({ first: old.name, state: 'new', age: '5' })))(Person);
    // @ts-expect-error state is one of two
    personWith(upgrade(2, shape, (old) => ({ first: old.name, state: 'old' })))(Person);
    // @ts-expect-error first is not nullable
    personWith(upgrade(2, shape, () => ({ first: null, state: 'new' })))(Person);
  });

  // Where it was written inside the options, the compiler took its version from what `item` asks for, and checked nothing.
  test('is checked where it is written in the options, as most are', () => {
    item('person', {
      version: 3,
      upgrades: () => [upgrade(2, shape, (old) => ({ first: old.name, state: 'new' }))],
    })(Person);
    item('person', {
      version: 3,
      upgrades: () => [upgrade(2, shape, (old) => ({ first: old.name }))],
      // @ts-expect-error state is not given
    })(Person);
    item('person', {
      version: 3,
      upgrades: () => [upgrade(2, shape, (old) => ({ first: old.name, state: 'new', age: '5' }))],
      // @ts-expect-error age is a number
    })(Person);
    // @ts-expect-error without a function nothing is given
    item('person', { version: 3, upgrades: () => [upgrade(2, shape)] })(Person);
    // @ts-expect-error the jump gives too little
    item('person', { version: 3, upgrades: () => [upgrade(1, shape, () => ({}), { to: 3 })] })(Person);
  });

  test('takes ids for references, of their type where that is known', () => {
    const step = upgrade(2, { ...shape, country: reference() }, (old) => ({ ...old, first: '', state: 'new' }));
    personWith(step)(Person);
    const wrong = upgrade(2, { ...shape, country: reference(() => Person) }, () => ({ first: '', state: 'new' }));
    // @ts-expect-error a person is no country
    personWith(wrong)(Person);
  });

  test('is the one that leads on to no other, wherever it stands, jumps too', () => {
    const first = upgrade(1, { name: text() }, (old) => ({ ...old, whatever: 1 }));
    personWith(
      upgrade(2, shape, (old) => ({ first: old.name, state: 'new' })),
      first,
    )(Person);
    const jump = upgrade(1, shape, () => ({}), { to: 3 });
    // @ts-expect-error the jump gives too little
    personWith(first, jump)(Person);
  });

  test('is checked when the program runs where the compiler does not know the versions', () => {
    const from: number = 2;
    personWith(upgrade(from, shape, () => ({})))(Person);
    personWith(upgrade(40, shape, () => ({})))(Person);
    const steps: UpgradeStep[] = [];
    item('person', { version: 3, upgrades: () => steps })(Person);
  });
});
