import type { CorollaryError } from '../../errors.js';
import { Item } from '../../item/item.js';
import type { Address } from '../../schema/attribute-types.js';
import type { Survey } from './survey.js';

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The key of an object that stands for what JSON lacks: `{ $: 'bigint', value: '12' }`. */
const TAG = '$';

/** What a tag stands for, and how the value beside it is read. Undefined for what no such value is. */
type ReadTagged = (value: unknown) => unknown;

const TAGS: ReadonlyMap<string, ReadTagged> = new Map<string, ReadTagged>([
  ['number', (value) => (value === '-0' ? -0 : undefined)],
  ['bigint', (value) => (isDigits(value) ? BigInt(value) : undefined)],
  ['date', (value) => (isTime(value) ? new Date(value) : undefined)],
  ['bytes', (value) => (typeof value === 'string' ? bytesOf(value) : undefined)],
]);

/** Data, as {@link plainCopy} gives it, in a form that survives JSON. Items become their addresses. */
export function jsonForm(value: unknown): Json {
  switch (typeof value) {
    case 'undefined':
      return { [TAG]: 'undefined' };
    case 'bigint':
      return tagged('bigint', String(value));
    case 'number':
      return Object.is(value, -0) ? tagged('number', '-0') : value;
    case 'object':
      return value === null ? null : formOfObject(value);
    default:
      return value as boolean | string; // a plain copy has nothing else
  }
}

function tagged(tag: string, value: Json): Json {
  return { [TAG]: tag, value };
}

function formOfObject(value: object): Json {
  if (value instanceof Item) return tagged('item', value.address);
  if (value instanceof Date) return tagged('date', value.getTime());
  if (value instanceof Uint8Array) return tagged('bytes', Buffer.from(value).toString('base64'));
  if (Array.isArray(value)) return value.map(jsonForm);
  const form = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, jsonForm(part)]));
  // An object that has the key of tags itself.
  return Object.hasOwn(form, TAG) ? tagged('object', form) : form;
}

/** What becomes of the address of an item. It may refuse it. */
export type TakeAddress = (address: Address, survey: Survey) => unknown;

/**
 * The data of which {@link jsonForm} made this, given a plain copy of what came from outside.
 * @throws CorollaryError INVALID_VALUE naming the place of what no JSON of this form has; what `takeAddress` throws
 */
export function fromJsonForm(form: unknown, survey: Survey, takeAddress: TakeAddress): unknown {
  if (typeof form !== 'object' || form === null) {
    if (form === undefined || typeof form === 'bigint') throw noForm(survey);
    return form;
  }
  if (Array.isArray(form))
    return form.map((part: unknown, index) => survey.at(index, () => fromJsonForm(part, survey, takeAddress)));
  if (form instanceof Item || form instanceof Date || form instanceof Uint8Array) throw noForm(survey);
  return Object.hasOwn(form, TAG) ? fromTagged(form, survey, takeAddress) : fromRecord(form, survey, takeAddress);
}

function fromRecord(form: object, survey: Survey, takeAddress: TakeAddress): object {
  const entries = Object.entries(form).map(
    ([key, part]) => [key, survey.at(key, () => fromJsonForm(part, survey, takeAddress))] as const,
  );
  return Object.fromEntries(entries);
}

function fromTagged(form: object, survey: Survey, takeAddress: TakeAddress): unknown {
  const { [TAG]: tag, value, ...others } = form as Record<string, unknown>;
  if (Object.keys(others).length > 0 || typeof tag !== 'string') throw noForm(survey);
  if (tag === 'undefined' && value === undefined) return undefined;
  if (tag === 'item' && typeof value === 'string') return takeAddress(value as Address, survey);
  if (tag === 'object' && typeof value === 'object' && value !== null && Object.hasOwn(value, TAG))
    return fromRecord(value, survey, takeAddress);
  const read = TAGS.get(tag)?.(value);
  if (read === undefined) throw noForm(survey);
  return read;
}

function noForm(survey: Survey): CorollaryError {
  return survey.refusal('is not in the form in which requests and replies travel: send what an asker made, as JSON');
}

// No more digits than a plain copy may have: longer texts would take long to read.
function isDigits(value: unknown): value is string {
  return typeof value === 'string' && /^(0|-?[1-9][0-9]{0,1300})$/.test(value);
}

// 8.64e15 ms on both sides of 1970: the range of Date.
function isTime(value: unknown): value is number {
  return Number.isInteger(value) && Math.abs(value as number) <= 8.64e15;
}

function bytesOf(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? new Uint8Array(bytes) : undefined;
}
