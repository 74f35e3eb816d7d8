import type { Item } from '../../item/item.js';
import { refusePromise } from '../../store/activation.js';
import type { Place } from './place.js';

/** Calls what an item wants to do when it was installed or uninstalled, if it has a method for that. */
export function tell(item: Item, what: 'installed' | 'uninstalled', { target }: Place): void {
  const method: unknown = Reflect.get(item, what);
  if (typeof method === 'function') refusePromise(method.call(item, target), what);
}
