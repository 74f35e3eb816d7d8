import {
  type AttrKey,
  attributes,
  type CreateInput,
  dependsOn,
  fromParent,
  Item,
  install,
  installedDependents,
  installedOn,
  item,
  type Memory,
  type ReferenceKey,
  role,
  type Store,
  type StoreId,
  text,
  uninstall,
} from 'corollary';
import { describe, expectTypeOf, test } from 'vitest';

interface Mailer {
  send(to: string): void;
}
const Mailer = role<Mailer>('types.mailer');

@item('search')
class Search extends Item {
  @text() declare language: string;
}
@item('index')
class Index extends Item {
  @text({ nullable: true }) declare path: string | null;
}
@item('inbox')
class Inbox extends Item {
  @text() declare name: string;
  @dependsOn(() => Search, {
    values: (inbox: Inbox) => ({ language: inbox.name }),
    customize: (search, inbox: Inbox) => {
      search.language = inbox.name;
    },
    whenDeleted: 'nullify',
    indexed: true,
  })
  declare search: Search | null;
  @dependsOn(() => Index) declare index: Index | null;
  @fromParent(Mailer, { default: (inbox: Inbox) => (inbox.name === '' ? undefined : { send: () => undefined }) })
  declare readonly mailer: Mailer;
  @fromParent(Mailer) declare mark: Memory<Mailer>;
}
declare const inbox: Inbox;
declare const store: Store;

describe('dependencies', () => {
  test('are nullable references of their class', () => {
    expectTypeOf<ReferenceKey<Inbox>>().toEqualTypeOf<'search' | 'index'>();
    expectTypeOf<{ name: string }>().toExtend<CreateInput<Inbox>>();
    expectTypeOf<CreateInput<Inbox>['search']>().toEqualTypeOf<Search | null | undefined>();
    expectTypeOf(inbox.idOf('search')).toEqualTypeOf<StoreId<Search> | null>();
  });

  test('suit properties of that class or null only', () => {
    class Bad extends Item {
      // @ts-expect-error it may be null
      @dependsOn(() => Search) declare a: Search;
      // @ts-expect-error another class
      @dependsOn(() => Search) declare b: Index | null;
      // @ts-expect-error never undefined
      @dependsOn(() => Search) declare c?: Search | null;
      // @ts-expect-error the class, not a function that answers it
      @dependsOn(Search) declare d: Search | null;
      // @ts-expect-error always nullable
      @dependsOn(() => Search, { nullable: true }) declare e: Search | null;
      // @ts-expect-error language is mandatory
      @dependsOn(() => Search, { values: {} }) declare f: Search | null;
      // @ts-expect-error no such attribute
      @dependsOn(() => Index, { values: { paths: 'x' } }) declare g: Index | null;
      // @ts-expect-error no such member
      @dependsOn(() => Index, { customize: (index) => index.find() }) declare h: Index | null;
      // @ts-expect-error no method
      @dependsOn(() => Index) i(): void {}
    }
    class Bare extends Item {
      declare search: Search | null;
    }
    attributes(Bare, { search: dependsOn(() => Search) });
    // @ts-expect-error another class
    attributes(Bare, { search: dependsOn(() => Index) });
    expectTypeOf<Bad>().toExtend<Item>();
  });
});

describe('what comes from the parent', () => {
  test('is no attribute', () => {
    expectTypeOf<AttrKey<Inbox>>().toEqualTypeOf<'name' | 'search' | 'index'>();
    // @ts-expect-error it is looked up
    inbox.mailer = inbox.mark;
  });

  test('suits properties of the type of the role that are no attributes', () => {
    class Good extends Item {
      @fromParent(Mailer) declare readonly wider: { send(to: 'ann'): void };
    }
    class Bad extends Item {
      // @ts-expect-error it would be an attribute
      @fromParent(Mailer) declare a: Mailer;
      // @ts-expect-error more than the role has
      @fromParent(Mailer) declare readonly b: Mailer & { receive(): void };
      // @ts-expect-error on a static property
      @fromParent(Mailer) declare static readonly c: Mailer;
      // @ts-expect-error the default lacks a member
      @fromParent(Mailer, { default: () => ({}) }) declare readonly d: Mailer;
      // @ts-expect-error no role
      @fromParent('mailer') declare readonly e: Mailer;
    }
    expectTypeOf<Good | Bad>().toExtend<Item>();
  });
});

describe('installing', () => {
  test('takes items, and a store or an item', () => {
    expectTypeOf(install).toBeCallableWith(inbox, store);
    expectTypeOf(install).toBeCallableWith(inbox, inbox.store);
    expectTypeOf(uninstall).toBeCallableWith(inbox, inbox);
    expectTypeOf(installedOn(inbox)).toExtend<Store | Item | undefined>();
    expectTypeOf(installedDependents(inbox)).toEqualTypeOf<Item[]>();
    // @ts-expect-error no target
    const withoutTarget = () => install(inbox);
    // @ts-expect-error a class
    const aClass = () => install(Inbox, store);
    // @ts-expect-error a path
    const aPath = () => install(inbox, 'home.store');
    expectTypeOf([withoutTarget, aClass, aPath]).toBeArray();
  });
});
