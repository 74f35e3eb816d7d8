import { Item, item, text } from 'corollary';
import { type AxiomOptions, importAxiom, mapTo } from 'corollary/axiom';
import { expect, test } from 'vitest';
import { refusal } from '../support/a-refusal.js';
import { aDirectory, aMemoryStore, aStore } from '../support/a-store.js';
import { substoreType, writeAxiomStore } from '../support/axiom-store.js';

// The stores in the files of an Axiom store become its substores, at any depth.

@item('note')
class Note extends Item {
  @text() declare body: string;
}

const note = (body: string) => ({ name: 'note', attributes: { body: 'text' }, items: { 90: [body] } });

/** A site with bob, who has a box, and alice. */
function aSite(): string {
  const site = writeAxiomStore(aDirectory(), {
    types: [substoreType({ 1: ['account/org/bob.axiom'], 2: ['account/com/alice.axiom'] }), note('site')],
  });
  const bob = `${site}/files/account/org/bob.axiom`;
  writeAxiomStore(bob, { types: [note('bob'), substoreType({ 3: ['box'] })] });
  writeAxiomStore(`${bob}/files/box`, { types: [note('box')] });
  writeAxiomStore(`${site}/files/account/com/alice.axiom`, { types: [note('alice')] });
  return site;
}

const types = { note: Note };

test('substores come over at any depth, with the last parts of their paths as names', () => {
  const store = aStore();
  const report = importAxiom(aSite(), { into: store, types });
  expect(
    store.tree
      .query(Note)
      .all()
      .map((one) => [one.store.path.join('/'), one.body])
      .sort(),
  ).toEqual([
    ['', 'site'],
    ['alice.axiom', 'alice'],
    ['bob.axiom', 'bob'],
    ['bob.axiom/box', 'box'],
  ]);
  expect(report.stores.map(({ path }) => path)).toEqual([[], ['bob.axiom'], ['bob.axiom', 'box'], ['alice.axiom']]);
  expect(store.tree.check().isSound).toBe(true);
});

test('a substore can have another name and mapping, or be left out', () => {
  const store = aMemoryStore();
  const substores: AxiomOptions['substores'] = (path) => {
    if (path.endsWith('alice.axiom')) return null;
    const louder = mapTo(Note, { values: (row) => ({ body: `${row.text('body')}!` }) });
    return path === 'box' ? { types: { note: louder } } : { name: 'bob' };
  };
  const report = importAxiom(aSite(), { into: store, types, substores });
  expect(store.substores.names()).toEqual(['bob']);
  expect(store.at('bob').query(Note).one().body).toBe('bob');
  expect(store.at('bob/box').query(Note).one().body).toBe('box!');
  expect(report.stores[0]?.substoresLeftOut).toEqual(['account/com/alice.axiom']);
});

test('what is given for a substore counts more than what the parent says: skip than types, and types than skip', () => {
  const bodies = (mapping: AxiomOptions) => {
    const store = aMemoryStore();
    importAxiom(aSite(), { ...mapping, into: store });
    return store.tree
      .query(Note)
      .all()
      .map(({ body }) => body)
      .sort();
  };
  const ofBox = (own: object) => (path: string) => (path === 'box' ? own : {});
  expect(bodies({ types, substores: ofBox({ skip: ['note'] }) })).toEqual(['alice', 'bob', 'site']);
  expect(bodies({ skip: ['note'], substores: ofBox({ types }) })).toEqual(['box']);
});

test('two substores of the same name are a problem, which names heal', () => {
  const site = writeAxiomStore(aDirectory(), { types: [substoreType({ 1: ['org/bob.axiom'], 2: ['com/bob.axiom'] })] });
  writeAxiomStore(`${site}/files/org/bob.axiom`, { types: [] });
  writeAxiomStore(`${site}/files/com/bob.axiom`, { types: [] });
  expect(importAxiom(site, { dryRun: true }).problems).toEqual([
    {
      code: 'NAME_TAKEN',
      message:
        'com/bob.axiom: it would have the same name as the substore at org/bob.axiom: give it another one by the option substores',
    },
  ]);
  const store = aMemoryStore();
  importAxiom(site, { into: store, substores: (path) => ({ name: path.replace('/', '-') }) });
  expect(store.substores.names()).toEqual(['com-bob.axiom', 'org-bob.axiom']);
});

test('names that cannot be, or are taken in the open store, are problems', () => {
  const site = aSite();
  const store = aMemoryStore();
  store.substores.create('alice.axiom');
  const substores = (path: string) => ({ name: path.endsWith('bob.axiom') ? 'a/b' : 'alice.axiom' });
  const { problems } = refusal(() => importAxiom(site, { into: store, types, substores }));
  expect(problems?.map(({ code }) => code)).toEqual(['BAD_NAME', 'NAME_TAKEN']);
  expect(store.substores.names()).toEqual(['alice.axiom']);
});

test('two items for one directory become one substore', () => {
  const site = writeAxiomStore(aDirectory(), { types: [substoreType({ 1: ['box'], 2: ['box'] })] });
  writeAxiomStore(`${site}/files/box`, { types: [note('a')] });
  const store = aMemoryStore();
  importAxiom(site, { into: store, types });
  expect(store.tree.count(Note)).toBe(1);
});

test('a substore that was in memory only is passed over', () => {
  const site = writeAxiomStore(aDirectory(), { types: [substoreType({ 1: [null] }), note('a')] });
  const store = aMemoryStore();
  importAxiom(site, { into: store, types });
  expect(store.substores.size).toBe(0);
});

test.each([
  ['is not there', 'gone', 'STORE_MISSING', 'gone: it is not there'],
  ['leads out of the files', '../other', 'STORE_MISSING', '../other: it is a path that leads out of the files'],
  ['is no store', 'plain', 'NOT_A_STORE', 'is no store of Axiom: it has no db.sqlite'],
] as const)('a substore that %s is a problem, and can be left out', (_, path, code, message) => {
  const site = writeAxiomStore(aDirectory(), { types: [substoreType({ 1: [path] })], files: { 'plain/x': '' } });
  const [problem] = importAxiom(site, { dryRun: true }).problems;
  expect(problem).toEqual({ code, message: expect.stringContaining(message) });
  const store = aMemoryStore();
  importAxiom(site, { into: store, substores: () => null });
  expect(store.substores.size).toBe(0);
});

test('a problem in a substore names it, and nothing is written anywhere', () => {
  const site = aSite();
  const store = aStore();
  const substores = (path: string) => (path === 'box' ? { types: {} } : {});
  expect(refusal(() => importAxiom(site, { into: store, types, substores })).message).toContain(
    'account/org/bob.axiom > box: note: has items, and no class',
  );
  expect([store.substores.size, store.count(Note)]).toEqual([0, 0]);
});

test('what substores gives is checked', () => {
  const importing = () => importAxiom(aSite(), { dryRun: true, types, substores: (() => ({ nam: 'x' })) as never });
  expect(refusal(importing).message).toContain("there is no option 'nam'");
});
