import { CorollaryError, kindOf } from '../../errors.js';
import { type Codec, Refusal } from '../codec.js';
import { isWellFormed } from './text.js';

/** How deeply arrays and objects may be nested: far more than data needs, far less than fills the stack. */
const MAX_DEPTH = 500;

/** Plain data, as JSON text. What is read is deeply frozen; what JSON would drop or change is refused. */
export const jsonCodec: Codec = {
  name: 'json',
  columnType: 'TEXT',
  ordered: false,
  incomparable: true,
  memoized: true,
  encode(value) {
    checkJson(value, []);
    const written: unknown = JSON.stringify(value);
    // A Proxy can show a method toJSON to JSON.stringify alone.
    if (typeof written !== 'string') throw new Refusal('takes what JSON can hold, not what makes nothing of itself');
    return written;
  },
  decode: (cell) => deepFreeze(parsedJson(cell as string)),
};

/** What JSON in a cell says. @throws CorollaryError CORRUPT where a damaged file holds something else */
export function parsedJson(cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    throw new CorollaryError('CORRUPT', 'The database holds no JSON there: it is damaged, restore a backup');
  }
}

function deepFreeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

/** Throws a Refusal unless JSON keeps `value` exactly. `above`: the arrays and objects that it lies in. */
function checkJson(value: unknown, above: object[]): void {
  switch (typeof value) {
    case 'boolean':
      return;
    case 'string':
      if (!isWellFormed(value)) throw new Refusal('takes JSON with well-formed text only, without lone surrogates');
      return;
    case 'number':
      if (!Number.isFinite(value)) throw new Refusal(`takes JSON with finite numbers, not ${kindOf(value)}`);
      return;
    case 'object':
      if (value !== null) checkComposite(value, above);
      return;
    default:
      throw new Refusal(`takes what JSON can hold, not ${kindOf(value)}`);
  }
}

function checkComposite(value: object, above: object[]): void {
  if (above.includes(value)) throw new Refusal('takes JSON without cycles');
  if (above.length === MAX_DEPTH) throw new Refusal(`takes JSON nested at most ${MAX_DEPTH} levels deep`);
  above.push(value);
  if (Array.isArray(value)) checkArray(value, above);
  else checkObject(value, above);
  above.pop();
}

function checkArray(value: readonly unknown[], above: object[]): void {
  if (Object.getPrototypeOf(value) !== Array.prototype)
    throw new Refusal('takes plain JSON arrays, not ones of a subclass');
  for (let index = 0; index < value.length; index++) {
    if (!Object.hasOwn(value, index)) throw new Refusal('takes JSON arrays without holes');
    checkProperty(value, String(index), above);
  }
  // An array's own keys are its indices and 'length'; JSON drops any other.
  if (Reflect.ownKeys(value).length > value.length + 1) throw new Refusal('takes JSON arrays without extra properties');
}

function checkObject(value: object, above: object[]): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new Refusal(`takes plain JSON objects and arrays, not ${kindOf(value)}`);
  for (const key of Reflect.ownKeys(value)) checkProperty(value, key, above);
}

function checkProperty(holder: object, key: string | symbol, above: object[]): void {
  if (typeof key === 'symbol') throw new Refusal('takes JSON without symbol keys');
  if (!isWellFormed(key)) throw new Refusal('takes JSON with well-formed keys only, without lone surrogates');
  const property = Object.getOwnPropertyDescriptor(holder, key);
  if (property === undefined || !('value' in property)) throw new Refusal('takes JSON without getters and setters');
  if (!property.enumerable) throw new Refusal('takes JSON without hidden properties');
  checkJson(property.value, above);
}
