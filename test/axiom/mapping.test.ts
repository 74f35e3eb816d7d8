import { type Default, Item, integer, item, type Store, text } from 'corollary';
import { type AxiomOptions, type AxiomTypes, importAxiom, mapTo } from 'corollary/axiom';
import { expect, test } from 'vitest';
import { refusal } from '../support/a-refusal.js';
import { aDirectory, aMemoryStore } from '../support/a-store.js';
import { type AxiomContent, type AxiomTypeContent, writeAxiomStore } from '../support/axiom-store.js';

// Which types and attributes come over, and what is said of those that do not.

@item('note')
class Note extends Item {
  @text() declare body: string;
  @integer({ default: 7 }) declare stars: Default<number>;
}

const notes = (
  items: NonNullable<AxiomTypeContent['items']>,
  attributes: Record<string, string> = { body: 'text' },
) => ({
  name: 'note',
  attributes,
  items,
});
const other: AxiomTypeContent = { name: 'other', attributes: { x: 'integer' }, items: { 50: [1] } };
const timed: AxiomTypeContent = {
  name: 'timed_event',
  module: 'axiom.scheduler',
  attributes: { x: 'integer' },
  items: { 60: [1] },
};

const reading = (types: AxiomContent['types']) => writeAxiomStore(aDirectory(), { types });
const bodies = (store: Store) =>
  store
    .query(Note)
    .all()
    .map((note) => note.body);
const problemsOf = (types: AxiomContent['types'], options: AxiomOptions) =>
  importAxiom(reading(types), { ...options, dryRun: true }).problems;
const imported = (types: AxiomContent['types'], mapping: AxiomTypes) => {
  const store = aMemoryStore();
  importAxiom(reading(types), { into: store, types: mapping });
  return store;
};

test('what has the same name is taken over, and what is missing gets its default', () => {
  const [note] = imported([notes({ 1: ['a'] })], { note: Note })
    .query(Note)
    .all();
  expect([note?.body, note?.stars]).toEqual(['a', 7]);
});

test('null leaves an attribute with a default to that', () => {
  const store = imported([notes({ 1: ['a', null] }, { body: 'text', stars: 'integer' })], { note: Note });
  expect(store.query(Note).one().stars).toBe(7);
});

test('a type that nothing is said of is a problem, and nothing is written', () => {
  const store = aMemoryStore();
  const { code, problems } = refusal(() =>
    importAxiom(reading([notes({ 1: ['a'] }), other]), { into: store, types: { note: Note } }),
  );
  expect(code).toBe('UNKNOWN_TYPE');
  expect(problems).toEqual([
    { code: 'UNKNOWN_TYPE', message: 'other: has items, and no class: add it to types, or to skip' },
  ]);
  expect(store.count(Note)).toBe(0);
});

test('a type without items needs no class', () => {
  expect(bodies(imported([notes({ 1: ['a'] }), { ...other, items: {} }], { note: Note }))).toEqual(['a']);
});

test('skip and the machinery of Axiom are left out, and the report says so', () => {
  const report = importAxiom(reading([notes({ 1: ['a'] }), other, timed]), {
    ...{ into: aMemoryStore(), types: { note: Note }, skip: ['other'] },
  });
  expect(report.stores[0]?.types.map(({ name, leftOut, to }) => [name, leftOut, to])).toEqual([
    ['note', null, 'note'],
    ['other', 'skip', null],
    ['timed_event', 'machinery', null],
  ]);
  expect(report.items).toBe(1);
});

test('what belongs to the machinery of Axiom comes over where a class is given', () => {
  @item('event')
  class Event extends Item {
    @integer() declare x: number;
  }
  expect(imported([timed], { timed_event: Event }).count(Event)).toBe(1);
});

test('an attribute that nothing takes is a problem, unless it is null everywhere or dropped', () => {
  const attributes = { body: 'text', gone: 'integer', dummy: 'integer' };
  const types = [notes({ 1: ['a', 1, null], 2: ['b', 2, null] }, attributes)];
  expect(problemsOf(types, { types: { note: Note } })).toEqual([
    {
      ...{ code: 'UNKNOWN_ATTRIBUTE', attribute: 'gone' },
      message: 'note: nothing takes gone: add an attribute of that name to note, read it in values, or name it in drop',
    },
  ]);
  const report = importAxiom(reading(types), { dryRun: true, types: { note: mapTo(Note, { drop: ['gone'] }) } });
  expect(report.problems).toEqual([]);
  expect(report.stores[0]?.types[0]?.attributes).toEqual([
    { name: 'body', kind: 'text', becomes: 'taken over' },
    { name: 'gone', kind: 'integer', becomes: 'dropped' },
    { name: 'dummy', kind: 'integer', becomes: 'empty' },
  ]);
});

test('values takes the place of what has the same name, and an attribute that it reads is not left', () => {
  const types = [notes({ 1: ['a', 3] }, { body: 'text', gone: 'integer' })];
  const mapping = mapTo(Note, { values: (row) => ({ body: `${row.text('body')}!`, stars: row.integer('gone') }) });
  const [note] = imported(types, { note: mapping }).query(Note).all();
  expect([note?.body, note?.stars]).toEqual(['a!', 3]);
});

test('what is wrong with many items in the same way is one problem', () => {
  const items = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [i + 1, [null]]));
  expect(problemsOf([notes(items)], { types: { note: Note } })).toEqual([
    {
      ...{ code: 'MISSING_VALUE', attribute: 'body' },
      message: 'note: body must be given: it is not nullable and has no default (items 1, 2, 3 and 997 more)',
    },
  ]);
});

test('all problems of all types are found at once', () => {
  const odd: AxiomTypeContent = { name: 'odd', attributes: { body: 'integer' }, items: { 9: [1] } };
  const found = problemsOf([notes({ 1: [null] }), odd, other], { types: { note: Note, odd: Note } });
  expect(found.map(({ code }) => code)).toEqual(['UNKNOWN_TYPE', 'MISSING_VALUE', 'INVALID_VALUE']);
});

test.each([
  [
    'reads prize, which is no attribute',
    () => mapTo(Note, { values: (row) => ({ body: row.text('prize') }) }),
    "note: values reads 'prize', but there is body (item 1)",
  ],
  [
    'reads body as something else',
    () => mapTo(Note, { values: (row) => ({ stars: row.integer('body') }) }),
    'note: values reads body, which holds a text where a whole number should be (item 1)',
  ],
  [
    'gives nothing',
    () => mapTo(Note, { values: (() => null) as never }),
    'note: values gives null, not an object of values (item 1)',
  ],
  [
    'gives what is no attribute',
    () => mapTo(Note, { values: (() => ({ nobody: 1 })) as never }),
    'note: nobody is no attribute of note, which has body, stars (item 1)',
  ],
  [
    'throws',
    () =>
      mapTo(Note, {
        values: () => {
          throw new Error('private');
        },
      }),
    'note: values threw an Error (item 1)',
  ],
  [
    'gives null where there must be something',
    () => mapTo(Note, { values: () => ({ body: null }) }),
    'note: body takes no null: it is not nullable (item 1)',
  ],
] as const)('values that %s: a problem', (_, mapping, message) => {
  expect(problemsOf([notes({ 1: ['a'] })], { types: { note: mapping() } })[0]?.message).toBe(message);
});

test('values that read what is no decimal as one: a problem, for nothing says how many places it has', () => {
  const types = [notes({ 1: ['a', 300] }, { body: 'text', pages: 'integer' })];
  const mapping = mapTo(Note, { values: (row) => ({ body: row.decimal('pages') }) });
  expect(problemsOf(types, { types: { note: mapping } })[0]?.message).toBe(
    'note: values reads pages, which is no decimal in Axiom, but integer (item 1)',
  );
});

test('what a function of the mapping or of the class threw is the cause', () => {
  const cause = new Error('private');
  const throwing = () => {
    throw cause;
  };
  @item('strict')
  class Strict extends Item {
    @text({ validate: throwing }) declare body: string;
  }
  const importing = (types: AxiomTypes) => () =>
    importAxiom(reading([notes({ 1: ['a'] })]), { into: aMemoryStore(), types });
  expect(refusal(importing({ note: mapTo(Note, { values: throwing }) })).cause).toBe(cause);
  expect(refusal(importing({ note: Strict })).cause).toBe(cause);
});

const versions: AxiomContent['types'] = [
  { name: 'note', version: 1, attributes: { text: 'text' }, items: { 1: ['old'] } },
  { name: 'note', version: 2, attributes: { body: 'text' }, items: { 2: ['new'] } },
];

test('each version of a type is mapped for itself', () => {
  const old = mapTo(Note, { values: (row) => ({ body: row.text('text') }) });
  expect(bodies(imported(versions, { note: { 1: old, 2: Note } }))).toEqual(['old', 'new']);
});

test('several versions of a type with one class are a problem, and so is a version without one', () => {
  expect(problemsOf(versions, { types: { note: Note } }).map(({ message }) => message)).toEqual([
    'note: has items in versions 1 and 2: say what becomes of each, { 1: ... }',
  ]);
  expect(problemsOf(versions, { types: { note: { 2: Note } } })[0]?.message).toBe(
    'note: has items in version 1, and no class for it',
  );
});

test('an old version without items needs no mapping', () => {
  const types = [{ ...versions[0], name: 'note', items: {} }, versions[1] as AxiomTypeContent];
  expect(bodies(imported(types, { note: Note }))).toEqual(['new']);
});

test('a type of which the open store has another version is a problem', () => {
  const store = aMemoryStore();
  store.create(Note, { body: 'x' });
  @item('note', { version: 2 })
  class Newer extends Item {
    @text() declare body: string;
  }
  const importing = () => importAxiom(reading([notes({ 1: ['a'] })]), { into: store, types: { note: Newer } });
  expect(refusal(importing).code).toBe('DUPLICATE_TYPE');
});

test.each([
  ['nothing', undefined, 'an object of options is needed'],
  ['no place', { types: {} }, 'into is needed'],
  ['an unknown option', { dryRun: true, typos: {} }, "there is no option 'typos'"],
  ['types that are no classes', { dryRun: true, types: { note: 'Note' } }, 'types is an object of classes'],
  ['versions that are no numbers', { dryRun: true, types: { note: { one: Note } } }, 'types is an object of classes'],
  ['a skip that is no list', { dryRun: true, skip: 'note' }, 'skip is a list of type names'],
  ['roles that are none', { dryRun: true, roles: { 'a.B': 'b' } }, 'roles is an object of roles'],
  [
    'a type in types and in skip',
    { dryRun: true, types: { note: Note }, skip: ['note'] },
    'note is in types and in skip',
  ],
  ['what the import does itself', { dryRun: true, types: { substore: Note } }, 'types cannot have substore'],
  ['a skip of what the import does itself', { dryRun: true, skip: ['substore'] }, 'skip cannot have substore'],
] as const)('%s is refused', (_, options, message) => {
  const error = refusal(() => importAxiom('old.axiom', options as never));
  expect([error.code, error.message]).toEqual(['INVALID_VALUE', expect.stringContaining(message)]);
});

test('mapTo refuses what it does not know', () => {
  expect(refusal(() => mapTo('Note' as never)).message).toBe('mapTo takes an item class, not string');
  expect(refusal(() => mapTo(Note, { value: 1, drop: [1] } as never)).message).toBe(
    "mapTo takes no option 'value', only values and drop; and a list of attribute names as drop",
  );
});
