import { CorollaryError } from '../../errors.js';
import type { Item } from '../../item/item.js';
import type { KeepingStore } from '../../item/keeping-store.js';
import type { StoreCore } from '../../store/store-core.js';
import { named } from '../checks.js';
import { AllInstalled } from './all-installed.js';
import { dependencesOn } from './dependents.js';
import { installationOf } from './installations.js';
import { leave } from './leave.js';
import { assertInstallable, checkedItem, checkedPlace, type Place, placeOf, writableStoreOf } from './place.js';

/**
 * Takes an item from where it is installed, and with it all that is there only because something depended on it, and
 * that nothing needs any more. What goes plays no role there any longer; then its method `uninstalled(target)` is
 * called, if it has one. No item is deleted, and dependencies stay filled: installed again, the same items come back.
 * @throws CorollaryError NOT_INSTALLED, also where it is installed on something else than the target given;
 * UNINSTALL_REFUSED while something depends on it; INVALID_VALUE, WRONG_STORE, ITEM_GONE, READ_ONLY, STORE_CLOSED;
 * UNKNOWN_TYPE when the class of something that is installed there is not known; ASYNC_TRANSACTION
 */
export function uninstall(item: Item, target?: KeepingStore | Item): void {
  const core = writableStoreOf(checkedItem(item));
  const wanted = target === undefined ? undefined : checkedPlace(core, target);
  core.writeInSteps(() => {
    assertInstallable(item);
    const place = placeToLeave(core, item, wanted);
    leave(place, goingWith(place, item));
  });
}

function placeToLeave(core: StoreCore, item: Item, wanted: Place | undefined): Place {
  const installation = installationOf(item);
  if (installation !== undefined && (wanted === undefined || wanted.item === installation.target))
    return placeOf(core, installation.target);
  const { place } = core.file;
  const where =
    installation === undefined ? '' : ` on ${wanted?.name}, but on ${placeOf(core, installation.target).name}`;
  const message = `${named(item)} in ${place} is not installed${where}`;
  throw new CorollaryError('NOT_INSTALLED', message, { store: place, storeId: item.storeId });
}

/** An item and all that nothing needs without it: dependents before what they depend on. */
function goingWith(place: Place, item: Item): Item[] {
  const installed = new AllInstalled(place);
  const going = installed.notNeeded(item);
  if (!going.includes(item)) throw stillNeeded(place, item, going);
  return going;
}

function stillNeeded(place: Place, item: Item, going: readonly Item[]): CorollaryError {
  const needing = dependencesOn(place, [item.storeId]).find(({ dependent }) => !going.includes(dependent));
  const message = `${named(item)} cannot be uninstalled from ${place.name}: ${named(needing?.dependent ?? item)} depends on it; uninstall that first`;
  return new CorollaryError('UNINSTALL_REFUSED', message, { store: place.core.file.place, storeId: item.storeId });
}
