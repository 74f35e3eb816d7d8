import type { Action } from './actions.js';
import type { Deed } from './deed.js';

export function createRelic(deed: Deed, { of, guards, beside }: Extract<Action, { do: 'create relic' }>): void {
  deed.assertWritable();
  const label = deed.next();
  deed.made.push(label);
  deed.at.relics.push({ label, of, guards, beside });
}
