import type { Pledge } from '../item/pledge.js';
import type { AnyRole } from '../item/role.js';
import { Refusal } from '../schema/codec.js';
import type { LinkEnds } from './link-ends.js';
import type { AxiomPowerupReport } from './report.js';
import { AxiomRow } from './source/axiom-row.js';
import { type AxiomStore, THE_STORE } from './source/axiom-store.js';

/** That an item plays a role in an Axiom store, as it will be. */
export interface FoundPowerup {
  readonly role: AnyRole;
  /** Undefined for the store. */
  readonly target: Pledge | undefined;
  readonly player: Pledge;
  readonly priority: number;
}

/** That an item plays a role, and why it is left out. */
interface LeftOutPowerup {
  readonly interface: string;
  readonly why: string;
}

/** The type of the items that connect powerups. */
const CONNECTOR = 'axiom_powerup_connector';

/** Every powerup of a store, in the order in which they were given. */
export function* powerupsOf(
  source: AxiomStore,
  ends: LinkEnds,
  roles: ReadonlyMap<string, AnyRole>,
): Generator<FoundPowerup | LeftOutPowerup> {
  for (const type of source.types.filter(({ name }) => name === CONNECTOR))
    for (const item of source.itemsOf(type)) yield found(new AxiomRow(type, item, () => {}), ends, roles);
}

function found(row: AxiomRow, ends: LinkEnds, roles: ReadonlyMap<string, AnyRole>): FoundPowerup | LeftOutPowerup {
  try {
    return foundFor(row, row.text('interface') ?? '', ends, roles);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { interface: '', why: `the connector ${error.message}` };
  }
}

function foundFor(
  row: AxiomRow,
  name: string,
  ends: LinkEnds,
  roles: ReadonlyMap<string, AnyRole>,
): FoundPowerup | LeftOutPowerup {
  const role = roles.get(name);
  if (role === undefined) return { interface: name, why: 'no role stands for the interface' };
  const targetId = row.referredId('item');
  const target = targetId === THE_STORE ? undefined : endOf(targetId, ends);
  if (typeof target === 'string') return { interface: name, why: `it is for ${target}` };
  const player = endOf(row.referredId('powerup'), ends);
  if (typeof player === 'string') return { interface: name, why: `it is ${player}` };
  return { role, target, player, priority: row.integer('priority') ?? 0 };
}

function endOf(storeId: number | null, ends: LinkEnds): Pledge | string {
  return storeId === null ? 'nothing' : ends.ofItem(storeId);
}

/** True for one that is left out. */
export function isLeftOut(powerup: FoundPowerup | LeftOutPowerup): powerup is LeftOutPowerup {
  return 'why' in powerup;
}

/** What becomes of the powerups of a store. */
export function reportOn(powerups: Iterable<FoundPowerup | LeftOutPowerup>): AxiomPowerupReport {
  const leftOut = new Map<string, { readonly interface: string; readonly why: string; count: number }>();
  let given = 0;
  for (const powerup of powerups) {
    if (!isLeftOut(powerup)) given++;
    else {
      const key = JSON.stringify(powerup);
      const known = leftOut.get(key) ?? { ...powerup, count: 0 };
      known.count++;
      leftOut.set(key, known);
    }
  }
  return { given, leftOut: [...leftOut.values()] };
}
