import { join } from 'node:path';
import { Item, integer, item, Query, reference, Store, text, upgrade } from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { inDatabase, tablesOf } from './support/on-disk.js';
import { rawly } from './support/raw-database.js';

// A class says in `was` what its type was called. Stores that an earlier program wrote are brought to the new name.

@item('village')
class Village extends Item {
  @text({ unique: true, fullText: true }) declare name: string;
}
@item('house')
class OldHouse extends Item {
  @reference(() => Village, { whenDeleted: 'cascade' }) declare village: Village;
}

@item('town', { was: ['hamlet', 'village'] })
class Town extends Item {
  @text({ unique: true, fullText: true }) declare name: string;
}
@item('house')
class House extends Item {
  @reference(() => Town, { whenDeleted: 'cascade' }) declare village: Town;
}
const types = [Town, House];

/** A closed store of the earlier program: a village with two houses. */
function aStoreOfVillages(): { place: string; village: number; houses: number[] } {
  const place = aStoreDirectory();
  using store = Store.open(place, { types: [Village, OldHouse] });
  const village = store.create(Village, { name: 'Selborne' });
  const houses = [1, 2].map(() => store.create(OldHouse, { village }).storeId);
  return { place, village: village.storeId, houses: houses.map(Number) };
}

const namesIn = (place: string) =>
  inDatabase(place, (database) => database.prepare('SELECT name FROM corollary_types ORDER BY name').pluck().all());

test('items are read under the new name with their ids, and what refers to them still does', () => {
  const { place, village, houses } = aStoreOfVillages();
  const store = aStore({ types }, place);
  const town = store.query(Town).one();
  expect([Number(town.storeId), town.name]).toEqual([village, 'Selborne']);
  expect(store.query(House, { village: town }).all()).toHaveLength(2);
  expect(store.query(House, (h) => h.village.to.name.eq('Selborne')).count()).toBe(2);
  expect(store.query(Town, (t) => t.name.matches('selborne')).all()).toEqual([town]);
  expect(codeOf(() => store.create(Town, { name: 'Selborne' }))).toBe('CONSTRAINT');
  expect(store.get(House, houses[0] as never).village).toBe(town);
  expect(store.check().findings).toEqual([]);
  town.delete();
  expect(store.count(House)).toBe(0);
});

test('whichever type is used first, and by an id alone', () => {
  for (const use of [
    (store: Store) => store.query(House).first()?.village.name,
    (store: Store, village: number) => (store.getAny(village as never) as Town).name,
    (store: Store) => store.create(House, { village: store.query(Town).one() }).village.name,
    (store: Store) => store.query(Town).one().name,
  ]) {
    const { place, village } = aStoreOfVillages();
    expect(use(aStore({ types }, place), village)).toBe('Selborne');
  }
});

test('a tree has old stores and new ones, whose tables are called otherwise', () => {
  const place = aStoreDirectory();
  const before = Store.open(place, { types: [Village, OldHouse] });
  before.substores.create('old').create(Village, { name: 'Selborne' });
  before.close();
  const root = aStore({ types }, place);
  const [old, made] = [root.at('old'), root.substores.create('new')];
  const town = made.create(Town, { name: 'Alton' });
  for (const store of [old, made, old]) expect(store.query(Town).one().isStored).toBe(true);
  const village = old.query(Town).one();
  village.name = 'Faringdon';
  town.name = 'Chawton';
  expect([old, made].map((store) => store.getUnique(Town, { name: store.query(Town).one().name }).name)).toEqual([
    'Faringdon',
    'Chawton',
  ]);
  expect(root.tree.count(Town)).toBe(2);
});

test('no row is moved: the table is as it was, and its name too', () => {
  const { place } = aStoreOfVillages();
  const before = tablesOf(place);
  using store = Store.open(place, { types });
  expect(store.count(Town)).toBe(1);
  store.close();
  expect(tablesOf(place)).toEqual(before);
  expect(namesIn(place)).toEqual(expect.arrayContaining(['house', 'town']));
  expect(namesIn(place)).not.toContain('village');
});

test('a program that knows the old name only is told, and sees no empty type', () => {
  const { place } = aStoreOfVillages();
  const old = aStore({ types: [Village, OldHouse] }, place);
  expect(old.count(Village)).toBe(1);
  expect(aStore({ types }, place).count(Town)).toBe(1);
  const late = refusal(() => old.count(Village));
  expect([late.code, late.message]).toEqual(['NEWER_DATABASE', expect.stringContaining('is called town')]);
  expect(codeOf(() => old.create(Village, { name: 'x' }))).toBe('NEWER_DATABASE');
  expect(codeOf(() => Store.open(place, { types: [Village] }))).toBe('NEWER_DATABASE');
});

// The advice was to raise the version of the class that refers to it.
test('so is one that uses what refers to the renamed type', () => {
  const { place } = aStoreOfVillages();
  const old = aStore({ types: [Village, OldHouse] }, place);
  expect(old.count(OldHouse)).toBe(2);
  expect(aStore({ types }, place).count(Town)).toBe(1);
  const late = refusal(() => old.count(OldHouse));
  expect([late.code, late.type]).toEqual(['NEWER_DATABASE', 'house']);
  expect(late.message).toMatch(/village refers to town, the class says village; .*is called town here/);
  expect(late.message).not.toContain('raise the version');
  expect(codeOf(() => Store.open(place, { types: [OldHouse] }))).toBe('NEWER_DATABASE');
});

describe('a program between the one that wrote a store and the newest', () => {
  @item('village', { version: 2, upgrades: () => [upgrade(1, { name: text() })] })
  class VillageBetween extends Item {
    @text({ unique: true, fullText: true }) declare name: string;
  }
  @item('town', { version: 3, was: ['village'], upgrades: () => [upgrade(2, { name: text() })] })
  class TownBetween extends Item {
    @text({ unique: true, fullText: true }) declare name: string;
  }
  @item('city', {
    version: 4,
    was: ['village', 'town'],
    upgrades: () => [upgrade(1, { name: text() }, () => ({}), { to: 4 })],
  })
  class City extends Item {
    @text({ unique: true, fullText: true }) declare name: string;
  }
  const outdated = [Village, VillageBetween, TownBetween];

  // The store had never heard of the names and versions between, and let those programs make the type anew.
  test('is told that the type is called otherwise, although the store never was in its version', () => {
    const { place } = aStoreOfVillages();
    using store = Store.open(place, { types: [City] });
    expect(store.count(City)).toBe(1);
    for (const type of outdated) expect(codeOf(() => aStore({}, place).count(type))).toBe('NEWER_DATABASE');
    expect(aStore({ types: [City] }, place).count(City)).toBe(1);
  });

  test('is told so in a store that the newest program has begun, too', () => {
    const place = aStoreDirectory();
    using store = Store.open(place, { types: [City] });
    store.create(City, { name: 'Selborne' });
    for (const type of outdated)
      expect(codeOf(() => aStore({}, place).create<Village>(type, { name: 'lost' }))).toBe('NEWER_DATABASE');
    expect(aStore({ types: [City] }, place).count(City)).toBe(1);
  });

  test('is told so when the type was dropped after that, and when another type has the name of the dropped one', async () => {
    const { place } = aStoreOfVillages();
    const retired = Store.open(place, { types: [City] });
    retired.count(City);
    retired.close();
    using dropping = Store.open(place, { retired: { city: 'drop', house: 'drop' } });
    expect([...(await dropping.tree.upgrade()).types.keys()].sort()).toEqual(['city', 'house']);
    for (const type of [...outdated, City]) expect(codeOf(() => aStore({}, place).count(type))).toBe('NEWER_DATABASE');
    @item('city', { version: 5 })
    class Metropolis extends Item {
      @integer() declare people: number;
    }
    using store = Store.open(place, { types: [Metropolis] });
    store.create(Metropolis, { people: 1 });
    for (const type of [...outdated, City]) expect(codeOf(() => aStore({}, place).count(type))).toBe('NEWER_DATABASE');
  });

  // The lower of the versions counted that two types had had under one name, where that type had come later.
  test('is told so by the last of the types that had its name', () => {
    const place = aStoreDirectory();
    @item('other', { version: 2 })
    class Other extends Item {
      @integer() declare n: number;
    }
    @item('village', { version: 2, was: ['other'] })
    class VillageAnew extends Item {
      @integer() declare n: number;
    }
    @item('hall', { version: 2, was: ['village'] })
    class Hall extends Item {
      @integer() declare n: number;
    }
    using old = Store.open(place);
    old.create(Other, { n: 1 });
    old.create(Village, { name: 'Selborne' });
    expect([Town, VillageAnew, Hall].map((type) => aStore({}, place).count<Item>(type))).toEqual([1, 1, 1]);
    expect(codeOf(() => aStore({}, place).count(VillageAnew))).toBe('NEWER_DATABASE');
  });
});

test('once all stores are renamed, was can be left out', () => {
  const { place } = aStoreOfVillages();
  aStore({ types }, place).count(Town);
  @item('town')
  class Later extends Item {
    @text({ unique: true, fullText: true }) declare name: string;
  }
  expect(
    aStore({ types: [Later] }, place)
      .query(Later)
      .one().name,
  ).toBe('Selborne');
});

describe('a type of which there are no items, but others that may refer to it', () => {
  @item('village')
  class Before extends Item {
    @text() declare name: string;
  }
  @item('house')
  class OldFarm extends Item {
    @reference(() => Before, { nullable: true, whenDeleted: 'nullify' }) declare near: Before | null;
    @reference(() => Before, { nullable: true, whenDeleted: 'cascade' }) declare owner: Before | null;
    @reference(() => Before, { nullable: true, whenDeleted: 'refuse' }) declare taxedBy: Before | null;
  }
  @item('town', { was: ['village'] })
  class After extends Item {
    @text() declare name: string;
  }
  @item('house')
  class Farm extends Item {
    @reference(() => After, { nullable: true, whenDeleted: 'nullify' }) declare near: After | null;
    @reference(() => After, { nullable: true, whenDeleted: 'cascade' }) declare owner: After | null;
    @reference(() => After, { nullable: true, whenDeleted: 'refuse' }) declare taxedBy: After | null;
  }
  @item('town')
  class Later extends Item {
    @text() declare name: string;
  }
  @item('house')
  class LaterFarm extends Item {
    @reference(() => Later, { nullable: true, whenDeleted: 'nullify' }) declare near: Later | null;
    @reference(() => Later, { nullable: true, whenDeleted: 'cascade' }) declare owner: Later | null;
    @reference(() => Later, { nullable: true, whenDeleted: 'refuse' }) declare taxedBy: Later | null;
  }

  /** A closed store of the earlier program, with a farm and no village. */
  function aStoreOfOneFarm(): string {
    const place = aStoreDirectory();
    using store = Store.open(place, { types: [OldFarm] });
    store.create(OldFarm, {});
    return place;
  }

  test('once it has some, their deletion goes by the rules of the others', async () => {
    for (const isUpgraded of [true, false]) {
      const store = aStore({ types: [Farm] }, aStoreOfOneFarm());
      if (isUpgraded) expect((await store.tree.upgrade()).isComplete).toBe(true);
      const farm = store.query(Farm).one();
      const aTown = (name: string) => store.create(After, { name });
      const [near, taxing, owner] = [aTown('Alton'), aTown('Selborne'), aTown('Bentworth')];
      farm.set({ near, taxedBy: taxing, owner });
      near.delete();
      expect(farm.near).toBeNull();
      expect(codeOf(() => taxing.delete())).toBe('DELETE_REFUSED');
      farm.taxedBy = null;
      owner.delete();
      expect(store.count(Farm)).toBe(0);
      expect(store.check().findings).toEqual([]);
    }
  });

  test('with its first item, after upgrade() and after opening with upgrade: open, was can be left out', async () => {
    for (const [when, use] of [
      ['use', (store: Store) => store.create(After, { name: 'Alton' })],
      ['use', (store: Store) => store.tree.upgrade()],
      ['open', (store: Store) => store.query(Farm).first()],
    ] as const) {
      const place = aStoreOfOneFarm();
      const store = Store.open(place, { types: [Farm], upgrade: when });
      await use(store);
      store.close();
      expect(codeOf(() => aStore({ types: [OldFarm] }, place))).toBe('NEWER_DATABASE');
      expect(aStore({ types: [LaterFarm] }, place).count(LaterFarm)).toBe(1);
    }
  });

  test('upgrade() tells of it, once', async () => {
    const store = aStore({ types: [Farm] }, aStoreOfOneFarm());
    expect((await store.tree.upgrade()).upgraded).toBe(1);
    expect((await store.tree.upgrade()).upgraded).toBe(0);
  });

  test('whichever of both is upgraded first, what a step deletes goes by the rules', () => {
    for (const rule of ['nullify', 'cascade', 'refuse'] as const)
      for (const isTownFirst of [true, false]) {
        const place = aStoreDirectory();
        {
          @item('village')
          class V extends Item {
            @reference((): typeof H => H, { nullable: true, whenDeleted: 'cascade' }) declare hall: H | null;
          }
          @item('house')
          class H extends Item {
            @text() declare name: string;
            @reference(() => V, { nullable: true, whenDeleted: rule }) declare near: V | null;
          }
          using store = Store.open(place, { types: [V, H] });
          const hall = store.create(H, { name: 'hall' });
          store.create(H, { name: 'cottage', near: store.create(V, { hall }) });
        }
        @item('town', { was: ['village'] })
        class T extends Item {
          @reference((): typeof H => H, { nullable: true, whenDeleted: 'cascade' }) declare hall: H | null;
        }
        @item('house', {
          version: 2,
          upgrades: () => [
            upgrade(1, { name: text(), near: reference({ nullable: true }) }, ({ name }) =>
              name === 'hall' ? null : {},
            ),
          ],
        })
        class H extends Item {
          @text() declare name: string;
          @reference(() => T, { nullable: true, whenDeleted: rule }) declare near: T | null;
        }
        const store = aStore({ types: [T, H] }, place);
        const count = () =>
          isTownFirst ? [store.count(T), store.count(H)] : [store.count(H), store.count(T)].reverse();
        if (rule === 'refuse') expect(codeOf(count)).toBe('UPGRADE_FAILED');
        else expect(count()).toEqual([0, rule === 'nullify' ? 1 : 0]);
        if (rule === 'nullify') expect(store.query(H).one().near).toBeNull();
        if (rule !== 'refuse') expect(store.check().findings).toEqual([]);
      }
  });
});

test('another type may take the old name with a higher version, and both live beside each other', () => {
  const { place } = aStoreOfVillages();
  aStore({ types }, place).count(Town);
  @item('town')
  class Later extends Item {
    @text({ unique: true, fullText: true }) declare name: string;
  }
  @item('village', { version: 2 })
  class Hamlet extends Item {
    @integer() declare inhabitants: number;
  }
  const store = aStore({ types: [Later, Hamlet] }, place);
  store.create(Hamlet, { inhabitants: 12 });
  expect([store.count(Later), store.query(Hamlet).one().inhabitants]).toEqual([1, 12]);
  expect(store.check().findings).toEqual([]);
});

test('a type can get its old name back', () => {
  const { place, village } = aStoreOfVillages();
  aStore({ types }, place).count(Town);
  @item('village', { was: ['town'] })
  class Back extends Item {
    @text({ unique: true, fullText: true }) declare name: string;
  }
  const store = aStore({ types: [Back] }, place);
  expect(Number(store.query(Back).one().storeId)).toBe(village);
  expect(namesIn(place)).not.toContain('town');
});

test('a type is renamed and upgraded in one go, by steps from the versions that it had under its old name', () => {
  const { place, village } = aStoreOfVillages();
  @item('city', {
    version: 3,
    was: ['village', 'town'],
    upgrades: () => [upgrade(1, { name: text() }, ({ name }) => ({ title: name }), { to: 3 })],
  })
  class City extends Item {
    @text({ unique: true }) declare title: string;
  }
  @item('house')
  class CityHouse extends Item {
    @reference(() => City, { whenDeleted: 'cascade' }) declare village: City;
  }
  const store = aStore({ types: [City, CityHouse] }, place);
  expect(store.query(CityHouse).first()?.village.title).toBe('Selborne');
  expect(Number(store.query(City).one().storeId)).toBe(village);
  expect(tablesOf(place)).toContain('item_city_v3');
  expect(tablesOf(place)).not.toContain('item_village_v1');
  expect(codeOf(() => aStore({ types: [Village] }, place))).toBe('NEWER_DATABASE');
});

test('types that refer to each other and themselves are renamed, and one of them upgraded', () => {
  const place = aStoreDirectory();
  {
    @item('a')
    class A extends Item {
      @reference((): typeof B => B, { nullable: true }) declare b: B | null;
      @reference((): typeof A => A, { nullable: true }) declare a: A | null;
    }
    @item('b')
    class B extends Item {
      @reference(() => A, { nullable: true }) declare a: A | null;
    }
    using store = Store.open(place);
    const a = store.create(A, {});
    a.set({ a, b: store.create(B, { a }) });
  }
  @item('first', {
    version: 2,
    was: ['a'],
    upgrades: () => [
      upgrade(1, { b: reference({ nullable: true }), a: reference({ nullable: true }) }, ({ a, b }, { storeId }) => ({
        a: a === null ? null : storeId,
        b,
      })),
    ],
  })
  class First extends Item {
    @reference((): typeof Second => Second, { nullable: true }) declare b: Second | null;
    @reference((): typeof First => First, { nullable: true }) declare a: First | null;
    @integer({ nullable: true }) declare n: number | null;
  }
  @item('second', { was: ['b'] })
  class Second extends Item {
    @reference(() => First, { nullable: true }) declare a: First | null;
  }
  const store = aStore({ types: [First, Second] }, place);
  const first = store.query(First).one();
  expect(first.a).toBe(first);
  expect(first.b?.a).toBe(first);
  expect(store.check().findings).toEqual([]);
});

test('a renaming is an upgrade: it is refused where these are, part of the transaction, and done by tree.upgrade', async () => {
  const { place } = aStoreOfVillages();
  expect(codeOf(() => aStore({ types, readOnly: true }, place).count(Town))).toBe('UPGRADE_NEEDED');
  const store = aStore({ types, upgrade: 'refuse' }, place);
  expect(refusal(() => store.count(Town)).message).toContain('town is stored as village in version 1');
  const report = await store.tree.upgrade();
  expect([...report.types]).toEqual([['town', 1]]);
  expect(store.count(Town)).toBe(1);

  const again = aStoreOfVillages().place;
  const other = aStore({ types }, again);
  const undone = () =>
    other.transact(() => {
      expect(other.count(Town)).toBe(1);
      throw new RangeError('no');
    });
  expect(undone).toThrow(RangeError);
  expect(namesIn(again)).toContain('village');
  expect(other.query(House).first()?.village.name).toBe('Selborne');
});

test('in a transaction over several stores all are renamed with it', () => {
  const { place } = aStoreOfVillages();
  using before = Store.open(place, { types: [Village, OldHouse] });
  before.substores.create('part').create(Village, { name: 'Part' });
  before.close();
  const root = aStore({ types }, place);
  root.transact(() => {
    root.create(Town, { name: 'One' });
    root.at('part').create(Town, { name: 'Two' });
  });
  expect(
    root.tree
      .query(Town)
      .pluck((t) => t.name)
      .all()
      .sort(),
  ).toEqual(['One', 'Part', 'Selborne', 'Two']);
  root.close();
  const again = aStore({ types }, place);
  expect(again.tree.count(Town)).toBe(4);
  expect(again.tree.check().findings).toEqual([]);
});

// The name stayed, since it was written before the transaction was decided.
test('in a transaction over several stores that fails none keeps the new name', () => {
  const place = aStoreDirectory();
  @item('town')
  class Town extends Item {
    @text() declare name: string;
  }
  @item('city', { was: ['town'] })
  class City extends Item {
    @text() declare name: string;
  }
  using before = Store.open(place, { types: [Town] });
  const stores = ['one', 'two'].map((name) => before.substores.create(name));
  for (const store of stores) store.create(Town, { name: 'Bern' });
  const second = join(place, 'sub', before.substores.query({ name: 'two' }).one().directory);
  before.close();
  const refuse = `CREATE TRIGGER no BEFORE INSERT ON corollary_prepared BEGIN SELECT RAISE(ABORT, 'no'); END`;
  rawly(second, (database) => database.exec(refuse));
  using after = Store.open(place, { types: [City] });
  const write = () => {
    after.at('one').create(City, { name: 'Biel' });
    after.at('two').create(City, { name: 'Biel' });
  };
  expect(codeOf(() => after.transact(write))).toBe('CONSTRAINT');
  after.close();
  rawly(second, (database) => database.exec('DROP TRIGGER no'));
  using again = Store.open(place, { types: [Town] });
  expect([again.at('one').count(Town), again.at('two').count(Town)]).toEqual([1, 1]);
  again.close();
  using last = Store.open(place, { types: [City] });
  last.transact(() => {
    last.at('one').create(City, { name: 'Biel' });
    last.at('two').create(City, { name: 'Biel' });
  });
  expect(last.tree.count(City)).toBe(4);
  expect(last.tree.check().findings).toEqual([]);
});

test('queries that were kept as JSON under the old name go on', () => {
  const { place } = aStoreOfVillages();
  const old = Store.open(place, { types: [Village, OldHouse] });
  const kept = JSON.stringify(old.query(Village, { name: 'Selborne' }));
  old.close();
  const store = aStore({ types }, place);
  expect(Query.fromJSON<Town>(store, JSON.parse(kept)).all()).toEqual(store.query(Town).all());
});

test('items under two of its names at once are not mixed: that is said at open, and when the type is used', () => {
  const place = aStoreDirectory();
  @item('town')
  class Other extends Item {
    @text({ unique: true, fullText: true }) declare name: string;
  }
  using store = Store.open(place);
  store.create(Village, { name: 'a' });
  store.create(Other, { name: 'b' });
  store.close();
  const said = refusal(() => Store.open(place, { types }));
  expect([said.code, said.message]).toEqual(['SCHEMA_MISMATCH', expect.stringContaining('town and village')]);
  const later = aStore({}, place);
  expect(codeOf(() => later.count(Town))).toBe('SCHEMA_MISMATCH');
});

// The new name was written before the difference was found: no program could read the type then.
test('a class that differs in more than the name, with the same version, is refused before anything is written', () => {
  const { place } = aStoreOfVillages();
  @item('town', { was: ['village'] })
  class Larger extends Item {
    @text({ unique: true }) declare name: string;
    @integer() declare people: number;
  }
  const said = refusal(() => Store.open(place, { types: [Larger] }));
  expect([said.code, said.message]).toEqual(['SCHEMA_MISMATCH', expect.stringContaining('people is new')]);
  expect(codeOf(() => aStore({}, place).count(Larger))).toBe('SCHEMA_MISMATCH');
  expect(aStore({ types: [Village, OldHouse] }, place).count(Village)).toBe(1);
});

test.each<[string, () => unknown]>([
  ['a name that is none', () => item('x', { was: ['no good'] })(class X extends Item {})],
  ['its own name', () => item('x', { was: ['X'] })(class X extends Item {})],
  ['a name twice', () => item('x', { was: ['a', 'A'] })(class X extends Item {})],
  ['no list', () => item('x', { was: 'a' as never })(class X extends Item {})],
  ['null', () => item('x', { was: null as never })(class X extends Item {})],
])('was with %s is BAD_TYPE', (_, declare) => {
  expect(codeOf(declare)).toBe('BAD_TYPE');
});

test('the former name of a type and the name of another clash where both are in one store', () => {
  const store = aMemoryStore({ types });
  const said = refusal(() => store.count(Village));
  expect([said.code, said.message]).toEqual(['DUPLICATE_TYPE', expect.stringContaining("Town (formerly 'village')")]);
});
