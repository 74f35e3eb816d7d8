import {
  attributes,
  type Default,
  dependsOn,
  fromParent,
  Item,
  install,
  installedOn,
  item,
  type Memory,
  role,
  type Store,
  text,
} from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aStore } from './support/a-store.js';

interface Mailer {
  send(): string;
}
const Mailer = role<Mailer>('test.mailer', { has: ['send'] });
const silence: Mailer = { send: () => 'silence' };

@item('smtp', { roles: () => [Mailer] })
class Smtp extends Item implements Mailer {
  @text() declare host: string;
  send(): string {
    return this.host;
  }
}

@item('letter')
class Letter extends Item {
  @text({ default: '' }) declare body: Default<string>;
  @fromParent(Mailer) declare readonly mailer: Mailer;
}

@item('note')
class Note extends Item {
  @text({ default: '' }) declare body: Default<string>;
  @fromParent(Mailer, {
    default: (note: Note) => ({ send: () => `default of ${note.body}` }),
    defaultInRoot: (note: Note) => ({ send: () => `root's of ${note.body}` }),
  })
  declare readonly mailer: Mailer;
  @fromParent(Mailer, { default: () => silence }) declare readonly anyhow: Mailer;
}

const types = [Smtp, Letter, Note];

/** A store, one in it, and one in that. */
function threeStores(): [Store, Store, Store] {
  const root = aStore({ types });
  const middle = root.substores.create('middle');
  return [root, middle, middle.substores.create('deep')];
}

describe('what comes from the parent', () => {
  test('is who plays the role for the next store above for which somebody does', () => {
    const [root, middle, deep] = threeStores();
    const letter = deep.create(Letter, {});
    root.powerUp(root.create(Smtp, { host: 'root' }));
    expect(letter.mailer).toBe(root.as(Mailer));

    middle.powerUp(middle.create(Smtp, { host: 'middle' }));

    expect(letter.mailer.send()).toBe('middle');
    middle.powerDown(middle.as(Mailer));
    expect(letter.mailer.send()).toBe('root');
  });

  test("is not what the item's own store has", () => {
    const [root, middle] = threeStores();
    const letter = middle.create(Letter, {});
    middle.powerUp(middle.create(Smtp, { host: 'own' }));
    root.inMemoryPowerUp({ send: () => 'root' }, Mailer);

    expect(letter.mailer.send()).toBe('root');
  });

  test('is the default where nobody plays it, another one in a root store', () => {
    const [root, middle] = threeStores();
    const [inRoot, below] = [root.create(Note, { body: 'a' }), middle.create(Note, { body: 'b' })];

    expect([inRoot.mailer.send(), below.mailer.send()]).toEqual(["root's of a", 'default of b']);
    expect([inRoot.anyhow, below.anyhow]).toEqual([silence, silence]);
    root.powerUp(root.create(Smtp, { host: 'root' }));
    expect([inRoot.mailer.send(), below.mailer.send()]).toEqual(["root's of a", 'root']);
  });

  test("is the role's own default at last", () => {
    const Spoken = role<Mailer>('test.spoken', { default: () => silence });
    @item('speech')
    class Speech extends Item {
      @text({ default: '' }) declare body: Default<string>;
      @fromParent(Spoken, { default: () => undefined }) declare readonly mailer: Mailer;
    }

    expect(aStore().create(Speech, {}).mailer).toBe(silence);
  });

  test('is an error that names role, item and store where there is nobody', () => {
    const [root, middle] = threeStores();
    const letter = middle.create(Letter, {});
    root.inMemoryPowerUp(silence, role('test.another'));

    const error = refusal(() => letter.mailer);

    expect(error).toMatchObject({ code: 'NO_POWERUP', storeId: letter.storeId, attribute: 'mailer' });
    expect(error.message).toContain('test.mailer');
    expect(error.message).toContain(`Item ${letter.storeId} (letter)`);
    expect(error.message).toContain(error.store);
  });

  test('is checked: a default that lacks a member is refused', () => {
    @item('odd')
    class Odd extends Item {
      @text({ default: '' }) declare body: Default<string>;
      @fromParent(Mailer, { default: () => ({}) as Mailer }) declare readonly mailer: Mailer;
    }

    expect(codeOf(() => aStore().create(Odd, {}).mailer)).toBe('WRONG_TYPE');
  });

  test('is no attribute, and cannot be assigned', () => {
    const store = aStore({ types });
    const note = store.create(Note, {});

    expect(Object.keys(note)).toEqual([]);
    expect(note.toJSON()).toEqual({ storeId: note.storeId, body: '' });
    expect(codeOf(() => Object.assign(note, { anyhow: silence }))).toBe('READ_ONLY');
    expect(codeOf(() => store.create(Note, { mailer: silence } as never))).toBe('UNKNOWN_ATTRIBUTE');
  });

  test('can be declared without decorator syntax', () => {
    class Bare extends Item {
      declare readonly mailer: Mailer;
      declare body: Default<string>;
    }
    attributes(Bare, { body: text({ default: '' }) });
    fromParent(Mailer, { default: () => silence })(Bare.prototype, 'mailer');
    item('bare')(Bare);

    expect(aStore().create(Bare, {}).mailer).toBe(silence);
  });

  test('belongs to a class that extends the one that declares it, unless that has something else there', () => {
    abstract class Base extends Item {
      @text({ default: '' }) declare body: Default<string>;
      @fromParent(Mailer) accessor mailer!: Memory<Mailer>;
    }
    @item('heir')
    class Heir extends Base {}
    @item('rebel')
    class Rebel extends Base {
      override get mailer(): Memory<Mailer> {
        return silence;
      }
      override set mailer(_: Memory<Mailer>) {}
    }
    const store = aStore();
    const [heir, rebel] = [store.create(Heir, {}), store.create(Rebel, {})];

    expect(codeOf(() => install(heir, store))).toBe('INSTALL_REFUSED');
    install(rebel, store);

    expect(rebel.mailer).toBe(silence);
  });

  test('can be read of an item that is gone, but not of a closed store', () => {
    const [root, middle] = threeStores();
    const [gone, letter] = [middle.create(Letter, {}), middle.create(Letter, {})];
    root.inMemoryPowerUp(silence, Mailer);
    gone.delete();
    expect(gone.mailer).toBe(silence);

    middle.close();

    expect(codeOf(() => letter.mailer)).toBe('STORE_CLOSED');
  });

  test.each<[string, () => unknown]>([
    ['no role', () => fromParent('mailer' as never)],
    ['an unknown option', () => fromParent(Mailer, { defaults: () => silence } as never)],
    ['a default that is no function', () => fromParent(Mailer, { default: silence } as never)],
    ['null as options', () => fromParent(Mailer, null as never)],
  ])('is not declared with %s', (_, declare) => {
    expect(codeOf(declare)).toBe('INVALID_VALUE');
  });

  test.each<[string, string, (target: object) => unknown]>([
    ['a static property', 'BAD_TYPE', () => [Letter, 'mailer']],
    ['a method', 'BAD_TYPE', (target) => [target, 'send', { value: () => 1 }]],
    ['a name that items need', 'RESERVED_NAME', (target) => [target, 'store']],
  ])('is not declared on %s', (_, code, place) => {
    const decorate = fromParent(Mailer) as unknown as (...args: unknown[]) => unknown;

    expect(codeOf(() => decorate(...(place(Smtp.prototype) as unknown[])))).toBe(code);
  });
});

describe('installing an item that asks for it', () => {
  test('is refused where nobody plays the role and there is no default, before anything is written', () => {
    @item('sender')
    class Sender extends Item {
      @dependsOn(() => Letter) declare letter: Letter | null;
    }
    const [root, middle] = threeStores();
    const [letter, sender] = [middle.create(Letter, {}), middle.create(Sender, {})];

    const error = refusal(() => install(letter, middle));

    expect(error).toMatchObject({ code: 'INSTALL_REFUSED', cause: expect.objectContaining({ code: 'NO_POWERUP' }) });
    expect(codeOf(() => install(sender, middle))).toBe('INSTALL_REFUSED');
    expect([installedOn(letter), installedOn(sender), sender.letter]).toEqual([undefined, undefined, null]);
    root.powerUp(root.create(Smtp, { host: 'root' }));
    install(letter, middle);
    expect(installedOn(letter)).toBe(middle);
  });

  test('does not ask the defaults, which may need what is not installed yet', () => {
    @item('early')
    class Early extends Item {
      @dependsOn(() => Smtp, { values: { host: 'mine' } }) declare smtp: Smtp | null;
      @fromParent(Mailer, { default: (early: Early) => early.smtp ?? undefined }) declare readonly mailer: Mailer;
    }
    const store = aStore();
    const early = store.create(Early, {});

    install(early, store);

    expect(early.mailer.send()).toBe('mine');
  });
});
