import type { Item } from '../../item/item.js';
import type { Referrer } from '../../store/catalog.js';
import { referringRows } from '../../store/referring-rows.js';
import type { StoreCore } from '../../store/store-core.js';
import { installationsAt } from './installations.js';
import type { Place } from './place.js';

/** That one item depends on another where both are installed. */
export interface Dependence {
  readonly dependent: Item;
  /** The id of what it depends on. */
  readonly on: number;
}

/**
 * Who at a place depends directly on these items, all of one type: in the order of installation.
 * @throws CorollaryError UNKNOWN_TYPE where one that refers to them has no class that says whether it depends on them.
 */
export function dependencesOn(place: Place, ids: readonly number[]): Dependence[] {
  const rows = referrersThatDepend(place.core, ids).flatMap((referrer) => referringRows(place.core, referrer, ids));
  if (rows.length === 0) return [];
  const order = installationsAt(place);
  const byId = new Map(order.map((one) => [one.idOf('item') as number, one]));
  return rows
    .flatMap(([id, on]) => {
      const installation = byId.get(id);
      return installation === undefined ? [] : [{ installation, on }];
    })
    .sort((a, b) => a.installation.storeId - b.installation.storeId)
    .map(({ installation, on }) => ({ dependent: installation.item, on }));
}

/** The columns by which items of a type may depend on others; where there is no class that says it, any that names the type. */
function referrersThatDepend(core: StoreCore, [id]: readonly number[]): Referrer[] {
  const entry = id === undefined ? undefined : core.entryOfId(id);
  return entry === undefined ? [] : core.catalog.referrersOf(entry.name).filter((one) => mayDepend(core, one));
}

function mayDepend(core: StoreCore, { entry, column }: Referrer): boolean {
  const type = core.registry.named(entry.name);
  if (type !== undefined) return type.byName.get(column)?.reference?.dependency !== undefined;
  return entry.shape.attributes.some(({ name, references }) => name === column && references !== '*');
}
