import {
  bigint,
  bytes,
  type CreateInput,
  type Default,
  decimal,
  file,
  Item,
  integer,
  item,
  json,
  type Memory,
  real,
  reference,
  role,
  Store,
  type StoredFile,
  SubStore,
  text,
  timestamp,
  type UpgradeStep,
  upgrade,
} from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { contentsOf, inDatabase, substoreDirectories, tablesOf } from './support/on-disk.js';

// A store that an earlier version of the program wrote opens in this one: each type is upgraded completely before
// anything of it is seen.

@item('person')
class Person1 extends Item {
  @text() declare name: string;
}

/** A closed store with people of version 1. */
function aStoreOfPeople(...names: string[]): string {
  const place = aStoreDirectory();
  const store = Store.open(place);
  store.createMany(
    Person1,
    names.map((name) => ({ name })),
  );
  store.close();
  return place;
}

/** The third version of Person, with the steps that are given. */
function person3(...steps: UpgradeStep[]) {
  @item('person', { version: 3, upgrades: () => steps })
  class Person3 extends Item {
    @text() declare first: string;
    @integer({ nullable: true }) declare age: number | null;
    @text({ nullable: true }) declare email: string | null;
  }
  return Person3;
}

const toSecond = upgrade(1, { name: text() }, (old) => ({ first: old.name, years: 30 }));
const toThird = upgrade(2, { first: text(), years: integer() }, (old) => ({ ...old, age: old.years, email: null }));

function versionIn(place: string, type: string): unknown {
  return inDatabase(place, (database) =>
    database.prepare('SELECT version FROM corollary_types WHERE name = ?').pluck().get(type),
  );
}

// Steps

test('items written by an earlier version are read in the newest, under the same ids', () => {
  const place = aStoreOfPeople('Ada', 'Alan');
  const before = Store.open(place);
  const ids = before
    .query(Person1)
    .all()
    .map(({ storeId }) => Number(storeId));
  before.close();
  const Person = person3(toSecond, toThird);
  const store = aStore({ types: [Person] }, place);
  const people = store.query(Person).all();
  expect(people.map(({ storeId }) => Number(storeId))).toEqual(ids);
  expect(people.map(({ first, age, email }) => [first, age, email])).toEqual([
    ['Ada', 30, null],
    ['Alan', 30, null],
  ]);
  expect(store.check().findings).toEqual([]);
  expect(tablesOf(place)).toContain('item_person_v3');
  expect(tablesOf(place)).not.toContain('item_person_v1');
  expect(versionIn(place, 'person')).toBe(3);
});

test('an upgraded store goes on as one of the new version, and its other handles upgrade nothing again', () => {
  const place = aStoreOfPeople('Ada');
  const Person = person3(toSecond, toThird);
  const store = aStore({}, place);
  store.create(Person, { first: 'Grace', age: 5 });
  store.getUnique(Person, { first: 'Ada' }).age = 36;
  store.close();
  const Later = person3();
  const again = aStore({ types: [Later] }, place);
  expect(
    again
      .query(Later)
      .pluck((p) => p.age)
      .all(),
  ).toEqual([36, 5]);
});

test('attributes of the same name and type are copied, unless they are given', () => {
  const place = aStoreDirectory();
  @item('thing')
  class Thing1 extends Item {
    @text() declare kept: string;
    @text() declare given: string;
    @integer() declare retyped: number;
    @bigint() declare huge: bigint;
    @bytes() declare raw: Uint8Array;
    @json() declare tags: string[];
    @decimal({ scale: 2 }) declare price: import('corollary').Decimal;
    @timestamp() declare at: Date;
    @real({ nullable: true }) declare size: number | null;
  }
  const values = {
    kept: 'k',
    given: 'old',
    retyped: 7,
    huge: 2n ** 62n,
    raw: Uint8Array.of(1, 2, 3),
    tags: ['a', 'b'],
    price: '12.50',
    at: new Date(5),
    size: null,
  } as const;
  const before = Store.open(place);
  before.create(Thing1, values as unknown as CreateInput<Thing1>);
  before.close();
  const shape = {
    kept: text(),
    given: text(),
    retyped: integer(),
    huge: bigint(),
    raw: bytes(),
    tags: json(),
    price: decimal({ scale: 2 }),
    at: timestamp(),
    size: real({ nullable: true }),
  };
  const steps = () => [upgrade(1, shape, (old) => ({ given: `${old.given}, new`, retyped: String(old.retyped) }))];
  @item('thing', { version: 2, upgrades: steps })
  class Thing2 extends Item {
    @json() declare tags: string[];
    @text() declare kept: string;
    @text() declare given: string;
    @text() declare retyped: string;
    @bigint() declare huge: bigint;
    @bytes() declare raw: Uint8Array;
    @decimal({ scale: 2 }) declare price: import('corollary').Decimal;
    @timestamp() declare at: Date;
    @real({ nullable: true }) declare size: number | null;
  }
  const thing = aStore({}, place).query(Thing2).one();
  expect({ ...thing.toJSON(), storeId: 0 }).toEqual({
    ...{ kept: 'k', given: 'old, new', retyped: '7', huge: String(2n ** 62n), raw: 'AQID', tags: ['a', 'b'] },
    ...{ price: '12.50', at: new Date(5).toISOString(), size: null, storeId: 0 },
  });
});

test('a step without a function copies all', () => {
  const place = aStoreOfPeople('Ada');
  @item('person', { version: 2, upgrades: () => [upgrade(1, { name: text() })] })
  class Person2 extends Item {
    @text() declare name: string;
    @integer({ default: 40 }) declare age: Default<number>;
    @text({ nullable: true }) declare email: string | null;
    shout: Memory<string> = 'not an attribute';
  }
  const [ada] = aStore({}, place).query(Person2).all() as [Person2];
  expect([ada.name, ada.age, ada.email]).toEqual(['Ada', 40, null]);
});

test('what a step leaves out comes from field initialisers, defaults and null, as for a new item', () => {
  const place = aStoreOfPeople('Ada');
  let made = 0;
  @item('person', { version: 2, upgrades: () => [upgrade(1, { name: text() })] })
  class Person2 extends Item {
    @text() declare name: string;
    @integer() rank: Default<number> = 3;
    @integer({ default: () => ++made }) declare turn: Default<number>;
  }
  const [ada] = aStore({}, place).query(Person2).all() as [Person2];
  expect([ada.rank, ada.turn]).toEqual([3, 1]);
});

test('the longest jump that arrives wins, and steps of passed-over versions are not run', () => {
  const place = aStoreOfPeople('Ada');
  const never = () => {
    throw new Error('not this one');
  };
  const jump = upgrade(1, { name: text() }, (old) => ({ first: `${old.name}!`, age: 1 }), { to: 3 });
  const Person = person3(upgrade(1, { name: text() }, never), jump, upgrade(2, { first: text() }, never));
  expect(aStore({}, place).query(Person).one().first).toBe('Ada!');
});

test('a jump that does not arrive is not taken', () => {
  const place = aStoreOfPeople('Ada');
  @item('person', {
    version: 4,
    upgrades: () => [
      upgrade(1, { name: text() }, () => ({ first: 'a dead end' }), { to: 3 }),
      upgrade(1, { name: text() }, (old) => ({ first: old.name })),
      upgrade(2, { first: text() }, (old) => old, { to: 4 }),
    ],
  })
  class Person4 extends Item {
    @text() declare first: string;
  }
  expect(aStore({}, place).query(Person4).one().first).toBe('Ada');
});

test('several stored versions of several types all arrive, whichever is used first', () => {
  const place = aStoreOfPeople('Ada');
  @item('pet')
  class Pet1 extends Item {
    @reference(() => Person1) declare owner: Person1;
  }
  const before = Store.open(place);
  before.create(Pet1, { owner: before.query(Person1).one() });
  before.close();
  const Person = person3(toSecond, toThird);
  @item('pet', { version: 2, upgrades: () => [upgrade(1, { owner: reference(() => Person) })] })
  class Pet2 extends Item {
    @reference(() => Person) declare owner: InstanceType<typeof Person>;
    @text({ default: 'Rex' }) declare name: Default<string>;
  }
  const pet = aStore({}, place).query(Pet2).one();
  expect([pet.name, pet.owner.first]).toEqual(['Rex', 'Ada']);
});

// Deleting and creating

/** People of version 1 with the pets that refer to them by a rule. */
function aStoreWithPets(whenDeleted: 'cascade' | 'nullify' | 'refuse') {
  @item('pet')
  class Pet extends Item {
    @text() declare name: string;
    @reference(() => Person1, { whenDeleted, nullable: true }) declare owner: Person1 | null;
  }
  const place = aStoreOfPeople('Ada', 'Alan');
  const store = Store.open(place);
  for (const owner of store.query(Person1)) store.create(Pet, { name: `of ${owner.name}`, owner });
  store.close();
  @item('pet')
  class PetNow extends Item {
    @text() declare name: string;
    @reference(() => Person, { whenDeleted, nullable: true }) declare owner: InstanceType<typeof Person> | null;
  }
  const Person = person3(
    upgrade(1, { name: text() }, (old) => (old.name === 'Alan' ? null : { first: old.name }), { to: 3 }),
  );
  return { place, Person, Pet: PetNow };
}

test('null deletes the item, and what refers to it with cascade goes too', () => {
  const { place, Person, Pet } = aStoreWithPets('cascade');
  const store = aStore({ types: [Person, Pet] }, place);
  expect(
    store
      .query(Person)
      .pluck((p) => p.first)
      .all(),
  ).toEqual(['Ada']);
  expect(
    store
      .query(Pet)
      .pluck((p) => p.name)
      .all(),
  ).toEqual(['of Ada']);
  expect(store.check().findings).toEqual([]);
});

test('null deletes the item, and what refers to it with nullify has null', () => {
  const { place, Person, Pet } = aStoreWithPets('nullify');
  const store = aStore({ types: [Person, Pet] }, place);
  expect(store.count(Person)).toBe(1);
  const owners = store
    .query(Pet)
    .all()
    .map(({ owner }) => owner?.first);
  expect(owners).toEqual(['Ada', undefined]);
  expect(store.check().findings).toEqual([]);
});

test('null for an item that another refers to with refuse is UPGRADE_FAILED, and nothing is changed', () => {
  const { place, Person, Pet } = aStoreWithPets('refuse');
  const before = contentsOf(place);
  const store = Store.open(place, { types: [Person, Pet] });
  const error = refusal(() => store.count(Person));
  expect(error).toMatchObject({ code: 'UPGRADE_FAILED', type: 'person' });
  expect(error.cause).toMatchObject({ code: 'DELETE_REFUSED' });
  store.close();
  expect(contentsOf(place)).toEqual(before);
});

test('items of the type itself that refer to a deleted one go by the rules of the new class', () => {
  const place = aStoreDirectory();
  @item('node')
  class Node1 extends Item {
    @text() declare name: string;
    @reference(() => Node1, { nullable: true, whenDeleted: 'refuse' }) declare up: Node1 | null;
  }
  const before = Store.open(place);
  const top = before.create(Node1, { name: 'top', up: null });
  const middle = before.create(Node1, { name: 'middle', up: top });
  before.create(Node1, { name: 'leaf', up: middle });
  before.create(Node1, { name: 'other', up: null });
  before.close();
  const shape = { name: text(), up: reference({ nullable: true }) };
  @item('node', { version: 2, upgrades: () => [upgrade(1, shape, (old) => (old.name === 'top' ? null : {}))] })
  class Node2 extends Item {
    @text() declare name: string;
    @reference(() => Node2, { nullable: true, whenDeleted: 'cascade' }) declare up: Node2 | null;
  }
  const store = aStore({}, place);
  expect(
    store
      .query(Node2)
      .pluck((n) => n.name)
      .all(),
  ).toEqual(['other']);
  expect(store.check().findings).toEqual([]);
});

const Titled = role<{ title: string }>('test.titled');

@item('address')
class Address extends Item {
  @text() declare street: string;
  @reference({ nullable: true }) declare of: Item | null;
}

test('a step creates further items, which may refer to the item that is upgraded', () => {
  const place = aStoreOfPeople('Ada', 'Alan');
  const Created = withAddress();
  const store = aStore({}, place);
  const people = store.query(Created).all();
  expect(people.map(({ home }) => home.street)).toEqual(['street of Ada', 'street of Alan']);
  expect(people.map(({ home }) => home.of)).toEqual(people);
  expect(store.check().findings).toEqual([]);
});

function withAddress() {
  const step = upgrade(1, { name: text() }, (old, { create, storeId }) => ({
    home: create(Address, { street: `street of ${old.name}`, of: storeId as never }),
  }));
  @item('person', { version: 2, upgrades: () => [step] })
  class Person2 extends Item {
    @text() declare name: string;
    @reference(() => Address) declare home: Address;
  }
  return Person2;
}

test('a step gets and changes what it has created just now', () => {
  const place = aStoreOfPeople('Ada', 'Alan');
  const step = upgrade(
    1,
    { name: text() },
    (old, { store, create }) => {
      const address = store.get(Address, create(Address, { street: 'here' }));
      address.street += ` is ${old.name}`;
      return { first: address.street };
    },
    { to: 3 },
  );
  const store = aStore({}, place);
  const found = [store.query(person3(step)).pluck((p) => p.first), store.query(Address).pluck((a) => a.street)];
  expect(found.map((query) => query.all())).toEqual([
    ['here is Ada', 'here is Alan'],
    ['here is Ada', 'here is Alan'],
  ]);
});

test('a step reads and changes items of other types', () => {
  const place = aStoreOfPeople('Ada', 'Alan');
  const before = Store.open(place);
  before.create(Address, { street: '0' });
  before.close();
  const step = upgrade(
    1,
    { name: text() },
    (old, { store }) => {
      const address = store.query(Address).one();
      address.street = String(Number(address.street) + 1);
      return { first: `${old.name} ${address.street}` };
    },
    { to: 3 },
  );
  const Person = person3(step);
  const store = aStore({}, place);
  expect(
    store
      .query(Person)
      .pluck((p) => p.first)
      .all(),
  ).toEqual(['Ada 1', 'Alan 2']);
  expect(store.query(Address).one().street).toBe('2');
});

const oldAddress = { street: text(), of: reference({ nullable: true }) };

test('a step that reads a type of an older version has that upgraded first', () => {
  const place = aStoreOfPeople('Ada');
  const before = Store.open(place);
  before.create(Address, { street: 'x' });
  before.close();
  @item('address', {
    version: 2,
    upgrades: () => [upgrade(1, oldAddress, (old) => ({ line: `${old.street}!` }))],
  })
  class Address2 extends Item {
    @text() declare line: string;
  }
  const step = upgrade(1, { name: text() }, (_old, { store }) => ({ first: store.query(Address2).one().line }), {
    to: 3,
  });
  const Reading = person3(step);
  const store = aStore({ types: [Reading, Address2] }, place);
  expect(store.query(Reading).one().first).toBe('x!');
  expect(versionIn(place, 'address')).toBe(2);
});

test('types that a type refers to are upgraded before it, so that their steps may delete what its items refer to', () => {
  const place = aStoreDirectory();
  @item('pet')
  class Pet1 extends Item {
    @text() declare name: string;
    @reference(() => Person1, { whenDeleted: 'cascade' }) declare owner: Person1;
  }
  const before = Store.open(place);
  for (const name of ['Ada', 'Alan'])
    before.create(Pet1, { name: `of ${name}`, owner: before.create(Person1, { name }) });
  before.close();
  const Person = person3(jumping((old) => (old.name === 'Alan' ? null : { first: old.name })));
  const naming = upgrade(1, { name: text(), owner: reference() }, ({ owner }, { store }) => ({
    name: `pet of ${store.get(Person, owner as never).first}`,
  }));
  @item('pet', { version: 2, upgrades: () => [naming] })
  class Pet2 extends Item {
    @text() declare name: string;
    @reference(() => Person, { whenDeleted: 'cascade' }) declare owner: InstanceType<typeof Person>;
  }
  const store = aStore({}, place);
  expect(
    store
      .query(Pet2)
      .pluck((p) => p.name)
      .all(),
  ).toEqual(['pet of Ada']);
  expect(store.count(Person)).toBe(1);
});

test('types that refer to each other are upgraded, too', () => {
  const place = aStoreDirectory();
  @item('left')
  class Left1 extends Item {
    @reference(() => Right1, { nullable: true }) declare right: Right1 | null;
  }
  @item('right')
  class Right1 extends Item {
    @reference(() => Left1) declare left: Left1;
  }
  const before = Store.open(place);
  const left = before.create(Left1, {});
  left.right = before.create(Right1, { left });
  before.close();
  @item('left', { version: 2, upgrades: () => [upgrade(1, { right: reference({ nullable: true }) })] })
  class Left2 extends Item {
    @reference(() => Right2, { nullable: true }) declare right: Right2 | null;
  }
  @item('right', { version: 2, upgrades: () => [upgrade(1, { left: reference() })] })
  class Right2 extends Item {
    @reference(() => Left2) declare left: Left2;
  }
  const found = aStore({}, place).query(Left2).one();
  expect(found.right?.left).toBe(found);
});

test('types whose steps need each other cannot be upgraded, and say so', () => {
  const place = aStoreOfPeople('Ada');
  const before = Store.open(place);
  before.create(Address, { street: 'x' });
  before.close();
  const readPeople = upgrade(1, oldAddress, (_old, { store }) => ({ people: store.count(Circular) }));
  @item('address', { version: 2, upgrades: () => [readPeople] })
  class Address2 extends Item {
    @integer() declare people: number;
  }
  const step = upgrade(1, { name: text() }, (_old, { store }) => ({ first: `${store.count(Address2)}` }), { to: 3 });
  const Circular = person3(step);
  const store = aStore({ types: [Circular, Address2] }, place);
  const { code, cause } = refusal(() => store.count(Circular));
  expect(code).toBe('UPGRADE_FAILED');
  expect(cause).toMatchObject({ code: 'UPGRADE_FAILED', type: 'address' });
  expect([versionIn(place, 'person'), versionIn(place, 'address')]).toEqual([1, 1]);
});

test('files and powerups of a deleted item go with it, those of others stay', () => {
  const place = aStoreDirectory();
  @item('letter')
  class Letter1 extends Item {
    @text() declare title: string;
    @file({ owned: true }) declare scan: StoredFile;
  }
  const before = Store.open(place);
  for (const title of ['kept', 'gone']) {
    const letter = before.create(Letter1, { title, scan: before.files.write(title, { name: title }) });
    before.powerUp(letter, Titled);
  }
  before.close();
  const step = upgrade(1, { title: text(), scan: file() }, (old) => (old.title === 'gone' ? null : {}));
  @item('letter', { version: 2, upgrades: () => [step] })
  class Letter2 extends Item {
    @text() declare title: string;
    @file({ owned: true }) declare scan: StoredFile;
  }
  const store = aStore({}, place);
  expect(store.query(Letter2).one().scan.text()).toBe('kept');
  expect(
    store.files
      .query()
      .pluck((f) => f.name)
      .all(),
  ).toEqual(['kept']);
  expect(store.powerupsFor(Titled).map(({ title }) => title)).toEqual(['kept']);
  expect(store.check().findings).toEqual([]);
});

test('items that are made in another way than by create are not made by a step', () => {
  const making = upgrade(1, { name: text() }, (_old, { create }) => ({ first: `${create(SubStore, {} as never)}` }), {
    to: 3,
  });
  expect(failing(making).cause).toMatchObject({ code: 'NOT_SUPPORTED' });
});

test('items made by a step run their hooks, upgraded ones run activate when they are loaded', () => {
  const place = aStoreOfPeople('Ada');
  const told: string[] = [];
  @item('log')
  class Log extends Item {
    @text() declare line: string;
    override activate() {
      told.push('log activate');
    }
    override stored() {
      told.push('log stored');
    }
    override committed() {
      told.push('log committed');
    }
  }
  const step = upgrade(1, { name: text() }, (_old, { create }) => {
    create(Log, { line: 'x' });
    return {};
  });
  @item('person', { version: 2, upgrades: () => [step] })
  class Person2 extends Item {
    @text() declare name: string;
    override activate() {
      told.push('person activate');
    }
    override stored() {
      told.push('person stored');
    }
    override committed() {
      told.push('person committed');
    }
  }
  const store = aStore({}, place);
  expect(store.count(Person2)).toBe(1);
  expect(told).toEqual(['log activate', 'log stored', 'log committed']);
  store.query(Person2).all();
  expect(told.slice(3)).toEqual(['person activate']);
});

// What is refused

/** The error of an upgrade with this step. Nothing may have changed in the store. */
function failing(step: UpgradeStep, Type = person3(step)) {
  const place = aStoreOfPeople('Ada', 'Alan');
  const before = contentsOf(place);
  const store = Store.open(place, { types: [Type] });
  const error = refusal(() => store.count(Type));
  expect(codeOf(() => store.query(Type).all())).toBe(error.code);
  store.close();
  expect(contentsOf(place)).toEqual(before);
  return error;
}

const jumping = (step: (old: { name: string }) => Record<string, unknown> | null) =>
  upgrade(1, { name: text() }, step, { to: 3 });

test('a step that throws is UPGRADE_FAILED with store, type, item, versions and cause, and changes nothing', () => {
  const cause = new Error('secret');
  const error = failing(
    jumping((old) => {
      if (old.name === 'Alan') throw cause;
      return { first: old.name };
    }),
  );
  expect(error).toMatchObject({ code: 'UPGRADE_FAILED', type: 'person', cause });
  expect(error.store).toBeTypeOf('string');
  expect(error.storeId).toBeTypeOf('number');
  expect(error.message).toMatch(/from version 1 to 3/);
  expect(error.message).not.toContain('secret');
});

test.each<[string, (old: { name: string }) => unknown]>([
  ['nothing', () => undefined],
  ['a text', () => 'x'],
  ['a promise', () => Promise.resolve({ first: 'x' })],
  ['a generator', () => (function* () {})()],
  ['an item of another class', () => new (class Foreign {})()],
  ['a key that neither version has', () => ({ first: 'x', frist: 'x' })],
  ['a value of another type', () => ({ first: 5 })],
  ['null where it is mandatory', () => ({ first: null })],
  ['undefined', () => ({ first: undefined })],
  ['an integer past 2^53', () => ({ first: 'x', age: 2 ** 53 })],
  ['half a surrogate pair', () => ({ first: '\ud800' })],
  ['not what is mandatory', () => ({ age: 5 })],
])('a step that gives %s is UPGRADE_FAILED', (_what, step) => {
  expect(failing(jumping(step as never))).toMatchObject({ code: 'UPGRADE_FAILED', type: 'person' });
});

test('what validate, a check or a unique index of the new class refuses is UPGRADE_FAILED, naming the attribute', () => {
  const typed = (options: object) => {
    @item('person', { version: 2, upgrades: () => [upgrade(1, { name: text() }, () => ({ rank: 5 }))] })
    class Person2 extends Item {
      @text() declare name: string;
      @integer(options) declare rank: number;
    }
    return Person2 as never as ReturnType<typeof person3>;
  };
  const refused = (options: object) => failing(toSecond, typed(options));
  expect(refused({ validate: (rank: number) => rank > 5 })).toMatchObject({
    code: 'UPGRADE_FAILED',
    attribute: 'rank',
  });
  const checked = refused({ check: (c: { rank: { gt(n: number): never } }) => c.rank.gt(5) });
  expect(checked).toMatchObject({ code: 'UPGRADE_FAILED', attribute: 'rank' });
  expect(checked.storeId).toBeTypeOf('number');
  expect(refused({ unique: true })).toMatchObject({ code: 'UPGRADE_FAILED', attribute: 'rank' });
});

test('copied values are validated as if they were given', () => {
  @item('person', { version: 2, upgrades: () => [upgrade(1, { name: text() })] })
  class Person2 extends Item {
    @text({ validate: (name) => name !== 'Alan' }) declare name: string;
  }
  expect(failing(toSecond, Person2 as never)).toMatchObject({ code: 'UPGRADE_FAILED', attribute: 'name' });
});

test('the values between two steps are checked against the shape of the version between', () => {
  const error = failing(
    upgrade(1, { name: text() }, () => ({ first: 'x', years: 'many' })),
    person3(
      upgrade(1, { name: text() }, () => ({ first: 'x', years: 'many' })),
      toThird,
    ),
  );
  expect(error).toMatchObject({ code: 'UPGRADE_FAILED', attribute: 'years' });
  expect(error.message).toMatch(/from version 1 to 2/);
});

test('a reference that a step gives must be to an item of its type that is there', () => {
  const to = (id: (store: Store) => unknown) => {
    const place = aStoreOfPeople('Ada');
    const before = Store.open(place);
    before.create(Address, { street: 'x' });
    before.close();
    const step = upgrade(1, { name: text() }, (_old, { store }) => ({ home: id(store) }));
    @item('person', { version: 2, upgrades: () => [step] })
    class Person2 extends Item {
      @text() declare name: string;
      @reference(() => Address) declare home: Address;
    }
    const store = aStore({}, place);
    return () => store.query(Person2).one().home.street;
  };
  const theAddress = (store: Store) => store.query(Address).one();
  expect(to((store) => theAddress(store).storeId)()).toBe('x');
  expect(to(theAddress)()).toBe('x');
  expect(codeOf(to((store) => theAddress(store).storeId + 4096))).toBe('UPGRADE_FAILED');
  expect(codeOf(to(() => 4097))).toBe('UPGRADE_FAILED'); // the person itself
  expect(codeOf(to(() => -1))).toBe('UPGRADE_FAILED');
  expect(codeOf(to(() => 1.5))).toBe('UPGRADE_FAILED');
  expect(codeOf(to(() => aMemoryStore().create(Address, { street: 'y' })))).toBe('UPGRADE_FAILED');
});

test('a step that touches its own type is refused', () => {
  const touch = (act: (store: Store) => unknown) => {
    const step = upgrade(1, { name: text() }, (_old, { store }) => ({ first: String(act(store)) }), { to: 3 });
    const Person = person3(step);
    touched = Person;
    return failing(step, Person);
  };
  let touched: ReturnType<typeof person3>;
  expect(touch((store) => store.count(touched)).cause).toMatchObject({ code: 'UPGRADE_FAILED' });
  expect(touch((store) => store.getAny(4097 as never)).cause).toMatchObject({ code: 'UPGRADE_FAILED' });
  expect(touch((store) => store.create(touched, { first: 'x' })).cause).toMatchObject({ code: 'UPGRADE_FAILED' });
});

test('an asynchronous step is refused where it is declared', () => {
  expect(codeOf(() => upgrade(1, {}, (async () => ({})) as never))).toBe('ASYNC_TRANSACTION');
});

test.each<[string, () => unknown]>([
  ['version 0', () => upgrade(0, {})],
  ['a version that is no integer', () => upgrade(1.5, {})],
  ['no shape', () => upgrade(1, undefined as never)],
  ['a version before it as to', () => upgrade(2, {}, undefined, { to: 2 })],
  ['an unknown option', () => upgrade(1, {}, undefined, { until: 2 } as never)],
])('upgrade() with %s is BAD_TYPE', (_what, make) => {
  expect(codeOf(make)).toBe('BAD_TYPE');
});

test.each<[string, () => unknown]>([
  ['no list', () => 'x'],
  ['something else than steps', () => [{ from: 1, to: 2 }]],
  ['a step past the version of the class', () => [upgrade(3, {})]],
  ['two steps between the same versions', () => [upgrade(1, { name: text() }), upgrade(1, { name: text() })]],
  ['a shape that is no attributes', () => [upgrade(1, { name: 'text' })]],
])('upgrades that have %s are BAD_TYPE when the type must be upgraded', (_what, upgrades) => {
  const place = aStoreOfPeople('Ada');
  @item('person', { version: 3, upgrades: upgrades as never })
  class Person3 extends Item {
    @text() declare first: string;
  }
  expect(codeOf(() => Store.open(place, { types: [Person3] }))).toBe('BAD_TYPE');
});

// The plan

test('all gaps of all types are told at once, at open, and nothing is changed', () => {
  const place = aStoreOfPeople('Ada');
  const before = Store.open(place);
  before.create(Address, { street: 'x' });
  before.close();
  const contents = contentsOf(place);
  @item('address', { version: 4, upgrades: () => [upgrade(2, { street: text() })] })
  class Address4 extends Item {
    @text() declare street: string;
  }
  const { code, problems } = refusal(() => Store.open(place, { types: [person3(toThird), Address4] }));
  expect(code).toBe('NO_UPGRADE_PATH');
  expect(problems?.map(({ message }) => /(\w+) is stored.* (from version \d to \d)/.exec(message)?.slice(1))).toEqual([
    ['person', 'from version 1 to 2'],
    ['address', 'from version 1 to 2'],
    ['address', 'from version 3 to 4'],
  ]);
  expect(contentsOf(place)).toEqual(contents);
});

test('a gap of another type that the program knows keeps a type from being upgraded', () => {
  const place = aStoreOfPeople('Ada');
  const before = Store.open(place);
  before.substores.create('part').create(Person1, { name: 'Alan' });
  before.at('part').create(Address, { street: 'x' });
  before.close();
  @item('address', { version: 2 })
  class Address2 extends Item {
    @text() declare street: string;
  }
  const Person = person3(toSecond, toThird);
  const store = aStore({ types: [Person, Address2] }, place);
  expect(codeOf(() => store.at('part').count(Person))).toBe('NO_UPGRADE_PATH');
  expect(store.count(Person)).toBe(1);
});

test('versions without items need no steps', () => {
  const place = aStoreOfPeople();
  const before = Store.open(place);
  before.create(Person1, { name: 'x' }).delete();
  before.close();
  const Person = person3();
  const store = aStore({ types: [Person] }, place);
  expect(store.count(Person)).toBe(0);
  expect(store.create(Person, { first: 'Ada' }).isStored).toBe(true);
  expect(versionIn(place, 'person')).toBe(3);
});

test('a step whose shape is not the stored one is SCHEMA_MISMATCH, listing the differences', () => {
  const place = aStoreOfPeople('Ada');
  const Person = person3(upgrade(1, { name: integer(), nick: text() }, () => ({ first: 'x' }), { to: 3 }));
  const { code, message } = refusal(() => Store.open(place, { types: [Person] }));
  expect(code).toBe('SCHEMA_MISMATCH');
  expect(message).toMatch(/name is stored as text/);
  expect(message).toMatch(/nick is new/);
});

test('a shape need not repeat what makes no difference to a reader: indexes, checks, collations, targets of references', () => {
  const place = aStoreDirectory();
  @item('person')
  class Rich1 extends Item {
    @text({ collate: 'nocase', unique: true, check: (c: { name: { ne(v: string): never } }) => c.name.ne('') })
    declare name: string;
    @reference(() => Rich1, { nullable: true }) declare friend: Rich1 | null;
  }
  const before = Store.open(place);
  before.create(Rich1, { name: 'Ada' });
  before.close();
  const Person = person3(
    upgrade(1, { name: text(), friend: reference({ nullable: true }) }, (old) => ({ first: old.name }), { to: 3 }),
  );
  expect(aStore({}, place).query(Person).one().first).toBe('Ada');
});

test('a database that is newer than the class is NEWER_DATABASE', () => {
  const place = aStoreOfPeople('Ada');
  aStore({ types: [person3(toSecond, toThird)], upgrade: 'open' }, place);
  expect(codeOf(() => Store.open(place, { types: [Person1] }))).toBe('NEWER_DATABASE');
});

// When

const Person = person3(toSecond, toThird);

test.each<[string, (store: Store, id: number) => unknown]>([
  ['query', (store) => store.query(Person).all()],
  ['count', (store) => store.count(Person)],
  ['get', (store, id) => store.get(Person, id as never)],
  ['find', (store, id) => store.find(Person, id as never)],
  ['getAny', (store, id) => store.getAny(id as never)],
  ['create', (store) => store.create(Person, { first: 'x' })],
  ['createMany', (store) => store.createMany(Person, [{ first: 'x' }])],
  ['bulk update', (store) => store.query(Person).update({ age: 5 })],
  ['bulk delete', (store) => store.query(Person, (p) => p.first.eq('nobody')).delete()],
  ['subquery', (store) => store.query(Person, (p) => p.self.in(store.query(Person))).all()],
  ['aggregate', (store) => store.query(Person).max((p) => p.age)],
  ['pages', (store) => store.query(Person).page({ size: 1 })],
  ['tree query', (store) => store.tree.query(Person).all()],
])('the first use by %s upgrades all items of the type', (_what, use) => {
  const place = aStoreOfPeople('Ada', 'Alan');
  const store = aStore({ types: [Person] }, place);
  expect(versionIn(place, 'person')).toBe(1);
  use(store, 4097);
  expect(versionIn(place, 'person')).toBe(3);
  expect(store.query(Person, (p) => p.first.startsWith('A')).count()).toBe(2);
});

test('other types can be used before', () => {
  const place = aStoreOfPeople('Ada');
  const store = aStore({ types: [Person] }, place);
  store.create(Address, { street: 'x' });
  expect(versionIn(place, 'person')).toBe(1);
});

test("with upgrade: 'open' all types are upgraded when the store is opened, in a substore at its first use", () => {
  const place = aStoreOfPeople('Ada');
  const before = Store.open(place);
  before.substores.create('part').create(Person1, { name: 'Alan' });
  before.at('part').create(Address, { street: 'x' });
  const part = `${place}/sub/${before.substores.query().one().directory}`;
  before.close();
  const store = aStore({ types: [Person], upgrade: 'open' }, place);
  expect(versionIn(place, 'person')).toBe(3);
  expect(versionIn(part, 'person')).toBe(1);
  expect(store.at('part').count(Address)).toBe(1);
  expect(versionIn(part, 'person')).toBe(3);
});

test("with upgrade: 'open' nothing is upgraded when a class does not fit", () => {
  const place = aStoreOfPeople('Ada');
  const before = Store.open(place);
  before.create(Address, { street: 'x' });
  before.close();
  @item('address')
  class Changed extends Item {
    @integer() declare street: number;
  }
  const contents = contentsOf(place);
  expect(codeOf(() => Store.open(place, { types: [Person, Changed], upgrade: 'open' }))).toBe('SCHEMA_MISMATCH');
  expect(contentsOf(place)).toEqual(contents);
});

test("with upgrade: 'refuse', a type is UPGRADE_NEEDED when it is used, listed or learned, and others are not", () => {
  const place = aStoreOfPeople('Ada');
  const listed = aStore({ types: [Person], upgrade: 'refuse' }, place);
  // The way out that the guide names was missing.
  expect(refusal(() => listed.count(Person)).message).toContain('call tree.upgrade()');
  expect(codeOf(() => listed.count(Person))).toBe('UPGRADE_NEEDED');
  const store = aStore({ upgrade: 'refuse' }, place);
  expect(codeOf(() => store.count(Person))).toBe('UPGRADE_NEEDED');
  expect(store.create(Address, { street: 'x' }).isStored).toBe(true);
});

test('a store and a transaction that are read-only are UPGRADE_NEEDED', () => {
  const place = aStoreOfPeople('Ada');
  const reader = aStore({ readOnly: true }, place);
  expect(codeOf(() => reader.count(Person))).toBe('UPGRADE_NEEDED');
  const store = aStore({}, place);
  expect(codeOf(() => store.transact(() => store.count(Person), { readOnly: true }))).toBe('UPGRADE_NEEDED');
  expect(store.count(Person)).toBe(1);
});

test('an upgrade option that is none of the three is refused', () => {
  expect(codeOf(() => Store.inMemory({ upgrade: 'lazy' as never }))).toBe('INVALID_VALUE');
});

test('an activate hook that reads an item of an older version has it upgraded', () => {
  const place = aStoreOfPeople('Ada');
  const before = Store.open(place);
  before.create(Address, { street: 'x', of: before.query(Person1).one() });
  before.close();
  const seen: unknown[] = [];
  @item('address')
  class Active extends Item {
    @text() declare street: string;
    @reference({ nullable: true }) declare of: Item | null;
    override activate() {
      seen.push((this.of as InstanceType<typeof Person>).first);
    }
  }
  aStore({ types: [Active, Person] }, place)
    .query(Active)
    .all();
  expect(seen).toEqual(['Ada']);
});

// Transactions

test('an upgrade in a transaction goes back with it, and is done again at the next use', () => {
  const place = aStoreOfPeople('Ada');
  const store = aStore({ types: [Person] }, place);
  let ada: InstanceType<typeof Person> | undefined;
  const undo = () =>
    store.transact(() => {
      ada = store.query(Person).one();
      ada.age = 99;
      throw new Error('undone');
    });
  expect(undo).toThrow('undone');
  expect(versionIn(place, 'person')).toBe(1);
  expect(ada?.age).toBe(30);
  expect(versionIn(place, 'person')).toBe(3);
  expect(store.query(Person).one()).toBe(ada);
});

test('where another process has the write lock, the first use waits for it, and is BUSY after that', () => {
  const place = aStoreOfPeople('Ada');
  const store = aStore({ types: [Person], busyTimeoutMs: 20 }, place);
  const error = inDatabase(place, (database) => {
    database.exec('BEGIN IMMEDIATE');
    return refusal(() => store.count(Person));
  });
  expect(error).toMatchObject({ code: 'BUSY', retry: true });
  expect(store.count(Person)).toBe(1);
});

test('an upgrade in a nested transaction goes back with that one only', () => {
  const place = aStoreOfPeople('Ada');
  const store = aStore({ types: [Person] }, place);
  store.transact(() => {
    store.create(Address, { street: 'before' });
    const undo = () =>
      store.transact(() => {
        store.query(Person).one().age = 99;
        throw new Error('undone');
      });
    expect(undo).toThrow('undone');
    expect(store.query(Person).one().age).toBe(30);
  });
  expect([store.count(Address), store.count(Person), versionIn(place, 'person')]).toEqual([1, 1, 3]);
});

test('an upgrade that fails in a transaction leaves the rest of it as it is', () => {
  const place = aStoreOfPeople('Ada');
  const Broken = person3(
    jumping(() => {
      throw new Error('no');
    }),
  );
  const store = aStore({ types: [Broken] }, place);
  store.transact(() => {
    store.create(Address, { street: 'kept' });
    expect(codeOf(() => store.count(Broken))).toBe('UPGRADE_FAILED');
    store.create(Address, { street: 'kept, too' });
  });
  expect(store.count(Address)).toBe(2);
  expect(versionIn(place, 'person')).toBe(1);
});

/** A store with people, and a substore with people. */
function aTree() {
  const place = aStoreOfPeople('Ada');
  const before = Store.open(place);
  before.substores.create('part').create(Person1, { name: 'Alan' });
  const part = `${place}/sub/${before.substores.query().one().directory}`;
  before.close();
  return { place, part };
}

test('where a transaction does not cover the store, the upgrade is committed by itself', () => {
  const { place, part } = aTree();
  const store = aStore({ types: [Person] }, place);
  const below = store.at('part');
  const undo = () =>
    below.transact(() => {
      below.create(Address, { street: 'undone' });
      expect(store.count(Person)).toBe(1);
      expect(versionIn(place, 'person')).toBe(3);
      below.create(Address, { street: 'undone, too' });
      throw new Error('undone');
    });
  expect(undo).toThrow('undone');
  expect(versionIn(place, 'person')).toBe(3);
  expect([below.count(Address), versionIn(part, 'person')]).toEqual([0, 1]);
});

test('hooks of items that such an upgrade makes run after its commit, and may write to its store', () => {
  const { place } = aTree();
  @item('log')
  class Log extends Item {
    @text() declare line: string;
    override committed() {
      this.line = 'committed';
    }
  }
  const step = upgrade(1, { name: text() }, (_old, { create }) => ({ first: String(create(Log, { line: 'new' })) }), {
    to: 3,
  });
  const Logged = person3(step);
  const store = aStore({ types: [Logged, Log] }, place);
  const below = store.at('part');
  const undo = () =>
    below.transact(() => {
      store.count(Logged);
      throw new Error('undone');
    });
  expect(undo).toThrow('undone');
  expect(
    store
      .query(Log)
      .pluck((log) => log.line)
      .all(),
  ).toEqual(['committed']);
});

// Whoever got the error with `committed: true` could not know that his own transaction was undone by it.
test('what such hooks throw is told when the transaction around it is committed', () => {
  const { place } = aTree();
  const refused = new Error('refused');
  @item('log')
  class Log extends Item {
    @text() declare line: string;
    override committed() {
      throw refused;
    }
  }
  const step = upgrade(1, { name: text() }, (_old, { create }) => ({ first: String(create(Log, { line: 'new' })) }), {
    to: 3,
  });
  const Logged = person3(step);
  const store = aStore({ types: [Logged, Log] }, place);
  const below = store.at('part');
  const error = refusal(() =>
    below.transact(() => {
      expect(store.count(Logged)).toBe(1);
      below.create(Address, { street: 'kept' });
    }),
  );
  expect(error).toMatchObject({ code: 'HOOK_FAILED', committed: true });
  expect(error.errors).toEqual([expect.objectContaining({ code: 'HOOK_FAILED', errors: [refused] })]);
  expect(below.count(Address)).toBe(1);
});

test('such an upgrade cannot write to a store that takes part in the transaction around it, and leaves that unharmed', () => {
  const { place } = aTree();
  const step = upgrade(
    1,
    { name: text() },
    (old, { store }) => {
      store.at('part').create(Address, { street: 'x' });
      return { first: old.name };
    },
    { to: 3 },
  );
  const Meddling = person3(step);
  const store = aStore({ types: [Meddling] }, place);
  const below = store.at('part');
  below.transact(() => {
    below.create(Address, { street: 'kept' });
    const error = refusal(() => store.count(Meddling));
    expect(error.cause).toMatchObject({ code: 'OUTSIDE_TREE' });
  });
  expect(
    below
      .query(Address)
      .pluck((a) => a.street)
      .all(),
  ).toEqual(['kept']);
});

test('an upgrade is part of a transaction over several stores, and all is committed together', () => {
  const { place, part } = aTree();
  const store = Store.open(place, { types: [Person] });
  store.transact(() => {
    store.create(Address, { street: 'above' });
    const below = store.at('part');
    below.create(Address, { street: 'below' });
    below.query(Person).one().age = 77;
    below.create(Person, { first: 'Grace' });
    store.query(Person).one().age = 66;
  });
  const below = store.at('part').query(Person).all();
  expect(below.map(({ first, age }) => [first, age])).toEqual([
    ['Alan', 77],
    ['Grace', null],
  ]);
  store.close();
  expect([versionIn(place, 'person'), versionIn(part, 'person')]).toEqual([3, 3]);
  const again = aStore({ types: [Person] }, place);
  expect(
    again.tree
      .query(Person)
      .orderBy((p) => p.first.asc())
      .pluck((p) => p.age)
      .all(),
  ).toEqual([66, 77, null]);
  expect(again.tree.check().isSound).toBe(true);
});

test('in a transaction over several stores that is undone, all upgrades go back', () => {
  const { place, part } = aTree();
  const store = aStore({ types: [Person] }, place);
  const undo = () =>
    store.transact(() => {
      expect(store.tree.query(Person).count()).toBe(2);
      store.at('part').create(Address, { street: 'x' });
      throw new Error('undone');
    });
  expect(undo).toThrow('undone');
  expect([versionIn(place, 'person'), versionIn(part, 'person')]).toEqual([1, 1]);
  expect(store.tree.count(Person)).toBe(2);
});

test('what a step has upgraded in another store that the transaction covers goes back with it, too', () => {
  const place = aStoreDirectory();
  const before = Store.open(place);
  for (const name of ['one', 'two']) before.substores.create(name).create(Person1, { name: 'Ada' });
  before.close();
  const countingInTheOther = upgrade(
    1,
    { name: text() },
    ({ name }, { store }) => ({ first: name, age: store.name === 'one' ? store.root.at('two').count(Person) : 0 }),
    { to: 3 },
  );
  const Person = person3(countingInTheOther);
  const root = aStore({ types: [Person] }, place);
  expect(() =>
    root.transact(() => {
      expect(root.at('one').query(Person).one().age).toBe(1);
      throw new Error('undone');
    }),
  ).toThrow('undone');
  const versions = () => substoreDirectories(place).map((one) => versionIn(one, 'person'));
  expect(versions()).toEqual([1, 1]);
  expect(root.at('one').query(Person).one().age).toBe(1);
  expect(versions()).toEqual([3, 3]);
});

test('a tree query upgrades each store as it reaches it', () => {
  const { place, part } = aTree();
  const store = aStore({ types: [Person] }, place);
  expect(
    store.tree
      .query(Person)
      .orderBy((p) => p.first.asc())
      .pluck((p) => p.first)
      .all(),
  ).toEqual(['Ada', 'Alan']);
  expect([versionIn(place, 'person'), versionIn(part, 'person')]).toEqual([3, 3]);
});

// The table

test('indexes, unique indexes and full text of the new class are there, those of the old one are gone', () => {
  const place = aStoreDirectory();
  @item('note')
  class Note1 extends Item {
    @text({ fullText: true, indexed: true }) declare line: string;
  }
  const before = Store.open(place);
  before.createMany(Note1, [{ line: 'green tea' }, { line: 'black coffee' }]);
  before.close();
  const step = upgrade(1, { line: text() }, (old) => ({ body: old.line, code: old.line.slice(0, 1) }));
  @item('note', { version: 2, upgrades: () => [step] })
  class Note2 extends Item {
    @text({ fullText: true }) declare body: string;
    @text({ unique: true }) declare code: string;
  }
  const store = aStore({}, place);
  expect(
    store
      .query(Note2, (n) => n.body.matches('coffee'))
      .pluck((n) => n.code)
      .all(),
  ).toEqual(['b']);
  expect(codeOf(() => store.create(Note2, { body: 'x', code: 'b' }))).toBe('CONSTRAINT');
  const names = inDatabase(place, (database) => database.prepare('SELECT name FROM sqlite_schema').pluck().all());
  expect(names.filter((name) => String(name).includes('note_v1'))).toEqual([]);
  expect(store.check().findings).toEqual([]);
});

test('another handle with the new class finds the type upgraded', () => {
  const place = aStoreOfPeople('Ada');
  const [one, two] = [aStore({ types: [Person] }, place), aStore({ types: [Person] }, place)];
  expect(one.count(Person)).toBe(1);
  expect(two.query(Person).one().first).toBe('Ada');
});

test('a handle with the older class says NEWER_DATABASE once another has upgraded', () => {
  const place = aStoreOfPeople('Ada');
  const old = aStore({ types: [Person1] }, place);
  const ada = old.query(Person1).one();
  expect(aStore({ types: [Person] }, place).count(Person)).toBe(1);
  expect(codeOf(() => old.count(Person1))).toBe('NEWER_DATABASE');
  expect(codeOf(() => ada.name)).toBe('NEWER_DATABASE');
});

test('more items than fit in a batch all arrive, in memory too', () => {
  const place = aStoreOfPeople(...Array.from({ length: 2345 }, (_, n) => `person ${n}`));
  const store = aStore({ types: [Person] }, place);
  expect(store.count(Person)).toBe(2345);
  expect(
    store
      .query(Person)
      .pluck((p) => p.first)
      .all()
      .at(-1),
  ).toBe('person 2344');
});

test('a class whose list of steps cannot be made is refused by its name, with the reason', () => {
  const cause = new Error('not there yet');
  @item('person', {
    version: 2,
    upgrades: () => {
      throw cause;
    },
  })
  class Person2 extends Item {
    @text() declare name: string;
  }
  const place = aStoreOfPeople('Ada');
  expect(refusal(() => Store.open(place, { types: [Person2] }))).toMatchObject({
    code: 'BAD_TYPE',
    type: 'person',
    cause,
    message: expect.stringContaining('Class Person2'),
  });
});

test('a wrong step in the list of a class is told with the name of the class', () => {
  @item('person', { version: 2, upgrades: () => [upgrade(1, { name: text() }, (async () => ({})) as never)] })
  class Person2 extends Item {
    @text() declare name: string;
  }
  const place = aStoreOfPeople('Ada');
  expect(refusal(() => Store.open(place, { types: [Person2] }))).toMatchObject({
    code: 'ASYNC_TRANSACTION',
    message: expect.stringContaining('Class Person2: upgrade(1, ...)'),
  });
});

test('a symbol as the key of what a step gives is refused as an unknown name is', () => {
  const nickname = Symbol('nickname');
  @item('person', { version: 2, upgrades: () => [upgrade(1, { name: text() }, () => ({ [nickname]: 'A' }))] })
  class Person2 extends Item {
    @text() declare name: string;
  }
  const store = aStore({}, aStoreOfPeople('Ada'));
  expect(refusal(() => store.count(Person2))).toMatchObject({
    code: 'UPGRADE_FAILED',
    attribute: 'Symbol(nickname)',
    cause: expect.objectContaining({ code: 'UNKNOWN_ATTRIBUTE' }),
  });
});

describe('references with validate, to items that are on their way themselves', () => {
  const folderStep = { name: text(), parent: reference({ nullable: true }) };
  const isOpen = (folder: { name: string }) => folder.name !== 'closed' || 'it is closed';

  /** A closed store: one folder in another; the upper one is called so. */
  function aStoreOfFolders(upper: string): string {
    const place = aStoreDirectory();
    @item('folder')
    class Folder extends Item {
      @text() declare name: string;
      @reference(() => Folder, { nullable: true, whenDeleted: 'nullify' }) declare parent: Folder | null;
    }
    using store = Store.open(place, { types: [Folder] });
    store.create(Folder, { name: 'below', parent: store.create(Folder, { name: upper }) });
    return place;
  }

  test('of the same type: all are checked, copied ones and those that a step gives', () => {
    for (const steps of [
      [upgrade(1, folderStep, () => ({}), { to: 3 })],
      [upgrade(1, folderStep, ({ parent }) => ({ parent }), { to: 3 })],
      [
        upgrade(1, folderStep),
        upgrade(2, { name: text(), parent: reference({ nullable: true, validate: isOpen as never }) }),
      ],
    ]) {
      @item('folder', { version: 3, upgrades: () => steps as UpgradeStep[] })
      class Folder extends Item {
        @text() declare name: string;
        @reference(() => Folder, { nullable: true, validate: isOpen }) declare parent: Folder | null;
        @integer({ default: 0 }) declare rank: Default<number>;
      }
      const store = aStore({ types: [Folder] }, aStoreOfFolders('open'));
      expect(store.query(Folder, { name: 'below' }).one().parent?.name).toBe('open');
      const refused = refusal(() => aStore({ types: [Folder] }, aStoreOfFolders('closed')).count(Folder));
      expect(refused).toMatchObject({ code: 'UPGRADE_FAILED', type: 'folder', attribute: 'parent', storeId: 8193 });
      expect(refused.message).toMatch(
        /item 8193 \(folder\) .* parent is refused by its validate function: it is closed/,
      );
    }
  });

  test('not where a step deletes what is referred to', () => {
    @item('folder', {
      version: 2,
      upgrades: () => [upgrade(1, folderStep, ({ name }) => (name === 'closed' ? null : {}))],
    })
    class Folder extends Item {
      @text() declare name: string;
      @reference(() => Folder, { nullable: true, whenDeleted: 'nullify', validate: isOpen })
      declare parent: Folder | null;
    }
    const store = aStore({ types: [Folder] }, aStoreOfFolders('closed'));
    expect(store.query(Folder).one().parent).toBeNull();
  });

  test('of an item that a step creates', () => {
    @item('label')
    class Label extends Item {
      @reference(() => Folder, { validate: isOpen }) declare folder: Folder;
    }
    @item('folder', {
      version: 2,
      upgrades: () => [
        upgrade(1, folderStep, (_, { create, storeId }) => {
          create(Label, { folder: storeId as never });
          return {};
        }),
      ],
    })
    class Folder extends Item {
      @text() declare name: string;
      @reference((): typeof Folder => Folder, { nullable: true, whenDeleted: 'nullify' }) declare parent: Folder | null;
    }
    const store = aStore({ types: [Folder, Label] }, aStoreOfFolders('open'));
    expect(store.query(Folder).count()).toBe(2);
    expect(
      store
        .query(Label)
        .all()
        .map(({ folder }) => folder.name),
    ).toEqual(['open', 'below']);
    const refused = refusal(() => aStore({ types: [Folder, Label] }, aStoreOfFolders('closed')).count(Folder));
    expect(refused).toMatchObject({ code: 'UPGRADE_FAILED', type: 'label', attribute: 'folder' });
  });

  test('in a circle of types, whichever is upgraded first', () => {
    for (const isHouseFirst of [true, false])
      for (const name of ['open', 'closed']) {
        const place = aStoreDirectory();
        {
          @item('house')
          class House extends Item {
            @text() declare name: string;
            @reference((): typeof Owner => Owner, { nullable: true }) declare other: Owner | null;
          }
          @item('owner')
          class Owner extends Item {
            @text() declare name: string;
            @reference(() => House) declare other: House;
          }
          using store = Store.open(place, { types: [House, Owner] });
          const house = store.create(House, { name: 'open' });
          house.other = store.create(Owner, { name, other: house });
        }
        @item('house', {
          version: 2,
          upgrades: () => [upgrade(1, { name: text(), other: reference({ nullable: true }) })],
        })
        class House extends Item {
          @text() declare name: string;
          @reference((): typeof Owner => Owner, { nullable: true, validate: isOpen }) declare other: Owner | null;
        }
        @item('owner', { version: 2, upgrades: () => [upgrade(1, { name: text(), other: reference() })] })
        class Owner extends Item {
          @text() declare name: string;
          @reference(() => House, { validate: isOpen }) declare other: House;
        }
        const store = aStore({ types: [House, Owner] }, place);
        const use = () => (isHouseFirst ? store.query(House).one().other?.name : store.query(Owner).one().other.name);
        if (name === 'open') expect(use()).toBe('open');
        else expect(refusal(use)).toMatchObject({ code: 'UPGRADE_FAILED', type: 'house', attribute: 'other' });
      }
  });
});
