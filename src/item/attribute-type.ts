import { CorollaryError, kindOf } from '../errors.js';
import { type Codec, Refusal } from '../schema/codec.js';
import { bytesCodec } from '../schema/codecs/bytes.js';
import { integerCodec } from '../schema/codecs/integer.js';
import { realCodec } from '../schema/codecs/real.js';
import { textCodec } from '../schema/codecs/text.js';
import { checkTypeName } from '../schema/names.js';
import type { AttributeDecorator } from './attribute-check.js';
import { type AttributeOptions, attributeOf } from './attribute-options.js';

/** What an own attribute type may be stored as, and the JavaScript type of each. */
export interface StoredAs {
  readonly text: string;
  readonly integer: number;
  readonly real: number;
  readonly bytes: Uint8Array;
}

/** An attribute type of a program's own; see {@link attributeType}. */
export interface AttributeTypeOptions<V, S extends keyof StoredAs> {
  /** Written into the file as the attribute's type: never to be changed. */
  readonly name: string;
  readonly storedAs: S;
  /** Must give equal results for equal values, and refuse other values by throwing. */
  readonly encode: (value: V) => StoredAs[S];
  readonly decode: (stored: StoredAs[S]) => V;
  /** True when the stored form sorts as the values do; false if not given. */
  readonly ordered?: boolean;
}

const STORED_AS: { readonly [S in keyof StoredAs]: Codec<StoredAs[S]> } = {
  text: textCodec,
  integer: integerCodec,
  real: realCodec,
  bytes: bytesCodec,
};
const TAKEN = [
  'text',
  'integer',
  'bigint',
  'real',
  'boolean',
  'timestamp',
  'bytes',
  'json',
  'decimal',
  'reference',
  'address',
];
const OPTIONS = ['name', 'storedAs', 'encode', 'decode', 'ordered'];

/**
 * Makes an attribute decorator for values of a program's own class.
 *
 * @example
 * const color = attributeType({
 *   name: 'color',
 *   storedAs: 'text',
 *   encode: (c: Color) => c.hex,
 *   decode: (hex) => new Color(hex),
 * });
 * // then, in a class: @color({ nullable: true }) declare paint: Color | null;
 * @throws CorollaryError BAD_TYPE
 */
export function attributeType<V, const S extends keyof StoredAs>(
  options: AttributeTypeOptions<V, S>,
): <Null extends boolean = false>(own?: AttributeOptions<V, Null>) => AttributeDecorator<V, Null, 'this attribute'> {
  refuseFaults(options);
  const codec = ownCodec(options);
  const what = `@${options.name}`;
  return (own = {}) => attributeOf(() => ({ what, codec }), own);
}

function refuseFaults(options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw new CorollaryError('BAD_TYPE', `attributeType() takes an object of options, not ${kindOf(options)}`);
  const { name, storedAs, encode, decode, ordered } = options as Record<string, unknown>;
  checkTypeName(name, 'An attribute type needs a name: it');
  const faults = Object.keys(options)
    .filter((key) => !OPTIONS.includes(key))
    .map((key) => `it has no option '${key}'`);
  if (TAKEN.includes(name.toLowerCase())) faults.push('the name is taken by an attribute type of the library');
  if (typeof storedAs !== 'string' || !Object.hasOwn(STORED_AS, storedAs))
    faults.push(`storedAs is one of ${Object.keys(STORED_AS).join(', ')}`);
  if (typeof encode !== 'function' || typeof decode !== 'function') faults.push('encode and decode are functions');
  if (ordered !== undefined && typeof ordered !== 'boolean') faults.push('ordered is true or false');
  if (faults.length > 0) throw new CorollaryError('BAD_TYPE', `Attribute type ${name}: ${faults.join('; ')}`);
}

function ownCodec<V, S extends keyof StoredAs>(options: AttributeTypeOptions<V, S>): Codec<V> {
  const { name, storedAs, encode, decode, ordered = false } = options;
  const stored: Codec<StoredAs[S]> = STORED_AS[storedAs];
  return {
    name,
    columnType: stored.columnType,
    ordered,
    encode: (value) => encodeStored(name, stored, ownForm(name, encode, value)),
    decode: (cell) => decode(stored.decode(cell)),
  };
}

function ownForm<V>(name: string, encode: (value: V) => unknown, value: unknown): unknown {
  try {
    // Whether it is a V is for the program's own function to find out.
    return encode(value as V);
  } catch (cause) {
    throw new Refusal(`takes what attribute type ${name} can encode; its encode function threw an error`, { cause });
  }
}

function encodeStored(name: string, stored: Codec, form: unknown): ReturnType<Codec['encode']> {
  try {
    return stored.encode(form);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(
      `has a value for which the encode function of ${name} gave no good ${stored.name}: that ${error.message}`,
    );
  }
}
