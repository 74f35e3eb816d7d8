import { CorollaryError, prefixed } from '../../errors.js';
import type { Item } from '../../item/item.js';
import type { KeepingStore } from '../../item/keeping-store.js';
import type { CreateInput } from '../../schema/attribute-types.js';
import type { ItemClass } from '../../schema/item-class.js';
import { refusePromise } from '../../store/activation.js';
import { getById } from '../../store/load.js';
import type { StoreCore } from '../../store/store-core.js';
import { named } from '../checks.js';
import { rolesOfClass } from '../roles-of-class.js';
import { type Dependency, dependenciesOf, requirementIn } from './dependencies.js';
import { type Dependence, dependencesOn } from './dependents.js';
import { assertRequirementsMet } from './from-parent.js';
import { Installation } from './installation.js';
import { idsInstalledAt, installationOf, isInstalledAt } from './installations.js';
import { checkedItem, checkedPlace, type Place, placeOf, writableStoreOf } from './place.js';
import { tell } from './tell.js';

/**
 * Installs an item on its store or on an item of it, with all that its class depends on: what is installed there already
 * is used, what is not is made and installed too. From then on it plays the roles there that its class names, and its
 * method `installed(target)` is called, if it has one. All or nothing. Installing it there again fills what is missing,
 * and has it stay until it is uninstalled itself.
 *
 * @example
 * install(store.create(Inbox, {}), store);
 * @throws CorollaryError INSTALL_REFUSED where it is installed elsewhere, where something depends on another one of its
 * class, or where {@link fromParent} finds nothing; INVALID_VALUE, WRONG_STORE, ITEM_GONE, READ_ONLY, STORE_CLOSED;
 * ASYNC_TRANSACTION where a callback gives a promise; MISSING_VALUE where a dependency needs `values`
 */
export function install(item: Item, target: KeepingStore | Item): void {
  const core = writableStoreOf(checkedItem(item));
  const place = checkedPlace(core, target);
  core.writeInSteps(() => ensureInstalled(place, item, true));
}

function ensureInstalled(place: Place, item: Item, isExplicit: boolean): void {
  const known = installationOf(item);
  if (known === undefined) {
    add(place, item, isExplicit);
    return;
  }
  if (known.target !== place.item) throw installedElsewhere(place, item, known);
  if (!isExplicit) return;
  if (!known.explicit) known.explicit = true;
  fillMissing(place, item);
}

function add(place: Place, item: Item, isExplicit: boolean): void {
  assertRequirementsMet(item);
  assertNoneInItsPlace(place, item);
  // First, so that what depends on each other in a circle finds it installed.
  const installation = place.core.face.create(Installation, { item, target: place.item, explicit: isExplicit });
  for (const dependency of dependenciesOf(item)) fill(place, item, dependency);
  if (!installation.isStored) throw goneMeanwhile(place, item);
  if (rolesOfClass(item).length > 0) place.target.powerUp(item);
  tell(item, 'installed', place);
}

/** Those of its dependencies that are filled with what is installed there stay. */
function fillMissing(place: Place, item: Item): void {
  for (const dependency of dependenciesOf(item)) {
    const filled = requirementIn(item, dependency.attribute);
    if (filled === null || !isInstalledAt(place, filled)) fill(place, item, dependency);
  }
}

function fill(place: Place, item: Item, dependency: Dependency): void {
  const { attribute } = dependency;
  const present = installedThere(place, dependency);
  const referred = requirementIn(item, attribute);
  if (present !== undefined) {
    if (present !== referred) Reflect.set(item, attribute, present);
  } else ensureInstalled(place, referred ?? made(place.core, item, dependency), false);
}

/** The item of the class that was installed there first. */
function installedThere(place: Place, { itemClass }: Dependency): Item | undefined {
  const [id] = idsInstalledAt(place, itemClass);
  return id === undefined ? undefined : getById(place.core, id);
}

/** A new dependency, referred to by its dependent. */
function made(core: StoreCore, item: Item, { attribute, itemClass, rule }: Dependency): Item {
  const dependency = naming(item, attribute, () => {
    const values: unknown = typeof rule.values === 'function' ? rule.values(item) : (rule.values ?? {});
    return core.face.create(itemClass, values as CreateInput<Item>); // which checks them
  });
  Reflect.set(item, attribute, dependency);
  refusePromise(rule.customize?.(dependency, item), 'customize');
  return dependency;
}

function naming<R>(item: Item, attribute: string, work: () => R): R {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
    throw prefixed(error, `${named(item)} depends on what is made for ${attribute}`);
  }
}

/** @throws CorollaryError INSTALL_REFUSED where something there depends on another item of the same class */
function assertNoneInItsPlace(place: Place, item: Item): void {
  const others = idsInstalledAt(place, item.constructor as ItemClass<Item>);
  const [needed] = dependencesOn(place, others);
  if (needed !== undefined) throw placeTaken(place, item, needed);
}

function placeTaken(place: Place, item: Item, { dependent, on }: Dependence): CorollaryError {
  const other = getById(place.core, on);
  return refused(
    place,
    item,
    `${named(item)} cannot be installed on ${place.name}: ${named(dependent)} depends on ${named(other)}, which is installed there. Use that one, or uninstall both first`,
  );
}

function installedElsewhere(place: Place, item: Item, { target }: Installation): CorollaryError {
  const elsewhere = placeOf(place.core, target);
  return refused(
    place,
    item,
    `${named(item)} cannot be installed on ${place.name}: it is installed on ${elsewhere.name}. Uninstall it there first; or, where something else refers to it as its dependency, set that to null to have another one made`,
  );
}

function goneMeanwhile(place: Place, item: Item): CorollaryError {
  return refused(place, item, `${named(item)} was uninstalled or deleted while it was being installed`);
}

function refused({ core }: Place, item: Item, message: string): CorollaryError {
  return new CorollaryError('INSTALL_REFUSED', message, { store: core.file.place, storeId: item.storeId });
}
