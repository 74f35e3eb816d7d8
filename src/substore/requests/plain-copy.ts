import { types } from 'node:util';
import { kindOf } from '../../errors.js';
import { Item } from '../../item/item.js';
import { isWellFormed } from '../../schema/codecs/text.js';
import type { Survey } from './survey.js';

/** What becomes of an item that is met in a value. It may refuse it. */
export type TakeItem = (item: Item, survey: Survey) => unknown;

// Far more than anybody counts with, and read from text in no time.
const MOST_BITS = 4096;

/**
 * A copy of a value that is plain data, to any depth: null, undefined, booleans, finite numbers, bigints, texts, dates,
 * bytes, arrays, and plain objects. What is there twice is copied twice.
 * @throws CorollaryError INVALID_VALUE naming the place of what is no such data; what `takeItem` throws
 */
export function plainCopy(value: unknown, survey: Survey, takeItem: TakeItem): unknown {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
      survey.count();
      return value;
    case 'number':
      return checkedNumber(value, survey);
    case 'bigint':
      return checkedBigint(value, survey);
    case 'string':
      return checkedText(value, survey, 'text');
    case 'object':
      survey.count();
      return value === null ? null : copiedObject(value, survey, takeItem);
    default:
      throw noData(value, survey);
  }
}

function noData(value: unknown, survey: Survey): Error {
  return survey.refusal(`takes plain data and items, not ${kindOf(value)}`);
}

function checkedNumber(value: number, survey: Survey): number {
  survey.count();
  if (Number.isFinite(value)) return value;
  throw survey.refusal(`takes finite numbers, not ${Number.isNaN(value) ? 'NaN' : 'infinity'}`);
}

function checkedBigint(value: bigint, survey: Survey): bigint {
  const isFine = BigInt.asIntN(MOST_BITS, value) === value;
  survey.count(isFine ? value.toString(16).length : 0);
  if (isFine) return value;
  throw survey.refusal(`takes bigints of at most ${MOST_BITS} bits`);
}

function checkedText(value: string, survey: Survey, what: 'text' | 'keys'): string {
  survey.count(value.length * 2);
  if (isWellFormed(value)) return value;
  throw survey.refusal(`takes well-formed ${what}, without half a surrogate pair`);
}

function copiedObject(value: object, survey: Survey, takeItem: TakeItem): unknown {
  if (value instanceof Item) return takeItem(value, survey);
  if (types.isDate(value)) return copiedDate(value, survey);
  if (types.isUint8Array(value)) {
    survey.count(value.byteLength);
    return new Uint8Array(value); // never a Buffer
  }
  survey.enter(value);
  const copy = Array.isArray(value) ? copiedArray(value, survey, takeItem) : copiedRecord(value, survey, takeItem);
  survey.leave();
  return copy;
}

function copiedDate(value: Date, survey: Survey): Date {
  const time = Date.prototype.getTime.call(value);
  if (Number.isNaN(time)) throw survey.refusal('takes valid dates only');
  return new Date(time);
}

function copiedArray(value: readonly unknown[], survey: Survey, takeItem: TakeItem): unknown[] {
  if (Object.getPrototypeOf(value) !== Array.prototype) throw noData(value, survey);
  const copy: unknown[] = [];
  for (let index = 0; index < value.length; index++) {
    survey.at(index, () => copy.push(plainCopy(ownValue(value, index, survey), survey, takeItem)));
  }
  // An array's own keys are its indices and 'length'.
  if (Reflect.ownKeys(value).length > value.length + 1)
    throw survey.refusal('takes arrays without properties of their own');
  return copy;
}

function copiedRecord(value: object, survey: Survey, takeItem: TakeItem): object {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw noData(value, survey);
  const copy: Record<string, unknown> = {};
  for (const key of Reflect.ownKeys(value)) {
    const name = checkedKey(key, survey);
    survey.at(name, () => {
      copy[name] = plainCopy(ownValue(value, name, survey), survey, takeItem);
    });
  }
  return copy;
}

function checkedKey(key: string | symbol, survey: Survey): string {
  if (typeof key === 'symbol') throw survey.refusal('takes objects without symbols as keys');
  // Assigning to it would change what the copy is, not what it holds.
  if (key === '__proto__') throw survey.refusal("takes objects without the key '__proto__'");
  return checkedText(key, survey, 'keys');
}

// No getter is called: it could give something else to whoever reads next.
function ownValue(holder: object, key: string | number, survey: Survey): unknown {
  const property = Object.getOwnPropertyDescriptor(holder, key);
  if (property === undefined) throw survey.refusal('takes arrays without holes');
  if (!('value' in property)) throw survey.refusal('takes values, not getters and setters');
  if (!property.enumerable) throw survey.refusal('takes no hidden properties');
  return property.value;
}
