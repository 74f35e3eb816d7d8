import { CorollaryError, kindOf } from '../../errors.js';
import { firstType, type QuerySpec, readValues } from '../ast.js';
import { questionName } from '../provenance.js';
import type { QueryRunner } from '../runner.js';
import { LiveAnswer } from './live-answer.js';
import { checkedSubscribeOptions } from './subscribe-options.js';
import { ListenerSubscription, type Subscription } from './subscription.js';
import { newUpdates } from './updates.js';

type Listener = (update: unknown) => void;

/**
 * What `Query.subscribe` does with its arguments: a listener and options, or options alone.
 * @throws CorollaryError INVALID_VALUE, BAD_QUERY, STORE_CLOSED, NOT_SUPPORTED
 */
export function subscribe(
  runner: QueryRunner,
  spec: QuerySpec,
  first: unknown,
  second: unknown,
): Subscription | AsyncIterable<unknown> {
  const listener = typeof first === 'function' ? (first as Listener) : undefined;
  if (listener === undefined && (typeof first !== 'object' || first === null))
    throw new CorollaryError('INVALID_VALUE', `subscribe takes a listener, or options; not ${kindOf(first)}`);
  const options = checkedSubscribeOptions(listener === undefined ? first : second);
  if (options.changes) assertOfItems(spec);
  if (listener === undefined) return newUpdates(runner, spec, options);
  return new ListenerSubscription(new LiveAnswer(runner, spec, options.changes), listener, options);
}

function assertOfItems(spec: QuerySpec): void {
  if (readValues(spec) === undefined && spec.from.length === 1) return;
  throw new CorollaryError(
    'BAD_QUERY',
    `${questionName(spec.from)}: changes are told of the items of one type, not of values or joins: leave changes out`,
    { type: firstType(spec).name },
  );
}
