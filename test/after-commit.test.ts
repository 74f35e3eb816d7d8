import { CorollaryError, type Default, type ErrorCode, Item, integer, item, reference, Store, text } from 'corollary';
import { beforeEach, describe, expect, test } from 'vitest';
import { aStore, aStoreDirectory } from './support/a-store.js';

/** What happened, in order. */
let events: string[] = [];
type Hook = 'activate' | 'stored' | 'committed' | 'deleted';
const nothing: Record<Hook, (note: Note) => void> = {
  activate: () => undefined,
  stored: () => undefined,
  committed: () => undefined,
  deleted: () => undefined,
};
/** What the hooks of a note do besides telling that they ran. */
let hooks = nothing;

function happened(hook: Hook, note: Note): void {
  events.push(`${hook} ${note.name}`);
  hooks[hook](note);
}

@item('note')
class Note extends Item {
  @text() declare name: string;
  @integer({ default: 0 }) declare stars: Default<number>;
  @text({ nullable: true, unique: true }) declare slug: string | null;
  @reference(() => Note, { nullable: true, whenDeleted: 'cascade' }) declare above: Note | null;
  @reference(() => Note, { nullable: true, whenDeleted: 'nullify' }) declare next: Note | null;
  override activate() {
    happened('activate', this);
  }
  override stored() {
    happened('stored', this);
  }
  override committed() {
    happened('committed', this);
  }
  override deleted() {
    happened('deleted', this);
  }
}

/** An item type without hooks. */
@item('trace')
class Trace extends Item {
  @text() declare what: string;
}

const types = [Note, Trace];
const failure = (code: ErrorCode) => expect.objectContaining({ code, constructor: CorollaryError });

/** What hooks tell while some work runs, apart from `activate`: when objects are made is told by other tests. */
function eventsOf(work: () => unknown): string[] {
  events = [];
  work();
  return events.filter((event) => !event.startsWith('activate'));
}

const named = (...names: readonly string[]) => names.map((name) => ({ name }));
const told = (event: string) => () => void events.push(event);

class Refusal extends Error {}
function fail(): never {
  throw new Refusal('no');
}
const attempt = (work: () => unknown) => () => {
  work();
  fail();
};

/** A store with the notes `names`, as another program left them: none is in memory. */
function aNotebook(...names: string[]) {
  const place = aStoreDirectory();
  const seed = Store.open(place, { types });
  seed.createMany(Note, named(...names));
  seed.close();
  const store = aStore({ types }, place);
  const note = (name: string) => store.getUnique(Note, { name });
  events = [];
  return { place, store, note, witness: aStore({ types }, place) };
}

beforeEach(() => {
  events = [];
  hooks = nothing;
});

describe('afterCommit', () => {
  test('runs its function after the commit, once', () => {
    const { store, witness } = aNotebook();
    const seen: number[] = [];
    store.transact(() => {
      store.afterCommit(() => seen.push(witness.count(Trace)));
      store.create(Trace, { what: 'a' });
      expect(seen).toEqual([]);
    });
    store.transact(() => store.create(Trace, { what: 'b' }));
    expect(seen).toEqual([1]);
  });

  test('runs its function at once outside a transaction', () => {
    const { store } = aNotebook();
    store.afterCommit(told('ran'));
    expect(events).toEqual(['ran']);
  });

  test('runs its functions in the order in which they were given', () => {
    const { store } = aNotebook();
    store.transact(() => {
      store.afterCommit(told('1'));
      store.transact(() => {
        store.afterCommit(told('2'));
        store.transact(() => store.afterCommit(told('3')));
        store.afterCommit(told('4'));
      });
      store.afterCommit(told('5'));
      expect(events).toEqual([]);
    });
    expect(events).toEqual(['1', '2', '3', '4', '5']);
  });

  test('runs the same function as often as it was given', () => {
    const { store } = aNotebook();
    const again = told('again');
    store.transact(() => {
      store.afterCommit(again);
      store.afterCommit(again);
    });
    expect(events).toEqual(['again', 'again']);
  });

  test('is dropped when the transaction fails', () => {
    const { store } = aNotebook();
    expect(() => store.transact(attempt(() => store.afterCommit(told('ran'))))).toThrow(Refusal);
    store.transact(() => undefined);
    expect(events).toEqual([]);
  });

  test('is dropped when its inner transaction fails, the others are not', () => {
    const { store } = aNotebook();
    store.transact(() => {
      store.afterCommit(told('before'));
      const inner = attempt(() => {
        store.afterCommit(told('inner'));
        store.transact(() => store.afterCommit(told('innermost')));
      });
      expect(() => store.transact(inner)).toThrow(Refusal);
      store.afterCommit(told('after'));
    });
    expect(events).toEqual(['before', 'after']);
  });

  test('runs after a transaction that wrote nothing, and after one that only reads', () => {
    const { store } = aNotebook();
    store.transact(() => store.afterCommit(told('wrote nothing')));
    store.transact(() => store.afterCommit(told('read')), { readOnly: true });
    expect(events).toEqual(['wrote nothing', 'read']);
  });

  test('of a store below runs after the commit of the transaction that was started above', () => {
    const { store } = aNotebook();
    const below = store.substores.create('below');
    store.transact(() => {
      below.transact(() => below.afterCommit(told('below')));
      store.afterCommit(told('above'));
      expect(events).toEqual([]);
    });
    expect(events).toEqual(['below', 'above']);
  });

  test('given by a function that runs after the commit runs at once', () => {
    const { store } = aNotebook();
    store.transact(() => {
      store.afterCommit(() => {
        events.push('outer');
        store.afterCommit(told('at once'));
        events.push('outer ends');
      });
    });
    expect(events).toEqual(['outer', 'at once', 'outer ends']);
  });

  test.each([[undefined], [null], ['text'], [{}]])(
    'refuses what is no function, and the transaction can go on: %o',
    (no) => {
      const { store, witness } = aNotebook();
      store.transact(() => {
        expect(() => store.afterCommit(no as never)).toThrow(CorollaryError);
        store.create(Trace, { what: 'went on' });
      });
      expect(() => store.afterCommit(no as never)).toThrow(CorollaryError);
      expect(witness.count(Trace)).toBe(1);
    },
  );

  test('is refused by a closed store', () => {
    const { store } = aNotebook();
    store.close();
    expect(() => store.afterCommit(told('ran'))).toThrow(failure('STORE_CLOSED'));
    expect(events).toEqual([]);
  });
});

describe('activate', () => {
  test('runs once for an item that is created, with its values', () => {
    const { store } = aNotebook();
    const stars: number[] = [];
    hooks = { ...nothing, activate: (note) => stars.push(note.stars) };
    const one = store.create(Note, { name: 'one', stars: 5 });
    one.stars = 6;
    expect(store.get(Note, one.storeId)).toBe(one);
    expect(stars).toEqual([5]);
  });

  test('runs once for an item that is loaded, however it is reached', () => {
    const { store } = aNotebook('one');
    const one = store.query(Note).one();
    expect(store.get(Note, one.storeId)).toBe(one);
    expect(store.findFirst(Note)).toBe(one);
    expect(store.query(Note).all()).toEqual([one]);
    expect(events).toEqual(['activate one']);
  });

  test('runs again in each handle that loads the item', () => {
    const { store, witness } = aNotebook('one');
    store.query(Note).one();
    witness.query(Note).one();
    expect(events).toEqual(['activate one', 'activate one']);
  });

  test('does not run when only values are read', () => {
    const { store } = aNotebook('one');
    expect(
      store
        .query(Note)
        .pluck((n) => n.name)
        .all(),
    ).toEqual(['one']);
    expect(store.count(Note)).toBe(1);
    expect(events).toEqual([]);
  });

  test('runs before anybody gets the item, when a reference is followed', () => {
    const { place, store } = aNotebook('one');
    const above = store.query(Note).one();
    store.create(Note, { name: 'two', above });
    const again = aStore({ types }, place);
    const two = again.getUnique(Note, { name: 'two' });
    events = [];
    expect(two.above?.name).toBe('one');
    expect(events).toEqual(['activate one']);
  });

  test('may read the store and its own references', () => {
    const { store } = aNotebook('one');
    let read: unknown[] = [];
    hooks = { ...nothing, activate: (note) => (read = [note.storeId, note.isStored, store.count(Note), note.above]) };
    const one = store.query(Note).one();
    expect(read).toEqual([one.storeId, true, 1, null]);
  });

  const writes: [string, (note: Note, store: Store) => unknown][] = [
    ['its own attribute', (note) => Object.assign(note, { stars: 9 })],
    ['set', (note) => note.set({ stars: 9 })],
    ['its deletion', (note) => note.delete()],
    ['create', (_, store) => store.create(Trace, { what: 'activated' })],
    ['createMany', (_, store) => store.createMany(Trace, [{ what: 'activated' }])],
    ['a bulk update', (_, store) => store.query(Note).update({ stars: 9 })],
    ['a bulk delete', (_, store) => store.query(Note).delete()],
    ['transact', (note, store) => store.transact(() => note.set({ stars: 9 }))],
    ['a substore', (_, store) => store.substores.create('below')],
  ];

  test.each(writes)('may not write when an item is loaded: %s', (_, write) => {
    const { store, witness } = aNotebook('one', 'two');
    hooks = { ...nothing, activate: (note) => write(note, store) };
    expect(() => store.getUnique(Note, { name: 'one' })).toThrow(CorollaryError);
    hooks = nothing;
    expect(
      witness
        .query(Note)
        .pluck((n) => n.stars)
        .all(),
    ).toEqual([0, 0]);
    expect(witness.count(Trace)).toBe(0);
    expect(witness.substores.names()).toEqual([]);
  });

  test.each(writes)('may not write when an item is created, which then does not exist: %s', (_, write) => {
    const { store, witness } = aNotebook('one');
    hooks = { ...nothing, activate: (note) => write(note, store) };
    expect(() => store.create(Note, { name: 'new' })).toThrow(CorollaryError);
    hooks = nothing;
    expect(
      witness
        .query(Note)
        .pluck((n) => n.name)
        .all(),
    ).toEqual(['one']);
    expect(
      witness
        .query(Note)
        .pluck((n) => n.stars)
        .all(),
    ).toEqual([0]);
    expect(witness.count(Trace)).toBe(0);
  });

  test('may not write to another store either', () => {
    const { store } = aNotebook('one');
    const other = aNotebook();
    const below = store.substores.create('below');
    const refused: unknown[] = [];
    const tried = (target: Store) => {
      try {
        target.create(Trace, { what: 'activated' });
      } catch (error) {
        refused.push(error);
      }
    };
    hooks = { ...nothing, activate: () => [below, other.store].forEach(tried) };
    store.query(Note).one();
    expect(refused).toEqual([expect.any(CorollaryError), expect.any(CorollaryError)]);
    expect([below.count(Trace), other.store.count(Trace)]).toEqual([0, 0]);
  });

  test('that throws leaves the item to be loaded again, and activated then', () => {
    const { store } = aNotebook('one');
    hooks = { ...nothing, activate: fail };
    expect(() => store.query(Note).one()).toThrow(Refusal);
    hooks = nothing;
    events = [];
    expect(store.query(Note).one().name).toBe('one');
    expect(events).toEqual(['activate one']);
  });
});

describe('stored', () => {
  test('runs once, when the item is stored for the first time', () => {
    const { store, note } = aNotebook('old');
    const seen = eventsOf(() => {
      const one = store.create(Note, { name: 'one' });
      one.stars = 1;
      one.set({ stars: 2 });
      note('old').stars = 3;
    });
    expect(seen.filter((event) => event.startsWith('stored'))).toEqual(['stored one']);
  });

  test('runs inside the transaction: what it writes comes and goes with it', () => {
    const { store, witness } = aNotebook();
    hooks = {
      ...nothing,
      stored: (note) => {
        note.stars = 3;
        store.create(Trace, { what: `stored ${note.name}` });
        events.push(`seen elsewhere: ${witness.count(Trace)}`);
      },
    };

    const one = store.create(Note, { name: 'one' });
    expect(() => store.transact(attempt(() => store.create(Note, { name: 'two' })))).toThrow(Refusal);

    expect(one.stars).toBe(3);
    expect(witness.getUnique(Note, { name: 'one' }).stars).toBe(3);
    expect(
      witness
        .query(Trace)
        .pluck((t) => t.what)
        .all(),
    ).toEqual(['stored one']);
    expect(events.filter((event) => event.startsWith('seen'))).toEqual(['seen elsewhere: 0', 'seen elsewhere: 1']);
  });

  test('finds its item in queries', () => {
    const { store } = aNotebook();
    hooks = { ...nothing, stored: (note) => events.push(`found ${store.getUnique(Note, { name: 'one' }) === note}`) };
    store.create(Note, { name: 'one' });
    expect(events).toContain('found true');
  });

  test('that throws undoes the creation, in and outside a transaction', () => {
    const { store, witness } = aNotebook();
    hooks = { ...nothing, stored: (note) => [store.create(Trace, { what: note.name }), note.name === 'bad' && fail()] };
    expect(() => store.create(Note, { name: 'bad' })).toThrow(Refusal);
    store.transact(() => {
      store.create(Note, { name: 'good' });
      expect(() => store.create(Note, { name: 'bad' })).toThrow(Refusal);
      store.create(Note, { name: 'better' });
    });
    expect(
      witness
        .query(Note)
        .pluck((n) => n.name)
        .all(),
    ).toEqual(['good', 'better']);
    expect(
      witness
        .query(Trace)
        .pluck((t) => t.what)
        .all(),
    ).toEqual(['good', 'better']);
    expect(events.filter((event) => event.startsWith('committed'))).toEqual(['committed good', 'committed better']);
  });

  test('may create further items, whose hooks run as well', () => {
    const { store } = aNotebook();
    hooks = { ...nothing, stored: ({ name }) => name.length < 3 && store.create(Note, { name: `${name}+` }) };
    const seen = eventsOf(() => store.create(Note, { name: 'n' }));
    expect(seen.filter((event) => event.startsWith('stored'))).toEqual(['stored n', 'stored n+', 'stored n++']);
    expect(seen.filter((event) => event.startsWith('committed')).sort()).toEqual([
      'committed n',
      'committed n+',
      'committed n++',
    ]);
  });
});

describe('committed', () => {
  test('runs after the commit of a creation and of each change outside a transaction', () => {
    const { store, witness } = aNotebook();
    hooks = { ...nothing, committed: () => events.push(`on disk: ${witness.query(Note).one().stars}`) };
    const seen = eventsOf(() => {
      const one = store.create(Note, { name: 'one' });
      one.stars = 1;
      one.set({ stars: 2, slug: 'x' });
    });
    expect(seen.filter((event) => !event.startsWith('stored'))).toEqual([
      'committed one',
      'on disk: 0',
      'committed one',
      'on disk: 1',
      'committed one',
      'on disk: 2',
    ]);
  });

  test('runs once for an item that was changed many times in a transaction, at its end', () => {
    const { store, note } = aNotebook('one');
    const one = note('one');
    const seen = eventsOf(() =>
      store.transact(() => {
        one.stars = 1;
        store.transact(() => one.set({ stars: 2 }));
        store.query(Note).update({ stars: 3 });
        expect(events).toEqual([]);
      }),
    );
    expect(seen).toEqual(['committed one']);
  });

  test('runs once for an item that was created and changed in a transaction', () => {
    const { store } = aNotebook();
    const seen = eventsOf(() =>
      store.transact(() => {
        store.create(Note, { name: 'one' }).stars = 1;
      }),
    );
    expect(seen).toEqual(['stored one', 'committed one']);
  });

  test('runs in the order of the first changes, together with afterCommit', () => {
    const { store, note } = aNotebook('one', 'two');
    const [one, two] = [note('one'), note('two')];
    const seen = eventsOf(() =>
      store.transact(() => {
        store.afterCommit(told('first'));
        two.stars = 1;
        store.afterCommit(told('second'));
        one.stars = 1;
        two.stars = 2;
        store.afterCommit(told('third'));
      }),
    );
    expect(seen).toEqual(['first', 'committed two', 'second', 'committed one', 'third']);
  });

  test('does not run for what was only read', () => {
    const { store, note } = aNotebook('one');
    expect(eventsOf(() => store.transact(() => note('one').stars))).toEqual([]);
  });

  test('does not run when the transaction fails', () => {
    const { store, note } = aNotebook('one');
    const one = note('one');
    const seen = eventsOf(() => {
      const work = attempt(() => [one.set({ stars: 1 }), store.create(Note, { name: 'two' })]);
      expect(() => store.transact(work)).toThrow(Refusal);
    });
    expect(seen).toEqual(['stored two']);
  });

  test('does not run for what an inner transaction did that failed', () => {
    const { store, note } = aNotebook('one', 'two');
    const [one, two] = [note('one'), note('two')];
    const seen = eventsOf(() =>
      store.transact(() => {
        two.stars = 1;
        expect(() => store.transact(attempt(() => one.set({ stars: 1 })))).toThrow(Refusal);
      }),
    );
    expect(seen).toEqual(['committed two']);
  });

  // It ran: the store was closed only when its turn came, and that of the item came first.
  test('does not run for an item of a store that the transaction deletes', () => {
    const { store } = aNotebook('one');
    const below = store.substores.create('below');
    const two = below.create(Note, { name: 'two' });
    const seen = eventsOf(() =>
      store.transact(() => {
        two.stars = 1;
        below.create(Note, { name: 'three' });
        store.substores.delete('below');
      }),
    );
    expect(seen).toEqual(['stored three']);
  });

  test('does not run for an item of a store that the transaction makes and deletes', () => {
    const { store } = aNotebook('one');
    const seen = eventsOf(() =>
      store.transact(() => {
        store.substores.create('below').create(Note, { name: 'two' });
        store.substores.delete('below');
      }),
    );
    expect(seen).toEqual(['stored two']);
  });

  test('runs for an item that was changed outside as well as in an inner transaction that failed', () => {
    const { store, note } = aNotebook('one', 'two');
    const [one, two] = [note('one'), note('two')];
    const seen = eventsOf(() =>
      store.transact(() => {
        one.stars = 1;
        expect(() => store.transact(attempt(() => [one.set({ stars: 2 }), two.set({ stars: 2 })]))).toThrow(Refusal);
        two.stars = 1;
      }),
    );
    expect(seen).toEqual(['committed one', 'committed two']);
  });

  test('runs when a reference was set to null because its target was deleted', () => {
    const { store, note } = aNotebook('one', 'two');
    const two = note('two');
    two.next = note('one');
    const seen = eventsOf(() => store.delete(note('one')));
    expect(seen.sort()).toEqual(['committed two', 'deleted one']);
  });

  test('may write: a new transaction, with hooks of its own', () => {
    const { store, note, witness } = aNotebook('one', 'two');
    const [one, two] = [note('one'), note('two')];
    hooks = {
      ...nothing,
      committed: (changed) => changed === one && store.transact(() => two.set({ stars: one.stars + 1 })),
    };
    const seen = eventsOf(() => one.set({ stars: 1 }));
    expect(seen).toEqual(['committed one', 'committed two']);
    expect(witness.getUnique(Note, { name: 'two' }).stars).toBe(2);
  });

  test('sees no transaction: what it writes stays although a later callback fails', () => {
    const { store, note, witness } = aNotebook('one');
    hooks = { ...nothing, committed: () => store.create(Trace, { what: 'kept' }) };
    const work = () =>
      store.transact(() => {
        note('one').stars = 1;
        store.afterCommit(fail);
      });
    expect(work).toThrow(failure('HOOK_FAILED'));
    expect(witness.count(Trace)).toBe(1);
  });

  test('may write to a store that the transaction could not reach', () => {
    const { store, note } = aNotebook('one');
    const other = aNotebook();
    hooks = { ...nothing, committed: () => other.store.create(Trace, { what: 'elsewhere' }) };
    store.transact(() => note('one').set({ stars: 1 }));
    expect(other.witness.count(Trace)).toBe(1);
  });
});

describe('deleted', () => {
  test('runs after the commit that deleted the item, which can still be read', () => {
    const { store, note, witness } = aNotebook('one');
    hooks = { ...nothing, deleted: (n) => events.push(`${n.isStored} ${n.stars} ${witness.count(Note)}`) };
    const one = note('one');
    const seen = eventsOf(() =>
      store.transact(() => {
        one.delete();
        expect(events).toEqual([]);
      }),
    );
    expect(seen).toEqual(['deleted one', 'false 0 0']);
  });

  test('runs after a deletion outside a transaction', () => {
    const { store, note } = aNotebook('one', 'two');
    const [one, two] = [note('one'), note('two')];
    expect(eventsOf(() => [one.delete(), store.delete(two)])).toEqual(['deleted one', 'deleted two']);
  });

  test('runs once, without committed, for an item that was changed before', () => {
    const { store, note } = aNotebook('one');
    const one = note('one');
    const seen = eventsOf(() =>
      store.transact(() => {
        one.stars = 1;
        one.delete();
      }),
    );
    expect(seen).toEqual(['deleted one']);
  });

  test('does not run when the deletion is undone', () => {
    const { store, note } = aNotebook('one', 'two');
    const [one, two] = [note('one'), note('two')];
    const seen = eventsOf(() => {
      expect(() => store.transact(attempt(() => one.delete()))).toThrow(Refusal);
      store.transact(() => {
        expect(() => store.transact(attempt(() => one.delete()))).toThrow(Refusal);
        two.delete();
      });
    });
    expect(seen).toEqual(['deleted two']);
  });

  test('runs for an item whose first deletion was undone and whose second was not', () => {
    const { store, note } = aNotebook('one');
    const one = note('one');
    const seen = eventsOf(() =>
      store.transact(() => {
        expect(() => store.transact(attempt(() => one.delete()))).toThrow(Refusal);
        one.delete();
      }),
    );
    expect(seen).toEqual(['deleted one']);
  });

  test('runs for items that go because what they refer to goes', () => {
    const { store, note } = aNotebook('top');
    const two = store.create(Note, { name: 'two', above: note('top') });
    store.create(Note, { name: 'three', above: two });
    const seen = eventsOf(() => note('top').delete());
    expect(seen.sort()).toEqual(['deleted three', 'deleted top', 'deleted two']);
  });

  test('may write', () => {
    const { store, note, witness } = aNotebook('one', 'two');
    hooks = { ...nothing, deleted: ({ name }) => store.create(Trace, { what: `deleted ${name}` }) };
    store.transact(() => [note('one').delete(), note('two').delete()]);
    expect(
      witness
        .query(Trace)
        .pluck((t) => t.what)
        .all(),
    ).toEqual(['deleted one', 'deleted two']);
  });
});

describe('hooks of many items at once:', () => {
  const many = Array.from({ length: 100 }, (_, n) => `n${n}`);

  test('createMany runs activate, stored and committed for every row', () => {
    const { store } = aNotebook();
    store.createMany(Note, named(...many));
    const of = (hook: Hook) => events.filter((event) => event.startsWith(hook));
    expect(of('activate').sort()).toEqual(many.map((name) => `activate ${name}`).sort());
    expect(of('stored')).toEqual(many.map((name) => `stored ${name}`));
    expect(of('committed')).toEqual(many.map((name) => `committed ${name}`));
    expect(events.indexOf('committed n0')).toBeGreaterThan(events.indexOf('stored n99'));
  });

  test('createMany runs stored inside the transaction, and one that throws undoes all rows', () => {
    const { store, witness } = aNotebook();
    hooks = { ...nothing, stored: ({ name }) => [store.create(Trace, { what: name }), name === 'n77' && fail()] };
    expect(() => store.createMany(Note, named(...many))).toThrow(Refusal);
    expect([witness.count(Note), witness.count(Trace), store.count(Note)]).toEqual([0, 0, 0]);
    expect(events.filter((event) => event.startsWith('committed'))).toEqual([]);
  });

  test('a row that breaks a rule lets no committed run', () => {
    const { store } = aNotebook();
    const rows = [...named('one'), { name: 'two', slug: 's' }, { name: 'three', slug: 's' }];
    expect(() => store.createMany(Note, rows)).toThrow(failure('CONSTRAINT'));
    expect(events.filter((event) => event.startsWith('committed'))).toEqual([]);
  });

  test('a bulk update runs committed for every row, in memory or not', () => {
    const { store, note, witness } = aNotebook(...many);
    const held = note('n50');
    hooks = { ...nothing, committed: (n) => n.stars !== 1 && fail() };
    const seen = eventsOf(() => store.query(Note).update({ stars: 1 }));
    expect(seen.sort()).toEqual(many.map((name) => `committed ${name}`).sort());
    expect(held.stars).toBe(1);
    expect(witness.query(Note, { stars: 1 }).count()).toBe(100);
  });

  test('a bulk update runs no hook for rows that it did not find', () => {
    const { store } = aNotebook('one', 'two');
    const seen = eventsOf(() => store.query(Note, { name: 'one' }).update({ stars: 1 }));
    expect(seen).toEqual(['committed one']);
  });

  test('a bulk delete runs deleted for every row, in memory or not, with its last values', () => {
    const { store, note } = aNotebook(...many);
    const held = note('n50');
    const gone: Note[] = [];
    hooks = { ...nothing, deleted: (n) => gone.push(n) };
    const seen = eventsOf(() => store.query(Note).delete());
    expect(seen.sort()).toEqual(many.map((name) => `deleted ${name}`).sort());
    expect(gone).toContain(held);
    expect(gone.filter((n) => n.isStored)).toEqual([]);
  });

  test('a bulk delete runs deleted for what goes with the rows', () => {
    const { store, note, place } = aNotebook('top');
    store.createMany(
      Note,
      ['a', 'b'].map((name) => ({ name, above: note('top') })),
    );
    const other = aStore({ types }, place);
    const seen = eventsOf(() => other.query(Note, { name: 'top' }).delete());
    expect(seen.sort()).toEqual(['deleted a', 'deleted b', 'deleted top']);
  });

  test('a deletion runs committed for what referred to the item and does no more, in memory or not', () => {
    const { store, note, place } = aNotebook('target', 'held', 'not held');
    store.query(Note, (n) => n.name.ne('target')).update({ next: note('target') });
    const other = aStore({ types }, place);
    const held = other.getUnique(Note, { name: 'held' });
    const seen = eventsOf(() => other.query(Note, { name: 'target' }).delete());
    expect(seen.sort()).toEqual(['committed held', 'committed not held', 'deleted target']);
    expect(held.next).toBeNull();
  });

  test('none runs after a transaction that fails', () => {
    const { store } = aNotebook('one', 'two');
    const work = attempt(() => {
      store.query(Note).update({ stars: 1 });
      store.createMany(Note, named('three'));
      store.query(Note).delete();
    });
    expect(eventsOf(() => expect(() => store.transact(work)).toThrow(Refusal))).toEqual(['stored three']);
  });
});

describe('HOOK_FAILED', () => {
  test('tells after all callbacks have run that the commit stands, and what they threw', () => {
    const { store, witness } = aNotebook();
    const [first, second] = [new Error('first'), new TypeError('second')];
    const throwing = (error: Error) => () => {
      events.push(error.message);
      throw error;
    };
    const work = () =>
      store.transact(() => {
        store.create(Trace, { what: 'kept' });
        store.afterCommit(throwing(first));
        store.afterCommit(told('between'));
        store.afterCommit(throwing(second));
        store.afterCommit(told('last'));
      });
    expect(work).toThrow(
      expect.objectContaining({ code: 'HOOK_FAILED', committed: true, errors: [first, second], retry: false }),
    );
    expect(events).toEqual(['first', 'between', 'second', 'last']);
    expect(witness.count(Trace)).toBe(1);
    expect(store.count(Trace)).toBe(1);
  });

  test.each<[Hook, (store: Store, one: Note) => unknown]>([
    ['committed', (_, one) => one.set({ stars: 1 })],
    ['committed', (store) => store.create(Note, { name: 'two' })],
    ['committed', (store) => store.createMany(Note, named('two'))],
    ['committed', (store) => store.query(Note).update({ stars: 1 })],
    ['committed', (store, one) => store.transact(() => one.set({ stars: 1 }))],
    ['deleted', (_, one) => one.delete()],
    ['deleted', (store) => store.query(Note).delete()],
  ])('comes from the write whose hook %s threw, and the write stands: %s', (hook, write) => {
    const { store, note, witness } = aNotebook('one');
    const one = note('one');
    const stateOf = (of: Store) =>
      of
        .query(Note)
        .all()
        .map((n) => n.toJSON());
    const before = stateOf(witness);
    hooks = { ...nothing, [hook]: fail };

    expect(() => write(store, one)).toThrow(
      expect.objectContaining({ code: 'HOOK_FAILED', committed: true, errors: [expect.any(Refusal)] }),
    );

    expect(stateOf(witness)).not.toEqual(before);
    expect(stateOf(store)).toEqual(stateOf(witness));
  });

  test('leaves the store in order', () => {
    const { store, note, witness } = aNotebook('one');
    const one = note('one');
    hooks = { ...nothing, committed: fail };
    expect(() => one.set({ stars: 1 })).toThrow(failure('HOOK_FAILED'));
    hooks = nothing;
    store.transact(() => one.set({ stars: 2 }));
    expect(witness.query(Note).one().stars).toBe(2);
  });

  test('does not come when the transaction itself fails', () => {
    const { store } = aNotebook();
    const work = attempt(() => store.afterCommit(() => expect.unreachable()));
    expect(() => store.transact(work)).toThrow(Refusal);
  });
});
