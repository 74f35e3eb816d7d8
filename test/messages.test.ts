import { readFileSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import {
  type Address,
  address,
  bigint,
  boolean,
  bytes,
  type Decimal,
  type Default,
  decimal,
  ERROR_CODES,
  Item,
  integer,
  item,
  json,
  Query,
  reference,
  role,
  type Store,
  sum,
  text,
  timestamp,
} from 'corollary';
import { beforeEach, describe, expect, test } from 'vitest';
import { refusal } from './support/a-refusal.js';
import { aStore, aStoreDirectory } from './support/a-store.js';
import { inDatabase } from './support/on-disk.js';
import { inRepository } from './support/run-node.js';

// What is kept may be private, and messages go to logs. They say what, where and what to do, and no value.

const SECRET = 'hush4711';
const LARGE = 4711_4711_4711;
/** What an error would show of any of the values. */
const SHOWN = /hush|4711|1947-11-04/;
const DAY = new Date('1947-11-04T00:00:00Z');

interface Diarist {
  keep(words: unknown): unknown;
}
const Diary = role<Diarist>('messages.diary');

@item('person', { checks: [(p) => p.debt.lte(p.worth)] })
class Person extends Item implements Diarist {
  @text({ unique: true, fullText: true }) declare name: string;
  @text({ default: 'x', validate: (word) => word !== SECRET }) declare word: Default<string>;
  @integer({ default: 0 }) declare debt: Default<number>;
  @integer({ default: LARGE }) declare worth: Default<number>;
  @bigint({ default: 0n }) declare stars: Default<bigint>;
  @boolean({ default: false }) declare sick: Default<boolean>;
  @timestamp({ default: DAY }) declare born: Default<Date>;
  @bytes({ default: new Uint8Array() }) declare seal: Default<Uint8Array>;
  @json({ default: {} }) declare notes: Default<unknown & {}>;
  @decimal({ scale: 2, default: '0.00' }) declare rent: Default<Decimal>;
  @address({ nullable: true }) declare home: Address | null;
  @reference(() => Person, { nullable: true, whenDeleted: 'refuse' }) declare doctor: Person | null;

  keep(): unknown {
    return new Map([[SECRET, SECRET]]);
  }
}

/** Any values, as a program without a compiler gives them. */
type Loose = Record<string, unknown>;

let place: string;
let store: Store;
let ann: Person;
beforeEach(() => {
  place = aStoreDirectory({ mayBeCorrupt: true });
  store = aStore({ types: [Person] }, place);
  ann = store.create(Person, { name: SECRET, home: null, doctor: null, notes: { a: SECRET } });
});

const create = (values: Loose) => store.create(Person, { name: 'other', home: null, doctor: null, ...values } as never);
const people = () => store.query(Person);
/** The store opened by another program, after something was done to its file. */
function reopened(sql: string, use: (store: Store) => unknown): unknown {
  store.close();
  inDatabase(place, (database) => {
    database.pragma('ignore_check_constraints = ON');
    database.exec(sql);
  });
  return use(aStore({ types: [Person] }, place));
}

/** What is refused, what its message must name, and how it comes to be. */
const REFUSALS: readonly (readonly [what: string, named: string, act: () => unknown])[] = [
  ['a text for a number', 'person: debt', () => create({ debt: SECRET })],
  ['a number for a text', 'person: word', () => create({ word: LARGE })],
  ['a text with NUL', 'person: word', () => create({ word: `${SECRET}\0` })],
  ['a text for a bigint', 'person: stars', () => create({ stars: SECRET })],
  ['too large a bigint', 'person: stars', () => create({ stars: BigInt(LARGE) ** 5n })],
  ['a text for a boolean', 'person: sick', () => create({ sick: SECRET })],
  ['a text for a moment', 'person: born', () => create({ born: SECRET })],
  ['a text for bytes', 'person: seal', () => create({ seal: SECRET })],
  ['what is no JSON', 'person: notes', () => create({ notes: { [SECRET]: new Map([[SECRET, 1]]) } })],
  ['what is no decimal', 'person: rent', () => create({ rent: SECRET })],
  ['a decimal with too many digits', 'person: rent', () => create({ rent: '4711.4711' })],
  ['what is no address', 'person: home', () => create({ home: SECRET })],
  ['what is no item', 'person: doctor', () => create({ doctor: SECRET })],
  ['what validate refuses', 'person: word', () => create({ word: SECRET })],
  ['what another item has', 'a.store: name', () => create({ name: SECRET })],
  ['what a check refuses', 'person in ', () => create({ debt: LARGE + 1 })],
  ['a bulk update that a check refuses', 'person in ', () => people().update({ debt: LARGE + 1 })],
  ['no item with a value', 'No person in ', () => store.getUnique(Person, { name: `${SECRET}!` })],
  ['the wrong item for a value', 'person.name', () => store.findUnique(Person, { name: 4711 } as never)],
  [
    'an attribute in both arguments',
    'findOrCreate(person)',
    () => store.findOrCreate(Person, { name: SECRET }, { name: SECRET } as never),
  ],
  [
    'a deletion',
    '(person) in ',
    () => {
      create({ doctor: ann });
      ann.delete();
    },
  ],
  ['an assignment', 'person: debt', () => Object.assign(ann, { debt: SECRET })],
  ['an operand', 'person.debt', () => people().where((p) => p.debt.eq(SECRET as never))],
  ['an operand of a list', 'person.debt', () => people().where((p) => p.debt.in([SECRET as never]))],
  ['a pattern', 'person.name', () => people().where((p) => p.name.like(SECRET.repeat(10_000)))],
  [
    'an expression',
    'person.name',
    () =>
      people()
        .where((p) => p.name.matches(`"${SECRET} AND (`, { mode: 'fts5' }))
        .all(),
  ],
  ['a limit', 'limit', () => people().limit(SECRET as never)],
  ['a cursor', 'a query of person', () => people().page({ size: 1, after: SECRET })],
  [
    'a query as JSON',
    'at where',
    () => Query.fromJSON(store, { ...asked(), where: { ...whereOf(asked()), value: { [SECRET]: 1 } } } as never),
  ],
  [
    'a sum',
    'sum of stars',
    () => {
      create({ name: 'b', stars: 2n ** 62n + BigInt(LARGE) });
      create({ name: 'c', stars: 2n ** 62n + BigInt(LARGE) });
      return people()
        .pluck((p) => sum(p.stars))
        .all();
    },
  ],
  ['the content of a file', 'A file', () => store.files.write({ [SECRET]: SECRET } as never)],
  [
    'bytes of a file that were altered',
    'a.store',
    () => {
      const file = store.files.write(SECRET, { name: 'letter' });
      writeFileSync(String(file.path), `${SECRET}!`);
      return file.text();
    },
  ],
  [
    'arguments of a request',
    'Argument 1',
    () => {
      store.powerUp(ann, Diary);
      return store.ask('', Diary, 'keep', new Map([[SECRET, SECRET]]) as never);
    },
  ],
  [
    'an answer to a request',
    'messages.diary.keep',
    () => {
      store.powerUp(ann, Diary);
      return store.ask('', Diary, 'keep', 1);
    },
  ],
  [
    'a cell that is no JSON',
    'person.notes',
    () => reopened(`UPDATE item_person_v1 SET notes = '{"${SECRET}'`, (one) => one.query(Person).one().notes),
  ],
  [
    'a cell beyond what numbers hold',
    'debt',
    () => reopened(`UPDATE item_person_v1 SET debt = 4711471147114711471`, (one) => one.query(Person).one().debt),
  ],
];

const asked = () => JSON.parse(JSON.stringify(people().where((p) => p.name.eq('x')))) as Loose;
const whereOf = ({ where }: Loose) => where as Loose;

describe('a message names what it is about, and shows no value', () => {
  test.each(REFUSALS)('%s', (_what, named, act) => {
    const error = refusal(act);

    expect(ERROR_CODES).toContain(error.code);
    expect(error.message).toContain(named);
    // With its fields and its cause.
    expect(inspect(error, { depth: 9 })).not.toMatch(SHOWN);
  });
});

test('every code is explained, with a cause and a cure', () => {
  const page = readFileSync(inRepository('docs/errors.md'), 'utf8');
  const explained = ERROR_CODES.filter((code) => new RegExp(`^\\| \`${code}\` \\| .+ \\| .+ \\|$`, 'm').test(page));
  expect(explained).toEqual(ERROR_CODES);
});
