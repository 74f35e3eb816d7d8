import { CorollaryError, kindOf } from '../../errors.js';
import { isPlainInput } from '../../item/check-value.js';
import type { Item } from '../../item/item.js';
import type { Role } from '../../item/role.js';
import { checkedRole } from '../../powerup/checks.js';
import type { Address } from '../../schema/attribute-types.js';
import { assertRequestable, type Call, LIMITS, plainArguments, storedItem } from './call.js';
import { errorOf } from './error-form.js';
import { fromJsonForm, type Json, jsonForm } from './json-form.js';
import { checkedReply } from './request-form.js';
import type {
  AnsweringStore,
  AnswerOf,
  ArgumentsOf,
  Asker,
  MethodOf,
  Reply,
  Request,
  RequestPath,
  TreeAnswer,
  TreeReply,
  WithAddresses,
} from './request-types.js';
import { namesOf } from './store-at.js';
import { Survey } from './survey.js';

/** Brings a request to the store that answers it, and its reply back. */
export type SendRequest = (request: Request) => Promise<Reply>;

/** What an {@link asker} may be told. */
export interface AskerOptions {
  /** Makes items of the addresses in answers: `(address) => handle.getAny(address)`, with a handle of your own. */
  readonly resolve: (address: Address) => Item;
}

/** What requests go through to a store elsewhere; the items in its answers are those of a handle here. */
export interface RemoteAsker extends Asker {
  /** As `Store.ask`. */
  ask<T extends object, M extends MethodOf<T>>(
    path: RequestPath,
    role: Role<T>,
    method: M,
    ...args: ArgumentsOf<T, M>
  ): Promise<AnswerOf<T, M>>;
  /** The store elsewhere and all below it. */
  readonly tree: {
    /** As `Tree.ask`. */
    ask<T extends object, M extends MethodOf<T>>(
      role: Role<T>,
      method: M,
      ...args: ArgumentsOf<T, M>
    ): Promise<TreeAnswer<AnsweringStore, AnswerOf<T, M>>[]>;
  };
}

/** The same where there is no handle: items arrive as addresses. */
export interface AddressAsker extends Asker {
  /** As `Store.ask`. */
  ask<T extends object, M extends MethodOf<T>>(
    path: RequestPath,
    role: Role<T>,
    method: M,
    ...args: ArgumentsOf<T, M>
  ): Promise<WithAddresses<AnswerOf<T, M>>>;
  /** The store elsewhere and all below it. */
  readonly tree: {
    /** As `Tree.ask`. */
    ask<T extends object, M extends MethodOf<T>>(
      role: Role<T>,
      method: M,
      ...args: ArgumentsOf<T, M>
    ): Promise<TreeAnswer<AnsweringStore, WithAddresses<AnswerOf<T, M>>>[]>;
  };
}

/**
 * What can be asked like a store that is elsewhere: in a worker, another process or on another machine. `send` brings
 * each request there, where `Store.answer` gives the reply. Errors arrive as they were thrown there.
 *
 * @example
 * const shop = asker((request) => post('/shop', JSON.stringify(request)).then(JSON.parse));
 * const sum = await shop.ask('acme', Billing, 'charge', 5);
 * @throws CorollaryError INVALID_VALUE
 */
export function asker(send: SendRequest): AddressAsker;
export function asker(send: SendRequest, options: AskerOptions): RemoteAsker;
export function asker(send: SendRequest, options?: AskerOptions): AddressAsker | RemoteAsker {
  if (typeof send !== 'function')
    throw new CorollaryError('INVALID_VALUE', `asker takes a function that sends requests, not ${kindOf(send)}`);
  const remote = new Remote(send, checkedResolve(options));
  return {
    ask: (path: RequestPath, role: unknown, method: string, ...args: readonly unknown[]) =>
      remote.ask(path, { role: role as Role, method, args }),
    tree: {
      ask: (role: unknown, method: string, ...args: readonly unknown[]) =>
        remote.askTree({ role: role as Role, method, args }),
    },
  } as AddressAsker | RemoteAsker; // which of them, `resolve` decides
}

function checkedResolve(options: unknown): (address: Address) => unknown {
  if (options === undefined) return (address) => address;
  const isFine = isPlainInput(options) && Object.keys(options).every((key) => key === 'resolve');
  const resolve: unknown = isFine ? (options as Partial<AskerOptions>).resolve : undefined;
  if (typeof resolve === 'function') return resolve as AskerOptions['resolve'];
  throw new CorollaryError('INVALID_VALUE', 'asker takes { resolve: (address) => handle.getAny(address) } as options');
}

/** The way to a store elsewhere. */
class Remote {
  readonly #send: SendRequest;
  readonly #resolve: (address: Address) => unknown;

  constructor(send: SendRequest, resolve: (address: Address) => unknown) {
    this.#send = send;
    this.#resolve = resolve;
  }

  async ask(path: RequestPath, call: Call): Promise<unknown> {
    const reply = await this.#replyTo(requestOf(namesOf(path), call));
    if ('value' in reply) return this.#valueOf(reply.value);
    throw otherReply();
  }

  async askTree(call: Call): Promise<TreeAnswer<AnsweringStore, unknown>[]> {
    const reply = await this.#replyTo({ ...requestOf([], call), tree: true });
    if ('answers' in reply) return reply.answers.map((answer) => this.#answerOf(answer));
    throw otherReply();
  }

  async #replyTo(request: Request): Promise<Exclude<Reply, { readonly error: unknown }>> {
    const reply = checkedReply(await this.#send(request));
    if ('error' in reply) throw errorOf(reply.error);
    return reply;
  }

  #answerOf(answer: TreeReply): TreeAnswer<AnsweringStore, unknown> {
    const store = { uid: answer.store.uid, path: [...answer.store.path] };
    return 'error' in answer ? { store, error: errorOf(answer.error) } : { store, value: this.#valueOf(answer.value) };
  }

  #valueOf(form: Json): unknown {
    return fromJsonForm(form, new Survey('The reply', LIMITS), (address) => this.#resolve(address));
  }
}

// What would be refused there is refused here.
function requestOf(path: readonly string[], call: Call): Request {
  const role = checkedRole(call.role).id;
  assertRequestable(call);
  return { path: [...path], role, method: call.method, args: plainArguments(call.args, storedItem).map(jsonForm) };
}

function otherReply(): CorollaryError {
  return new CorollaryError('INVALID_VALUE', 'What was sent back is the reply to another request');
}
