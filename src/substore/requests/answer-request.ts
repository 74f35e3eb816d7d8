import { CorollaryError, kindOf } from '../../errors.js';
import { isPlainInput } from '../../item/check-value.js';
import type { KeepingStore } from '../../item/keeping-store.js';
import { type AnyRole, Role } from '../../item/role.js';
import { addressParts } from '../../schema/address.js';
import { findById } from '../../store/load.js';
import type { StoreCore } from '../../store/store-core.js';
import type { Branch } from '../branch.js';
import { askStore } from './ask-store.js';
import { askTree } from './ask-tree.js';
import { type Call, LIMITS } from './call.js';
import { errorForm } from './error-form.js';
import { fromJsonForm, jsonForm, type TakeAddress } from './json-form.js';
import { checkedRequest } from './request-form.js';
import type { Reply, Request, TreeAnswer, TreeReply } from './request-types.js';
import { storeAt } from './store-at.js';
import { Survey } from './survey.js';

/** What a store answers to others. */
export interface AnswerOptions {
  /** The roles that can be asked. Given as they are, because what else they say, such as a default, stays here. */
  readonly roles: readonly AnyRole[];
}

/** Does what a request says, and gives the reply. @throws CorollaryError INVALID_VALUE for wrong options */
export function answerRequest<S extends KeepingStore>(top: Branch<S>, request: unknown, options: AnswerOptions): Reply {
  const roles = checkedRoles(options);
  try {
    return replyTo(top, checkedRequest(request), roles);
  } catch (error) {
    return { error: errorForm(error) };
  }
}

function replyTo<S extends KeepingStore>(top: Branch<S>, request: Request, roles: readonly AnyRole[]): Reply {
  const role = roles.find(({ id }) => id === request.role);
  if (role === undefined)
    throw new CorollaryError('INVALID_VALUE', 'The request is for a role that is not answered to others here');
  const asked = storeAt(top, request.path, top);
  const call = { role, method: request.method, args: argumentsOf(asked.core, request) };
  if (request.tree === true) return { answers: askTree(asked, call, {}).map((answer) => treeReply(answer, top)) };
  return { value: jsonForm(askStore(asked, call)) };
}

function argumentsOf(core: StoreCore, { args }: Request): Call['args'] {
  const takeAddress = itemIn(core);
  return args.map((form, index) => fromJsonForm(form, new Survey(`Argument ${index + 1}`, LIMITS), takeAddress));
}

/** Takes addresses of items that are in a store. */
function itemIn(core: StoreCore): TakeAddress {
  return (address, survey) => {
    const parts = addressParts(address);
    if (parts === undefined) throw survey.refusal('is not the address of an item');
    if (parts.uid !== core.file.uid)
      throw survey.refusal(`is an item of another store than ${core.file.place}: pass its address`, 'WRONG_STORE');
    const item = findById(core, parts.storeId);
    if (item === undefined) throw survey.refusal('is an item that is not there, or was deleted', 'ITEM_GONE');
    return item;
  };
}

// What lies above the store that answers is not for others.
function treeReply<S extends KeepingStore>(answer: TreeAnswer<S, unknown>, top: Branch<S>): TreeReply {
  const store = { uid: answer.store.uid, path: answer.store.path.slice(top.path.length) };
  return 'error' in answer ? { store, error: errorForm(answer.error) } : { store, value: jsonForm(answer.value) };
}

function checkedRoles(options: unknown): readonly AnyRole[] {
  const isFine = isPlainInput(options) && Object.keys(options).every((key) => key === 'roles');
  const roles: unknown = isFine ? (options as Partial<AnswerOptions>).roles : undefined;
  if (Array.isArray(roles) && roles.every((role) => role instanceof Role)) return roles;
  const what = isPlainInput(options) ? 'what was given' : kindOf(options);
  throw new CorollaryError(
    'INVALID_VALUE',
    `answer takes a list of the roles that others may ask for, and nothing else: { roles: [Billing] }, not ${what}`,
  );
}
