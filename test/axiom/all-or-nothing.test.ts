import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Item, item, type Ref, reference, type Store, text } from 'corollary';
import { importAxiom } from 'corollary/axiom';
import { expect, test } from 'vitest';
import { codeOf, refusal } from '../support/a-refusal.js';
import { aDirectory, aMemoryStore, aStore, aStoreDirectory } from '../support/a-store.js';
import { type AxiomContent, substoreType, writeAxiomStore } from '../support/axiom-store.js';
import { contentsOf } from '../support/on-disk.js';

// Everything comes over, or nothing does.

@item('note')
class Note extends Item {
  @text({ unique: true }) declare body: string;
}
const types = { note: Note };
const notes = (...bodies: string[]) => ({
  ...{ name: 'note', attributes: { body: 'text' } },
  items: Object.fromEntries(bodies.map((body, i) => [i + 1, [body]])),
});
const many = (count: number) => notes(...Array.from({ length: count }, (_, i) => `note ${i}`));

const aSource = (...content: AxiomContent['types']) => writeAxiomStore(aDirectory(), { types: content });

/** A store with a substore whose notes break a rule that only the database knows. */
function aBrokenTree(): string {
  const site = aSource(notes('fine'), substoreType({ 50: ['box'] }));
  writeAxiomStore(join(site, 'files/box'), { types: [notes('same', 'same')] });
  return site;
}

test('a new store appears at its path, with all that is in it', () => {
  const place = aStoreDirectory();
  const site = aSource(notes('site'), substoreType({ 50: ['box'] }));
  writeAxiomStore(join(site, 'files/box'), { types: [notes('box')] });
  importAxiom(site, { into: place, types, storeOptions: { durability: 'relaxed' } });
  const store = aStore({ types: [Note], mustExist: true }, place);
  expect(
    store.tree
      .query(Note)
      .all()
      .map(({ body }) => body)
      .sort(),
  ).toEqual(['box', 'site']);
  expect(readdirSync(dirname(place))).toEqual(['a.store']);
});

test('a rule that only the database knows leaves nothing at the path, and names the item', () => {
  const place = aStoreDirectory();
  const error = refusal(() => importAxiom(aBrokenTree(), { into: place, types }));
  expect([error.code, error.message]).toEqual(['CONSTRAINT', expect.stringContaining('note, item 2 in Axiom: ')]);
  expect(readdirSync(dirname(place))).toEqual([]);
});

test('the same leaves an open store as it was, with its substores', () => {
  const place = aStoreDirectory();
  const store = aStore({}, place);
  store.create(Note, { body: 'mine' });
  expect(codeOf(() => importAxiom(aBrokenTree(), { into: store, types }))).toBe('CONSTRAINT');
  expect(
    store
      .query(Note)
      .all()
      .map(({ body }) => body),
  ).toEqual(['mine']);
  expect(store.substores.size).toBe(0);
  expect(existsSync(join(place, 'sub')) ? readdirSync(join(place, 'sub')) : []).toEqual([]);
});

test('problems leave nothing at the path', () => {
  const place = aStoreDirectory();
  expect(codeOf(() => importAxiom(aSource(notes('a')), { into: place }))).toBe('UNKNOWN_TYPE');
  expect(readdirSync(dirname(place))).toEqual([]);
});

test('what is at the path is left alone', () => {
  const place = aStoreDirectory();
  aStore({}, place).close();
  const before = contentsOf(place);
  expect(codeOf(() => importAxiom(aSource(notes('a')), { into: place, types }))).toBe('NAME_TAKEN');
  expect(contentsOf(place)).toEqual(before);
});

test('a new store cannot be within the old one', () => {
  const source = aSource(notes('a'));
  const before = contentsOf(source);
  expect(codeOf(() => importAxiom(source, { into: join(source, 'new'), types }))).toBe('INVALID_VALUE');
  expect(contentsOf(source)).toEqual(before);
});

test('a dry run reports the same, and writes nothing', () => {
  const place = aStoreDirectory();
  const source = aSource(notes('a', 'b'));
  const dry = importAxiom(source, { into: place, types, dryRun: true });
  expect(readdirSync(dirname(place))).toEqual([]);
  expect(importAxiom(source, { into: place, types })).toEqual(dry);
  expect(dry.items).toBe(2);
});

test('a dry run needs no place and no classes, and shows what there is', () => {
  const { stores, problems } = importAxiom(aSource(notes('a')), { dryRun: true });
  expect(stores[0]?.types).toEqual([
    {
      ...{ name: 'note', version: 1, items: 1, to: null, leftOut: 'not mapped', notes: [] },
      attributes: [{ name: 'body', kind: 'text', becomes: 'left' }],
    },
  ]);
  expect(problems.map(({ code }) => code)).toEqual(['UNKNOWN_TYPE']);
});

test('inside a transaction the import comes and goes with it', () => {
  const store = aStore();
  const attempt = () =>
    store.transact(() => {
      importAxiom(aSource(notes('a')), { into: store, types });
      expect(store.count(Note)).toBe(1);
      throw new Error('undone');
    });
  expect(attempt).toThrow('undone');
  expect(store.count(Note)).toBe(0);
});

test('an open store needs room for all substores at once, a new one does not', () => {
  const site = aSource(substoreType({ 50: ['a'], 51: ['b'], 52: ['c'] }));
  writeAxiomStore(join(site, 'files/a'), { types: [notes('a')] });
  writeAxiomStore(join(site, 'files/b'), { types: [notes('b')] });
  writeAxiomStore(join(site, 'files/c'), { types: [notes('c')] });
  const store = aStore({ maxOpenSubstores: 2 });
  expect(codeOf(() => importAxiom(site, { into: store, types }))).toBe('TOO_MANY_OPEN');
  expect(store.substores.size).toBe(0);
  const place = aStoreDirectory();
  importAxiom(site, { into: place, types, storeOptions: { maxOpenSubstores: 2 } });
  expect(aStore({ types: [Note] }, place).tree.count(Note)).toBe(3);
});

test('a dry run inside the transaction of another store writes nothing there', () => {
  const [store, other] = [aStore(), aStore()];
  const report = other.transact(() => importAxiom(aSource(notes('a')), { into: store, types, dryRun: true }));
  expect([report.items, store.count(Note)]).toEqual([1, 0]);
  const importing = () => other.transact(() => importAxiom(aSource(notes('a')), { into: store, types }));
  expect(codeOf(importing)).toBe('OUTSIDE_TREE');
});

test('a store that was opened to be read takes nothing in, and a closed one neither', () => {
  const place = aStoreDirectory();
  aStore({}, place).close();
  const importing = (store: Store) => codeOf(() => importAxiom(aSource(notes('a')), { into: store, types }));
  expect(importing(aStore({ readOnly: true }, place))).toBe('READ_ONLY');
  const closed = aMemoryStore();
  closed.close();
  expect(importing(closed)).toBe('STORE_CLOSED');
});

test('hooks run once for each item, when all that it refers to is there', () => {
  const seen: string[] = [];
  @item('letter')
  class Letter extends Item {
    @text() declare body: string;
    @reference(() => Person) declare to: Ref<Person>;
    override activate() {
      seen.push(`activate ${this.body} to ${this.to.name}`);
    }
    override stored() {
      seen.push(`stored ${this.body} to ${this.to.name}`);
    }
    override committed() {
      seen.push(`committed ${this.body}`);
    }
  }
  @item('person')
  class Person extends Item {
    @text() declare name: string;
  }
  const source = aSource(
    { name: 'letter', attributes: { body: 'text', to: 'reference' }, items: { 1: ['a', 3], 2: ['b', 3] } },
    { name: 'person', attributes: { name: 'text' }, items: { 3: ['Ada'] } },
  );
  importAxiom(source, { into: aMemoryStore(), types: { letter: Letter, person: Person } });
  expect(seen).toEqual([
    ...['activate a to Ada', 'stored a to Ada', 'activate b to Ada', 'stored b to Ada'],
    ...['committed a', 'committed b'],
  ]);
});

test('more items than a batch come over, each once', () => {
  const store = aStore();
  importAxiom(aSource(many(1234)), { into: store, types });
  expect(
    store
      .query(Note)
      .pluck((note) => note.body)
      .all(),
  ).toEqual(Array.from({ length: 1234 }, (_, i) => `note ${i}`));
});

test('two imports into one store get numbers of their own', () => {
  const store = aStore();
  importAxiom(aSource(notes('a', 'b')), { into: store, types });
  importAxiom(aSource(notes('c', 'd')), { into: store, types });
  expect(
    new Set(
      store
        .query(Note)
        .all()
        .map(({ storeId }) => storeId),
    ).size,
  ).toBe(4);
});
