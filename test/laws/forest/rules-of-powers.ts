import type { Action } from './actions.js';
import type { Deed } from './deed.js';
import { isWithin, type Path, playersOf, type Seat, type StoreState, storeAt } from './state.js';

export function powerUp(
  deed: Deed,
  { role, target, thing: player, priority }: Extract<Action, { do: 'power up' }>,
): void {
  const known = deed.at.seats.find((seat) => seat.role === role && seat.target === target && seat.player === player);
  const isTheSame = known !== undefined && (priority ?? known.priority) === known.priority;
  if (isTheSame) deed.excuseWrite();
  else deed.assertWritable();
  if (known === undefined) deed.at.seats.push({ role, target, player, priority: priority ?? 0 });
  else known.priority = priority ?? known.priority;
}

export function powerDown(deed: Deed, { role, target, thing: player }: Extract<Action, { do: 'power down' }>): void {
  deed.assertWritable();
  const isMeant = (seat: Seat) =>
    seat.player === player && seat.target === target && (role === undefined || seat.role === role);
  deed.assert(deed.at.seats.some(isMeant), 'NO_POWERUP');
  deed.at.seats = deed.at.seats.filter((seat) => !isMeant(seat));
}

// Who answers lives in the store that is asked: a role that is not inherited.
export function request(deed: Deed, path: Path, n: number): void {
  const [first] = playersOf(deed.after, path, null, 'helping');
  deed.assert(first !== undefined, 'NO_POWERUP');
  // A request may go up to whatever the outermost transaction covers.
  const [outermost] = deed.circumstances.levels;
  deed.assert(outermost === undefined || isWithin(path, outermost.scope), 'OUTSIDE_TREE');
  deed.assert(deed.circumstances.levels.at(-1)?.isReadOnly !== true, 'READ_ONLY');
  const label = Number(first?.split('/').at(-1));
  for (const thing of (storeAt(deed.after, path) as StoreState).things) if (thing.label === label) thing.n = n;
}
