import type { Item } from '../../item/item.js';
import type { Role } from '../../item/role.js';
import type { Address } from '../../schema/attribute-types.js';
import type { Json } from './json-form.js';

/** Where a store is, seen from another: names below it, '..' for the store above; `''` or `[]` for that store itself. */
export type RequestPath = string | readonly string[];

/** Methods that an item may have for the library to call, and that are not on every item. */
export type Hook = 'installed' | 'uninstalled' | 'indirect';

/**
 * The methods of T that can be requested: those that are there for certain, are not asynchronous, and have no name that
 * every item has, or that the library calls itself.
 */
export type MethodOf<T> = Exclude<
  { [K in keyof T & string]-?: T[K] extends (...args: never[]) => infer R ? OnlySynchronous<R, K> : never }[keyof T &
    string],
  keyof Item | Hook
>;
// In a list: never would be distributed over nothing.
type OnlySynchronous<R, K> = [R] extends [never] ? K : R extends PromiseLike<unknown> ? never : K;

/** What a method of T takes. */
export type ArgumentsOf<T, M> = M extends keyof T ? (T[M] extends (...args: infer A) => unknown ? A : never) : never;
/** What a method of T answers. */
export type AnswerOf<T, M> = M extends keyof T ? (T[M] extends (...args: never[]) => infer R ? R : never) : never;

/** An answer as it arrives where there are no items: each is its address. */
export type WithAddresses<V> = 0 extends 1 & V
  ? V
  : V extends Item
    ? Address
    : V extends string | number | bigint | boolean | null | undefined | Date | Uint8Array
      ? V
      : { [K in keyof V]: WithAddresses<V[K]> };

/** A store that has answered, as what asks from elsewhere knows it. */
export interface AnsweringStore {
  readonly uid: string;
  /** The names that lead there from the store that requests are sent to: what `ask` takes. */
  readonly path: string[];
}

/**
 * What one store of a tree has answered, or why it has not: `'error' in answer` tells.
 */
export type TreeAnswer<S, R> =
  | { readonly store: S; readonly value: R }
  | { readonly store: S; readonly value?: undefined; readonly error: unknown };

/**
 * What requests are sent to: a `Store`, or what {@link asker} gives. Code that awaits each answer works with both.
 *
 * @example
 * const total = async (shop: Asker) => await shop.ask('acme', Billing, 'total');
 */
export interface Asker {
  /** Requests a method of what plays a role in the store at a path. See `Store.ask`. */
  ask<T extends object, M extends MethodOf<T>>(
    path: RequestPath,
    role: Role<T>,
    method: M,
    ...args: ArgumentsOf<T, M>
  ): AnswerOf<T, M> | Promise<AnswerOf<T, M>> | Promise<WithAddresses<AnswerOf<T, M>>>;
  /** The store and all below it. */
  readonly tree: {
    /** Requests it of each store that plays the role. See `Tree.ask`. */
    ask<T extends object, M extends MethodOf<T>>(
      role: Role<T>,
      method: M,
      ...args: ArgumentsOf<T, M>
    ):
      | readonly TreeAnswer<AnsweringStore, AnswerOf<T, M>>[]
      | Promise<readonly TreeAnswer<AnsweringStore, AnswerOf<T, M>>[]>
      | Promise<readonly TreeAnswer<AnsweringStore, WithAddresses<AnswerOf<T, M>>>[]>;
  };
}

/** A request on its way to a store elsewhere: plain JSON. What JSON lacks is in tagged objects. */
export interface Request {
  /** From the store that answers, down to the one that is asked. */
  readonly path: readonly string[];
  /** The id of the role. */
  readonly role: string;
  readonly method: string;
  readonly args: readonly Json[];
  /** True: each store that plays the role, there and below, is asked. */
  readonly tree?: boolean;
}

/** An error on its way back. Its cause stays where it was. */
export interface ReplyError {
  readonly name: string;
  readonly message: string;
  /** The code of a CorollaryError. */
  readonly code?: string;
  /** The fields of a CorollaryError that are known and plain. */
  readonly details?: { readonly [field: string]: Json };
}

/** What one store of a tree has answered, on its way back. */
export type TreeReply =
  | { readonly store: AnsweringStore; readonly value: Json }
  | { readonly store: AnsweringStore; readonly error: ReplyError };

/** What comes back for a {@link Request}: plain JSON as well. */
export type Reply =
  | { readonly value: Json }
  | { readonly answers: readonly TreeReply[] }
  | { readonly error: ReplyError };
