import {
  and,
  type Columns,
  type Condition,
  count,
  Item,
  integer,
  item,
  type LiveUpdate,
  not,
  optional,
  or,
  Query,
  reference,
  referrers,
  type SearchOptions,
  type Store,
  text,
} from 'corollary';
import { describe, expect, test } from 'vitest';
import { aProgram } from './support/a-process.js';
import { codeOf, refusal } from './support/a-refusal.js';
import { aMemoryStore, aStore, aStoreDirectory } from './support/a-store.js';
import { anyCharacter, fc } from './support/chance.js';
import { tablesOf } from './support/on-disk.js';
import { statementsOf } from './support/statements.js';
import { Updates } from './support/updates.js';
import type * as tasks from './tasks/full-text.js';
import { Memo } from './tasks/full-text.js';

@item('folder', { fullText: ['name'] })
class Folder extends Item {
  @text() declare name: string;
}

@item('note', { fullText: ['body'] })
class Note extends Item {
  @text({ fullText: true }) declare title: string;
  @text({ nullable: true }) declare body: string | null;
  @text({ nullable: true }) declare plain: string | null;
  @integer({ nullable: true }) declare size: number | null;
  @reference(() => Folder, { nullable: true, whenDeleted: 'cascade' }) declare folder: Folder | null;
  @reference({ nullable: true }) declare about: Item | null;
}
type Where = (n: Columns<Note>, store: Store) => Condition;

const types = [Note, Folder];
const titles = (query: Query<Note>) => query.pluck((n) => n.title).all();
const found = (store: Store, words: string, options?: SearchOptions) =>
  titles(store.query(Note, (n) => n.self.matches(words, options)));

function aShelf(place = aStoreDirectory()) {
  const store = aStore({ types, durability: 'relaxed' }, place);
  const drinks = store.create(Folder, { name: 'Hot drinks' });
  const food = store.create(Folder, { name: 'Cold food' });
  const tea = store.create(Note, {
    title: 'Green tea',
    body: 'Pour hot water on tea leaves',
    plain: 'coffee',
    size: 1,
    folder: drinks,
  });
  const coffee = store.create(Note, { title: 'Coffee', body: 'Hot water, and beans', size: 2, folder: drinks });
  const salad = store.create(Note, { title: 'Salad', size: 3, folder: food });
  const milk = store.create(Note, { title: 'Milk', body: 'Hot or cold', size: 4 });
  return { store, place, drinks, food, tea, coffee, salad, milk };
}

describe('a search finds', () => {
  test.each<[string, Where, string[]]>([
    ['words of one attribute', (n) => n.title.matches('tea'), ['Green tea']],
    ['words of one attribute, not of another', (n) => n.body.matches('coffee'), []],
    ['words in any order', (n) => n.body.matches('water hot'), ['Green tea', 'Coffee']],
    ['a phrase', (n) => n.body.matches('"water and beans"'), ['Coffee']],
    ['words that are in different attributes', (n) => n.self.matches('green leaves'), ['Green tea']],
    ['nothing in attributes that are not full text', (n) => n.self.matches('coffee'), ['Coffee']],
    ['no null', (n) => n.body.matches('null'), []],
    ['words of the item referred to', (n) => n.folder.matches('drinks'), ['Green tea', 'Coffee']],
    ['words of its attribute', (n) => n.folder.to.name.matches('cold'), ['Salad']],
    ['words of the item at the end of a path', (n) => n.folder.to.self.matches('cold food'), ['Salad']],
    ['what fulfils both', (n) => n.body.matches('hot').and(n.folder.matches('hot')), ['Green tea', 'Coffee']],
    ['what fulfils either', (n) => n.title.matches('salad').or(n.body.matches('cold')), ['Salad', 'Milk']],
    ['by not, what it did not find', (n) => n.body.matches('hot').not(), ['Salad']],
    ['by not, what refers to nothing, too', (n) => n.folder.matches('drinks').not(), ['Salad', 'Milk']],
    [
      'among other conditions',
      (n) => and(not(n.self.matches('tea')), or(n.self.matches('water'), n.size.gte(4))),
      ['Coffee', 'Milk'],
    ],
    [
      'by the items of a query',
      (n, store) => n.folder.in(store.query(Folder, (f) => f.self.matches('drinks'))),
      ['Green tea', 'Coffee'],
    ],
    [
      'by the items not of a query',
      (n, store) => n.folder.notIn(store.query(Folder, (f) => f.self.matches('drinks'))),
      ['Salad', 'Milk'],
    ],
    [
      'the best by a query',
      (n, store) =>
        n.self.in(
          store
            .query(Note)
            .orderBy((m) => m.body.relevance('tea').desc({ nulls: 'last' }))
            .limit(1),
        ),
      ['Green tea'],
    ],
    ['by how well it fits', (n) => n.self.relevance('hot').gt(0), ['Green tea', 'Coffee', 'Milk']],
    ['by a snippet', (n) => n.body.snippet('hot', { words: 1 }).startsWith('<b>'), ['Coffee', 'Milk']],
  ])('%s', (_, where, expected) => {
    const { store } = aShelf();
    expect(titles(store.query(Note, (n) => where(n, store)))).toEqual(expected);
  });

  test('the live items themselves', () => {
    const { store, coffee } = aShelf();
    expect(store.query(Note, (n) => n.title.matches('coffee')).one()).toBe(coffee);
  });

  test('pairs of a join, by the words of both types', () => {
    const { store, drinks, tea } = aShelf();
    const pairs = store.query([Folder, Note], (f, n) =>
      and(n.folder.eq(f), f.name.matches('hot'), n.self.matches('leaves')),
    );
    expect(pairs.all()).toEqual([[drinks, tea]]);
  });

  test('pairs of one type with itself, each by its own words', () => {
    const { store, tea, coffee } = aShelf();
    const pairs = store.query([Note, Note], (n, m) =>
      and(n.folder.eq(m.folder), n.title.matches('tea'), m.title.matches('coffee')),
    );
    expect(pairs.all()).toEqual([[tea, coffee]]);
  });

  test('what an optional type is tied by', () => {
    const { store, drinks, food, coffee } = aShelf();
    const pairs = store.query([Folder, optional(Note)], (f, n) => and(n.folder.eq(f), n.self.matches('beans')));
    expect(pairs.all()).toEqual([
      [drinks, coffee],
      [food, null],
    ]);
  });

  test('items by those that refer to them, and how many', () => {
    const { store, drinks } = aShelf();
    const hot = store.query(Folder, (f) => referrers(f, Note, (n) => n.folder).exists((n) => n.self.matches('hot')));
    expect(hot.all()).toEqual([drinks]);
    const counted = store.query(Folder).select((f) => ({
      hot: referrers(f, Note, (n) => n.folder).count((n) => n.self.matches('hot')),
      best: referrers(f, Note, (n) => n.folder).count((n) => n.self.relevance('tea').gt(0)),
    }));
    expect(counted.all()).toEqual([
      { hot: 2, best: 1 },
      { hot: 0, best: 0 },
    ]);
  });

  test('nothing where nothing was ever stored', () => {
    const store = aStore({ types });
    const search = store.query(Note, (n) => n.self.matches('tea'));
    expect(search.all()).toEqual([]);
    expect(search.orderBy((n) => n.self.relevance('tea').desc()).all()).toEqual([]);
    expect([search.count(), search.exists(), search.delete()]).toEqual([0, false, 0]);
  });

  test('nothing through a reference to a type that was never stored', () => {
    const store = aStore({ types });
    store.create(Note, { title: 'Tea' });
    const read = store
      .query(Note)
      .select((n) => ({ fits: n.folder.relevance('x'), piece: n.folder.to.name.snippet('x') }));
    expect(read.all()).toEqual([{ fits: null, piece: null }]);
    expect(titles(store.query(Note, (n) => n.folder.matches('x').not()))).toEqual(['Tea']);
  });
});

describe('the answer', () => {
  const hot = (store: Store) => store.query(Note, (n) => n.body.matches('hot'));

  test('can be limited, counted, paged, plucked and summed', () => {
    const { store } = aShelf();
    expect(titles(hot(store).offset(1).limit(1))).toEqual(['Coffee']);
    expect([hot(store).count(), hot(store).exists(), hot(store).first()?.title]).toEqual([3, true, 'Green tea']);
    expect([...hot(store).pages(2)].map((page) => page.length)).toEqual([2, 1]);
    expect(hot(store).sum((n) => n.size)).toBe(7);
    expect(
      hot(store)
        .pluck((n) => n.folder.to.name)
        .distinct()
        .all(),
    ).toEqual([null, 'Hot drinks']);
  });

  test('can be grouped', () => {
    const { store } = aShelf();
    const groups = hot(store)
      .groupBy((n) => n.folder.to.name)
      .select((n) => ({ name: n.folder.to.name, notes: count() }));
    expect(groups.all()).toEqual([
      { name: null, notes: 1 },
      { name: 'Hot drinks', notes: 2 },
    ]);
  });

  test('can be the best of each group', () => {
    const { store } = aShelf();
    const best = store
      .query(Note, (n) => n.self.matches('hot'))
      .orderBy((n) => n.body.relevance('tea').desc({ nulls: 'last' }))
      .firstPer((n) => n.folder);
    expect(titles(best)).toEqual(['Green tea', 'Milk']);
  });

  test('can be changed, and what no longer fits is not found', () => {
    const { store, milk } = aShelf();
    expect(hot(store).update({ body: 'iced' })).toBe(3);
    expect(milk.body).toBe('iced');
    expect([hot(store).count(), found(store, 'iced')]).toEqual([0, ['Green tea', 'Coffee', 'Milk']]);
  });

  test('can be changed down to the best', () => {
    const { store } = aShelf();
    const best = hot(store).orderBy((n) => n.self.relevance('tea').desc({ nulls: 'last' }));
    expect(best.limit(1).update({ plain: 'best' })).toBe(1);
    expect(titles(store.query(Note, { plain: 'best' }))).toEqual(['Green tea']);
  });

  test('can be deleted', () => {
    const { store, tea } = aShelf();
    expect(hot(store).delete()).toBe(3);
    expect([tea.isStored, found(store, 'hot'), store.count(Note)]).toEqual([false, [], 1]);
  });
});

describe('what is typed', () => {
  test.each<[string, SearchOptions | undefined, string[]]>([
    ['hot water', undefined, ['Green tea', 'Coffee']],
    ['HOT wàter', { mode: 'words' }, ['Green tea', 'Coffee']],
    ['wat', undefined, []],
    ['wat*', undefined, ['Green tea', 'Coffee']],
    ['"hot water"', undefined, ['Green tea', 'Coffee']],
    ['“water hot”', undefined, []],
    ['hot OR salad', undefined, []],
    ['body:hot', undefined, []],
    ['hot AND (', undefined, ['Coffee']],
    ['-hot!', undefined, ['Green tea', 'Coffee', 'Milk']],
    ['hot wat', { mode: 'prefix' }, ['Green tea', 'Coffee']],
    ['ho water', { mode: 'prefix' }, []],
    ['hot OR salad', { mode: 'fts5' }, ['Green tea', 'Coffee', 'Salad', 'Milk']],
    ['hot NOT water', { mode: 'fts5' }, ['Milk']],
    ['title : tea', { mode: 'fts5' }, ['Green tea']],
    ['NEAR(hot leaves, 2)', { mode: 'fts5' }, []],
    ['', undefined, []],
    ['&', undefined, []],
  ])('%j finds with %j', (words, options, expected) => {
    const { store } = aShelf();
    expect(found(store, words, options)).toEqual(expected);
  });

  test.each(['words', 'prefix'] as const)('is never wrong, whatever it is (%s)', (mode) => {
    const { store } = aShelf();
    const anything = fc.string({ unit: anyCharacter }).filter((typed) => !typed.includes('\0'));
    const ask = (typed: string) =>
      store
        .query(Note, (n) => n.self.matches(typed, { mode }))
        .select((n) => ({
          fits: n.self.relevance(typed, { mode }),
          piece: n.title.snippet(typed, { mode }),
        }));
    const law = fc.property(anything, (typed) => {
      expect(ask(typed).all()).toHaveLength(ask(typed).count());
    });
    fc.assert(law, { numRuns: 100 });
  });

  test.each<[string, string, boolean]>([
    ['Café crème', 'CAFE creme', true],
    ['Cafe creme', 'café crème', true],
    ['Ecole E\u0301lan', 'élan', true],
    ['ЧАЙ чёрный', 'чай чёрный', true],
    ['чёрный', 'черный', false],
    ['чёрный', 'че\u0308рный', false],
    ['हिन्दी', 'हिन्दी', true],
    ['हिन्दी', 'हीन्दि', false],
    ['हिन्दी', 'हिन्', false],
    ['drinks', 'drink', false],
    ['Straße', 'strasse', false],
    ['smørrebrød', 'smorrebrod', false],
    ['x-ray', 'x ray', true],
    ['x-ray', 'xray', false],
    ['tea4two', 'tea', false],
    ['緑茶を飲む', '緑茶', false],
    ['緑茶を飲む', '緑茶*', true],
    ['緑茶 を飲む', '緑茶', true],
  ])('of %j, asked for by %j: %j', (title, words, isFound) => {
    const store = aStore({ types });
    store.create(Note, { title });
    expect(found(store, words)).toHaveLength(isFound ? 1 : 0);
  });

  // Some are the beginning of others.
  const words = fc.array(fc.constantFrom('a', 'ab', 'abc', 'b', 'ba', 'é', 'éa'), { maxLength: 4 });
  const notes = fc.array(fc.record({ title: words, body: words }), { maxLength: 6 });
  const asked = words.filter((list) => list.length > 0);
  const model = {
    words: (text: readonly string[], typed: readonly string[]) => typed.every((word) => text.includes(word)),
    prefix: (text: readonly string[], typed: readonly string[]) =>
      typed.every((word, at) => text.some((one) => (at < typed.length - 1 ? one === word : one.startsWith(word)))),
  };

  test.each(['words', 'prefix'] as const)('finds what a plain comparison of words finds (%s)', (mode) => {
    const store = aStore({ types, durability: 'relaxed' });
    const law = fc.property(notes, asked, (given, typed) => {
      store.query(Note).delete();
      const rows = given.map(({ title, body }, size) => ({ title: title.join(' '), body: body.join(' '), size }));
      store.createMany(Note, rows);
      const sizes = (where: (n: Columns<Note>) => Condition) =>
        store
          .query(Note, where)
          .pluck((n) => n.size)
          .all();
      const expected = (textOf: (note: (typeof given)[0]) => string[]) =>
        given.flatMap((note, at) => (model[mode](textOf(note), typed) ? [at] : []));
      const input = typed.join(' ');
      expect(sizes((n) => n.title.matches(input, { mode }))).toEqual(expected(({ title }) => title));
      expect(sizes((n) => n.self.matches(input, { mode }))).toEqual(expected(({ title, body }) => [...title, ...body]));
      expect(sizes((n) => n.self.relevance(input, { mode }).isNull())).toEqual(
        sizes((n) => n.self.matches(input, { mode }).not()),
      );
    });
    fc.assert(law, { numRuns: 60 });
  });
});

describe('relevance', () => {
  function aRankedStore() {
    const store = aStore({ types, durability: 'relaxed' });
    const lines = ['tea and much else that is written here', 'tea tea tea', 'nothing', 'tea', 'milk', 'tea', 'water'];
    store.createMany(
      Note,
      lines.map((title, size) => ({ title, size })),
    );
    return {
      store,
      best: store.query(Note, (n) => n.self.matches('tea')).orderBy((n) => n.self.relevance('tea').desc()),
    };
  }
  const sizes = (query: Query<Note>) => query.pluck((n) => n.size).all();

  test('puts the better first, and what fits as well in the order of ids', () => {
    const { best } = aRankedStore();
    expect(sizes(best)).toEqual([1, 3, 5, 0]);
    expect(sizes(best.limit(2).offset(1))).toEqual([3, 5]);
  });

  test('is more for better, and null where it does not fit', () => {
    const { store } = aRankedStore();
    const read = store.query(Note).select((n) => ({ size: n.size, fits: n.title.relevance('tea') }));
    const fits = new Map(read.all().map((row) => [row.size, row.fits]));
    expect(fits.get(1)).toBeGreaterThan(fits.get(3) ?? Number.NaN);
    expect(fits.get(3)).toBe(fits.get(5));
    expect(fits.get(3)).toBeGreaterThan(fits.get(0) ?? Number.NaN);
    expect(fits.get(0)).toBeGreaterThan(0);
    expect([fits.get(2), fits.get(4)]).toEqual([null, null]);
  });

  test('pages as it orders, with nulls on either end', () => {
    const { store, best } = aRankedStore();
    expect([...best.pages(1)].flat()).toEqual(best.all());
    const all = store.query(Note);
    const last = all.orderBy((n) => n.title.relevance('tea').desc({ nulls: 'last' }));
    const first = all.orderBy((n) => n.title.relevance('tea').asc());
    expect(sizes(last)).toEqual([1, 3, 5, 0, 2, 4, 6]);
    expect([...last.pages(2)].flat()).toEqual(last.all());
    expect(sizes(first)).toEqual([2, 4, 6, 0, 3, 5, 1]);
    expect([...first.pages(2)].flat()).toEqual(first.all());
  });

  test('can be calculated with, and aggregated', () => {
    const { store, best } = aRankedStore();
    const doubled = best.select((n) => ({ one: n.self.relevance('tea'), two: n.self.relevance('tea').times(2) })).all();
    expect(doubled.map(({ two }) => two)).toEqual(doubled.map(({ one }) => Number(one) * 2));
    expect(store.query(Note).max((n) => n.self.relevance('tea'))).toBe(doubled[0]?.one);
    expect(best.limit(1).avg((n) => n.self.relevance('tea'))).toBe(doubled[0]?.one);
  });

  test('of several searches, and of the items referred to, can be told apart', () => {
    const { store } = aShelf();
    const read = store
      .query(Note, (n) => n.self.matches('water'))
      .select((n) => ({
        tea: n.self.relevance('tea'),
        beans: n.body.relevance('beans'),
        folder: n.folder.relevance('drinks'),
      }));
    const isThere = read.all().map(({ tea, beans, folder }) => [tea !== null, beans !== null, folder !== null]);
    expect(isThere).toEqual([
      [true, false, true],
      [false, true, true],
    ]);
  });
});

describe('a snippet', () => {
  const LONG =
    'one two three four five six seven eight nine ten eleven twelve tea thirteen fourteen fifteen sixteen end';

  function aLongNote() {
    const store = aStore({ types });
    store.create(Note, { title: 'Long', body: LONG });
    return store;
  }

  test('marks the words found, and says where text was left out', () => {
    const store = aLongNote();
    const read = store.query(Note).select((n) => ({
      usual: n.body.snippet('tea'),
      short: n.body.snippet('tea', { before: '[', after: ']', ellipsis: '~', words: 3 }),
      plain: n.body.snippet('tea', { before: '', after: '', ellipsis: '', words: 1 }),
    }));
    const [row] = read.all();
    expect(row?.usual).toMatch(/ <b>tea<\/b> .*…$/);
    expect(row?.usual?.split(' ')).toHaveLength(16);
    expect(row?.short).toMatch(/^~.*\[tea\].*~$/);
    expect(row?.short?.split(' ')).toHaveLength(3);
    expect(row?.plain).toBe('tea');
  });

  test('of an item is from the attribute that fits', () => {
    const store = aLongNote();
    const pieces = (words: string) =>
      store
        .query(Note)
        .pluck((n) => n.self.snippet(words, { words: 1, ellipsis: '' }))
        .all();
    expect([pieces('long'), pieces('tea')]).toEqual([['<b>Long</b>'], ['<b>tea</b>']]);
  });

  test('is null where nothing is found there', () => {
    const store = aLongNote();
    store.create(Note, { title: 'tea' });
    const read = store
      .query(Note, (n) => n.self.matches('tea'))
      .select((n) => ({
        title: n.title.snippet('tea'),
        body: n.body.snippet('tea', { words: 1, ellipsis: '' }),
      }));
    expect(read.all()).toEqual([
      { title: null, body: '<b>tea</b>' },
      { title: '<b>tea</b>', body: null },
    ]);
  });

  test('is text as it was written: nothing is escaped', () => {
    const store = aStore({ types });
    store.create(Note, { title: '<i>tea</i> & "milk" \ud83d\ude00' });
    const piece = store
      .query(Note)
      .pluck((n) => n.title.snippet('milk', { before: "'", after: '?' }))
      .one();
    expect(piece).toBe('<i>tea</i> & "\'milk?" \ud83d\ude00');
  });

  test('can be asked for a prefix, and calculated with', () => {
    const store = aLongNote();
    const look = { mode: 'prefix', words: 1, ellipsis: '' } as const;
    expect(
      store
        .query(Note)
        .pluck((n) => n.body.snippet('thirt', look).upper().concat('!'))
        .one(),
    ).toBe('<B>THIRTEEN</B>!');
  });
});

describe('the work', () => {
  test('of a search, its relevance and its snippet is one statement that searches once', () => {
    const { store } = aShelf();
    const best = store
      .query(Note, (n) => n.self.matches('hot'))
      .orderBy((n) => n.self.relevance('hot').desc())
      .select((n) => ({ n, fits: n.self.relevance('hot'), piece: n.self.snippet('hot') }));
    const asked = statementsOf(() => best.all());
    expect(asked.map((sql) => sql.split(' MATCH ').length - 1)).toEqual([1]);
    expect(asked.map((sql) => sql.split('snippet(').length - 1)).toEqual([1]);
  });

  test('is done by the index of words, as explain shows', () => {
    const { store } = aShelf();
    const { sql, parameters, plan } = store.query(Note, (n) => n.title.matches('hot tea')).explain();
    expect(sql).toContain('"item_note_v1$text" MATCH ?');
    expect(parameters).toEqual(['{"title"} : ("hot" "tea")']);
    expect(plan.some((step) => /item_note_v1\$text VIRTUAL TABLE INDEX/.test(step))).toBe(true);
    expect(plan.filter((step) => /^SCAN item_note_v1$/.test(step))).toEqual([]);
  });

  test('by relevance goes from what was found to the items', () => {
    const { store } = aShelf();
    const best = store.query(Note, (n) => n.self.matches('hot')).orderBy((n) => n.self.relevance('hot').desc());
    expect(best.limit(2).explain().plan.join('\n')).toMatch(
      /SCAN item_note_v1\$text VIRTUAL TABLE.*\n.*SEARCH note USING INTEGER PRIMARY KEY/s,
    );
  });
});

/** The columns as a program without types sees them. */
type AnyColumns = Record<string, Record<'matches' | 'relevance' | 'snippet', (...given: unknown[]) => Condition>>;

describe('refused by name is', () => {
  const refused = (act: (n: AnyColumns) => unknown) => {
    const { store } = aShelf();
    return refusal(() => store.query(Note, (n) => act(n as unknown as AnyColumns) as Condition).all());
  };

  test.each<[string, (n: AnyColumns) => unknown, RegExp]>([
    ['an attribute without fullText', (n) => n.plain!.matches('x'), /^note\.plain: .*fullText: true/],
    ['an id', (n) => n.storeId!.matches('x'), /fullText/],
    ['a number', (n) => n.size!.matches('x'), /^note\.size: /],
    [
      'a calculated column',
      (n) => (n.title as never as { lower(): AnyColumns['x'] }).lower()!.matches('x'),
      /takes an attribute or an item/,
    ],
    [
      'a snippet of a snippet',
      (n) => (n.title!.snippet('x') as never as AnyColumns['x'])!.snippet('x'),
      /takes an attribute or an item/,
    ],
    ['another mode', (n) => n.title!.matches('x', { mode: 'regex' }), /'words', 'prefix' or 'fts5'/],
    ['a mode of another kind', (n) => n.title!.matches('x', { mode: 1 }), /'words', 'prefix' or 'fts5'/],
    ['no word of a snippet', (n) => n.title!.snippet('x', { words: 0 }), /1 to 64/],
    ['too many words of a snippet', (n) => n.title!.snippet('x', { words: 65 }), /1 to 64/],
    ['half a word of a snippet', (n) => n.title!.snippet('x', { words: 1.5 }), /1 to 64/],
    ['a mark that is no text', (n) => n.title!.snippet('x', { before: 1 }), /before, after and ellipsis/],
    ['a mark with NUL', (n) => n.title!.snippet('x', { after: '\0' }), /before, after and ellipsis/],
    ['a wrong FTS5 expression', (n) => n.title!.matches('tea AND AND', { mode: 'fts5' }), /FTS5.*mode 'words'/],
    [
      'an FTS5 expression that would leave its columns',
      (n) => n.title!.matches('x) OR (body : hot', { mode: 'fts5' }),
      /parentheses/,
    ],
    ['more than 1,000 words', (n) => n.title!.matches('x '.repeat(1001)), /1000 words/],
  ])('%s: BAD_QUERY', (_, act, message) => {
    const error = refused(act);
    expect(error.code).toBe('BAD_QUERY');
    expect(error.message).toMatch(message);
  });

  test.each([undefined, null, 1, ['tea'], 'a\0b', '\ud800', 'tea \udc00'])(
    'a text that no column can hold (%#)',
    (typed) => {
      expect(refused((n) => n.title!.matches(typed)).code).toBe('INVALID_VALUE');
      expect(refused((n) => n.self!.relevance(typed)).code).toBe('INVALID_VALUE');
      expect(refused((n) => n.folder!.snippet(typed)).code).toBe('INVALID_VALUE');
    },
  );

  test('a type without full-text attributes', () => {
    @item('bare')
    class Bare extends Item {
      @text() declare line: string;
    }
    const { message, code } = refusal(() => aMemoryStore().query(Bare, (b) => b.self.matches('x')));
    expect([code, message]).toEqual(['BAD_QUERY', expect.stringContaining("@item('bare', { fullText: [...] })")]);
  });

  test('a check that searches', () => {
    @item('checked')
    class Checked extends Item {
      @text({ fullText: true, check: (c) => (c as unknown as Columns<Checked>).line.matches('x') })
      declare line: string;
    }
    expect(codeOf(() => aMemoryStore().create(Checked, { line: 'x' }))).toBe('BAD_QUERY');
  });

  test.each(['all', 'count', 'delete', 'page'] as const)(
    'a wrong FTS5 expression, by whatever is asked (%s)',
    (asked) => {
      const { store } = aShelf();
      const wrong = store.query(Note, (n) => n.self.matches('tea AND', { mode: 'fts5' }));
      const ask = {
        all: () => wrong.all(),
        count: () => wrong.count(),
        delete: () => wrong.delete(),
        page: () => wrong.page({ size: 1 }),
      };
      expect(codeOf(ask[asked])).toBe('BAD_QUERY');
      expect(store.count(Note)).toBe(4);
    },
  );
});

describe('as JSON', () => {
  const asked = (store: Store) =>
    store
      .query(Note, (n) => n.self.matches('hot').or(n.folder.to.name.matches('fo', { mode: 'prefix' })))
      .orderBy((n) => n.body.relevance('hot OR cold', { mode: 'fts5' }).desc())
      .select((n) => ({ title: n.title, fits: n.folder.relevance('hot'), piece: n.self.snippet('hot', { words: 2 }) }));

  test('a search comes back the same', () => {
    const { store } = aShelf();
    const back = Query.fromJSON(store, JSON.parse(JSON.stringify(asked(store))));
    expect(back.toJSON()).toEqual(asked(store).toJSON());
    expect(back.all()).toEqual(asked(store).all());
    expect(back.all()).toHaveLength(4);
  });

  const self = { source: 0, name: 'self' };
  const search = { of: self, text: 'hot', mode: 'words' };
  test.each<[string, unknown]>([
    ['no search', undefined],
    ['a search of an attribute that is not full text', { ...search, attribute: 'plain' }],
    ['a search of an attribute that is not there', { ...search, attribute: 'rowid' }],
    ['a search of an attribute with SQL in it', { ...search, attribute: 'title" "body"} : x --' }],
    ['a search of a prototype', { ...search, attribute: '__proto__' }],
    ['a search of no item', { ...search, of: { source: 0, name: 'title' } }],
    ['a search of an id', { ...search, of: { source: 0, name: 'storeId' } }],
    ['a search of an item of any type', { ...search, of: { source: 0, name: 'about' } }],
    ['a search of another type', { ...search, of: { source: 1, name: 'self' } }],
    ['a search through no reference', { ...search, of: { source: 0, path: ['title'], name: 'self' } }],
    ['a search without a text', { of: self, mode: 'words' }],
    ['a search for a number', { ...search, text: 1 }],
    ['a search for half a character', { ...search, text: '\ud800' }],
    ['a search for NUL', { ...search, text: 'a\0' }],
    ['another mode', { ...search, mode: 'sql' }],
    ['no mode', { of: self, text: 'hot' }],
    ['something else', { ...search, sql: '1' }],
    ['too many words', { ...search, text: 'x '.repeat(1001) }],
    [
      'an expression that leaves its columns',
      { ...search, attribute: 'title', mode: 'fts5', text: 'x) OR (body : hot' },
    ],
  ])('refuses %s', (_, hostile) => {
    const { store } = aShelf();
    const whole = JSON.parse(JSON.stringify(store.query(Note, (n) => n.self.matches('hot'))));
    const condition = { ...whole, where: { op: 'matches', search: hostile } };
    const value = { ...whole, pluck: { relevanceOf: hostile } };
    const piece = { ...whole, pluck: { snippetOf: hostile, before: '', after: '', ellipsis: '', words: 1 } };
    expect(codeOf(() => Query.fromJSON(store, condition))).toBe('BAD_QUERY');
    expect(codeOf(() => Query.fromJSON(store, value))).toBe('BAD_QUERY');
    expect(codeOf(() => Query.fromJSON(store, piece))).toBe('BAD_QUERY');
  });

  test.each([{ words: '1); DROP TABLE x' }, { words: 65 }, { before: null }, { after: {} }, { more: 1 }])(
    'refuses snippets with %j',
    (wrong) => {
      const { store } = aShelf();
      const whole = JSON.parse(JSON.stringify(store.query(Note)));
      const look = { before: '', after: '', ellipsis: '', words: 1 };
      const pluck = { snippetOf: search, ...look };
      expect(Query.fromJSON(store, { ...whole, pluck }).count()).toBe(4);
      expect(codeOf(() => Query.fromJSON(store, { ...whole, pluck: { ...pluck, ...wrong } }))).toBe('BAD_QUERY');
    },
  );
});

describe('in a tree', () => {
  function aTree(options: { maxOpenSubstores?: number } = {}) {
    const store = aStore({ types, durability: 'relaxed', ...options });
    store.create(Note, { title: 'tea of the top' });
    const names = ['a', 'b', 'c'];
    const notes = names.map((name) => {
      const below = store.substores.create(name);
      const folder = below.create(Folder, { name: `box ${name}` });
      below.create(Note, { title: `milk of ${name}` });
      return below.create(Note, { title: `tea tea of ${name}`, folder }).title;
    });
    store.substores.create('empty');
    return { store, notes };
  }

  test('every store is searched, those without such items and those that must be opened again too', () => {
    const { store, notes } = aTree({ maxOpenSubstores: 1 });
    const tea = store.tree.query(Note, (n) => n.self.matches('tea'));
    expect(titles(tea).sort()).toEqual(['tea of the top', ...notes].sort());
    expect(titles(tea).sort()).toEqual(['tea of the top', ...notes].sort());
    expect([tea.count(), tea.limit(2).all().length]).toEqual([4, 2]);
    expect(titles(store.tree.query(Note, (n) => n.folder.matches('box b')))).toEqual(['tea tea of b']);
  });

  test('relevance orders and pages what each store says, and snippets are read', () => {
    const { store } = aTree();
    const best = store.tree.query(Note, (n) => n.self.matches('tea')).orderBy((n) => n.self.relevance('tea').desc());
    const fits = best.pluck((n) => n.self.relevance('tea')).all();
    expect(fits).toEqual([...fits].sort((a, b) => Number(b) - Number(a)));
    expect([...best.pages(1)].flat()).toEqual(best.all());
    const pieces = best.pluck((n) => n.title.snippet('tea', { words: 1, ellipsis: '' }));
    expect(pieces.all()).toEqual(Array(4).fill('<b>tea</b>'));
  });

  test('a wrong expression is BAD_QUERY', () => {
    const { store } = aTree();
    expect(codeOf(() => store.tree.query(Note, (n) => n.self.matches('a AND', { mode: 'fts5' })).all())).toBe(
      'BAD_QUERY',
    );
  });
});

describe('a search sees at once', () => {
  test('what was created, one or many', () => {
    const { store } = aShelf();
    store.create(Note, { title: 'Mint' });
    store.createMany(Note, [{ title: 'Mint one' }, { title: 'Mint two' }]);
    expect(found(store, 'mint')).toEqual(['Mint', 'Mint one', 'Mint two']);
  });

  test('what was assigned, set and updated', () => {
    const { store, tea, coffee } = aShelf();
    tea.title = 'Mint';
    coffee.set({ body: 'mint', plain: null });
    store.query(Note, { title: 'Milk' }).update({ body: 'mint' });
    expect([found(store, 'mint'), found(store, 'green')]).toEqual([['Mint', 'Coffee', 'Milk'], []]);
  });

  test('what was deleted, and what a cascade took along', () => {
    const { store, salad, drinks } = aShelf();
    salad.delete();
    drinks.delete();
    expect([found(store, 'salad'), found(store, 'hot')]).toEqual([[], ['Milk']]);
  });

  test('in a transaction, what it wrote; after its failure, what was before', () => {
    const { store, tea } = aShelf();
    const seen: string[][] = [];
    const fail = () =>
      store.transact(() => {
        tea.title = 'Mint';
        store.create(Note, { title: 'Mint too' });
        seen.push(found(store, 'mint'), found(store, 'green'));
        throw new RangeError('no');
      });
    expect(fail).toThrow(RangeError);
    expect(seen).toEqual([['Mint', 'Mint too'], []]);
    expect([found(store, 'mint'), found(store, 'green')]).toEqual([[], ['Green tea']]);
  });

  test('after an inner transaction failed, only what the outer one wrote', () => {
    const { store, tea, milk } = aShelf();
    store.transact(() => {
      tea.title = 'Mint';
      const fail = () =>
        store.transact(() => {
          milk.title = 'Mint too';
          throw new RangeError('no');
        });
      expect(fail).toThrow(RangeError);
      expect(found(store, 'mint')).toEqual(['Mint']);
    });
    expect(found(store, 'mint')).toEqual(['Mint']);
  });

  test('what another handle wrote', () => {
    const { store, place, tea } = aShelf();
    const other = aStore({ types }, place);
    other.get(Note, tea.storeId).title = 'Mint';
    other.create(Note, { title: 'Mint too' });
    expect([found(store, 'mint'), found(store, 'green')]).toEqual([['Mint', 'Mint too'], []]);
  });

  test('what another process wrote, its first item of the type too', async () => {
    const place = aStoreDirectory();
    const store = aStore({ types: [Memo] }, place);
    const lines = () =>
      store
        .query(Memo, (m) => m.self.matches('elsewhere'))
        .pluck((m) => m.line)
        .all();
    expect(lines()).toEqual([]);
    const program = await aProgram<typeof tasks>('full-text.ts');
    program.callSync('createMemo', place, 'from elsewhere');
    expect(lines()).toEqual(['from elsewhere']);
    program.callSync('createMemo', place, 'and elsewhere');
    expect(lines()).toEqual(['from elsewhere', 'and elsewhere']);
  });
});

describe('data that was stored before its class had fullText', () => {
  @item('note')
  class OldNote extends Item {
    @text() declare title: string;
    @text({ nullable: true }) declare body: string | null;
    @text({ nullable: true }) declare plain: string | null;
    @integer({ nullable: true }) declare size: number | null;
    @reference(() => Folder, { nullable: true, whenDeleted: 'cascade' }) declare folder: Folder | null;
    @reference({ nullable: true }) declare about: Item | null;
  }

  function anOldPlace(): string {
    const place = aStoreDirectory();
    using store = aStore({ types: [OldNote, Folder] }, place);
    store.createMany(OldNote, [{ title: 'Old tea' }, { title: 'Old milk', body: 'no tea' }]);
    return place;
  }

  test('is found at once, and changed as ever', () => {
    const place = anOldPlace();
    const store = aStore({ types }, place);
    expect(found(store, 'tea')).toEqual(['Old tea', 'Old milk']);
    expect(tablesOf(place)).toContain('item_note_v1$text');
    store.query(Note, (n) => n.title.matches('milk')).one().title = 'New milk';
    expect([found(store, 'new'), store.check().isSound]).toEqual([['New milk'], true]);
  });

  test('is found at once by relevance, in a transaction, and in a tree', () => {
    const store = aStore({ types }, anOldPlace());
    const best = () => titles(store.query(Note).orderBy((n) => n.self.relevance('milk').desc({ nulls: 'last' })));
    expect(store.transact(best)).toEqual(['Old milk', 'Old tea']);
    const other = aStore({ types }, anOldPlace());
    expect(titles(other.tree.query(Note, (n) => n.self.matches('milk')))).toEqual(['Old milk']);
  });

  test('is UPGRADE_NEEDED in a store opened for reading, which says the way out', () => {
    const place = anOldPlace();
    const reader = aStore({ types, readOnly: true }, place);
    const { code, message } = refusal(() => found(reader, 'tea'));
    expect([code, message]).toEqual([
      'UPGRADE_NEEDED',
      expect.stringMatching(/note \(title, body\).*opened for writing/),
    ]);
    expect(titles(reader.query(Note))).toEqual(['Old tea', 'Old milk']);
    found(aStore({ types }, place), 'tea');
    expect(found(reader, 'tea')).toEqual(['Old tea', 'Old milk']);
  });

  test('of a tree is found in a transaction, which makes the index in each store', () => {
    const place = aStoreDirectory();
    const old = aStore({ types: [OldNote, Folder] }, place);
    old.substores.create('a').create(OldNote, { title: 'Old tea of a' });
    old.substores.create('b').create(OldNote, { title: 'Old tea of b' });
    old.close();
    const store = aStore({ types }, place);
    const tea = store.tree.query(Note, (n) => n.self.matches('tea'));
    expect(store.transact(() => titles(tea))).toEqual(['Old tea of a', 'Old tea of b']);
    expect(titles(tea)).toEqual(['Old tea of a', 'Old tea of b']);
    const reader = aStore({ types, readOnly: true }, place);
    expect(found(reader.at('b'), 'tea')).toEqual(['Old tea of b']);
  });

  test('is UPGRADE_NEEDED in a transaction that only reads, and found after it', () => {
    const store = aStore({ types }, anOldPlace());
    expect(codeOf(() => store.transact(() => found(store, 'tea'), { readOnly: true }))).toBe('UPGRADE_NEEDED');
    expect(found(store, 'tea')).toEqual(['Old tea', 'Old milk']);
  });
});

// Each of these was a fault once.

test('a live query hears of words that changed in the item referred to', async () => {
  const { store, food } = aShelf();
  const updates = new Updates<LiveUpdate<Note>>();
  using _ = store.query(Note, (n) => n.folder.matches('green')).subscribe(updates.listener);
  food.name = 'Green food';
  expect((await updates.next()).results.map(({ title }) => title)).toEqual(['Salad']);
});

test('the relevance and snippet of an item that is grouped by can be read of its group', () => {
  const { store } = aShelf();
  const groups = store
    .query(Note)
    .groupBy((n) => n.folder)
    .orderBy((n) => n.folder.relevance('food').desc({ nulls: 'last' }))
    .select((n) => ({ piece: n.folder.snippet('food'), notes: count() }));
  expect(groups.all()).toEqual([
    { piece: 'Cold <b>food</b>', notes: 1 },
    { piece: null, notes: 1 },
    { piece: null, notes: 2 },
  ]);
});

test.each<[string, (n: Columns<Note>, store: Store) => Condition]>([
  ['for words', (n) => n.folder.matches('food')],
  ['among items that refer to others', (n) => referrers(n.folder.to, Note, (m) => m.folder).exists()],
  ['in a query', (n, store) => n.folder.in(store.query(Folder))],
])('having looks at what is grouped by %s as where does', (_, condition) => {
  const { store } = aShelf();
  const groups = store
    .query(Note)
    .groupBy((n) => n.folder)
    .select((n) => ({ folder: n.folder, notes: count() }));
  const found = groups.having((n) => condition(n, store));
  expect(found.all()).toEqual(groups.where((n) => condition(n, store)).all());
  expect(found.count()).toBeGreaterThan(0);
  expect(found.page({ size: 10 }).items).toEqual(found.all());
});

test('an optional type can be tied by a search whose relevance is read', () => {
  const { store } = aShelf();
  const pairs = store
    .query([Folder, optional(Note)], (f, n) => and(n.folder.eq(f), n.self.matches('beans')))
    .orderBy((_, n) => n.self.relevance('beans').desc({ nulls: 'last' }))
    .select((f, n) => ({ folder: f.name, note: n.title, piece: n.self.snippet('beans', { words: 1, ellipsis: '' }) }));
  expect(pairs.all()).toEqual([
    { folder: 'Hot drinks', note: 'Coffee', piece: '<b>beans</b>' },
    { folder: 'Cold food', note: null, piece: null },
  ]);
});

test('more searches than SQLite joins are BAD_QUERY', () => {
  const { store } = aShelf();
  const by = (searches: number) =>
    store
      .query(Note)
      .orderBy((n) => Array.from({ length: searches }, (_, at) => n.self.relevance(`tea${at}`).desc()))
      .limit(1);
  expect(by(63).all()).toHaveLength(1);
  const { code, message } = refusal(() => by(64).all());
  expect([code, message]).toEqual(['BAD_QUERY', expect.stringContaining('65 tables')]);
});

test('a snippet that is read and ordered by is made once', () => {
  const { store } = aShelf();
  const read = store
    .query(Note)
    .orderBy((n) => n.self.snippet('hot').asc())
    .select((n) => ({ piece: n.self.snippet('hot') }));
  expect(statementsOf(() => read.all()).map((sql) => sql.split('snippet(').length - 1)).toEqual([1]);
});

test('options that are undefined are those not given', () => {
  const { store } = aShelf();
  const none = { mode: undefined, words: undefined, before: undefined } as unknown as SearchOptions;
  expect(found(store, 'salad', none)).toEqual(['Salad']);
  expect(
    store
      .query(Note, { title: 'Salad' })
      .pluck((n) => n.title.snippet('salad', none))
      .one(),
  ).toBe('<b>Salad</b>');
});

test.each<[string, (n: AnyColumns) => unknown, RegExp]>([
  ['a mode without its name', (n) => n.title!.matches('x', 'prefix'), /\{ mode: 'prefix' \}/],
  ['null as options', (n) => n.title!.matches('x', null), /\{ mode: 'prefix' \}/],
  ['a mark with half a character', (n) => n.title!.snippet('x', { before: '\ud800' }), /before, after and ellipsis/],
  ['a reference to items of any type', (n) => n.about!.matches('x'), /of any type: search those of one type/],
])('%s is BAD_QUERY, and says why', (_, act, message) => {
  const { store } = aShelf();
  const error = refusal(() => store.query(Note, (n) => act(n as unknown as AnyColumns) as Condition).all());
  expect([error.code, error.message]).toEqual(['BAD_QUERY', expect.stringMatching(message)]);
});
