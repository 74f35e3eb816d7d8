import { Item } from '../../item/item.js';
import { assertPlainFunction, runGuarded } from '../../store/async-guard.js';
import type { StoreCore } from '../../store/store-core.js';
import { transactRequest } from '../../store/transact.js';
import { branchOfFace } from '../branch.js';
import { type Call, itemsOf, methodOf, plainAnswer, plainArguments } from './call.js';

/**
 * Has what plays the role for a store do what is requested, in a transaction, and gives its answer. `find` looks it up:
 * once to know where it lives, and again when that store is locked.
 */
export function perform(asked: StoreCore, call: Call, find: () => object): unknown {
  const takeItem = itemsOf(asked);
  const args = plainArguments(call.args, takeItem);
  return transactRequest(homeOf(find()) ?? asked, () => {
    const player = find();
    const method = methodOf(player, call, asked.file.place);
    return plainAnswer(
      run(call, method, () => method.apply(player, args)),
      call,
      takeItem,
    );
  });
}

/** The store that an item is in; undefined for what is no item. */
function homeOf(player: object): StoreCore | undefined {
  return player instanceof Item ? branchOfFace(player.store)?.core : undefined;
}

function run<R>({ role, method: name }: Call, method: unknown, work: () => R): R {
  const what = `A request of ${role.id}.${name}`;
  assertPlainFunction(method, what, 'it is a transaction, which is over when the method returns');
  return runGuarded(work, what);
}
