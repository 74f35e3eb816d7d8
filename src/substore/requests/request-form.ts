import { CorollaryError } from '../../errors.js';
import { LIMITS } from './call.js';
import type { Json } from './json-form.js';
import { plainCopy, type TakeItem } from './plain-copy.js';
import type { Reply, Request } from './request-types.js';
import { type Limits, Survey } from './survey.js';

// What is tagged lies in an object of its own, and takes up to seven times as much room; a request goes around that.
const REQUEST_LIMITS: Limits = { depth: LIMITS.depth * 2 + 4, sizeBytes: LIMITS.sizeBytes * 8 };
// Each store of a tree may have answered as much. Who asks trusts those who answer.
const REPLY_LIMITS: Limits = { depth: LIMITS.depth * 2 + 4, sizeBytes: Number.POSITIVE_INFINITY };

/** More names than any path of stores has, with ways up and down. */
const MOST_NAMES = 1000;

/** What is wrong with a part of a request, as a phrase, and the test for it. */
const PARTS: { readonly [K in keyof Request]-?: readonly [phrase: string, test: (value: unknown) => boolean] } = {
  path: ['a list of names', (value) => isList(value, (name) => typeof name === 'string') && value.length <= MOST_NAMES],
  role: ['the id of a role', (value) => typeof value === 'string'],
  method: ['the name of a method', (value) => typeof value === 'string'],
  args: ['a list of arguments', (value) => Array.isArray(value)],
  tree: ['true or false', (value) => typeof value === 'boolean' || value === undefined],
};

/** A copy of a request from anywhere, whose arguments are still in their JSON form. @throws CorollaryError INVALID_VALUE */
export function checkedRequest(request: unknown): Request {
  const copy = plainRecord(request, 'The request', REQUEST_LIMITS);
  const unknown = Object.keys(copy).filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length > 0) throw noRequest(`has parts that are none of ${Object.keys(PARTS).join(', ')}`);
  for (const [name, [phrase, test]] of Object.entries(PARTS))
    if (!test(copy[name])) throw noRequest(`needs ${phrase} as ${name}`);
  return copy as unknown as Request; // each part was tested
}

function noRequest(fault: string): CorollaryError {
  return new CorollaryError('INVALID_VALUE', `The request ${fault}: send what an asker made`);
}

/** A copy of a reply, whose values are still in their JSON form. @throws CorollaryError INVALID_VALUE */
export function checkedReply(reply: unknown): Reply {
  const copy = plainRecord(reply, 'The reply', REPLY_LIMITS);
  const isReply = isAnswer(copy) || (!Object.hasOwn(copy, 'error') && isList(copy.answers, isTreeReply));
  if (isReply) return copy as unknown as Reply; // one of its forms
  throw new CorollaryError('INVALID_VALUE', 'What was sent back is not what Store.answer gives');
}

function isTreeReply(one: unknown): boolean {
  if (!isRecord(one) || !isRecord(one.store)) return false;
  const { uid, path } = one.store;
  return typeof uid === 'string' && isList(path, (name) => typeof name === 'string') && isAnswer(one);
}

// Where there is an error, it is what counts.
function isAnswer(one: Record<string, unknown>): boolean {
  if (!Object.hasOwn(one, 'error')) return Object.hasOwn(one, 'value');
  return isRecord(one.error) && (one.error.details === undefined || isRecord(one.error.details));
}

function plainRecord(value: unknown, what: string, limits: Limits): Record<string, unknown> {
  const copy = plainCopy(value, new Survey(what, limits), noItem);
  if (isRecord(copy)) return copy;
  throw new CorollaryError('INVALID_VALUE', `${what} is not a plain object`);
}

const noItem: TakeItem = (_item, survey) => {
  throw survey.refusal('takes JSON, in which an item is its address');
};

function isRecord(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isList(value: unknown, test: (part: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every(test);
}
