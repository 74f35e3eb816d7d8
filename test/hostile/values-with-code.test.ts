import {
  type Address,
  address,
  bigint,
  boolean,
  bytes,
  type Decimal,
  type Default,
  decimal,
  file,
  Item,
  integer,
  item,
  json,
  real,
  reference,
  type StoredFile,
  text,
  timestamp,
} from 'corollary';
import { expect, test } from 'vitest';
import { refusal } from '../support/a-refusal.js';
import { aStore } from '../support/a-store.js';

// Values that are programs: they throw, lie, or are gone when somebody looks at them. Each is refused by name, and
// nothing is written.

@item('sample')
class Sample extends Item {
  @text({ default: 'a' }) declare word: Default<string>;
  @integer({ default: 1 }) declare count: Default<number>;
  @bigint({ default: 1n }) declare large: Default<bigint>;
  @real({ default: 1 }) declare weight: Default<number>;
  @boolean({ default: true }) declare flag: Default<boolean>;
  @timestamp({ default: new Date(1) }) declare at: Default<Date>;
  @bytes({ default: new Uint8Array([1]) }) declare raw: Default<Uint8Array>;
  @json({ default: 1 }) declare doc: Default<unknown & {}>;
  @decimal({ scale: 2, default: '1.00' }) declare price: Default<Decimal>;
  @reference(() => Sample, { nullable: true }) declare friend: Sample | null;
  @address({ nullable: true }) declare to: Address | null;
  @file({ nullable: true }) declare scan: StoredFile | null;
}
type Key = Exclude<keyof Sample, keyof Item>;
const KEYS: readonly Key[] = [
  'word',
  'count',
  'large',
  'weight',
  'flag',
  'at',
  'raw',
  'doc',
  'price',
  'friend',
  'to',
  'scan',
];

const broken = (): never => {
  throw new Error('nobody looks at me');
};
/** A stand-in whose every trap throws. */
const untouchable = (target: object) =>
  new Proxy(target, {
    get: broken,
    getPrototypeOf: broken,
    ownKeys: broken,
    getOwnPropertyDescriptor: broken,
    has: broken,
  });
function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}
function detached(): Uint8Array {
  const one = new Uint8Array(8);
  structuredClone(one.buffer, { transfer: [one.buffer] });
  return one;
}
/** What buffers have since ES2024. */
interface Resizing {
  resize(length: number): void;
}
function outOfBounds(): Uint8Array {
  const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer & Resizing;
  const buffer = new Resizable(8, { maxByteLength: 16 });
  const one = new Uint8Array(buffer, 4, 4);
  buffer.resize(2);
  return one;
}
class Nameless {
  readonly isHidden = true;
  static get name(): string {
    return broken();
  }
}

const VALUES: readonly (readonly [what: string, value: object])[] = [
  ['an object that nobody may look at', untouchable({})],
  ['an array that nobody may look at', untouchable([])],
  ['a Date that nobody may look at', untouchable(new Date(0))],
  ['bytes that nobody may look at', untouchable(new Uint8Array(2))],
  ['a revoked stand-in of an object', revoked({})],
  ['a revoked stand-in of an array', revoked([])],
  ['a stand-in of a Date', new Proxy(new Date(0), {})],
  ['a stand-in of bytes', new Proxy(new Uint8Array(2), {})],
  ['what has only the prototype of a Date', Object.create(Date.prototype) as object],
  ['what has only the prototype of bytes', Object.create(Uint8Array.prototype) as object],
  ['what has only the prototype of the class', Object.create(Sample.prototype) as object],
  ['the prototype of the class', Sample.prototype],
  ['detached bytes', detached()],
  ['bytes that their buffer has not any more', outOfBounds()],
  ['an object whose class has no name to be read', new Nameless()],
  ['a stand-in that makes nothing of itself as JSON', new Proxy({}, { get: () => () => undefined })],
];

test.each(VALUES.flatMap(([what, value]) => KEYS.map((key) => [key, what, value] as const)))(
  '%s: %s',
  (key, _, value) => {
    const store = aStore({ types: [Sample], durability: 'relaxed' });
    const sample = store.create(Sample, { friend: null, to: null, scan: null } as never);
    const before = sample.toJSON();

    const errors = [
      refusal(() => Object.assign(sample, { [key]: value })),
      refusal(() => sample.set({ [key]: value })),
      refusal(() => store.create(Sample, { [key]: value } as never)),
      refusal(() => store.createMany(Sample, [{ [key]: value } as never])),
      refusal(() => store.query(Sample).update({ [key]: value } as never)),
      refusal(() => store.query(Sample, { [key]: value } as never).all()),
    ];

    expect(errors.map(({ code }) => code)).toEqual(Array(6).fill('INVALID_VALUE'));
    expect(sample.toJSON()).toEqual(before);
    expect(store.query(Sample).all()).toEqual([sample]);
  },
);
