import { join } from 'node:path';
import { type Address, address, Item, integer, item, Query, reference, role, Store, text } from 'corollary';
import { expect, test } from 'vitest';
import { codeOf, refusal } from './support/a-refusal.js';
import { aStore, aStoreDirectory } from './support/a-store.js';
import { contentsWithoutLogs, inDatabase, tablesOf } from './support/on-disk.js';

// The program has no class for a type any more. `retired` says what becomes of the items that stores have of it.

@item('draft')
class Draft extends Item {
  @text({ fullText: true, unique: true }) declare title: string;
}
@item('letter')
class Letter extends Item {
  @text() declare title: string;
  @reference(() => Draft, { nullable: true, whenDeleted: 'nullify' }) declare draft: Draft | null;
  @reference(() => Draft, { nullable: true, whenDeleted: 'cascade' }) declare source: Draft | null;
}
@item('folder')
class Folder extends Item {
  @text() declare name: string;
}
@item('sheet')
class Sheet extends Item {
  @reference(() => Folder, { whenDeleted: 'cascade' }) declare folder: Folder;
}

const letters = [Letter, Folder];

/** A closed store with two drafts, and letters that refer to them. */
function aStoreOfDrafts(count = 2): { place: string; ids: number[] } {
  const place = aStoreDirectory();
  using store = Store.open(place, { types: [Draft, ...letters, Sheet] });
  store.substores.create('part').create(Draft, { title: 'below' });
  const drafts = Array.from({ length: count }, (_, n) => store.create(Draft, { title: `draft ${n}` }));
  store.create(Letter, { title: 'nullified', draft: drafts[0] as Draft, source: null });
  store.create(Letter, { title: 'goes along', draft: null, source: drafts[1] as Draft });
  const folder = store.create(Folder, { name: 'kept' });
  store.create(Sheet, { folder });
  return { place, ids: drafts.map(({ storeId }) => Number(storeId)) };
}

test('kept items stay as they are, and are not read', () => {
  const { place, ids } = aStoreOfDrafts();
  const before = contentsWithoutLogs(place);
  const store = Store.open(place, {
    types: [Folder],
    retired: { draft: 'keep', letter: 'keep', sheet: 'keep' },
    upgrade: 'open',
  });
  const said = refusal(() => store.getAny(ids[0] as never));
  expect([said.code, said.message]).toEqual([
    'UNKNOWN_TYPE',
    expect.stringContaining('which this program has retired'),
  ]);
  expect(store.count(Folder)).toBe(1);
  expect(store.check().findings).toEqual([]);
  store.close();
  expect(contentsWithoutLogs(place)).toEqual(before);
});

// The advice was to pass the class in types, where it is refused.
test('a query from JSON is told that its type is retired', () => {
  const question = { from: ['draft'] };
  const store = aStore({ retired: { draft: 'keep' } }, aStoreOfDrafts().place);
  const [retired, unknown] = [store, aStore()].map((asked) => refusal(() => Query.fromJSON(asked, question)));
  expect([retired?.code, unknown?.code]).toEqual(['UNKNOWN_TYPE', 'UNKNOWN_TYPE']);
  expect(retired?.message).toMatch(/'draft': it is retired/);
  expect(unknown?.message).toContain('pass it in the option types');
});

test('the rules of kept items are kept: a folder takes its sheets along', () => {
  const { place } = aStoreOfDrafts();
  const store = aStore({ types: [Folder], retired: { sheet: 'keep' } }, place);
  store.query(Folder).one().delete();
  expect(inDatabase(place, (database) => database.prepare('SELECT count(*) FROM item_sheet_v1').pluck().get())).toBe(0);
});

test("dropped items go with upgrade: 'open', by the rules of what refers to them, in each store when it is used", () => {
  const { place, ids } = aStoreOfDrafts();
  @item('letter')
  class Rest extends Item {
    @text() declare title: string;
    @reference({ nullable: true, whenDeleted: 'nullify' }) declare draft: Item | null;
    @reference({ nullable: true, whenDeleted: 'cascade' }) declare source: Item | null;
  }
  expect(codeOf(() => Store.open(place, { types: [Rest], retired: { draft: 'drop' } }))).toBe('SCHEMA_MISMATCH');
  const store = aStore({ types: [Folder], retired: { draft: 'drop' }, upgrade: 'open' }, place);
  expect(tablesOf(place).filter((name) => String(name).includes('draft'))).toEqual([]);
  const left = inDatabase(place, (database) => database.prepare('SELECT title, draft FROM item_letter_v1').all());
  expect(left).toEqual([{ title: 'nullified', draft: null }]);
  expect(store.findAny(ids[0] as never)).toBeUndefined();
  expect(store.check().findings).toEqual([]);
  const part = store.substores.open('part');
  expect(part.count(Folder)).toBe(0);
  expect(store.tree.check().findings).toEqual([]);
});

test('dropped items go with tree.upgrade, in all stores, and stay until then', async () => {
  const { place } = aStoreOfDrafts();
  const store = aStore({ types: [Folder], retired: { Draft: 'drop' } }, place);
  expect(store.count(Folder)).toBe(1);
  expect(tablesOf(place)).toContain('item_draft_v1');
  const tried = await store.tree.upgrade({ dryRun: true });
  expect([[...tried.types], tablesOf(place).includes('item_draft_v1')]).toEqual([[['draft', 2]], true]);
  const report = await store.tree.upgrade();
  expect([report.isComplete, [...report.types]]).toEqual([true, [['draft', 2]]]);
  expect(tablesOf(place)).not.toContain('item_draft_v1');
  expect((await store.tree.upgrade()).upgraded).toBe(0);
});

test('nothing is dropped where nothing may be written', () => {
  const { place } = aStoreOfDrafts();
  const options = { types: [Folder], retired: { draft: 'drop' }, upgrade: 'open' } as const;
  expect(aStore({ ...options, readOnly: true }, place).count(Folder)).toBe(1);
  expect(tablesOf(place)).toContain('item_draft_v1');
});

test('an item that another refers to with refuse keeps the type, and says which', async () => {
  const place = aStoreDirectory();
  @item('pin')
  class Pin extends Item {
    @reference(() => Draft, { whenDeleted: 'refuse' }) declare to: Draft;
  }
  using before = Store.open(place);
  const draft = before.create(Draft, { title: 'x' });
  before.create(Pin, { to: draft });
  const { storeId } = draft;
  before.close();
  const options = { types: [Folder], retired: { draft: 'drop' } } as const;
  const said = refusal(() => Store.open(place, { ...options, upgrade: 'open' }));
  expect(said).toMatchObject({ code: 'UPGRADE_FAILED', type: 'draft', storeId });
  const store = aStore(options, place);
  const report = await store.tree.upgrade();
  expect(report.failed.map(({ error }) => (error as { code: string }).code)).toEqual(['UPGRADE_FAILED']);
  expect(tablesOf(place)).toContain('item_draft_v1');
  const both = aStore({ ...options, retired: { draft: 'drop', pin: 'drop' } }, place);
  expect((await both.tree.upgrade()).failed).toEqual([]);
  expect(tablesOf(place).filter((name) => /draft|pin/.test(String(name)))).toEqual([]);
});

// They were dropped one type after the other, 500 items at a time: what forbade an earlier one was still there.
test('an item that goes along with one that is dropped forbids no other, in whatever order they come', async () => {
  const place = aStoreDirectory();
  @item('note')
  class Note extends Item {
    @text() declare title: string;
  }
  @item('pin')
  class Pin extends Item {
    @reference({ whenDeleted: 'refuse' }) declare to: Item;
    @reference({ whenDeleted: 'cascade' }) declare on: Item;
  }
  using before = Store.open(place, { types: [Draft, Note, Pin] });
  const titles = Array.from({ length: 501 }, (_, n) => ({ title: `draft ${n}` }));
  const drafts = before.createMany(Draft, titles, { items: true });
  const [first, last] = [drafts[0] as Draft, drafts[500] as Draft];
  before.create(Pin, { to: first, on: before.create(Note, { title: 'of a later type' }) });
  before.create(Pin, { to: first, on: last });
  const staying = before.create(Pin, { to: last, on: before.create(Pin, { to: last, on: first }) });
  const kept = before.create(Pin, { to: first, on: before.create(Folder, { name: 'stays' }) });
  before.close();
  const store = aStore({ types: [Folder, Pin], retired: { draft: 'drop', note: 'drop' } }, place);
  const refused = await store.tree.upgrade();
  expect(refused.failed.map(({ error }) => (error as { storeId: number }).storeId)).toEqual([first.storeId]);
  expect(store.query(Pin).count()).toBe(5);
  store.get(Pin, kept.storeId).delete();
  expect((await store.tree.upgrade()).failed).toEqual([]);
  expect([store.query(Pin).count(), store.find(Pin, staying.storeId)]).toEqual([0, undefined]);
  expect(store.check().findings).toEqual([]);
});

test('powerups of a dropped type leave nothing behind', () => {
  const place = aStoreDirectory();
  const Mailer = role<{ send(): void }>('mailer');
  @item('sender', { roles: () => [Mailer] })
  class Sender extends Item {
    @integer({ nullable: true }) declare n: number | null;
    send(): void {
      this.n = 1;
    }
  }
  using before = Store.open(place);
  before.powerUp(before.create(Sender, {}));
  before.close();
  const store = aStore({ retired: { sender: 'drop' }, upgrade: 'open' }, place);
  expect([...store.powerupsFor(Mailer)]).toEqual([]);
  expect(store.check().findings).toEqual([]);
});

/** The same type with another rule, which needs no new version. */
function stampWith(whenDeleted: 'refuse' | 'cascade') {
  @item('stamp')
  class Stamp extends Item {
    @reference({ whenDeleted }) declare on: Item;
  }
  return Stamp;
}

test.each<[string, (place: string) => Store]>([
  [
    'an item is deleted',
    (place) => {
      const store = aStore({ types: [Draft, stampWith('cascade')] }, place);
      store.query(Draft).one().delete();
      return store;
    },
  ],
  [
    'its type is dropped',
    (place) => aStore({ types: [stampWith('cascade')], retired: { draft: 'drop' }, upgrade: 'open' }, place),
  ],
])('the rule that the class of a referring type has by now holds when %s', (_, deleteIn) => {
  const place = aStoreDirectory();
  const Stamp = stampWith('refuse');
  using before = Store.open(place, { types: [Draft, Stamp] });
  before.create(Stamp, { on: before.create(Draft, { title: 'a' }) });
  before.close();
  const store = deleteIn(place);
  expect(store.check().findings).toEqual([]);
  expect(inDatabase(place, (database) => database.prepare('SELECT count(*) FROM item_stamp_v1').pluck().get())).toBe(0);
});

test('more items than fit in a batch all go, those that refer to each other too', () => {
  const place = aStoreDirectory();
  @item('node')
  class Node extends Item {
    @reference((): typeof Node => Node, { nullable: true, whenDeleted: 'refuse' }) declare next: Node | null;
  }
  using before = Store.open(place);
  before.transact(() => {
    let next: Node | null = null;
    for (let n = 0; n < 1500; n++) next = before.create(Node, { next });
  });
  before.close();
  const store = aStore({ retired: { node: 'drop' }, upgrade: 'open' }, place);
  expect(tablesOf(place)).not.toContain('item_node_v1');
  expect(store.check().findings).toEqual([]);
});

test('a program that still has the class is told that the type was dropped, and sees no empty type', () => {
  const { place } = aStoreOfDrafts();
  const old = aStore({ types: [Draft] }, place);
  expect(old.count(Draft)).toBe(2);
  aStore({ retired: { draft: 'drop' }, upgrade: 'open' }, place);
  const said = refusal(() => old.count(Draft));
  expect([said.code, said.message]).toEqual(['NEWER_DATABASE', expect.stringContaining('was dropped')]);
  expect(codeOf(() => Store.open(place, { types: [Draft] }))).toBe('NEWER_DATABASE');
});

test('a type of a higher version may use the name again', () => {
  const { place } = aStoreOfDrafts();
  aStore({ retired: { draft: 'drop' }, upgrade: 'open' }, place);
  @item('draft', { version: 2 })
  class Anew extends Item {
    @integer() declare n: number;
  }
  const store = aStore({ types: [Anew] }, place);
  expect(store.count(Anew)).toBe(0);
  store.create(Anew, { n: 5 });
  store.close();
  expect(
    aStore({ types: [Anew] }, place)
      .query(Anew)
      .one().n,
  ).toBe(5);
});

test('in a transaction over several stores a dropping goes with it or not at all', () => {
  const { place } = aStoreOfDrafts();
  const options = { types: [Folder], retired: { draft: 'drop' }, upgrade: 'open' } as const;
  const root = aStore(options, place);
  const use = (fails: boolean) =>
    root.transact(() => {
      root.create(Folder, { name: 'above' });
      root.at('part').create(Folder, { name: 'below' });
      if (fails) throw new RangeError('no');
    });
  expect(() => use(true)).toThrow(RangeError);
  use(false);
  root.close();
  const again = aStore(options, place);
  expect(again.tree.count(Folder)).toBe(3);
  expect(again.tree.check().findings).toEqual([]);
  const below = inDatabase(place, () => again.at('part').count(Folder));
  expect(below).toBe(1);
});

// The store was taken for opened, and kept the type until it was opened anew.
test('a dropping that is undone with its transaction is done again at the next use', () => {
  const { place } = aStoreOfDrafts();
  const root = aStore({ types: [Folder], retired: { draft: 'drop' }, upgrade: 'open' }, place);
  const undone = () =>
    root.transact(() => {
      expect(root.at('part').count(Folder)).toBe(0);
      throw new RangeError('no');
    });
  expect(undone).toThrow(RangeError);
  const part = join(place, 'sub', root.substores.query({ name: 'part' }).one().directory);
  expect(tablesOf(part)).toContain('item_draft_v1');
  expect(root.at('part').count(Folder)).toBe(0);
  expect(tablesOf(part)).not.toContain('item_draft_v1');
});

// The store was taken for opened, and kept the type until it was opened anew.
test('what a transaction that only reads has left is dropped at the next use after it', () => {
  const { place } = aStoreOfDrafts();
  const root = aStore({ types: [Folder], retired: { draft: 'drop' }, upgrade: 'open' }, place);
  expect(root.transact(() => root.at('part').count(Folder), { readOnly: true })).toBe(0);
  const part = join(place, 'sub', root.substores.query({ name: 'part' }).one().directory);
  expect(tablesOf(part)).toContain('item_draft_v1');
  expect(root.at('part').count(Folder)).toBe(0);
  expect(tablesOf(part)).not.toContain('item_draft_v1');
});

test('addresses of dropped items lead nowhere', () => {
  const place = aStoreDirectory();
  @item('card')
  class Card extends Item {
    @address() declare to: Address;
  }
  using before = Store.open(place);
  before.create(Card, { to: before.create(Draft, { title: 'x' }).address });
  before.close();
  const store = aStore({ types: [Card], retired: { draft: 'drop' }, upgrade: 'open' }, place);
  expect(store.findAny(store.query(Card).one().to)).toBeUndefined();
  expect(store.tree.check().findings.map(({ kind }) => kind)).toEqual(['address']);
});

test('a retired type that has a class is refused, whenever the class is met', () => {
  expect(codeOf(() => Store.inMemory({ types: [Draft], retired: { DRAFT: 'keep' } }))).toBe('DUPLICATE_TYPE');
  using store = Store.inMemory({ retired: { draft: 'drop' } });
  expect(codeOf(() => store.count(Draft))).toBe('DUPLICATE_TYPE');
  expect(codeOf(() => Store.inMemory({ retired: { corollary_substore: 'drop' } }))).toBe('DUPLICATE_TYPE');
});

// The table of a class in use was dropped.
test('what is retired is said when the store is opened: the option may change afterwards', async () => {
  const retired: Record<string, 'keep' | 'drop'> = { draft: 'drop' };
  const store = aStore({ types: [Folder], retired });
  store.create(Folder, { name: 'kept' });
  retired.folder = 'drop';
  expect((await store.tree.upgrade()).upgraded).toBe(0);
  expect(store.query(Folder).one().name).toBe('kept');
});

test.each<[string, unknown]>([
  ['a list', ['draft']],
  ['another word', { draft: 'forget' }],
  ['a name that is none', { 'no good': 'drop' }],
  // Cases do not count in type names: the type was dropped.
  ['a name twice, in other cases', { draft: 'keep', Draft: 'drop' }],
])('retired with %s is refused', (_, retired) => {
  expect(codeOf(() => Store.inMemory({ retired: retired as never }))).toBe('INVALID_VALUE');
});
