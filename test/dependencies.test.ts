import {
  attributes,
  type Default,
  dependsOn,
  Item,
  install,
  installedDependents,
  installedOn,
  installedRequirements,
  integer,
  item,
  json,
  reference,
  role,
  Store,
  SubStore,
  text,
  uninstall,
} from 'corollary';
import { beforeEach, describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';

/** What callbacks said, in the order in which they were called. */
const told: string[] = [];
beforeEach(() => {
  told.length = 0;
});

interface Finder {
  find(): string;
}
const Finder = role<Finder>('test.finder');
const Reader = role<{ read(): string }>('test.reader');

/** Says when it is installed and uninstalled. */
abstract class Plugin extends Item {
  installed(target: object): void {
    told.push(`${this.constructor.name} on ${target.constructor.name}`);
  }
  uninstalled(target: object): void {
    told.push(`${this.constructor.name} off ${target.constructor.name}`);
  }
}

@item('index')
class Index extends Plugin {
  @text({ default: 'empty' }) declare state: Default<string>;
}

@item('search', { roles: () => [Finder] })
class Search extends Plugin implements Finder {
  @text() declare language: string;
  @integer({ default: 0 }) declare customized: Default<number>;
  @dependsOn(() => Index, { customize: (index) => Object.assign(index, { state: 'customized' }) })
  declare index: Index | null;
  find(): string {
    return `found in ${this.language}`;
  }
}

@item('inbox', { roles: () => [[Reader, 5]] })
class Inbox extends Plugin {
  @text({ default: 'en' }) declare language: Default<string>;
  @dependsOn(() => Search, {
    values: (inbox: Inbox) => ({ language: inbox.language }),
    customize: (search) => {
      search.customized = search.customized + 1;
    },
  })
  declare search: Search | null;
  read(): string {
    return this.search?.find() ?? 'nothing';
  }
}

/** Depends on the same as an inbox, and on an index of its own. */
@item('archive')
class Archive extends Plugin {
  @dependsOn(() => Search, { values: { language: 'la' } }) declare search: Search | null;
  @dependsOn(() => Index) declare index: Index | null;
}

@item('left')
class Left extends Plugin {
  @dependsOn(() => Right) declare right: Right | null;
}
@item('right')
class Right extends Plugin {
  @dependsOn(() => Left) declare left: Left | null;
}

@item('room')
class Room extends Item {
  @text() declare name: string;
}

/** Needs what cannot be made: its class has a mandatory attribute, and there are no values for it. */
@item('needy')
class Needy extends Plugin {
  @dependsOn(() => Index) declare index: Index | null;
  @dependsOn(() => Search) declare search: Search | null;
}

const types = [Index, Search, Inbox, Archive, Left, Right, Room, Needy];

function counts(store: Store): number[] {
  return [store.count(Index), store.count(Search), store.count(Inbox)];
}

/** The search that an inbox depends on. */
function searchOf({ search }: { readonly search: Search | null }): Search {
  expect(search).not.toBe(null);
  return search as Search;
}

describe('a dependency', () => {
  test('is null until its dependent is installed, and may be left out at creation', () => {
    const store = aStore({ types });

    const inbox = store.create(Inbox, {});

    expect([inbox.search, inbox.idOf('search'), counts(store)]).toEqual([null, null, [0, 0, 1]]);
  });

  test('is a reference: queries follow it, and it can be assigned', () => {
    const store = aStore({ types });
    const search = store.create(Search, { language: 'fr' });
    const inbox = store.create(Inbox, { search });
    const other = store.create(Inbox, {});

    expect(store.query(Inbox, (i) => i.search.to.language.eq('fr')).all()).toEqual([inbox]);
    expect(store.query(Inbox, (i) => i.search.isNull()).all()).toEqual([other]);
    expect(inbox.idOf('search')).toBe(search.storeId);
    expect(inbox.toJSON()).toMatchObject({ search: search.storeId });
    inbox.search = null;
    expect(codeOf(() => Object.assign(inbox, { search: other }))).toBe('WRONG_TYPE');
  });

  test('is the same on disk as a nullable reference', () => {
    @item('inbox')
    class PlainInbox extends Item {
      @text({ default: 'en' }) declare language: Default<string>;
      @reference(() => Search, { nullable: true }) declare search: Search | null;
    }
    const place = aStoreDirectory();
    const first = Store.open(place, { types });
    const inbox = first.create(Inbox, {});
    install(inbox, first);
    const id = searchOf(inbox).storeId;
    first.close();

    const store = aStore({ types: [PlainInbox, Search] }, place);

    expect(store.getUnique(PlainInbox, {}).idOf('search')).toBe(id);
  });

  test('is not deleted while something refers to it, if whenDeleted does not say otherwise', () => {
    @item('loose')
    class Loose extends Item {
      @dependsOn(() => Index, { whenDeleted: 'nullify' }) declare index: Index | null;
    }
    const store = aStore({ types });
    const [search, loose] = [store.create(Search, { language: 'en' }), store.create(Loose, {})];
    install(search, store);
    install(loose, store);

    expect(codeOf(() => search.index?.delete())).toBe('DELETE_REFUSED');
    search.index = null;
    loose.index?.delete();

    expect([loose.index, store.count(Index)]).toEqual([null, 0]);
  });

  test('can be declared without decorators', () => {
    class Bare extends Item {
      declare index: Index | null;
    }
    attributes(Bare, { index: dependsOn(() => Index) });
    item('bare')(Bare);
    const store = aStore();
    const bare = store.create(Bare, {});

    install(bare, store);

    expect(installedRequirements(bare)).toEqual([bare.index]);
  });

  test.each<[string, () => unknown]>([
    ['no function', () => dependsOn(Index as never)],
    ['nothing', () => (dependsOn as (...args: unknown[]) => unknown)()],
    ['an unknown option', () => dependsOn(() => Index, { value: {} } as never)],
    ['nullable', () => dependsOn(() => Index, { nullable: true } as never)],
    ['null as options', () => dependsOn(() => Index, null as never)],
    ['a text as values', () => dependsOn(() => Index, { values: 'x' } as never)],
    ['null as values', () => dependsOn(() => Index, { values: null } as never)],
    ['an object as customize', () => dependsOn(() => Index, { customize: {} } as never)],
    ['an unknown rule', () => dependsOn(() => Index, { whenDeleted: 'keep' } as never)],
  ])('refuses %s where it is declared', (_, decorator) => {
    class Wrong extends Item {}

    const declare = () => attributes(Wrong, { index: decorator() } as never);
    const use = () => {
      item('wrong')(Wrong);
      aMemoryStore({ types: [Wrong] });
    };

    expect(
      codeOf(() => {
        declare();
        use();
      }),
    ).toBe('BAD_TYPE');
  });
});

describe('installing', () => {
  test('makes what the item depends on, customizes it once and installs it, its own dependencies first', () => {
    const store = aStore({ types });
    const inbox = store.create(Inbox, { language: 'de' });

    install(inbox, store);

    const search = searchOf(inbox);
    expect(search.toJSON()).toMatchObject({ language: 'de', customized: 1 });
    expect(search.index?.state).toBe('customized');
    expect(told).toEqual(['Index on Store', 'Search on Store', 'Inbox on Store']);
    expect([installedOn(inbox), installedOn(search)]).toEqual([store, store]);
  });

  test('gives the item to the target for the roles that its class names', () => {
    const store = aStore({ types });
    const inbox = store.create(Inbox, {});

    install(inbox, store);

    expect(store.as(Reader)).toBe(inbox);
    expect(store.as(Finder).find()).toBe('found in en');
    expect(store.rolesOf(inbox)).toEqual([Reader]);
  });

  test('works on an item as on a store, each with instances of its own', () => {
    const store = aStore({ types });
    const [hall, attic] = [store.create(Room, { name: 'hall' }), store.create(Room, { name: 'attic' })];
    const [one, two] = [store.create(Inbox, {}), store.create(Inbox, {})];

    install(one, hall);
    install(two, attic);

    expect(searchOf(one)).not.toBe(searchOf(two));
    expect([installedOn(one), installedOn(searchOf(two))]).toEqual([hall, attic]);
    expect([hall.as(Reader), attic.as(Reader), store.maybe(Reader)]).toEqual([one, two, undefined]);
    expect(told).toContain('Inbox on Room');
  });

  test('uses what is installed there already, and does not customize it', () => {
    const store = aStore({ types });
    const search = store.create(Search, { language: 'en' });
    install(search, store);
    const [inbox, archive] = [store.create(Inbox, {}), store.create(Archive, {})];

    install(inbox, store);
    install(archive, store);

    expect([inbox.search, archive.search]).toEqual([search, search]);
    expect(archive.index).toBe(search.index);
    expect([search.customized, ...counts(store)]).toEqual([0, 1, 1, 1]);
  });

  test('uses the one that was installed first where there are several, whatever the attribute held', () => {
    const store = aStore({ types });
    const [late, early, held] = ['a', 'b', 'c'].map((language) => store.create(Search, { language })) as [
      Search,
      Search,
      Search,
    ];
    install(early, store);
    // No other search depends on an index of its own: each has the same.
    install(late, store);
    const inbox = store.create(Inbox, { search: held });

    install(inbox, store);

    expect(inbox.search).toBe(early);
    expect(installedOn(held)).toBe(undefined);
  });

  test('uses what the attribute refers to where none is installed', () => {
    const store = aStore({ types });
    const search = store.create(Search, { language: 'fr' });
    const inbox = store.create(Inbox, { search });

    install(inbox, store);

    expect([inbox.search, installedOn(search), search.customized]).toEqual([search, store, 0]);
    expect(search.index).not.toBe(null);
  });

  test('refuses where the attribute refers to what is installed elsewhere', () => {
    const store = aStore({ types });
    const room = store.create(Room, { name: 'hall' });
    const search = store.create(Search, { language: 'fr' });
    install(search, room);
    const inbox = store.create(Inbox, { search });

    const error = refusal(() => install(inbox, store));

    expect(error.code).toBe('INSTALL_REFUSED');
    expect([installedOn(inbox), installedOn(search)]).toEqual([undefined, room]);
    inbox.search = null;
    install(inbox, store);
    expect(searchOf(inbox)).not.toBe(search);
  });

  test('takes an instance of exactly the class', () => {
    const store = aStore({ types });
    const archive = store.create(Archive, {});
    install(store.create(Room, { name: 'no search' }), store);

    install(archive, store);

    expect(searchOf(archive).language).toBe('la');
  });

  test('ends where items depend on each other in a circle', () => {
    const store = aStore({ types });
    const left = store.create(Left, {});

    install(left, store);

    expect(left.right?.left).toBe(left);
    expect(told).toEqual(['Right on Store', 'Left on Store']);
    expect([store.count(Left), store.count(Right)]).toEqual([1, 1]);
  });

  test('ends where an item depends on its own class', () => {
    @item('ouroboros')
    class Ouroboros extends Plugin {
      @dependsOn(() => Ouroboros) declare tail: Ouroboros | null;
    }
    const store = aStore();
    const worm = store.create(Ouroboros, {});

    install(worm, store);
    expect([worm.tail, installedDependents(worm)]).toEqual([worm, [worm]]);
    uninstall(worm);

    expect(installedOn(worm)).toBe(undefined);
  });

  test('again does nothing but fill what is missing, and say that a program wants it', () => {
    const store = aStore({ types });
    const inbox = store.create(Inbox, {});
    install(inbox, store);
    const [search, seen] = [searchOf(inbox), told.length];
    install(inbox, store);
    install(search, store);
    expect(told.length).toBe(seen);

    inbox.search = null;
    install(inbox, store);
    expect(inbox.search).toBe(search);
    uninstall(inbox);

    expect([installedOn(inbox), installedOn(search)]).toEqual([undefined, store]);
  });

  test('again gives no role that was taken away meanwhile', () => {
    const store = aStore({ types });
    const inbox = store.create(Inbox, {});
    install(inbox, store);
    store.powerDown(inbox);

    install(inbox, store);

    expect([installedOn(inbox), store.maybe(Reader)]).toEqual([store, undefined]);
  });

  test('again lets an installed dependency be that a program has chosen', () => {
    const store = aStore({ types });
    const [first, second] = [store.create(Search, { language: 'a' }), store.create(Search, { language: 'b' })];
    install(first, store);
    install(second, store);
    const inbox = store.create(Inbox, {});
    install(inbox, store);

    inbox.search = second;
    install(inbox, store);

    expect(inbox.search).toBe(second);
    expect(installedDependents(second)).toEqual([inbox]);
  });

  test('again takes what is installed there in the place of what is not', () => {
    const store = aStore({ types });
    const inbox = store.create(Inbox, {});
    install(inbox, store);
    const search = searchOf(inbox);

    inbox.search = store.create(Search, { language: 'never installed' });
    install(inbox, store);

    expect(inbox.search).toBe(search);
  });

  test('refuses a second target', () => {
    const store = aStore({ types });
    const room = store.create(Room, { name: 'hall' });
    const inbox = store.create(Inbox, {});
    install(inbox, store);

    const error = refusal(() => install(inbox, room));

    expect(error.code).toBe('INSTALL_REFUSED');
    expect(installedOn(inbox)).toBe(store);
  });

  test('refuses a second instance of a class that something depends on, and names both', () => {
    const store = aStore({ types });
    const inbox = store.create(Inbox, {});
    install(inbox, store);
    const second = store.create(Search, { language: 'x' });

    const error = refusal(() => install(second, store));

    expect(error.code).toBe('INSTALL_REFUSED');
    expect(error.message).toContain(`Item ${searchOf(inbox).storeId} (search)`);
    expect(error.message).toContain(`Item ${inbox.storeId} (inbox) depends on`);
    expect([installedOn(second), second.index]).toEqual([undefined, null]);
  });

  test('allows a second instance of what nothing depends on, and elsewhere', () => {
    const store = aStore({ types });
    const [one, two, three] = [
      store.create(Inbox, {}),
      store.create(Inbox, {}),
      store.create(Search, { language: '' }),
    ];
    const room = store.create(Room, { name: 'hall' });

    install(one, store);
    install(two, store);
    install(three, room);

    expect(store.powerupsFor(Reader)).toEqual([one, two]);
    expect(one.search).toBe(two.search);
    expect(installedOn(three)).toBe(room);
  });

  test('says which attribute needs values', () => {
    const store = aStore({ types });
    const needy = store.create(Needy, {});

    const error = refusal(() => install(needy, store));

    expect(error).toMatchObject({ code: 'MISSING_VALUE', attribute: 'language' });
    expect(error.message).toContain('(needy) depends on what is made for search');
    expect([needy.index, installedOn(needy), ...counts(store)]).toEqual([null, undefined, 0, 0, 0]);
  });

  test('makes nothing that a program could not make by create', () => {
    @item('hotel')
    class Hotel extends Item {
      @dependsOn(() => SubStore, { values: { name: 'x', uid: '0', directory: '0' } as never })
      declare wing: SubStore | null;
    }
    const store = aStore();
    const hotel = store.create(Hotel, {});

    expect(codeOf(() => install(hotel, store))).toBe('NOT_SUPPORTED');

    expect([store.substores.names(), installedOn(hotel)]).toEqual([[], undefined]);
  });

  test('works for what plays no role and has no callbacks, and passes over attributes of their names', () => {
    @item('quiet')
    class Quiet extends Item {
      @json() declare installed: { at: number };
      @text({ default: 'no' }) declare uninstalled: Default<string>;
    }
    const store = aStore();
    const quiet = store.create(Quiet, { installed: { at: 1 } });

    install(quiet, store);
    expect(installedOn(quiet)).toBe(store);
    uninstall(quiet);

    expect([installedOn(quiet), quiet.installed.at]).toEqual([undefined, 1]);
  });

  test('has a dependency know its dependent by the time it is installed', () => {
    const seen: unknown[] = [];
    @item('part')
    class Part extends Item {
      @text({ default: '' }) declare of: Default<string>;
      installed(): void {
        seen.push(this.of, this.store.count(Whole, { part: this }));
      }
    }
    @item('whole')
    class Whole extends Item {
      @text() declare name: string;
      @dependsOn(() => Part, { customize: (part, whole: Whole) => part.set({ of: whole.name }) })
      declare part: Part | null;
    }
    const store = aStore();

    install(store.create(Whole, { name: 'all' }), store);

    expect(seen).toEqual(['all', 1]);
  });
});

describe('an error while installing', () => {
  @item('angry')
  class Angry extends Plugin {
    @dependsOn(() => Search, { values: { language: 'x' } }) declare search: Search | null;
    override installed(): void {
      throw new RangeError('no');
    }
  }

  test('undoes everything, in the database and in the objects', () => {
    const store = aStore({ types });
    const angry = store.create(Angry, {});

    expect(() => install(angry, store)).toThrow(RangeError);

    expect([angry.search, installedOn(angry), store.maybe(Finder)]).toEqual([null, undefined, undefined]);
    expect(counts(store)).toEqual([0, 0, 0]);
  });

  test('undoes the installation only, where a transaction catches it', () => {
    const store = aStore({ types });
    const [angry, inbox] = [store.create(Angry, {}), store.create(Inbox, {})];

    store.transact(() => {
      install(inbox, store);
      expect(() => install(angry, store)).toThrow(RangeError);
    });

    expect([installedOn(inbox), installedOn(angry), angry.search]).toEqual([store, undefined, null]);
  });

  test.each<[string, (inbox: Item) => unknown]>([
    ['installed', (one) => Object.defineProperty(one, 'installed', { value: async () => undefined })],
    ['customize', (one) => Object.assign(one.store.findFirst(Switch) ?? {}, { isAsync: 1 })],
  ])('is a promise that %s gives', (_, prepare) => {
    const store = aStore({ types });
    store.create(Switch, {});
    const fickle = store.create(Fickle, {});
    prepare(fickle);

    expect(codeOf(() => install(fickle, store))).toBe('ASYNC_TRANSACTION');

    expect([installedOn(fickle), fickle.index, store.count(Index)]).toEqual([undefined, null, 0]);
  });

  test('is that a callback has uninstalled it meanwhile', () => {
    @item('saboteur')
    class Saboteur extends Item {
      installed(): void {
        for (const dependent of installedDependents(this)) uninstall(dependent);
      }
      @text({ default: '' }) declare name: Default<string>;
    }
    @item('victim', { roles: () => [role('test.victim')] })
    class Victim extends Item {
      @dependsOn(() => Saboteur) declare saboteur: Saboteur | null;
    }
    const store = aStore();
    const victim = store.create(Victim, {});

    expect(codeOf(() => install(victim, store))).toBe('INSTALL_REFUSED');

    expect([installedOn(victim), victim.saboteur, store.rolesOf(victim)]).toEqual([undefined, null, []]);
  });
});

@item('switch')
class Switch extends Item {
  @integer({ default: 0 }) declare isAsync: Default<number>;
}
@item('fickle')
class Fickle extends Item {
  @dependsOn(() => Index, {
    customize: (_, dependent: Fickle) =>
      (dependent.store.findFirst(Switch)?.isAsync === 1 ? Promise.resolve() : undefined) as undefined,
  })
  declare index: Index | null;
}

describe('uninstalling', () => {
  test('takes along what came with the item, dependents before what they depend on', () => {
    const store = aStore({ types });
    const inbox = store.create(Inbox, {});
    install(inbox, store);
    told.length = 0;

    uninstall(inbox);

    expect(told).toEqual(['Inbox off Store', 'Search off Store', 'Index off Store']);
    expect([store.maybe(Reader), store.maybe(Finder)]).toEqual([undefined, undefined]);
    expect([installedOn(inbox), installedOn(searchOf(inbox))]).toEqual([undefined, undefined]);
  });

  test('deletes nothing: installed again, the same items come back with their data, uncustomized', () => {
    const store = aStore({ types });
    const inbox = store.create(Inbox, {});
    install(inbox, store);
    const search = searchOf(inbox);
    search.language = 'changed';

    uninstall(inbox);
    install(inbox, store);

    expect([inbox.search, search.language, search.customized]).toEqual([search, 'changed', 1]);
    expect(counts(store)).toEqual([1, 1, 1]);
  });

  test('leaves what another one needs', () => {
    const store = aStore({ types });
    const [inbox, archive] = [store.create(Inbox, {}), store.create(Archive, {})];
    install(inbox, store);
    install(archive, store);

    uninstall(inbox);

    expect([installedOn(searchOf(inbox)), store.maybe(Finder)]).toEqual([store, inbox.search]);
    uninstall(archive);
    expect(installedOn(searchOf(inbox))).toBe(undefined);
  });

  test('leaves what was installed explicitly, and what that needs', () => {
    const store = aStore({ types });
    const search = store.create(Search, { language: 'en' });
    const inbox = store.create(Inbox, {});
    install(search, store);
    install(inbox, store);

    uninstall(inbox);

    expect([installedOn(search), installedOn(search.index as Index)]).toEqual([store, store]);
  });

  test('takes a circle along once nothing outside of it needs it', () => {
    @item('outer')
    class Outer extends Item {
      @dependsOn(() => Left) declare left: Left | null;
    }
    const store = aStore({ types });
    const outer = store.create(Outer, {});
    install(outer, store);
    const left = outer.left as Left;

    uninstall(outer);

    expect([installedOn(left), installedOn(left.right as Right)]).toEqual([undefined, undefined]);
  });

  test('is refused while something depends on the item, which is named', () => {
    const store = aStore({ types });
    const inbox = store.create(Inbox, {});
    install(inbox, store);
    install(searchOf(inbox), store);

    const error = refusal(() => uninstall(searchOf(inbox)));

    expect(error.code).toBe('UNINSTALL_REFUSED');
    expect(error.message).toContain(`Item ${inbox.storeId} (inbox) depends on it`);
    expect(codeOf(() => uninstall(searchOf(inbox).index as Index))).toBe('UNINSTALL_REFUSED');
    expect(told).not.toContain('Search off Store');
  });

  test('is refused for what is not installed', () => {
    const store = aStore({ types });
    const inbox = store.create(Inbox, {});

    expect(codeOf(() => uninstall(inbox))).toBe('NOT_INSTALLED');
    install(inbox, store);
    uninstall(inbox);
    expect(codeOf(() => uninstall(inbox))).toBe('NOT_INSTALLED');
  });

  test('checks the target where it is given', () => {
    const store = aStore({ types });
    const room = store.create(Room, { name: 'hall' });
    const inbox = store.create(Inbox, {});
    install(inbox, room);

    expect(codeOf(() => uninstall(inbox, store))).toBe('NOT_INSTALLED');
    expect(installedOn(inbox)).toBe(room);
    uninstall(inbox, room);

    expect(installedOn(inbox)).toBe(undefined);
  });

  test('takes away roles that were given beside those of the class, and leaves those for other targets', () => {
    const store = aStore({ types });
    const room = store.create(Room, { name: 'hall' });
    const Other = role<Inbox>('test.other');
    const inbox = store.create(Inbox, {});
    install(inbox, store);
    store.powerUp(inbox, Other);
    room.powerUp(inbox, Other);

    uninstall(inbox);

    expect([store.rolesOf(inbox), room.rolesOf(inbox)]).toEqual([[], [Other]]);
  });

  test('follows what the dependencies are filled with now', () => {
    const store = aStore({ types });
    const inbox = store.create(Inbox, {});
    install(inbox, store);
    const search = searchOf(inbox);

    inbox.search = null;
    uninstall(search);

    expect([installedOn(search), installedOn(inbox), installedOn(search.index as Index)]).toEqual([
      undefined,
      store,
      undefined,
    ]);
  });

  // Whether something had been uninstalled before in the transaction made a difference.
  test.each(['before', 'in another transaction'])(
    'leaves what nothing needs since a dependency was emptied afterwards, until the next one: an uninstall %s',
    (when) => {
      const store = aMemoryStore();
      const [other, inbox] = [store.create(Inbox, {}), store.create(Inbox, {})];
      install(other, store);
      if (when !== 'before') uninstall(other);
      const search = store.transact(() => {
        if (when === 'before') uninstall(other);
        install(inbox, store);
        const installed = inbox.search as Search;
        inbox.search = null;
        return installed;
      });
      expect(installedOn(search)).toBe(store);
      install(other, store);
      uninstall(other);
      expect(installedOn(search)).toBeUndefined();
    },
  );

  test('leaves alone what a dependency is filled with that was never installed', () => {
    const store = aStore({ types });
    const inbox = store.create(Inbox, {});
    install(inbox, store);
    const other = store.create(Search, { language: 'fr' });
    store.powerUp(other, Finder);
    inbox.search = other;
    told.length = 0;

    uninstall(inbox);

    expect([...told].sort()).toEqual(['Inbox off Store', 'Index off Store', 'Search off Store']);
    expect(store.as(Finder)).toBe(other);
  });

  test('is undone when a callback throws', () => {
    @item('sticky', { roles: () => [Reader] })
    class Sticky extends Plugin {
      @dependsOn(() => Index) declare index: Index | null;
      override uninstalled(): void {
        throw new RangeError('no');
      }
      read(): string {
        return '';
      }
    }
    const store = aStore({ types });
    const sticky = store.create(Sticky, {});
    install(sticky, store);

    expect(() => uninstall(sticky)).toThrow(RangeError);

    expect([installedOn(sticky), installedOn(sticky.index as Index), store.as(Reader)]).toEqual([store, store, sticky]);
  });

  test('lets items delete themselves', () => {
    @item('leaf')
    class Leaf extends Item {
      @text({ default: '' }) declare name: Default<string>;
      uninstalled(): void {
        this.delete();
      }
    }
    @item('stem')
    class Stem extends Item {
      @dependsOn(() => Leaf) declare leaf: Leaf | null;
      uninstalled(): void {
        this.delete();
      }
    }
    const store = aStore();
    const stem = store.create(Stem, {});
    install(stem, store);

    uninstall(stem);

    expect([store.count(Stem), store.count(Leaf), stem.isStored]).toEqual([0, 0, false]);
  });

  test('tells nothing to what the callback of another one has deleted', () => {
    @item('bud')
    class Bud extends Plugin {
      @text({ default: '' }) declare name: Default<string>;
    }
    @item('branch')
    class Branch extends Plugin {
      @dependsOn(() => Bud, { whenDeleted: 'nullify' }) declare bud: Bud | null;
      override uninstalled(target: object): void {
        super.uninstalled(target);
        this.bud?.delete();
      }
    }
    const store = aStore();
    const branch = store.create(Branch, {});
    install(branch, store);
    told.length = 0;

    uninstall(branch);

    expect([store.count(Bud), told]).toEqual([0, ['Branch off Store']]);
  });
});

describe('deleting', () => {
  test('an installed item takes along what only it needed, and leaves what others need', () => {
    const store = aStore({ types });
    const [inbox, archive] = [store.create(Inbox, {}), store.create(Archive, {})];
    install(inbox, store);
    install(archive, store);
    const search = searchOf(inbox);

    inbox.delete();
    expect([installedOn(inbox), installedOn(search), installedDependents(search)]).toEqual([
      undefined,
      store,
      [archive],
    ]);
    store.query(Archive).delete();
    expect([installedOn(search), search.isStored, store.maybe(Finder)]).toEqual([undefined, true, undefined]);
  });

  test('takes along before the commit, and gives back with the transaction', () => {
    const store = aStore({ types });
    const inbox = store.create(Inbox, {});
    install(inbox, store);
    const search = searchOf(inbox);

    expect(() =>
      store.transact(() => {
        inbox.delete();
        throw new Error('no');
      }),
    ).toThrow('no');
    expect([installedOn(inbox), installedOn(search)]).toEqual([store, store]);
    store.transact(() => {
      try {
        store.transact(() => {
          inbox.delete();
          throw new Error('no');
        });
      } catch {}
    });
    expect([installedOn(inbox), installedOn(search)]).toEqual([store, store]);
    store.transact(() => inbox.delete());
    expect(installedOn(search)).toBe(undefined);
  });

  test('is undone where a callback of what goes along throws', () => {
    @item('fragile')
    class Fragile extends Item {
      uninstalled() {
        throw new Error('not now');
      }
    }
    @item('holder')
    class Holder extends Item {
      @dependsOn(() => Fragile) declare fragile: Fragile | null;
    }
    const store = aStore({ types: [Fragile, Holder] });
    const holder = store.create(Holder, {});
    install(holder, store);

    expect(() => holder.delete()).toThrow('not now');
    expect([holder.isStored, installedOn(holder)]).toEqual([true, store]);
  });

  test('leaves all where a class of what is installed there is not known', () => {
    const place = aStoreDirectory();
    const before = aStore({ types }, place);
    const inbox = before.create(Inbox, {});
    install(inbox, before);
    install(before.create(Left, {}), before);
    before.close();

    const store = aStore({ types: [Inbox, Search, Index] }, place);
    const [here, search] = [store.getUnique(Inbox, {}), store.getUnique(Search, {})];
    here.delete();
    expect(installedOn(search)).toBe(store);
  });

  test('an installed item and then its store, in one transaction, leaves nothing to take along', () => {
    const root = aStore({ types });
    const part = root.substores.create('part');
    const inbox = part.create(Inbox, {});
    install(inbox, part);

    root.transact(() => {
      inbox.delete();
      root.substores.delete('part');
    });
    expect(root.substores.has('part')).toBe(false);
  });

  test('takes along also what only something needed that is deleted by what goes along', () => {
    @item('heir')
    class Heir extends Item {
      uninstalled() {
        this.store.query(Archive).delete();
      }
    }
    @item('testator')
    class Testator extends Item {
      @dependsOn(() => Heir) declare heir: Heir | null;
    }
    const store = aStore({ types: [...types, Heir, Testator] });
    const [testator, archive] = [store.create(Testator, {}), store.create(Archive, {})];
    install(testator, store);
    install(archive, store);
    const search = searchOf(archive);

    testator.delete();
    expect([archive.isStored, installedOn(search)]).toEqual([false, undefined]);
  });

  test('an item is possible where the class of its target is not known', () => {
    const place = aStoreDirectory();
    const before = aStore({ types }, place);
    install(before.create(Inbox, {}), before.create(Room, { name: 'hall' }));
    before.close();

    const store = aStore({ types: [Inbox, Search, Index] }, place);
    store.getUnique(Inbox, {}).delete();
    expect([store.count(Inbox), store.count(Search)]).toEqual([0, 1]);
  });

  test('the target ends what is installed on it; the items stay', () => {
    const store = aStore({ types });
    const room = store.create(Room, { name: 'hall' });
    const inbox = store.create(Inbox, {});
    install(inbox, room);

    room.delete();

    expect([installedOn(inbox), inbox.isStored, installedOn(searchOf(inbox))]).toEqual([undefined, true, undefined]);
    install(inbox, store);
    expect(installedOn(inbox)).toBe(store);
  });
});

describe('the graph', () => {
  test('is told as far as it is direct: who depends on an item, and on what it depends', () => {
    const store = aStore({ types });
    const [inbox, archive] = [store.create(Inbox, {}), store.create(Archive, {})];
    install(inbox, store);
    install(archive, store);
    const [search, index] = [searchOf(inbox), archive.index as Index];

    expect(installedDependents(search)).toEqual([inbox, archive]);
    expect(installedDependents(index)).toEqual([search, archive]);
    expect(installedDependents(inbox)).toEqual([]);
    expect(installedRequirements(archive)).toEqual([search, index]);
    expect(installedRequirements(index)).toEqual([]);
  });

  test('lists dependents in the order in which they were installed, not made', () => {
    const store = aStore({ types });
    const [first, second] = [store.create(Inbox, {}), store.create(Inbox, {})];
    install(second, store);
    install(first, store);
    expect(installedDependents(searchOf(first))).toEqual([second, first]);
  });

  test('has a dependent once that needs an item twice', () => {
    @item('twin')
    class Twin extends Item {
      @dependsOn(() => Index) declare one: Index | null;
      @dependsOn(() => Index) declare other: Index | null;
    }
    const store = aStore();
    const twin = store.create(Twin, {});
    install(twin, store);
    expect(installedDependents(twin.one as Index)).toEqual([twin]);
    expect(installedRequirements(twin)).toEqual([twin.one]);
  });

  test('has no requirements that are installed elsewhere', () => {
    const store = aStore({ types });
    const [inbox, room] = [store.create(Inbox, {}), store.create(Room, { name: 'here' })];
    install(inbox, store);
    const search = store.create(Search, { language: 'la' });
    install(search, room);
    inbox.search = search;
    expect([installedRequirements(inbox), installedDependents(search)]).toEqual([[], []]);
  });

  test('is empty for what is not installed', () => {
    const store = aStore({ types });
    const inbox = store.create(Inbox, { search: store.create(Search, { language: '' }) });

    expect([installedOn(inbox), installedDependents(inbox), installedRequirements(inbox)]).toEqual([undefined, [], []]);
  });

  test('is there after reopening, and for readers', () => {
    const place = aStoreDirectory();
    const first = Store.open(place, { types });
    const inbox = first.create(Inbox, {});
    install(inbox, first);
    first.close();
    const store = aStore({ types, readOnly: true }, place);
    const again = store.get(Inbox, inbox.storeId);

    expect([installedOn(again), installedRequirements(again)]).toEqual([store, [again.search]]);
    expect(codeOf(() => install(again, store))).toBe('READ_ONLY');
    expect(codeOf(() => uninstall(again))).toBe('READ_ONLY');
  });

  test('refuses to guess where a class is not known', () => {
    const place = aStoreDirectory();
    const first = Store.open(place, { types });
    const inbox = first.create(Inbox, {});
    install(inbox, first);
    const id = searchOf(inbox).storeId;
    first.close();
    const store = aStore({ types: [Search, Index] }, place);

    expect(codeOf(() => uninstall(store.get(Search, id)))).toBe('UNKNOWN_TYPE');
    const index = store.get(Search, id).index as Index;
    expect([installedOn(index), installedOn(store.get(Search, id))]).toEqual([store, store]);
  });
});

describe('wrong arguments', () => {
  const call = (one: unknown, target: unknown) => codeOf(() => install(one as Item, target as Item));

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['an id', 4097],
    ['a plain object', {}],
    ['a class', Inbox],
  ])('are refused: %s', (_, wrong) => {
    const store = aStore({ types });
    const inbox = store.create(Inbox, {});

    const codes = [
      call(wrong, store),
      call(inbox, wrong),
      codeOf(() => uninstall(wrong as Item)),
      codeOf(() => installedOn(wrong as Item)),
      codeOf(() => installedDependents(wrong as Item)),
    ];

    expect(codes).toEqual(Array(5).fill('INVALID_VALUE'));
    expect([installedOn(inbox), counts(store)]).toEqual([undefined, [0, 0, 1]]);
  });

  test('are items of another store', () => {
    const [store, other] = [aStore({ types }), aStore({ types })];
    const inbox = store.create(Inbox, {});

    expect(call(inbox, other)).toBe('WRONG_STORE');
    expect(call(inbox, other.create(Room, { name: 'x' }))).toBe('WRONG_STORE');
    expect(codeOf(() => uninstall(inbox, other))).toBe('WRONG_STORE');
    expect(told).toEqual([]);
  });

  test('are items and targets that are gone', () => {
    const store = aStore({ types });
    const [inbox, gone, room] = [store.create(Inbox, {}), store.create(Inbox, {}), store.create(Room, { name: 'x' })];
    gone.delete();
    room.delete();

    expect([call(gone, store), call(inbox, room), codeOf(() => uninstall(gone))]).toEqual(Array(3).fill('ITEM_GONE'));
    expect(installedOn(gone)).toBe(undefined);
  });

  test('are items of a closed store', () => {
    const store = aStore({ types });
    const inbox = store.create(Inbox, {});
    store.close();

    expect([call(inbox, store), codeOf(() => uninstall(inbox)), codeOf(() => installedOn(inbox))]).toEqual(
      Array(3).fill('STORE_CLOSED'),
    );
  });
});

describe('a rollback', () => {
  test('puts back what was installed and uninstalled, and the objects', () => {
    const store = aStore({ types });
    const [inbox, archive] = [store.create(Inbox, {}), store.create(Archive, {})];
    install(archive, store);

    const failing = () =>
      store.transact(() => {
        install(inbox, store);
        uninstall(archive);
        expect([installedOn(inbox), installedOn(archive), store.as(Reader)]).toEqual([store, undefined, inbox]);
        throw new RangeError('back');
      });
    expect(failing).toThrow(RangeError);

    expect([installedOn(inbox), inbox.search, store.maybe(Reader)]).toEqual([undefined, null, undefined]);
    expect([installedOn(archive), installedRequirements(archive)]).toEqual([store, [archive.search, archive.index]]);
  });
});

describe('in a substore', () => {
  test('it is as in a store', () => {
    const store = aStore({ types });
    const below = store.substores.create('below').substores.create('deeper');
    const inbox = below.create(Inbox, {});

    expect(codeOf(() => install(inbox, store))).toBe('WRONG_STORE');
    install(inbox, below);
    expect([installedOn(inbox), below.as(Reader), store.maybe(Reader)]).toEqual([below, inbox, undefined]);
    expect(codeOf(() => store.transact(() => uninstall(searchOf(inbox))))).toBe('UNINSTALL_REFUSED');
    uninstall(inbox, below);

    expect(installedOn(inbox)).toBe(undefined);
  });
});

describe('two handles', () => {
  test('use one instance', () => {
    const place = aStoreDirectory();
    const [one, two] = [aStore({ types }, place), aStore({ types }, place)];
    const inbox = one.create(Inbox, {});
    const same = two.get(Inbox, inbox.storeId);
    const archive = two.create(Archive, {});
    expect([same.search, installedOn(same)]).toEqual([null, undefined]);

    install(inbox, one);
    install(same, two);
    install(archive, two);

    expect([two.count(Search), two.count(Index)]).toEqual([1, 1]);
    expect([same.idOf('search'), archive.idOf('search')]).toEqual(Array(2).fill(inbox.idOf('search')));
    expect(codeOf(() => uninstall(searchOf(inbox)))).toBe('UNINSTALL_REFUSED');
  });

  test('do not install what the other one has deleted', () => {
    const place = aStoreDirectory();
    const [one, two] = [aStore({ types }, place), aStore({ types }, place)];
    const inbox = one.create(Inbox, {});
    two.get(Inbox, inbox.storeId).delete();

    expect(codeOf(() => one.transact(() => install(inbox, one)))).toBe('ITEM_GONE');

    expect(one.count(Search)).toBe(0);
  });
});
