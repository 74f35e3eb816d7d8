import { type Columns, type Condition, Item, item, json, Store, text } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf } from './support/a-refusal.js';
import { aStore, aStoreDirectory } from './support/a-store.js';

// Conditions, orders and projections on what lies inside json attributes, and indexes for them.

interface Settings {
  readonly theme?: { readonly color: string; readonly sizes: readonly number[] };
  readonly dark: boolean | null;
  readonly 'odd "key"\\'?: string;
}

@item('user')
class User extends Item {
  @text() declare name: string;
  @json({ indexedAt: [['theme', 'color'], ['theme', 'sizes', 0], ['odd "key"\\']] }) declare settings: Settings;
}

function someUsers(): Store {
  const store = aStore({ types: [User] });
  store.createMany(User, [
    { name: 'ann', settings: { theme: { color: 'red', sizes: [3, 1] }, dark: true } },
    { name: 'bob', settings: { theme: { color: 'blue', sizes: [] }, dark: false } },
    { name: 'eve', settings: { dark: null, 'odd "key"\\': "it's" } },
  ]);
  return store;
}

const names = (users: Iterable<User>) => [...users].map(({ name }) => name);

describe('a place inside json', () => {
  test('is compared, and is null where there is nothing', () => {
    const store = someUsers();
    expect(names(store.query(User, (u) => u.settings.at('theme').at('color').eq('red')))).toEqual(['ann']);
    expect(names(store.query(User, (u) => u.settings.at('theme').at('color').ne('red')))).toEqual(['bob', 'eve']);
    expect(names(store.query(User, (u) => u.settings.at('theme').at('sizes').at(0).gt(2)))).toEqual(['ann']);
    expect(names(store.query(User, (u) => u.settings.at('theme').isNull()))).toEqual(['eve']);
    expect(names(store.query(User, (u) => u.settings.at('dark').eq(true)))).toEqual(['ann']);
    expect(names(store.query(User, (u) => u.settings.at('dark').isNull()))).toEqual(['eve']);
    expect(names(store.query(User, (u) => u.settings.at('odd "key"\\').eq("it's")))).toEqual(['eve']);
    expect(names(store.query(User, (u) => u.settings.at('theme').at('color').startsWith('b')))).toEqual(['bob']);
  });

  test('orders, nulls first, and ends in pages', () => {
    const byColor = someUsers()
      .query(User)
      .orderBy((u) => u.settings.at('theme').at('color').asc());
    expect(names(byColor)).toEqual(['eve', 'bob', 'ann']);
    expect(names([...byColor.pages(1)].flat())).toEqual(['eve', 'bob', 'ann']);
  });

  test('is read as what it is', () => {
    const store = someUsers();
    const read = store.query(User).select((u) => ({ dark: u.settings.at('dark'), theme: u.settings.at('theme') }));
    expect(read.all()).toEqual([
      { dark: true, theme: { color: 'red', sizes: [3, 1] } },
      { dark: false, theme: { color: 'blue', sizes: [] } },
      { dark: null, theme: null },
    ]);
  });
});

describe('an index inside json', () => {
  test.each<[string, (u: Columns<User>) => Condition]>([
    ['settings$."theme"."color"', (u) => u.settings.at('theme').at('color').eq('red')],
    ['settings$."theme"."sizes"[0]', (u) => u.settings.at('theme').at('sizes').at(0).eq(3)],
    [String.raw`settings$."odd \"key\"\\"`, (u) => u.settings.at('odd "key"\\').eq("it's")],
  ])('on %s is used', (name, where) => {
    expect(planOf(someUsers(), where)).toContain(`USING INDEX item_user_v1(${name})`);
  });

  test('comes with a class that declares it later, and goes with one that does not', () => {
    const place = aStoreDirectory();
    const versionWith = (indexedAt: string[][]) => {
      @item('user')
      class Versioned extends Item {
        @text() declare name: string;
        @json({ indexedAt }) declare settings: Settings;
      }
      return Versioned;
    };
    const plan = (indexedAt: string[][]) => {
      const type = versionWith(indexedAt);
      using store = Store.open(place, { types: [type] });
      store.create(type, { name: 'x', settings: { dark: true } });
      return store
        .query(type, (u) => u.settings.at('dark').eq(true))
        .explain()
        .plan.join();
    };
    expect(plan([])).toContain('SCAN');
    expect(plan([['dark']])).toContain('USING INDEX');
    expect(plan([])).toContain('SCAN');
  });

  test('is refused where it is no list of paths', () => {
    for (const indexedAt of [[[]], ['theme'], [[1.5]], [[-1]], [[null]], 'theme', [['\ud800']]]) {
      expect(codeOf(() => json({ indexedAt } as never)({} as never, 'settings' as never))).toBe('BAD_TYPE');
    }
    expect(codeOf(() => text({ indexedAt: [['a']] } as never)({} as never, 'name' as never))).toBe('BAD_TYPE');
  });
});

function planOf(store: Store, where: (u: Columns<User>) => Condition): string {
  return store.query(User, where).explain().plan.join('\n');
}
