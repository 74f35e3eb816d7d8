import {
  and,
  avg,
  type Columns,
  type Condition,
  count,
  type Decimal,
  decimal,
  Item,
  integer,
  item,
  json,
  max,
  min,
  optional,
  or,
  Query,
  real,
  reference,
  referrers,
  type Store,
  sum,
  text,
} from 'corollary';
import { beforeEach, describe, expect, test } from 'vitest';
import { codeOf } from '../support/a-refusal.js';
import { aStore } from '../support/a-store.js';
import { aStoreToAsk } from '../support/a-store-to-ask.js';
import { numbersFrom } from '../support/random-numbers.js';

@item('writer')
class Writer extends Item {
  @integer() declare serial: number;
  @text({ nullable: true, collate: 'nocase' }) declare name: string | null;
  @json() declare doc: { readonly a?: number | null; readonly b?: readonly string[] };
}

@item('novel')
class Novel extends Item {
  @integer() declare serial: number;
  @text({ nullable: true }) declare title: string | null;
  @integer({ nullable: true }) declare year: number | null;
  @decimal({ scale: 2, nullable: true }) declare price: Decimal | null;
  @real({ nullable: true }) declare weight: number | null;
  @reference(() => Writer, { nullable: true, whenDeleted: 'nullify' }) declare writer: Writer | null;
}

@item('vote')
class Vote extends Item {
  @integer() declare serial: number;
  @integer() declare stars: number;
  @reference(() => Novel, { whenDeleted: 'cascade' }) declare novel: Novel;
}

@item('unheard')
class Unheard extends Item {
  @reference(() => Novel) declare novel: Novel;
}

@item('mention')
class Mention extends Item {
  @integer() declare serial: number;
  @reference(() => Novel, { nullable: true }) declare novel: Novel | null;
}

@item('prize')
class Prize extends Item {
  @integer() declare year: number;
  @reference(() => Novel) declare novel: Novel;
  @reference(() => Writer, { nullable: true }) declare winner: Writer | null;
}

const types = [Writer, Novel, Vote, Unheard, Mention, Prize];
const NAMES = [null, 'ann', 'Ann', 'BEA', 'bea', 'é', ''];
const TITLES = [null, 'a', 'A', 'b', '\uffee', '\u{1f600}', ''];
const DOCS = [{}, { a: null }, { a: 1 }, { a: 2, b: ['x', "y'"] }, { b: [] }];

/** Puts one family of items, told apart by serials, into a store. */
function addFamily(store: Store, family: number): void {
  const next = numbersFrom(family + 7);
  const pick = <V>(list: readonly V[]) => list[Math.floor(next() * list.length)] as V;
  const writers = Array.from({ length: 3 }, (_, i) =>
    store.create(Writer, { serial: family * 100 + i, name: pick(NAMES), doc: pick(DOCS) }),
  );
  const novels = Array.from({ length: 6 }, (_, i) =>
    store.create(Novel, {
      serial: family * 100 + i,
      title: pick(TITLES),
      year: pick([null, 1, 2, 3]),
      price: pick([null, '1.10', '0.05', '-3.00']) as Decimal | null,
      weight: pick([null, 0.1, 0.2, -0, 5]),
      writer: pick([null, ...writers]),
    }),
  );
  for (let i = 0; i < 8; i += 1)
    store.create(Vote, { serial: family * 100 + i, stars: pick([1, 2, 3, 4, 5]), novel: pick(novels) });
}

/** Where the families are in the tree; one store has all of them. */
const PLACES = ['', 'a', 'a/b', 'a/b/c', 'd', 'e'];
const allInOne = aStoreToAsk({ types }, (store) => {
  for (const family of PLACES.keys()) store.transact(() => addFamily(store, family));
});
function addEachToItsOwn(top: Store): void {
  for (const [family, path] of PLACES.entries()) {
    const names = path === '' ? [] : path.split('/');
    const place = names.reduce((at, name) => at.substores.openOrCreate(name), top);
    place.transact(() => addFamily(place, family));
  }
}
const eachInItsOwn = aStoreToAsk({ types }, addEachToItsOwn);
/** The same with most stores closed at any time. */
const fewOpen = aStoreToAsk({ types, maxOpenSubstores: 2 }, addEachToItsOwn);

let one: Store;
let root: Store;
beforeEach(() => {
  one = allInOne().store;
  root = eachInItsOwn().store;
});

/** What an answer says, without ids and stores. */
function said(value: unknown): unknown {
  if (value instanceof Item) return `${value.constructor.name} ${(value as Novel).serial}`;
  if (Array.isArray(value)) return value.map(said);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, said(v)]));
  return typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(12) : value;
}

type Asked = (
  of: Pick<Store['tree'], 'query'>,
) => Pick<Query<never, unknown, never>, 'all' | 'count' | 'toJSON' | 'pages' | 'first' | 'exists'>;
const novelsOf = (of: Pick<Store['tree'], 'query'>) => of.query(Novel);
const withWriter = (of: Pick<Store['tree'], 'query'>) => of.query([Novel, Writer], (n, w) => n.writer.eq(w));

type Of = Pick<Store['tree'], 'query'>;

/** Which novels come first is known to no store by itself. */
const firstNovels = (of: Of) =>
  of
    .query(Novel)
    .orderBy((n) => n.serial.asc())
    .limit(9)
    .pluck((n) => n.serial);
const firstsOf = (of: Of, writer: Columns<Writer>) =>
  referrers(writer, Novel, (n) => n.writer).count((n) => n.serial.in(firstNovels(of)));
const writersWhere = (of: Of, where: (writer: Columns<Writer>) => Condition) =>
  of.query(Writer, where).orderBy((w) => w.serial.asc());

/** The same subquery in every place where one can stand. */
const WITHIN: [string, Asked][] = [
  [
    'the condition of an optional type',
    (of) =>
      of
        .query([Writer, optional(Novel)], (w, n) => and(n.writer.eq(w), n.serial.in(firstNovels(of))))
        .orderBy((w, n) => [w.serial.asc(), n.serial.asc()]),
  ],
  ['not', (of) => of.query(Novel, (n) => n.serial.in(firstNovels(of)).not()).orderBy((n) => n.serial.asc())],
  [
    'or',
    (of) =>
      of
        .query(Novel, (n) => or(n.serial.in(firstNovels(of)), n.title.eq('a'), n.serial.in(firstNovels(of))))
        .orderBy((n) => n.serial.asc()),
  ],
  [
    'exists',
    (of) => writersWhere(of, (w) => referrers(w, Novel, (n) => n.writer).exists((n) => n.serial.in(firstNovels(of)))),
  ],
  [
    'a query that stays within its store',
    (of) =>
      writersWhere(of, (w) =>
        w.self.in(
          of.query(Novel, (n) => and(n.writer.isNotNull(), n.serial.in(firstNovels(of)))).pluck((n) => n.writer),
        ),
      ),
  ],
  ['what is compared', (of) => writersWhere(of, (w) => firstsOf(of, w).gt(1))],
  ['what is compared with', (of) => writersWhere(of, (w) => w.serial.minus(w.serial).lt(firstsOf(of, w)))],
  ['what lies between', (of) => writersWhere(of, (w) => firstsOf(of, w).between(2, 3))],
  ['what others lie above', (of) => writersWhere(of, (w) => w.serial.minus(w.serial).between(firstsOf(of, w), 9))],
  [
    'what others lie below',
    (of) => writersWhere(of, (w) => w.serial.minus(w.serial).plus(1).between(0, firstsOf(of, w))),
  ],
  ['what is in a list', (of) => writersWhere(of, (w) => firstsOf(of, w).in([2, 3]))],
  ['what is calculated with', (of) => writersWhere(of, (w) => firstsOf(of, w).plus(1).gt(2))],
  ['what others are calculated with', (of) => writersWhere(of, (w) => w.serial.plus(firstsOf(of, w)).gt(w.serial))],
  ['an order', (of) => of.query(Writer).orderBy((w) => [firstsOf(of, w).desc(), w.serial.asc()])],
  [
    'what is plucked',
    (of) =>
      of
        .query(Writer)
        .orderBy((w) => w.serial.asc())
        .pluck((w) => firstsOf(of, w)),
  ],
  [
    'what is selected',
    (of) =>
      of
        .query(Writer)
        .orderBy((w) => w.serial.asc())
        .select((w) => ({ serial: w.serial, firsts: firstsOf(of, w) })),
  ],
  [
    'what groups are made by',
    (of) =>
      of
        .query(Writer)
        .groupBy((w) => firstsOf(of, w))
        .select((w) => ({ firsts: firstsOf(of, w), n: count() })),
  ],
  [
    'what is summed up',
    (of) =>
      of
        .query(Writer)
        .groupBy((w) => w.name)
        .select((w) => ({ name: w.name, firsts: sum(firstsOf(of, w)) })),
  ],
  [
    'what rows are the first of',
    (of) =>
      of
        .query(Writer)
        .orderBy((w) => w.serial.asc())
        .firstPer((w) => firstsOf(of, w)),
  ],
  [
    'what rows are the first of, with a reference',
    (of) =>
      of
        .query(Vote)
        .orderBy((v) => v.serial.asc())
        .firstPer((v) => [
          v.novel,
          referrers(v.novel.to, Vote, (other) => other.novel).count((other) => other.serial.in(firstNovels(of))),
        ]),
  ],
];

const QUESTIONS: [string, Asked][] = [
  ...WITHIN.map(([place, asked]): [string, Asked] => [`a subquery in ${place}`, asked]),
  ['a path in a condition', (of) => of.query(Novel, (n) => n.writer.to.name.eq('ann')).orderBy((n) => n.serial.asc())],
  ['a path in an order', (of) => novelsOf(of).orderBy((n) => [n.writer.to.name.desc(), n.serial.asc()])],
  [
    'nulls last over a path',
    (of) =>
      novelsOf(of).orderBy((n) => [
        n.writer.to.name.asc({ nulls: 'last' }),
        n.title.desc({ nulls: 'first' }),
        n.serial.desc(),
      ]),
  ],
  [
    'referrers',
    (of) =>
      of
        .query(Novel, (n) => referrers(n, Vote, (v) => v.novel).exists((v) => v.stars.eq(5)))
        .orderBy((n) => n.serial.asc()),
  ],
  [
    'no referrers',
    (of) => of.query(Writer, (w) => referrers(w, Novel, (n) => n.writer).notExists()).orderBy((w) => w.serial.asc()),
  ],
  [
    'an order by referrers',
    (of) =>
      novelsOf(of).orderBy((n) => [
        referrers(n, Vote, (v) => v.novel)
          .count()
          .desc(),
        n.serial.asc(),
      ]),
  ],
  [
    'referrers never stored',
    (of) =>
      of
        .query(Novel, (n) =>
          referrers(n, Unheard, (u) => u.novel)
            .count()
            .eq(0),
        )
        .orderBy((n) => [
          referrers(n, Unheard, (u) => u.novel)
            .count()
            .asc(),
          n.serial.asc(),
        ]),
  ],
  ['a join', (of) => withWriter(of).orderBy((n) => n.serial.asc())],
  ['a join ordered by both', (of) => withWriter(of).orderBy((n, w) => [w.name.asc(), n.title.desc(), n.serial.asc()])],
  [
    'a join narrowed',
    (of) =>
      withWriter(of)
        .where((n, w) => w.doc.at('a').gt(0).or(n.year.eq(2)))
        .orderBy((n) => n.serial.asc()),
  ],
  [
    'an optional join',
    (of) =>
      of.query([Writer, optional(Novel)], (w, n) => n.writer.eq(w)).orderBy((w, n) => [w.serial.asc(), n.serial.asc()]),
  ],
  [
    'an optional type never stored',
    (of) => of.query([Novel, optional(Unheard)], (n, u) => u.novel.eq(n)).orderBy((n) => n.serial.asc()),
  ],
  [
    'three types',
    (of) =>
      of.query([Vote, Novel, Writer], (v, n, w) => and(v.novel.eq(n), n.writer.eq(w))).orderBy((v) => v.serial.asc()),
  ],
  [
    'a self-join',
    (of) =>
      of
        .query([Novel, Novel], (a, b) => and(a.writer.eq(b.writer), a.writer.isNotNull(), a.serial.lt(b.serial)))
        .orderBy((a, b) => [a.serial.asc(), b.serial.asc()]),
  ],
  [
    'selected values',
    (of) =>
      novelsOf(of)
        .select((n) => ({ n, w: n.writer, p: n.price.times(2), t: n.title.concat('!') }))
        .orderBy((n) => n.serial.asc()),
  ],
  [
    'selected of a join',
    (of) =>
      withWriter(of)
        .select((n, w) => ({ n: n.title, w, d: w.doc.at('b') }))
        .orderBy((n) => n.serial.asc()),
  ],
  [
    'distinct texts',
    (of) =>
      novelsOf(of)
        .pluck((n) => n.title)
        .distinct(),
  ],
  [
    'distinct texts of a collation',
    (of) =>
      of
        .query(Writer)
        .pluck((w) => w.name.lower())
        .distinct(),
  ],
  [
    'distinct members',
    (of) =>
      novelsOf(of)
        .select((n) => ({ t: n.title, y: n.year }))
        .distinct()
        .orderBy((n) => [n.year.desc(), n.title.asc()]),
  ],
  [
    'distinct reals',
    (of) =>
      novelsOf(of)
        .pluck((n) => n.weight)
        .distinct()
        .orderBy((n) => n.weight.desc()),
  ],
  [
    'distinct json',
    (of) =>
      of
        .query(Writer)
        .pluck((w) => w.doc.at('a'))
        .distinct(),
  ],
  [
    'distinct calculated',
    (of) =>
      novelsOf(of)
        .pluck((n) => n.year.plus(1))
        .distinct(),
  ],
  [
    'groups',
    (of) =>
      novelsOf(of)
        .groupBy((n) => n.year)
        .select((n) => ({
          y: n.year,
          n: count(),
          s: sum(n.price),
          a: avg(n.price),
          lo: min(n.title),
          hi: max(n.title),
        })),
  ],
  [
    'groups by text',
    (of) =>
      novelsOf(of)
        .groupBy((n) => n.title)
        .select((n) => ({ t: n.title, n: count(), w: sum(n.weight), a: avg(n.weight) }))
        .orderBy(() => count().desc()),
  ],
  [
    'groups over a path',
    (of) =>
      novelsOf(of)
        .groupBy((n) => n.writer.to.name.lower())
        .select((n) => ({ w: n.writer.to.name.lower(), c: count(n.year) })),
  ],
  [
    'groups by a reference',
    (of) =>
      novelsOf(of)
        .groupBy((n) => n.writer)
        .select((n) => ({ w: n.writer.to.serial, c: count() }))
        .orderBy((n) => n.writer.to.serial.asc()),
  ],
  [
    'groups by items',
    (of) =>
      withWriter(of)
        .groupBy((_, w) => w)
        .select((n, w) => ({ w: w.serial, latest: max(n.year) }))
        .orderBy((_, w) => w.serial.desc()),
  ],
  [
    'groups having',
    (of) =>
      novelsOf(of)
        .groupBy((n) => n.title)
        .select((n) => ({ t: n.title, n: count() }))
        .having((n) => and(count().gt(2), max(n.year).isNotNull())),
  ],
  [
    'groups having, calculated',
    (of) =>
      novelsOf(of)
        .groupBy((n) => n.year)
        .pluck((n) => sum(n.price).times(2).plus(count()))
        .having((n) => sum(n.price).plus(1).gt('0.00'))
        .orderBy((n) => n.year.desc()),
  ],
  [
    'no groups',
    (of) =>
      novelsOf(of).select((n) => ({ n: count(), s: sum(n.price), a: avg(n.year), w: sum(n.weight), m: max(n.title) })),
  ],
  [
    'first per text',
    (of) =>
      novelsOf(of)
        .orderBy((n) => [n.year.desc(), n.serial.asc()])
        .firstPer((n) => n.title),
  ],
  [
    'first per reference',
    (of) =>
      of
        .query(Vote)
        .orderBy((v) => [v.stars.desc(), v.serial.asc()])
        .firstPer((v) => v.novel),
  ],
  [
    'first per nullable reference',
    (of) =>
      novelsOf(of)
        .orderBy((n) => [n.title.asc(), n.serial.asc()])
        .firstPer((n) => n.writer),
  ],
  [
    'first per two',
    (of) =>
      novelsOf(of)
        .orderBy((n) => n.serial.desc())
        .firstPer((n) => [n.year, n.price]),
  ],
  [
    'first per, plucked',
    (of) =>
      novelsOf(of)
        .orderBy((n) => n.serial.desc())
        .firstPer((n) => n.year)
        .pluck((n) => n.serial),
  ],
  [
    'in a query of items',
    (of) =>
      of
        .query(Novel, (n) => n.writer.in(of.query(Writer, (w) => w.name.startsWith('a'))))
        .orderBy((n) => n.serial.asc()),
  ],
  [
    'in plucked references',
    (of) =>
      of
        .query(Novel, (n) => n.self.in(of.query(Vote, (v) => v.stars.eq(5)).pluck((v) => v.novel)))
        .orderBy((n) => n.serial.asc()),
  ],
  [
    'in plucked values',
    (of) =>
      of.query(Novel, (n) => n.title.in(of.query(Writer).pluck((w) => w.name.lower()))).orderBy((n) => n.serial.asc()),
  ],
  [
    'not in plucked values',
    (of) =>
      of
        .query(Novel, (n) => n.year.notIn(of.query(Vote, (v) => v.stars.lt(3)).pluck((v) => v.stars)))
        .orderBy((n) => n.serial.asc()),
  ],
  [
    'in a limited query',
    (of) =>
      of
        .query(Vote, (v) =>
          v.novel.in(
            of
              .query(Novel)
              .orderBy((n) => [n.year.desc(), n.serial.asc()])
              .limit(3),
          ),
        )
        .orderBy((v) => v.serial.asc()),
  ],
  [
    'in first per',
    (of) =>
      of
        .query(Vote, (v) =>
          v.novel.in(
            of
              .query(Novel)
              .orderBy((n) => n.serial.desc())
              .firstPer((n) => n.year),
          ),
        )
        .orderBy((v) => v.serial.asc()),
  ],
  [
    'in plucked first per',
    (of) =>
      of
        .query(Writer, (w) =>
          w.self.in(
            of
              .query(Novel)
              .orderBy((n) => n.serial.desc())
              .firstPer((n) => n.year)
              .pluck((n) => n.writer),
          ),
        )
        .orderBy((w) => w.serial.asc()),
  ],
  [
    'in plucked first per reference',
    (of) =>
      of
        .query(Novel, (n) =>
          n.year.in(
            of
              .query(Vote)
              .orderBy((v) => v.serial.asc())
              .firstPer((v) => v.novel)
              .pluck((v) => v.stars),
          ),
        )
        .orderBy((n) => n.serial.asc()),
  ],
  [
    'in plucked places of json',
    (of) =>
      writersWhere(of, (w) =>
        w.doc
          .at('b')
          .at(0)
          .in(of.query(Writer, (o) => o.serial.gt(0)).pluck((o) => o.doc.at('b').at(0))),
      ),
  ],
  [
    'not in plucked places of json',
    (of) =>
      writersWhere(of, (w) =>
        w.doc.at('a').notIn(of.query(Writer, (o) => o.doc.at('a').gt(1)).pluck((o) => o.doc.at('a'))),
      ),
  ],
  [
    'in values of groups',
    (of) =>
      of
        .query(Novel, (n) =>
          n.title.in(
            of
              .query(Novel)
              .groupBy((m) => m.title)
              .pluck((m) => m.title)
              .having(() => count().gt(5)),
          ),
        )
        .orderBy((n) => n.serial.asc()),
  ],
  [
    'having in a query',
    (of) =>
      novelsOf(of)
        .groupBy((n) => n.year)
        .pluck((n) => n.year)
        .having((n) => n.year.in(of.query(Vote).pluck((v) => v.stars))),
  ],
  ['json', (of) => of.query(Writer, (w) => w.doc.at('b').at(1).eq("y'")).orderBy((w) => w.serial.asc())],
  ['an order by json', (of) => of.query(Writer).orderBy((w) => [w.doc.at('a').desc(), w.serial.asc()])],
  ['a type never stored', (of) => of.query(Unheard)],
  ['groups of a type never stored', (of) => of.query(Unheard).select(() => ({ n: count() }))],
];

describe.each(QUESTIONS)('%s', (_, asked) => {
  test('has the answer that one store would give', () => {
    expect(said(asked(root.tree).all())).toEqual(said(asked(one).all()));
    expect(said(asked(fewOpen().store.tree).all())).toEqual(said(asked(one).all()));
    expect(asked(root.tree).count()).toBe(asked(one).count());
    expect(asked(root.tree).exists()).toBe(asked(one).exists());
    expect(said(asked(root.tree).first())).toEqual(said(asked(one).first()));
  });

  test('is cut as in one store, and comes in pages', () => {
    const [tree, store] = [asked(root.tree) as Query<never, unknown>, asked(one) as Query<never, unknown>];
    const whole = said(store.all()) as unknown[];
    expect(said(tree.limit(4).offset(2).all())).toEqual(whole.slice(2, 6));
    expect(tree.limit(4).offset(2).count()).toBe(whole.slice(2, 6).length);
    expect(said(tree.offset(3).all())).toEqual(whole.slice(3));
    expect(tree.limit(0).all()).toEqual([]);
    expect(said([...tree.pages(5)].flat())).toEqual(whole);
    expect(said([...store.pages(5)].flat())).toEqual(whole);
  });

  test('survives JSON', () => {
    const json = JSON.parse(JSON.stringify(asked(one))) as unknown;
    expect(said(Query.fromJSON(root.tree, json).all())).toEqual(said(asked(one).all()));
    expect(JSON.parse(JSON.stringify(Query.fromJSON(one, json)))).toEqual(json);
  });

  test('is the same inside a transaction, read-only or not', () => {
    expect(root.transact(() => said(asked(root.tree).all()), { readOnly: true })).toEqual(said(asked(one).all()));
    expect(one.transact(() => said(asked(one).all()))).toEqual(said(asked(one).all()));
  });
});

test.each(QUESTIONS.filter((_, n) => n % 12 === 0))(
  '%s comes in pages from stores that are closed in between',
  (_, asked) => {
    const [tree, store] = [asked(fewOpen().store.tree) as Query<never, unknown>, asked(one) as Query<never, unknown>];
    expect(said([...tree.pages(5)].flat())).toEqual(said(store.all()));
  },
);

/** How many of the last votes of all a novel has. */
const lastVotes = (of: Pick<Store['tree'], 'query'>) => (n: Columns<Novel>) => {
  const last = of
    .query(Vote)
    .orderBy((v) => v.serial.desc())
    .limit(5)
    .pluck((v) => v.serial);
  return referrers(n, Vote, (v) => v.novel).count((v) => v.serial.in(last));
};

/** How many votes a novel has of the lowest number of stars that there are. */
const lowestVotes = (of: Pick<Store['tree'], 'query'>) => (n: Columns<Novel>) => {
  const lowest = of
    .query(Vote)
    .groupBy((v) => v.stars)
    .limit(1)
    .pluck((v) => v.stars);
  return referrers(n, Vote, (v) => v.novel).count((v) => v.stars.in(lowest));
};

describe('a tree', () => {
  const AGGREGATED: [string, (of: Pick<Store['tree'], 'query'>) => unknown][] = [
    ['a sum', (of) => novelsOf(of).sum((n) => n.price)],
    [
      'a sum of distinct',
      (of) =>
        novelsOf(of)
          .pluck((n) => n.year)
          .distinct()
          .sum((n) => n.year),
    ],
    [
      'a sum within a limit',
      (of) =>
        novelsOf(of)
          .orderBy((n) => n.serial.asc())
          .offset(4)
          .limit(20)
          .sum((n) => n.year),
    ],
    ['a sum over a path', (of) => of.query(Vote).sum((v) => v.novel.to.year)],
    ['an average', (of) => novelsOf(of).avg((n) => n.price)],
    ['an average calculated', (of) => novelsOf(of).avg((n) => n.year.times(3))],
    ['min', (of) => novelsOf(of).min((n) => n.title)],
    ['max', (of) => novelsOf(of).max((n) => n.title)],
    ['max of a collation', (of) => (of.query(Writer).max((w) => w.name) ?? '').toLowerCase()],
    [
      'max within first per',
      (of) =>
        novelsOf(of)
          .orderBy((n) => n.serial.asc())
          .firstPer((n) => n.year)
          .max((n) => n.serial),
    ],
    ['min of a join', (of) => withWriter(of).min((_, w) => w.serial)],
    ['sum of a join', (of) => withWriter(of).sum((n) => n.price.plus('0.01'))],
    ['sum of reals', (of) => (novelsOf(of).sum((n) => n.weight) as number).toPrecision(11)],
    [
      'count of distinct',
      (of) =>
        of
          .query(Writer)
          .pluck((w) => w.name)
          .distinct()
          .count(),
    ],
    ['a sum of numbers of referrers that a query of all stores decides', (of) => of.query(Novel).sum(lastVotes(of))],
    ['a sum of numbers of referrers that groups decide', (of) => of.query(Novel).sum(lowestVotes(of))],
    ['max of such', (of) => of.query(Novel).max(lastVotes(of))],
    ['a sum of such within a limit', (of) => of.query(Novel).limit(1000).sum(lastVotes(of))],
    ['sum of nothing', (of) => of.query(Novel, (n) => n.serial.lt(0)).sum((n) => n.price)],
    ['avg of nothing', (of) => of.query(Novel, (n) => n.serial.lt(0)).avg((n) => n.price)],
  ];
  test.each(AGGREGATED)('%s is exact', (_, asked) => {
    expect(asked(root.tree)).toEqual(asked(one));
  });

  test('joins stay inside a store; a join across stores is refused with the reason', () => {
    const ways = [
      root.tree.query([Novel, Novel], (a, b) => a.title.eq(b.title)),
      root.tree.query([Novel, Writer], (n, w) => n.serial.eq(w.serial)),
      root.tree.query([Novel, Writer], (n, w) => n.writer.to.name.eq(w.name)),
      root.tree.query([Novel, Writer]).cross(),
      root.tree.query([Novel, optional(Writer)], (n, w) => n.title.eq(w.name)),
      root.tree.query(Vote, (v) =>
        v.novel.in(root.tree.query([Novel, Novel], (a, b) => a.title.eq(b.title)).pluck((a) => a.self)),
      ),
    ];
    expect(ways.map((query) => codeOf(() => query.all()))).toEqual(ways.map(() => 'NOT_SUPPORTED'));
    expect(ways.map((query) => codeOf(() => query.count()))).toEqual(ways.map(() => 'NOT_SUPPORTED'));
    expect(ways.map((query) => codeOf(() => query.page({ size: 1 })))).toEqual(ways.map(() => 'NOT_SUPPORTED'));
    expect(codeOf(() => root.tree.query([Novel, Writer]).all())).toBe('BAD_QUERY');
  });

  test('does not join by what is null where an optional item is missing: null is the same in all stores', () => {
    const chain = (more: (m: Columns<Mention, null>) => Condition) =>
      root.tree.query([Writer, optional(Novel), optional(Mention)], (w, n, m) =>
        and(n.writer.eq(w), m.novel.eq(n), more(m)),
      );
    const writer = root.create(Writer, { serial: 9, name: null, doc: {} });
    for (const store of [root, root.at('e')]) store.create(Mention, { serial: 1, novel: null });
    const loose = chain((m) => m.serial.gte(0));
    expect(codeOf(() => loose.all())).toBe('NOT_SUPPORTED');
    const ways = [loose.where((_, n) => n.self.isNotNull()), chain((m) => m.novel.isNotNull())];
    const byWriter = ways.map((query) => query.where((w) => w.self.eq(writer)).all());
    expect(byWriter).toEqual([[], [[writer, null, null]]]);
  });

  test('has a next page only where there is something on it', () => {
    const ordered = root.tree.query(Novel).orderBy((n) => n.serial.asc());
    const { items, next } = ordered.page({ size: 35 });
    expect(items).toHaveLength(35);
    expect(ordered.page({ size: 1, after: next as string })).toMatchObject({ items: [{}], next: undefined });
    expect(ordered.page({ size: 36 }).next).toBeUndefined();
  });

  test('has null in a list of references if any of its stores has', () => {
    const top = aStore({ types });
    const [one, other] = ['one', 'other'].map((name) => top.substores.create(name)) as [Store, Store];
    const of = { title: null, year: null, price: null, weight: null };
    const writer = one.create(Writer, { serial: 1, name: 'ann', doc: {} });
    const by = one.create(Novel, { ...of, serial: 1, writer });
    const anonymous = one.create(Novel, { ...of, serial: 2, writer: null });
    const writers = top.tree.query(Novel, { serial: 7 }).pluck((n) => n.writer);
    const within = top.tree.query(Novel, (n) => n.writer.in(writers));
    const without = top.tree.query(Novel, (n) => n.writer.notIn(writers));
    expect([within.all(), without.all()]).toEqual([[], [by, anonymous]]);
    const elsewhere = other.create(Novel, { ...of, serial: 7, writer: null });
    expect([within.all(), without.all()]).toEqual([[anonymous, elsewhere], [by]]);
    expect(top.tree.query(Novel, (n) => n.writer.in(top.tree.query(Writer))).all()).toEqual([by]);
  });

  test('has null in a list of references only if the group of it in all stores is asked for', () => {
    const top = aStore({ types });
    const of = { title: null, year: null, price: null, weight: null };
    const [first, second] = ['one', 'other'].map((name) => {
      const store = top.substores.create(name);
      const writer = store.create(Writer, { serial: 1, name, doc: {} });
      return [
        store.create(Novel, { ...of, serial: 1, writer }),
        store.create(Novel, { ...of, serial: 2, writer: null }),
      ];
    }) as [Novel[], Novel[]];
    const rare = top.tree
      .query(Novel)
      .groupBy((n) => n.writer)
      .having(() => count().lt(2))
      .pluck((n) => n.writer);
    const within = top.tree.query(Novel, (n) => n.writer.in(rare));
    expect(within.all()).toEqual([first[0], second[0]]);
    expect(top.tree.query(Novel, (n) => n.writer.notIn(rare)).all()).toEqual([first[1], second[1]]);
    second[1]?.delete();
    expect(within.all()).toEqual([...first, second[0]]);
  });

  test('has null in a list of first references only if a first one is null', () => {
    const top = aStore({ types: [...types, Prize] });
    const store = top.substores.create('one');
    const of = { title: null, year: null, price: null, weight: null };
    const writer = store.create(Writer, { serial: 1, name: 'ann', doc: {} });
    const by = store.create(Novel, { ...of, serial: 1, writer });
    const anonymous = store.create(Novel, { ...of, serial: 2, writer: null });
    store.create(Prize, { year: 2000, novel: by, winner: null });
    const later = store.create(Prize, { year: 2001, novel: by, winner: writer });
    const winners = top.tree
      .query(Prize)
      .orderBy((p) => p.year.desc())
      .firstPer((p) => p.novel)
      .pluck((p) => p.winner);
    const within = top.tree.query(Novel, (n) => n.writer.in(winners));
    expect(within.all()).toEqual([by]);
    later.year = 1999;
    expect(within.all()).toEqual([anonymous]);
  });

  // Of rows with the same value only one was kept, and of those that were left the first of each: others came up.
  test('has distinct values of the first rows only', () => {
    const top = aStore({ types });
    const [one, other] = ['one', 'other'].map((name) => top.substores.create(name)) as [Store, Store];
    const of = { price: null, weight: null, writer: null };
    const first = one.create(Novel, { ...of, serial: 1, title: 'x', year: 1 });
    const same = one.create(Novel, { ...of, serial: 2, title: 'x', year: 2 });
    other.create(Novel, { ...of, serial: 3, title: 'w', year: 2 });
    const titles = top.tree
      .query(Novel)
      .orderBy((n) => n.title.desc())
      .firstPer((n) => n.year)
      .pluck((n) => n.title);
    const within = (query: Query<Novel, string | null>) => top.tree.query(Novel, (n) => n.title.in(query)).all();
    expect([titles.all(), titles.distinct().all()]).toEqual([['x', 'x'], ['x']]);
    expect(within(titles)).toEqual([first, same]);
    expect(within(titles.distinct())).toEqual([first, same]);
    expect(within(titles.distinct().limit(2))).toEqual([first, same]);
  });

  // Each store grouped its own first rows.
  test('has groups of the first rows only', () => {
    const top = aStore({ types });
    const [one, other] = ['one', 'other'].map((name) => top.substores.create(name)) as [Store, Store];
    const of = { price: null, weight: null, writer: null, year: 1 };
    const first = one.create(Novel, { ...of, serial: 1, title: 'x' });
    other.create(Novel, { ...of, serial: 2, title: 'w' });
    const titles = top.tree
      .query(Novel)
      .firstPer((n) => n.year)
      .groupBy((n) => n.title)
      .pluck((n) => n.title);
    expect(titles.all()).toEqual(['x']);
    expect(top.tree.query(Novel, (n) => n.title.in(titles)).all()).toEqual([first]);
  });

  test('is narrowed by depth and by a condition on stores', () => {
    const serials = (options: object) =>
      root.tree
        .query(Novel, undefined, options)
        .groupBy((n) => n.serial.minus(n.serial))
        .pluck(() => count())
        .all();
    expect(serials({ depth: 0 })).toEqual([6]);
    expect(serials({ depth: 1 })).toEqual([24]);
    expect(
      serials({ where: (s: Columns<Item> & { name: { in(list: string[]): never } }) => s.name.in(['a', 'b']) }),
    ).toEqual([18]);
    expect(root.at('a').tree.query(Novel).count()).toBe(18);
    const shallow = root.tree.query([Vote, Novel], (v, n) => v.novel.eq(n), { depth: 1 });
    expect(shallow.count()).toBe(32);
  });

  test('groups what a condition on stores leaves', () => {
    const without = root.tree.query(Novel, undefined, {
      where: (s) => s.name.ne('e'),
    });
    expect(
      without
        .groupBy((n) => n.year)
        .pluck(() => count())
        .all()
        .reduce((a, b) => a + b),
    ).toBe(30);
  });

  test('refuses what it cannot do', () => {
    expect(codeOf(() => root.tree.query(Novel).update({ year: 1.5 }))).toBe('INVALID_VALUE');
    const author = root.query(Writer).first() as Writer;
    expect(
      codeOf(() =>
        root.tree
          .query(Novel)
          .groupBy((n) => n.writer)
          .pluck(() => count())
          .having((n) => n.writer.eq(author))
          .all(),
      ),
    ).toBe('NOT_SUPPORTED');
  });

  // The largest id of all was taken for one of the store that the group's first row is in: that of another item.
  test('has no ids of groups that go over several stores', () => {
    const latest = (by: (n: Columns<Novel>) => never[]) =>
      root.tree
        .query(Novel)
        .groupBy(by)
        .pluck((n) => max(n.storeId));
    const within = (query: ReturnType<typeof latest>) => root.tree.query(Novel, (n) => n.storeId.in(query));
    expect(codeOf(() => within(latest((n) => [n.title as never])).all())).toBe('NOT_SUPPORTED');
    expect(codeOf(() => within(latest((n) => [n.writer as never])).all())).toBe('NOT_SUPPORTED'); // null is in all stores
    expect(within(latest((n) => [n.self as never])).count()).toBe(36);
    const all = root.tree.query(Novel).pluck((n) => max(n.storeId));
    expect(codeOf(() => within(all).all())).toBe('NOT_SUPPORTED');
    expect(one.query(Novel, (n) => n.storeId.in(one.query(Novel).pluck((o) => max(o.storeId)))).count()).toBe(1);
  });

  test('gives items of stores that were evicted, and preloads them', () => {
    const novels = root.tree
      .query(Novel)
      .preload((n) => n.writer)
      .orderBy((n) => n.serial.asc())
      .all();
    expect(novels).toHaveLength(36);
    expect(root.limitLoads(0, () => novels.map((novel) => novel.writer?.serial ?? null))).toEqual(
      one
        .query(Novel)
        .orderBy((n) => n.serial.asc())
        .pluck((n) => n.writer.to.serial)
        .all(),
    );
    for (const novel of novels) novel.year = 7;
    expect(root.tree.query(Novel, { year: 7 }).count()).toBe(36);
  });

  test('shows what its transaction has not committed', () => {
    root.transact(() => {
      root.create(Novel, { serial: 9999, title: 'new' });
      expect(root.tree.query(Novel).max((n) => n.serial)).toBe(9999);
      expect(
        root.tree
          .query(Novel)
          .groupBy((n) => n.title)
          .pluck((n) => n.title)
          .having((n) => max(n.serial).eq(9999))
          .all(),
      ).toEqual(['new']);
    });
  });
});
