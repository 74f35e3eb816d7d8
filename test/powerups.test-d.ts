import {
  type AnyRole,
  type Indirector,
  Item,
  integer,
  item,
  type PlayerFor,
  type PowerUpOptions,
  type PowerupFor,
  PowerupTarget,
  type Role,
  type RoleEntry,
  type RoleOptions,
  role,
  type Store,
  type SubStore,
  text,
} from 'corollary';
import { describe, expectTypeOf, test } from 'vitest';

// What the compiler says of roles and powerups.

interface Mailer {
  send(to: string, body: string): void;
}
interface Search {
  find(words: string): string[];
}
const Mailer = role<Mailer>('app.mailer');
const Search = role<Search>('app.search');

@item('smtp', { roles: () => [Mailer] })
class Smtp extends Item implements Mailer {
  @text() declare host: string;
  send(_to: string, _body: string): void {}
}
@item('gmail', { roles: (gmail: Gmail) => (gmail.host === '' ? [Mailer] : [Mailer, [Search, 5]]) })
class Gmail extends Item implements Mailer, Search {
  @text() declare host: string;
  send(): void {}
  find(): string[] {
    return [];
  }
}
@item('customer')
class Customer extends Item {
  @text() declare name: string;
}
/** Answers for mailers only. */
@item('relay', { roles: () => [Mailer] })
class Relay extends Item implements Indirector<Mailer> {
  @text() declare host: string;
  indirect(): Mailer | null {
    return null;
  }
}

declare const store: Store;
declare const smtp: Smtp;
declare const gmail: Gmail;
declare const customer: Customer;
declare const relay: Relay;
declare const subStore: SubStore;

describe('a role', () => {
  test('carries the type of what plays it', () => {
    expectTypeOf(Mailer).toEqualTypeOf<Role<Mailer>>();
    expectTypeOf(Mailer.id).toEqualTypeOf<string>();
    expectTypeOf(role('app.anything')).toEqualTypeOf<Role<object>>();
    expectTypeOf(Mailer).toExtend<AnyRole>();
    expectTypeOf<RoleEntry>().toEqualTypeOf<AnyRole | readonly [role: AnyRole, priority: number]>();
  });

  test('stands for no other role, be it wider or narrower', () => {
    const Narrow = role<Mailer & Search>('app.both');
    expectTypeOf<typeof Narrow>().not.toExtend<Role<Mailer>>();
    expectTypeOf<Role<Mailer>>().not.toExtend<Role<Mailer & Search>>();
    expectTypeOf<Role<Mailer>>().not.toExtend<Role<object>>();
    // @ts-expect-error a role of mailers is not one of searches
    const wrong: Role<Search> = Mailer;
    void wrong;
  });

  test('takes an id and options', () => {
    role<Mailer>('x', {});
    role<Mailer>('x', { has: ['send'], inherited: true });
    role<Mailer>('x', { combine: (players) => players[0] as Mailer, default: () => undefined });
    expectTypeOf<RoleOptions<Mailer>['has']>().toEqualTypeOf<readonly 'send'[] | undefined>();
    expectTypeOf<RoleOptions<Mailer>['combine']>().toEqualTypeOf<((players: Mailer[]) => Mailer) | undefined>();
    role<Mailer>('x', {
      default: (target) => {
        expectTypeOf(target).toEqualTypeOf<Parameters<NonNullable<RoleOptions<Mailer>['default']>>[0]>();
        return target.maybe(Mailer);
      },
    });
  });

  test('refuses what is no id, no option, no member', () => {
    // @ts-expect-error an id is needed
    role<Mailer>();
    // @ts-expect-error an id is a text
    role<Mailer>(5);
    // @ts-expect-error a role is of something that can have members
    role<string>('x');
    // @ts-expect-error no such option
    role<Mailer>('x', { inherit: true });
    // @ts-expect-error no such member
    role<Mailer>('x', { has: ['receive'] });
    // @ts-expect-error a list of members
    role<Mailer>('x', { has: 'send' });
    // @ts-expect-error true or false
    role<Mailer>('x', { inherited: 'yes' });
    // @ts-expect-error what it makes plays the role
    role<Mailer>('x', { combine: () => ({}) });
    // @ts-expect-error what answers else plays the role
    role<Mailer>('x', { default: () => ({}) });
    // @ts-expect-error the id stays as it is
    Mailer.id = 'y';
  });
});

describe('giving a powerup', () => {
  test('takes an item that has the members of the role', () => {
    store.powerUp(smtp, Mailer);
    store.powerUp(smtp, Mailer, { priority: 10 });
    customer.powerUp(smtp, Mailer);
    smtp.powerUp(gmail, Search);
    store.powerUp(gmail, role<Mailer & Search>('app.both'));
    expectTypeOf(store.powerUp(smtp, Mailer)).toEqualTypeOf<void>();
  });

  test('takes an item without a role: its class may name some', () => {
    store.powerUp(smtp);
    store.powerUp(customer);
    store.powerUp(smtp, undefined, { priority: 10 });
  });

  test('takes an item that answers with something else', () => {
    store.powerUp(relay, Mailer);
    store.powerUp(subStore, Mailer);
    store.powerUp(subStore, Search);
    subStore.powerUp(smtp, Mailer);
    expectTypeOf<Relay>().toExtend<PowerupFor<Mailer>>();
    expectTypeOf<SubStore>().toExtend<PowerupFor<Mailer & Search>>();
    expectTypeOf<Smtp>().toExtend<PlayerFor<Mailer>>();
  });

  test('refuses an item that lacks a member, or has another one of its name', () => {
    // @ts-expect-error a customer does not send
    store.powerUp(customer, Mailer);
    // @ts-expect-error smtp does not find
    store.powerUp(smtp, Search);
    // @ts-expect-error nor for an item
    customer.powerUp(smtp, Search);
    // @ts-expect-error it has one of the two
    store.powerUp(smtp, role<Mailer & Search>('app.both'));
    // @ts-expect-error it sends, but takes something else
    store.powerUp(smtp, role<{ send(to: number): void }>('app.other'));
    // @ts-expect-error it answers for mailers, not for searches
    store.powerUp(relay, Search);
  });

  test('refuses what is no item, no role, no option', () => {
    const plain: Mailer = { send: () => undefined };
    // @ts-expect-error what is no item can play in memory only
    store.powerUp(plain, Mailer);
    // @ts-expect-error a class is no item
    store.powerUp(Smtp, Mailer);
    // @ts-expect-error a role is not its id
    store.powerUp(smtp, 'app.mailer');
    // @ts-expect-error a class is no role
    store.powerUp(smtp, Smtp);
    // @ts-expect-error nothing to be given
    store.powerUp();
    // @ts-expect-error no such option
    store.powerUp(smtp, Mailer, { prio: 1 });
    // @ts-expect-error a priority is a number
    store.powerUp(smtp, Mailer, { priority: 'high' });
    // @ts-expect-error a priority stands in options
    store.powerUp(smtp, Mailer, 10);
    expectTypeOf<PowerUpOptions>().toEqualTypeOf<{ readonly priority?: number }>();
  });
});

describe('taking a powerup away', () => {
  test('takes items and objects, with a role or without', () => {
    store.powerDown(smtp, Mailer);
    store.powerDown(smtp);
    customer.powerDown({ send: () => undefined }, Mailer);
    expectTypeOf(store.powerDown(smtp)).toEqualTypeOf<void>();
  });

  test('refuses what is no object, no role', () => {
    // @ts-expect-error whose
    store.powerDown();
    // @ts-expect-error no object
    store.powerDown('smtp', Mailer);
    // @ts-expect-error a role is not its id
    store.powerDown(smtp, 'app.mailer');
  });
});

describe('asking', () => {
  test('gives the type of the role', () => {
    expectTypeOf(store.as(Mailer)).toEqualTypeOf<Mailer>();
    expectTypeOf(customer.as(Search)).toEqualTypeOf<Search>();
    expectTypeOf(store.maybe(Mailer)).toEqualTypeOf<Mailer | undefined>();
    expectTypeOf(store.powerupsFor(Mailer)).toEqualTypeOf<Mailer[]>();
    expectTypeOf(customer.powerupsFor(Search)).toEqualTypeOf<Search[]>();
    expectTypeOf(store.rolesOf(smtp)).toEqualTypeOf<AnyRole[]>();
    expectTypeOf(store.as(role<Smtp>('app.smtp')).host).toEqualTypeOf<string>();
  });

  test('refuses members that the role does not have, and what may not be there', () => {
    // @ts-expect-error mailers do not find
    store.as(Mailer).find('x');
    // @ts-expect-error what is sent is a text
    store.as(Mailer).send('a', 5);
    // @ts-expect-error there may be nobody
    store.maybe(Mailer).send('a', 'b');
    // @ts-expect-error no role
    store.as('app.mailer');
    // @ts-expect-error a class is no role
    store.as(Smtp);
    // @ts-expect-error which role
    store.powerupsFor();
    // @ts-expect-error whose roles
    store.rolesOf();
    // @ts-expect-error no object
    store.rolesOf(5);
  });

  test('is the same for stores and for items', () => {
    const ask = (target: PowerupTarget) => target.as(Mailer);
    expectTypeOf(ask(store)).toEqualTypeOf<Mailer>();
    expectTypeOf(ask(customer)).toEqualTypeOf<Mailer>();
    // @ts-expect-error it has nothing to be made with
    new PowerupTarget();
  });
});

describe('playing in memory', () => {
  test('takes any object that has the members, or answers with one', () => {
    store.inMemoryPowerUp({ send: () => undefined }, Mailer);
    customer.inMemoryPowerUp(smtp, Mailer);
    store.inMemoryPowerUp({ indirect: () => smtp }, Mailer);
    store.inMemoryPowerUp({ send: () => undefined } as Mailer, Mailer);
  });

  test('refuses what lacks a member', () => {
    // @ts-expect-error a member is missing
    store.inMemoryPowerUp({}, Mailer);
    // @ts-expect-error smtp does not find
    store.inMemoryPowerUp(smtp, Search);
    // @ts-expect-error it answers with something else than a mailer
    store.inMemoryPowerUp({ indirect: () => customer }, Mailer);
    // @ts-expect-error a role is needed
    store.inMemoryPowerUp(smtp);
    // @ts-expect-error there are no priorities
    store.inMemoryPowerUp(smtp, Mailer, { priority: 1 });
  });
});

describe('the option roles of @item', () => {
  test('takes roles that the class plays, with priorities, worked out from the item', () => {
    @item('fine', { version: 2, indexes: [['n']], roles: () => [Mailer, [Search, -1]] })
    class Fine extends Item implements Mailer, Search {
      @integer() declare n: number;
      send(): void {}
      find(): string[] {
        return [];
      }
    }
    @item('computed', { roles: (one: Computed) => (one.n > 1 ? [Mailer] : []) })
    class Computed extends Item implements Mailer {
      @integer() declare n: number;
      send(): void {}
    }
    @item('none', { roles: () => [] })
    class None extends Item {
      @integer() declare n: number;
    }
    expectTypeOf(store.create(Fine, { n: 1 })).toEqualTypeOf<Fine>();
    expectTypeOf(store.create(Computed, { n: 1 })).toEqualTypeOf<Computed>();
    expectTypeOf(store.create(None, { n: 1 })).toEqualTypeOf<None>();
  });

  test('refuses roles that the class does not play', () => {
    // @ts-expect-error it does not send
    @item('silent', { roles: () => [Mailer] })
    class Silent extends Item {
      @integer() declare n: number;
    }
    // @ts-expect-error it plays one of the two
    @item('half', { roles: () => [Mailer, Search] })
    class Half extends Item implements Mailer {
      @integer() declare n: number;
      send(): void {}
    }
    // @ts-expect-error with a priority it does not send either
    @item('loud', { roles: () => [[Mailer, 100]] })
    class Loud extends Item {
      @integer() declare n: number;
    }
    // @ts-expect-error with indexes it does not send either
    @item('indexed', { indexes: [['n']], roles: () => [Mailer] })
    class Indexed extends Item {
      @integer() declare n: number;
    }
    // @ts-expect-error one of those that are worked out is not played
    @item('worked_out', { roles: (one: WorkedOut) => (one.n > 1 ? [Mailer] : [Search]) })
    class WorkedOut extends Item implements Mailer {
      @integer() declare n: number;
      send(): void {}
    }
    // @ts-expect-error it answers for mailers, not for searches
    @item('other_relay', { roles: () => [Search] })
    class OtherRelay extends Item implements Indirector<Mailer> {
      @integer() declare n: number;
      indirect(): Mailer | null {
        return null;
      }
    }
    void [Silent, Half, Loud, Indexed, WorkedOut, OtherRelay];
  });

  test('refuses what is no function that gives a list of roles', () => {
    // @ts-expect-error a function, so that roles may stand below the class
    item('x', { roles: [Mailer] });
    // @ts-expect-error a list
    item('x', { roles: () => Mailer });
    // @ts-expect-error of roles
    item('x', { roles: () => ['app.mailer'] });
    // @ts-expect-error a priority is a number
    item('x', { roles: () => [[Mailer, 'high']] });
    // @ts-expect-error the role comes first
    item('x', { roles: () => [[5, Mailer]] });
    // @ts-expect-error no promise
    item('x', { roles: async () => [Mailer] });
    // @ts-expect-error no such option
    item('x', { role: () => [Mailer] });
  });
});

describe('names of attributes', () => {
  test('are not those of the methods', () => {
    class Clash extends Item {
      // @ts-expect-error every item can be asked for a role
      @text() declare as: string;
    }
    void Clash;
  });
});
