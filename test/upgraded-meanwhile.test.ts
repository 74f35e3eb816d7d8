import {
  type CorollaryError,
  type Default,
  Item,
  integer,
  item,
  reference,
  Store,
  type StoreId,
  text,
  upgrade,
} from 'corollary';
import { describe, expect, test } from 'vitest';
import { aStore, aStoreDirectory } from './support/a-store.js';
import { withBefore } from './support/between-statements.js';

// Another process upgrades a type right before any statement of a program that uses it. Its old table is no more then.

@item('note')
class Note1 extends Item {
  @text({ fullText: true }) declare title: string;
  @text({ unique: true }) declare slug: string;
  @reference(() => Note1, { nullable: true, whenDeleted: 'nullify' }) declare about: Note1 | null;
}
@item('note', { version: 2, upgrades: () => [upgrade(1, first)] })
class Note2 extends Item {
  @text({ fullText: true }) declare title: string;
  @text({ unique: true }) declare slug: string;
  @reference(() => Note2, { nullable: true, whenDeleted: 'nullify' }) declare about: Note2 | null;
  @integer({ default: 0 }) declare stars: Default<number>;
}
const first = {
  title: text(),
  slug: text(),
  about: reference(() => Note2, { nullable: true, whenDeleted: 'nullify' }),
};
type Note = Note1 | Note2;

/** What a program does with a store, of which it may hold an item. */
interface Program {
  readonly store: Store;
  readonly place: string;
  readonly type: typeof Note1 | typeof Note2;
  readonly id: StoreId<Note>;
  readonly held: Note1 | undefined;
}

const query = ({ store, type }: Program) => store.query<Note>(type);
const titles = (notes: Iterable<Note>) => Array.from(notes, ({ title }) => title);

const deeds: [string, (program: Program) => unknown][] = [
  ['asks for all', (program) => titles(query(program).all())],
  ['asks for few', (program) => titles(query(program).limit(2).all())],
  ['loops', (program) => titles(query(program))],
  ['takes a page', (program) => titles(query(program).page({ size: 5 }).items)],
  ['counts', (program) => query(program).count()],
  [
    'searches',
    (program) =>
      titles(
        query(program)
          .where((n) => n.title.matches('a'))
          .all(),
      ),
  ],
  ['asks a tree', ({ store, type }) => titles(store.tree.query<Note>(type).all())],
  ['counts a tree', ({ store, type }) => store.tree.query<Note>(type).count()],
  ['gets one', ({ store, type, id }) => store.get<Note>(type, id).title],
  ['gets any', ({ store, id }) => (store.getAny(id) as Note).title],
  [
    'finds one',
    (program) =>
      query(program)
        .where((n) => n.slug.eq('a'))
        .one().title,
  ],
  ['follows a reference', ({ store, type, id }) => store.get<Note>(type, id).about?.title],
  ['reads an item that it holds', ({ held }) => held?.title],
  ['follows a reference of an item that it holds', ({ held }) => held?.about?.title],
  ['checks the store', ({ store }) => store.check().findings],
  ['checks the tree', ({ store }) => store.tree.check().findings],
  ['opens the store', ({ type, place }) => aStore({ types: [type] }, place).count<Note>(type)],
  ['makes one', ({ store, type }) => store.create<Note>(type, { title: 'new', slug: 'n', about: null }).title],
  ['changes one', ({ store, type, id }) => store.get<Note>(type, id).set({ title: 'changed' })],
  ['deletes one', ({ store, type, id }) => store.get<Note>(type, id).delete()],
  ['changes all', (program) => query(program).update({ title: 'changed' })],
];

/** What a program knows before it begins. */
const knowing = {
  'that has done nothing before': () => undefined,
  'that knows the store as it is': ({ store, type }: Program) => store.count<Note>(type),
  'that another handle has written to since': (program: Program) => {
    program.store.count(program.type as typeof Note1);
    written(program.place);
  },
  'that has seen another handle write': (program: Program) => {
    written(program.place);
    program.store.count(program.type as typeof Note1);
  },
};

function written(place: string): void {
  const other = Store.open(place, { types: [Note1] });
  other.query(Note1).update({ title: 'written' });
  other.close();
}

describe.each(Object.entries(knowing))('while another process upgrades a type, a program %s', (_, learn) => {
  test.each(deeds)('%s, or is told', (_, deed) => {
    const { results, undisturbed } = atEachMoment(deed, () => {
      const program = aProgramWith(Note1);
      learn(program);
      return program;
    });
    for (const result of results) expect([undisturbed, 'NEWER_DATABASE']).toContainEqual(result);
  });
});

test.each(deeds)('while another process upgrades a type to its own version, a program %s', (_, deed) => {
  const { results, undisturbed } = atEachMoment(deed, () => aProgramWith(Note2));
  for (const result of results) expect(result).toEqual(undisturbed);
});

/** What comes of it, each time with the upgrade one statement later, until it is done before. */
function atEachMoment(deed: (program: Program) => unknown, begun: () => Program) {
  const disturbedAt = (number: number) => {
    const program = begun();
    return withBefore(
      number,
      () => upgraded(program.place),
      () => codeOrResult(() => deed(program)),
    );
  };
  const results: unknown[] = [];
  for (let last = disturbedAt(0); last.happened; last = disturbedAt(results.length)) results.push(last.result);
  return { results, undisturbed: disturbedAt(Number.POSITIVE_INFINITY).result };
}

function aProgramWith(type: Program['type']): Program {
  const place = aStoreDirectory();
  const before = Store.open(place, { types: [Note1] });
  const a = before.create(Note1, { title: 'A', slug: 'a', about: null });
  a.about = before.create(Note1, { title: 'B', slug: 'b', about: a });
  before.close();
  const store = aStore({ types: [type] }, place);
  const held = type === Note1 ? store.query(Note1, (n) => n.slug.eq('a')).one() : undefined;
  return { store, place, type, id: a.storeId, held };
}

function upgraded(place: string): void {
  const other = Store.open(place, { types: [Note2], busyTimeoutMs: 0 });
  codeOrResult(() => other.count(Note2)); // where the program has the lock it cannot happen
  other.close();
}

function codeOrResult(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as CorollaryError).code;
  }
}
