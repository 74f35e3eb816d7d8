import type { Item } from '../../item/item.js';
import { deleteItems } from '../../store/deletion.js';
import { takeAway } from '../give.js';
import { Installation } from './installation.js';
import { installationOf } from './installations.js';
import type { Place } from './place.js';
import { tell } from './tell.js';

let isDeleting = false;

/** True while {@link leave} deletes installations: what goes with them was chosen, too. */
export function isLeaving(): boolean {
  return isDeleting;
}

/** Takes items from where they are installed, and every role that they play there; then they are told, in this order. */
export function leave(place: Place, going: readonly Item[]): void {
  const { core } = place;
  core.writeInSteps((transaction, part) => {
    const ids = going.flatMap((one) => installationOf(one)?.storeId ?? []);
    isDeleting = true;
    try {
      deleteItems(core, core.typeOf(Installation), ids, { transaction, part });
    } finally {
      isDeleting = false;
    }
    for (const one of going) takeAway(core, { target: place.item?.storeId ?? null, role: null, player: one.storeId });
    for (const one of going) if (one.isStored) tell(one, 'uninstalled', place);
  });
}
