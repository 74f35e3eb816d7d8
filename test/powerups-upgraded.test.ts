import {
  dependsOn,
  Item,
  install,
  installedOn,
  installedRequirements,
  integer,
  item,
  reference,
  role,
  type Store,
  text,
  upgrade,
} from 'corollary';
import { expect, test } from 'vitest';
import { aStore, aStoreDirectory } from './support/a-store.js';
import { rawly, tableWith } from './support/raw-database.js';

// Who plays a role for whom, and what is installed where, is kept when the types of both are upgraded. It goes where a
// step deletes one of them.

interface Finder {
  find(): string;
}
const Finder = role<Finder>('test.finder');

function versionOne() {
  @item('index')
  class Index extends Item {
    @text() declare state: string;
  }
  @item('search', { roles: () => [Finder] })
  class Search extends Item implements Finder {
    @text() declare language: string;
    @dependsOn(() => Index, { values: { state: 'made' } }) declare index: Index | null;
    find(): string {
      return this.language;
    }
  }
  @item('room')
  class Room extends Item {
    @text() declare name: string;
  }
  return { Index, Search, Room };
}

/** Steps delete searches and rooms of the name 'gone'. */
function versionTwo() {
  @item('index', { version: 2, upgrades: () => [upgrade(1, { state: text() }, () => ({ size: 3 }))] })
  class Index extends Item {
    @integer() declare size: number;
  }
  @item('search', {
    version: 2,
    roles: () => [Finder],
    upgrades: () => [
      upgrade(1, { language: text(), index: reference({ nullable: true }) }, ({ language }) =>
        language === 'gone' ? null : { languages: `${language}, la` },
      ),
    ],
  })
  class Search extends Item implements Finder {
    @text() declare languages: string;
    @dependsOn(() => Index, { values: { size: 0 } }) declare index: Index | null;
    find(): string {
      return this.languages;
    }
  }
  @item('room', {
    version: 2,
    upgrades: () => [upgrade(1, { name: text() }, ({ name }) => (name === 'gone' ? null : { title: name }))],
  })
  class Room extends Item {
    @text() declare title: string;
  }
  return { Index, Search, Room };
}

interface Kept {
  readonly connectors: unknown[];
  readonly installations: unknown[];
}

/** What a store's file says of roles and of installations, with the ids of the items. */
function keptIn(place: string): Kept {
  return rawly(place, (database) => {
    const rowsWith = (column: string) =>
      database.prepare(`SELECT * FROM "${tableWith(database, column)}" ORDER BY storeId`).all();
    return { connectors: rowsWith('player'), installations: rowsWith('explicit') };
  });
}

/** A closed store of the first version: a search in the store itself, and one in each room; another only plays the role. */
function aPlace(rooms: readonly (readonly [room: string, search: string])[]): string {
  const place = aStoreDirectory();
  const { Index, Search, Room } = versionOne();
  const store = aStore({ types: [Index, Search, Room] }, place);
  install(store.create(Search, { language: 'en', index: null }), store);
  for (const [name, language] of rooms) {
    const room = store.create(Room, { name });
    install(store.create(Search, { language, index: null }), room);
    room.powerUp(store.create(Search, { language, index: null }), Finder, { priority: 7 });
  }
  store.close();
  return place;
}

type Classes = ReturnType<typeof versionTwo>;
const ways: [string, (store: Store, classes: Classes) => unknown][] = [
  ['the powerups first', (store, { Search, Room }) => [store.count(Search), store.count(Room)]],
  ['what they are installed on first', (store, { Search, Room }) => [store.count(Room), store.count(Search)]],
  ['all of the tree', (store) => store.tree.upgrade()],
];

test.each(ways)('connectors and installations stay as they are, upgrading %s', async (_, upgradeAll) => {
  const place = aPlace([
    ['blue', 'de'],
    ['red', 'fr'],
  ]);
  const before = keptIn(place);
  expect([before.connectors.length, before.installations.length]).toEqual([5, 6]);

  const classes = versionTwo();
  const { Index, Search, Room } = classes;
  const store = aStore({ types: [Index, Search, Room] }, place);
  await upgradeAll(store, classes);
  expect(store.as(Finder).find()).toBe('en, la');
  const blue = store.query(Room, { title: 'blue' }).one();
  expect(blue.powerupsFor(Finder).map((one) => one.find())).toEqual(['de, la', 'de, la']);
  const installed = store.query(Search, { languages: 'de, la' }).first() as InstanceType<typeof Search>;
  expect(installedOn(installed)).toBe(blue);
  expect(installedRequirements(installed).map((one) => (one as InstanceType<typeof Index>).size)).toEqual([3]);
  store.close();

  expect(keptIn(place)).toEqual(before);
});

test.each(ways)('those of a deleted powerup or target go, and no others, upgrading %s', async (_, upgradeAll) => {
  const place = aPlace([
    ['blue', 'gone'],
    ['gone', 'fr'],
    ['red', 'de'],
  ]);
  const before = keptIn(place);

  const classes = versionTwo();
  const { Index, Search, Room } = classes;
  const store = aStore({ types: [Index, Search, Room] }, place);
  await upgradeAll(store, classes);
  expect(
    store
      .query(Room)
      .pluck((r) => r.title)
      .all(),
  ).toEqual(['blue', 'red']);
  const [blue, red] = store.query(Room).all() as Item[] as [Item, Item];
  expect([blue.powerupsFor(Finder).length, red.powerupsFor(Finder).length]).toEqual([0, 2]);
  expect([store.count(Search), store.count(Index)]).toEqual([5, 4]); // what was installed in the room is there
  expect(store.check().isSound).toBe(true);
  store.close();

  // The rows were written in the order of the rooms: one of the store, two of each room.
  const { connectors, installations } = keptIn(place);
  expect(connectors).toEqual([0, 5, 6].map((at) => before.connectors[at]));
  expect(installations).toEqual([0, 1, 6, 7].map((at) => before.installations[at]));
});
