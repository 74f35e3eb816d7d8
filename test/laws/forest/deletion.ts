import type { RelicState, StoreState, ThingState } from './state.js';

/** What becomes of an item whose reference leads to something that is deleted. */
type Rule = 'nullify' | 'cascade' | 'refuse';

const RULES_OF_THINGS = {
  friend: 'nullify',
  owner: 'cascade',
  boss: 'refuse',
  keepsake: 'nullify',
  bond: 'cascade',
  pledge: 'refuse',
} as const satisfies Partial<Record<keyof ThingState, Rule>>;
const RULES_OF_RELICS = { of: 'cascade', guards: 'refuse', beside: 'refuse' } as const satisfies Partial<
  Record<keyof RelicState, Rule>
>;

/** A reference of an item. */
interface Reference {
  readonly name: string;
  readonly rule: Rule;
  readonly to: number;
}

/** What a store holds once things or relics of it are deleted with all that goes along; undefined where that is refused. */
export function deletedFrom(store: StoreState, labels: Iterable<number>): Partial<StoreState> | undefined {
  const { things, relics, seats, files } = store;
  const items = [...things, ...relics];
  const doomed = withCascades(items, new Set(labels));
  const leadsThere = (rule: Rule) => (reference: Reference) => reference.rule === rule && doomed.has(reference.to);
  const isStaying = ({ label }: { readonly label: number }) => !doomed.has(label);
  if (items.filter(isStaying).some((item) => referencesOf(item).some(leadsThere('refuse')))) return undefined;
  const freed = <T extends ThingState | RelicState>(item: T): T => {
    const lost = referencesOf(item).filter(leadsThere('nullify'));
    return { ...item, ...Object.fromEntries(lost.map(({ name }) => [name, null])) };
  };
  const owned = new Set(things.filter(({ label }) => doomed.has(label)).map(({ scan }) => scan));
  for (const { scan } of things.filter(isStaying)) owned.delete(scan);
  return {
    things: things.filter(isStaying).map(freed),
    relics: relics.filter(isStaying).map(freed),
    seats: seats.filter(({ player, target }) => !doomed.has(player) && (target === null || !doomed.has(target))),
    files: files.filter(({ label }) => !owned.has(label)),
  };
}

function withCascades(items: readonly (ThingState | RelicState)[], doomed: Set<number>): ReadonlySet<number> {
  const goesAlong = (item: ThingState | RelicState) =>
    referencesOf(item).some(({ rule, to }) => rule === 'cascade' && doomed.has(to));
  for (let size = 0; size !== doomed.size; ) {
    size = doomed.size;
    for (const item of items) if (goesAlong(item)) doomed.add(item.label);
  }
  return doomed;
}

function referencesOf(item: ThingState | RelicState): readonly Reference[] {
  const rules: Readonly<Record<string, Rule>> = 'guards' in item ? RULES_OF_RELICS : RULES_OF_THINGS;
  const cells = item as unknown as Readonly<Record<string, number | null>>;
  return Object.entries(rules).flatMap(([name, rule]) => {
    const to = cells[name] ?? null;
    return to === null ? [] : [{ name, rule, to }];
  });
}
