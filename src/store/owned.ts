import type { Referrer } from './catalog.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import { referencesOf, referringRows } from './referring-rows.js';
import type { StoreCore } from './store-core.js';

type Doomed = ReadonlyMap<CatalogueEntry, ReadonlySet<number>>;

/** The items, by type, that only doomed ones own, and that are not doomed themselves yet. */
export function ownedByDoomed(core: StoreCore, doomed: Doomed): [CatalogueEntry, readonly number[]][] {
  const found = new Map<CatalogueEntry, Set<number>>();
  for (const [entry, ids] of doomed)
    for (const column of entry.shape.rules.owned ?? [])
      for (const [, target] of referencesOf(core, { entry, column }, [...ids])) add(core, doomed, found, target);
  for (const [entry, targets] of found) spareOthers(core, doomed, entry, targets);
  return [...found].flatMap(([entry, targets]) => (targets.size === 0 ? [] : [[entry, [...targets]]]));
}

function add(core: StoreCore, doomed: Doomed, found: Map<CatalogueEntry, Set<number>>, target: number): void {
  const entry = core.entryOfId(target);
  if (entry === undefined || doomed.get(entry)?.has(target)) return;
  const targets = found.get(entry) ?? new Set();
  targets.add(target);
  found.set(entry, targets);
}

/** Takes out what an item owns that stays. */
function spareOthers(core: StoreCore, doomed: Doomed, entry: CatalogueEntry, targets: Set<number>): void {
  for (const referrer of core.catalog.referrersOf(entry.name).filter(isOwner))
    for (const [id, target] of referringRows(core, referrer, [...targets]))
      if (!doomed.get(referrer.entry)?.has(id)) targets.delete(target);
}

function isOwner({ entry, column }: Referrer): boolean {
  return entry.shape.rules.owned?.includes(column) === true;
}
