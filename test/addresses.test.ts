import { renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  type Address,
  address,
  count,
  type Default,
  Item,
  item,
  Query,
  type QueryJSON,
  type Store,
  text,
} from 'corollary';
import { describe, expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aDirectory, aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { inDatabase, indexesOfTableWith, substoreDirectories } from './support/on-disk.js';
import { rawly } from './support/raw-database.js';
import { turns } from './support/updates.js';

// An address tells where an item is. Any store of the tree can keep it and follow it, wherever the item lies.

@item('place')
class Place extends Item {
  @text() declare name: string;
}

@item('note')
class Note extends Item {
  @address({ indexed: true }) declare about: Address;
  @address({ nullable: true }) declare other: Address | null;
}

const types = { types: [Place, Note] };
const NOWHERE = `${'0'.repeat(32)}/4097` as Address;

interface Town {
  readonly root: Store;
  readonly hall: Store;
  readonly room: Store;
  readonly desk: Store;
  readonly yard: Store;
  readonly all: readonly Store[];
}

/** A root with two substores, one of which holds a third and a fourth one below that. Each has a place of its name. */
function townIn(root: Store): Town {
  const hall = root.substores.create('hall');
  const room = hall.substores.create('room');
  const desk = room.substores.create('desk');
  const yard = root.substores.create('yard');
  const all = [root, hall, room, desk, yard];
  for (const store of all) store.create(Place, { name: store.name ?? 'root' });
  return { root, hall, room, desk, yard, all };
}

const placeIn = (store: Store): Place => store.query(Place).one();

/** What each store gives for the address of the place in each. */
const followed = ({ all }: Town) => all.map((from) => all.map((to) => from.getAny(placeIn(to).address)));

class Undo extends Error {}
/** Runs a transaction that is undone at its end; gives what the work gave. */
function undone<R>(store: Store, work: () => R): R {
  let result: R | undefined;
  expect(() =>
    store.transact(() => {
      result = work();
      throw new Undo();
    }),
  ).toThrow(Undo);
  return result as R;
}

describe.each([
  ['on disk', () => aStore(types)],
  ['in memory', () => aMemoryStore(types)],
])('%s', (_where, aRoot) => {
  test('an address is the uid of the store and the storeId, as text', () => {
    const { desk } = townIn(aRoot());
    const place = placeIn(desk);
    expect(place.address).toBe(`${desk.uid}/${place.storeId}`);
    expect(place.address).toMatch(/^[0-9a-f]{32}\/[1-9][0-9]*$/);
  });

  test('every store of a tree follows the address of an item in every other, and gets the same object', () => {
    const town = townIn(aRoot());
    expect(followed(town)).toEqual(town.all.map(() => town.all.map(placeIn)));
    expect(town.yard.getAny(placeIn(town.desk).address)).toBe(placeIn(town.desk));
    expect(town.desk.findAny(placeIn(town.root).address)).toBe(placeIn(town.root));
  });

  test('an address is kept, read and followed as it was given', () => {
    const { yard, room } = townIn(aRoot());
    const place = placeIn(room);
    const note = yard.create(Note, { about: place.address });
    expect([note.about, note.other]).toEqual([place.address, null]);
    note.set({ other: yard.query(Place).one().address });
    note.about = note.address;
    expect(note.toJSON()).toEqual({ storeId: note.storeId, about: note.address, other: placeIn(yard).address });
    expect(yard.root.getAny(note.about)).toBe(note);
  });

  test('a SubStore item has an address like others', () => {
    const { hall, yard } = townIn(aRoot());
    const room = hall.substores.query({ name: 'room' }).one();
    expect(room.address).toBe(`${hall.uid}/${room.storeId}`);
    expect(yard.getAny(room.address)).toBe(room);
  });

  test('a deleted item tells its address, which is found no more', () => {
    const { root, room } = townIn(aRoot());
    const place = placeIn(room);
    const before = place.address;
    place.delete();
    expect(place.address).toBe(before);
    expect(root.findAny(before)).toBeUndefined();
    const error = refusal(() => root.getAny(before));
    expect([error.code, error.storeId]).toEqual(['NOT_FOUND', place.storeId]);
    expect(error.message).toMatch(/hall\/room/);
  });

  test('what is in a deleted store is found no more, nor what is below it', () => {
    const { root, hall, room, desk } = townIn(aRoot());
    const addresses = [hall, room, desk].map((store) => placeIn(store).address);
    const uid = desk.uid;
    root.substores.delete('hall');
    expect(addresses.map((at) => root.findAny(at))).toEqual([undefined, undefined, undefined]);
    const error = refusal(() => root.getAny(addresses[2] as Address));
    expect(error.code).toBe('NOT_FOUND');
    expect(error.message).toMatch(new RegExp(`no store with uid ${uid} in the tree of`));
  });

  test('an address of another tree is NOT_FOUND', () => {
    const { desk } = townIn(aRoot());
    expect(codeOf(() => desk.getAny(NOWHERE))).toBe('NOT_FOUND');
    expect(desk.findAny(NOWHERE)).toBeUndefined();
  });

  test('what is no address is INVALID_VALUE, at once', () => {
    const { root } = townIn(aRoot());
    const place = placeIn(root);
    const bad = ['', 'hall', root.uid, `${place.address} `, place.address.toUpperCase(), `${root.uid}/0`];
    const codes = bad.map((one) => codeOf(() => root.findAny(one as Address)));
    expect(codes).toEqual(bad.map(() => 'INVALID_VALUE'));
    expect(codeOf(() => root.getAny(place as never))).toBe('INVALID_VALUE');
  });

  test('an item in the place of its address is refused with the way out, and nothing is stored', () => {
    const { root, room } = townIn(aRoot());
    const error = refusal(() => root.create(Note, { about: placeIn(room) as never }));
    expect([error.code, error.attribute]).toEqual(['INVALID_VALUE', 'about']);
    expect(error.message).toMatch(/not a Place: use item\.address/);
    expect(root.count(Note)).toBe(0);
    expect(codeOf(() => root.query(Note, (n) => n.about.eq(room as never)).all())).toBe('INVALID_VALUE');
  });

  test('what is no address is refused by the attribute, and the old one stays', () => {
    const { root } = townIn(aRoot());
    const note = root.create(Note, { about: NOWHERE });
    const bad = [`${'0'.repeat(32)}/${2 ** 53}`, `${'G'.repeat(32)}/7`, '/4097', 4097, undefined, null];
    const assign = (value: unknown) => () => {
      note.about = value as Address;
    };
    expect(bad.map((value) => codeOf(assign(value)))).toEqual(bad.map(() => 'INVALID_VALUE'));
    expect(note.about).toBe(NOWHERE);
  });

  test('an address attribute has the options of others', () => {
    @item('link')
    class Link extends Item {
      @address({ unique: true, check: (c) => c.from.ne(NOWHERE) }) declare from: Address;
      @address({ default: NOWHERE, validate: (at) => at.endsWith('7') }) declare to: Default<Address>;
    }
    const { root, hall } = townIn(aRoot());
    const from = placeIn(hall).address;
    expect(root.create(Link, { from }).to).toBe(NOWHERE);
    expect(codeOf(() => root.create(Link, { from }))).toBe('CONSTRAINT');
    expect(codeOf(() => root.create(Link, { from: NOWHERE }))).toBe('CONSTRAINT');
    const to = `${root.uid}/4098` as Address;
    expect(codeOf(() => root.create(Link, { from: placeIn(root).address, to }))).toBe('INVALID_VALUE');
    expect(root.findOrCreate(Link, { from }).from).toBe(from);
    expect(root.count(Link)).toBe(1);
  });

  test('a transaction that only reads follows addresses, out of its store too', () => {
    const { root, yard, desk } = townIn(aRoot());
    const follow = () => [root, desk].map((store) => yard.getAny(placeIn(store).address));
    expect(yard.transact(follow, { readOnly: true })).toEqual([placeIn(root), placeIn(desk)]);
  });

  test('an item outside of the running transaction is found by its address, and cannot be changed', () => {
    const { yard, desk } = townIn(aRoot());
    const code = yard.transact(() => {
      const place = yard.getAny(placeIn(desk).address) as Place;
      return codeOf(() => {
        place.name = 'x';
      });
    });
    expect([code, placeIn(desk).name]).toEqual(['OUTSIDE_TREE', 'desk']);
  });

  test('an item made in a transaction is found by its address inside, and after an undo no more', () => {
    const { root, yard, desk } = townIn(aRoot());
    const place = undone(desk, () => {
      const made = desk.create(Place, { name: 'pen' });
      expect(yard.getAny(made.address)).toBe(made);
      return made;
    });
    expect(place.address).toBe(`${desk.uid}/${place.storeId}`);
    expect(root.findAny(place.address)).toBeUndefined();
  });

  test('a store made in a transaction is found inside, and after an undo no more', () => {
    const { root, hall, desk } = townIn(aRoot());
    const at = undone(hall, () => {
      const made = hall.substores.create('lift').create(Place, { name: 'button' });
      expect(desk.getAny(made.address)).toBe(made);
      return made.address;
    });
    expect(codeOf(() => root.getAny(at))).toBe('NOT_FOUND');
  });

  test('a store deleted in a transaction is not found inside, and after an undo again', () => {
    const { root, desk, yard } = townIn(aRoot());
    const place = placeIn(desk);
    undone(root, () => {
      root.substores.delete('hall');
      expect(yard.findAny(place.address)).toBeUndefined();
    });
    expect(yard.getAny(place.address)).toBe(place);
  });

  test('an item is told no address while its class is still building it', () => {
    const codes: string[] = [];
    @item('hasty')
    class Hasty extends Item {
      @text() declare name: string;
      readonly #code = codes.push(codeOf(() => this.address));
      override stored(): void {
        codes.push(this.address.length > 33 && this.#code > 0 ? 'has one' : 'has none');
      }
    }
    aRoot().create(Hasty, { name: 'x' });
    expect(codes).toEqual(['ITEM_GONE', 'has one']);
  });

  test('a closed store follows no address; one that was closed by itself is found through its root', () => {
    const { root, desk, yard } = townIn(aRoot());
    const { address: at } = placeIn(desk);
    yard.close();
    desk.close();
    expect(codeOf(() => yard.getAny(at))).toBe('STORE_CLOSED');
    expect((root.getAny(at) as Place).name).toBe('desk');
    root.close();
    expect(codeOf(() => root.findAny(at))).toBe('STORE_CLOSED');
    expect(codeOf(() => root.tree.find(desk.uid))).toBe('STORE_CLOSED');
  });
});

test('a store in memory is found when so many were made since that its place is forgotten', () => {
  const { root, desk } = townIn(aMemoryStore(types));
  root.transact(() => {
    for (let n = 0; n <= 10_000; n++) root.substores.create(`n${n}`);
  });
  expect(root.getAny(placeIn(desk).address)).toBe(placeIn(desk));
  expect(root.findAny(NOWHERE)).toBeUndefined();
});

// The guide said: never to something else.
test('a restored store numbers on from its backup: an address of what was made since may lead to another item', () => {
  const { root, yard } = townIn(aStore(types));
  const backup = join(aDirectory(), 'backup');
  yard.tree.export(backup);
  const old = yard.create(Place, { name: 'since the backup' }).address;
  const restored = root.substores.restore('yard', backup);
  expect(root.findAny(old)).toBeUndefined();
  const made = restored.create(Place, { name: 'another' });
  expect([made.address, root.getAny(old)]).toEqual([old, made]);
});

describe('a query', () => {
  const aTown = () => {
    const town = townIn(aStore(types));
    const [hall, room, yard] = [town.hall, town.room, town.yard].map((store) => placeIn(store).address);
    town.root.create(Note, { about: hall as Address });
    town.desk.create(Note, { about: room as Address, other: yard as Address });
    town.yard.create(Note, { about: hall as Address, other: hall as Address });
    return { ...town, at: { hall: hall as Address, room: room as Address, yard: yard as Address } };
  };
  const homes = (query: Query<Note>) => query.all().map((note) => note.store.name);

  test('finds what has an address, in one store and in a tree', () => {
    const { root, yard, at } = aTown();
    expect(homes(root.query(Note, (n) => n.about.eq(at.hall)))).toEqual([null]);
    expect(homes(root.tree.query(Note, { about: at.hall }))).toEqual([null, 'yard']);
    expect(homes(root.tree.query(Note, (n) => n.about.in([at.room, at.yard])))).toEqual(['desk']);
    expect(homes(root.tree.query(Note, (n) => n.about.ne(at.hall)))).toEqual(['desk']);
    expect(homes(root.tree.query(Note, (n) => n.other.isNull()))).toEqual([null]);
    expect(homes(root.tree.query(Note, (n) => n.other.notIn([at.hall])))).toEqual([null, 'desk']);
    expect(homes(yard.query(Note, (n) => n.other.eq(n.about)))).toEqual(['yard']);
  });

  test('an address can be plucked, grouped and ordered by, and be what another query asks for', () => {
    const { root, at } = aTown();
    const notes = root.tree.query(Note);
    const sorted = [at.hall, at.hall, at.room].sort();
    expect(
      notes
        .orderBy((n) => n.about.asc())
        .pluck((n) => n.about)
        .all(),
    ).toEqual(sorted);
    const groups = notes.groupBy((n) => n.about).select((n) => ({ about: n.about, notes: count() }));
    expect(new Map(groups.all().map((group) => [group.about, group.notes]))).toEqual(
      new Map([
        [at.hall, 2],
        [at.room, 1],
      ]),
    );
    const others = notes.where((n) => n.other.isNotNull()).pluck((n) => n.other);
    expect(homes(notes.where((n) => n.about.in(others)))).toEqual([null, 'yard']);
  });

  test('survives the way through JSON, and what is no address there is refused', () => {
    const { root, at } = aTown();
    const json = JSON.stringify(root.query(Note, (n) => n.about.eq(at.hall)));
    expect(homes(Query.fromJSON(root, JSON.parse(json) as QueryJSON) as Query<Note>)).toEqual([null]);
    const spoilt = JSON.parse(json.replace(at.hall, 'elsewhere')) as QueryJSON;
    expect(codeOf(() => Query.fromJSON(root, spoilt))).toBe('BAD_QUERY');
  });

  test('has no questions of text for an address', () => {
    const { root } = aTown();
    expect(codeOf(() => root.query(Note, (n) => (n.about as never as { like(p: string): never }).like('%')))).toBe(
      'BAD_QUERY',
    );
  });
});

test('SQLite refuses what is no address, whoever writes', () => {
  const place = aStoreDirectory();
  const store = aStore(types, place);
  store.create(Note, { about: NOWHERE });
  const write = (value: string) => () =>
    rawly(place, (database) => database.prepare('UPDATE item_note_v1 SET about = ?').run(value));
  const bad = ['', 'x', `${'0'.repeat(32)}`, `${'0'.repeat(32)}/`, `${'0'.repeat(32)}/0`, `${'A'.repeat(32)}/1`];
  for (const value of [...bad, `${'0'.repeat(31)}/17`, `${NOWHERE}x`, `${NOWHERE}${'0'.repeat(20)}`])
    expect(write(value), value).toThrow(/CHECK/);
  expect(write(`${'0'.repeat(32)}/${2 ** 53 - 1}`)).not.toThrow();
});

test('the catalogue tells which columns hold addresses', () => {
  const place = aStoreDirectory();
  const store = aStore(types, place);
  store.create(Note, { about: NOWHERE });
  store.close();
  const shape = inDatabase(place, (database) =>
    database.prepare("SELECT shape FROM corollary_types WHERE name = 'note'").pluck().get(),
  );
  const { attributes } = JSON.parse(String(shape)) as { attributes: { name: string; type: string; column: string }[] };
  expect(attributes.map(({ name, type, column }) => [name, type, column])).toEqual([
    ['about', 'address', 'TEXT'],
    ['other', 'address', 'TEXT'],
  ]);
});

describe('tree.find', () => {
  test('gives the store with a uid, this one or one below', () => {
    const { root, hall, room, desk, yard } = townIn(aStore(types));
    expect(root.tree.find(desk.uid)).toBe(desk);
    expect(root.tree.find(root.uid)).toBe(root);
    expect(hall.tree.find(room.uid)).toBe(room);
    expect(hall.tree.find(yard.uid)).toBeUndefined();
    expect(hall.tree.find(root.uid)).toBeUndefined();
    expect(desk.tree.find('0'.repeat(32))).toBeUndefined();
  });

  test('refuses what is no uid', () => {
    const { root } = townIn(aStore(types));
    expect(codeOf(() => root.tree.find('hall'))).toBe('INVALID_VALUE');
    expect(codeOf(() => root.tree.find(undefined as never))).toBe('INVALID_VALUE');
  });

  test('asks by an index', () => {
    const place = aStoreDirectory();
    aStore(types, place).substores.create('hall');
    expect(indexesOfTableWith(place, 'directory')).toContain('unique uid');
  });
});

describe('a root that was opened anew', () => {
  /** A town on disk, closed, with the addresses of its places and where its stores lie. */
  function aClosedTown() {
    const place = aStoreDirectory();
    const { root, hall, room, desk, yard } = townIn(aStore(types, place));
    const directoryOf = (parent: Store, name: string) => parent.substores.query({ name }).one().directory;
    const hallAt = join(place, 'sub', directoryOf(root, 'hall'));
    const roomAt = join(hallAt, 'sub', directoryOf(hall, 'room'));
    const deskAt = join(roomAt, 'sub', directoryOf(room, 'desk'));
    const yardAt = join(place, 'sub', directoryOf(root, 'yard'));
    const at = {
      root: placeIn(root).address,
      hall: placeIn(hall).address,
      desk: placeIn(desk).address,
      yard: placeIn(yard).address,
    };
    const uids = { hall: hall.uid, room: room.uid, desk: desk.uid, yard: yard.uid };
    root.close();
    return { place, hallAt, roomAt, deskAt, yardAt, at, uids };
  }

  test('finds what lies three levels deep', () => {
    const { place, at } = aClosedTown();
    expect((aStore(types, place).getAny(at.desk) as Place).store.path).toEqual(['hall', 'room', 'desk']);
  });

  test('finds it when it may only read', () => {
    const { place, at } = aClosedTown();
    const root = aStore({ ...types, readOnly: true }, place);
    expect((root.getAny(at.desk) as Place).name).toBe('desk');
    expect(root.findAny(NOWHERE)).toBeUndefined();
  });

  test('names the class that is missing', () => {
    const { place, at } = aClosedTown();
    expect(codeOf(() => aStore({}, place).getAny(at.desk))).toBe('UNKNOWN_TYPE');
  });

  test('opens no store that holds none, to look below it', () => {
    const { place, yardAt } = aClosedTown();
    rmSync(join(yardAt, 'db.sqlite')); // to open it would fail
    expect(codeOf(() => aStore(types, place).getAny(NOWHERE))).toBe('NOT_FOUND');
  });

  test('finds what lies elsewhere when a store is damaged, and says which one when nothing is found', () => {
    const { place, hallAt, at } = aClosedTown();
    rmSync(join(hallAt, 'db.sqlite'));
    const root = aStore(types, place);
    expect((root.getAny(at.yard) as Place).name).toBe('yard');
    const error = refusal(() => root.findAny(at.desk));
    expect(error.code).toBe('NOT_A_STORE');
    expect(error.message).toContain(hallAt);
  });

  test('takes no damaged part of a known way for an answer', () => {
    const { place, hallAt, at } = aClosedTown();
    const root = aStore(types, place);
    expect(root.findAny(at.desk)).toBeDefined();
    root.at('hall').close();
    rmSync(join(hallAt, 'db.sqlite'));
    expect(codeOf(() => root.findAny(at.desk))).toBe('NOT_A_STORE');
  });

  test('locks in a transaction the store that has the item, and none that it passes', () => {
    const { place, hallAt, roomAt, deskAt, at } = aClosedTown();
    const root = aStore(types, place);
    root.transact(() => {
      root.tree.find(at.desk.slice(0, 32));
      expect([hallAt, roomAt, deskAt].map(isLocked)).toEqual([false, false, false]);
      root.getAny(at.desk);
      expect([hallAt, roomAt, deskAt].map(isLocked)).toEqual([false, false, true]);
    });
  });

  test('finds a store again that was moved since, wherever it was seen before', () => {
    const { place, hallAt, yardAt, roomAt, at, uids } = aClosedTown();
    const root = aStore(types, place);
    expect(root.findAny(at.desk)?.store.path).toEqual(['hall', 'room', 'desk']);
    // Nothing is open while the files are moved, as a move in another process makes sure.
    for (const path of ['hall/room/desk', 'hall/room', 'hall', 'yard']) root.at(path).close();

    root.at('yard').substores.create('stand-in');
    root.at('yard').close();
    const id = basename(roomAt);
    for (const standIn of substoreDirectories(yardAt)) rmSync(standIn, { recursive: true });
    rawly(yardAt, (yard) =>
      yard.prepare("UPDATE item_corollary_substore_v1 SET name = 'moved', uid = ?, directory = ?").run(uids.room, id),
    );
    rawly(hallAt, (hall) => hall.prepare('DELETE FROM item_corollary_substore_v1').run());
    renameSync(roomAt, join(yardAt, 'sub', id));
    rawly(join(yardAt, 'sub', id), (room) => room.prepare('UPDATE corollary_store SET parent = ?').run(uids.yard));

    expect(root.findAny(at.desk)?.store.path).toEqual(['yard', 'moved', 'desk']);
    expect(root.findAny(at.desk)?.store.path, 'by the way that is known now').toEqual(['yard', 'moved', 'desk']);
    expect(root.at('hall').tree.find(uids.desk)).toBeUndefined();
  });

  test('sees what another handle has made, changed and deleted', async () => {
    const { place, at } = aClosedTown();
    const [root, other] = [aStore(types, place), aStore(types, place)];
    const made = other.at('yard').substores.create('shed').create(Place, { name: 'rake' });
    expect((root.getAny(made.address) as Place).name).toBe('rake');
    made.name = 'spade';
    await turns(); // items in memory are looked at once in each
    expect((root.getAny(made.address) as Place).name).toBe('spade');
    other.at('hall').substores.delete('room');
    expect(root.findAny(made.address)).toBeDefined();
    expect(root.findAny(at.desk)).toBeUndefined();
  });

  test('finds stores that were closed to make room', () => {
    const { place, at } = aClosedTown();
    const root = aStore({ ...types, maxOpenSubstores: 1 }, place);
    const names = () => [at.desk, at.yard, at.hall].map((one) => (root.getAny(one) as Place).name);
    expect([names(), names()]).toEqual([
      ['desk', 'yard', 'hall'],
      ['desk', 'yard', 'hall'],
    ]);
  });

  describe('as a part of its tree, alone,', () => {
    test('finds what lies in it by the addresses that it had', () => {
      const { hallAt, at } = aClosedTown();
      const hall = aStore(types, hallAt);
      expect((hall.getAny(at.desk) as Place).store.path).toEqual(['room', 'desk']);
      expect((hall.at('room').getAny(at.hall) as Place).store).toBe(hall);
      expect(hall.findAny(`${at.hall}1` as Address)).toBeUndefined();
    });

    test('refuses addresses that may lead out of it with OUTSIDE_TREE', () => {
      const { hallAt, at } = aClosedTown();
      const hall = aStore(types, hallAt);
      const out = [at.root, at.yard, NOWHERE];
      expect(out.map((one) => codeOf(() => hall.getAny(one)))).toEqual(out.map(() => 'OUTSIDE_TREE'));
      expect(codeOf(() => hall.at('room').findAny(at.yard))).toBe('OUTSIDE_TREE');
      expect(refusal(() => hall.findAny(at.yard)).message).toContain(hallAt);
    });

    test('keeps addresses that lead out of it, and asks for them', () => {
      const { hallAt, at } = aClosedTown();
      const hall = aStore(types, hallAt);
      const note = hall.create(Note, { about: at.yard });
      expect(hall.tree.query(Note, (n) => n.about.eq(at.yard)).one()).toBe(note);
    });
  });
});

function isLocked(directory: string): boolean {
  return rawly(directory, (database) => {
    database.pragma('busy_timeout = 0');
    try {
      database.exec('BEGIN IMMEDIATE; ROLLBACK');
      return false;
    } catch {
      return true;
    }
  });
}
