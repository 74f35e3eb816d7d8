import { expect } from 'vitest';
import type { Binding } from './binding.js';
import { type Hook, hooksHeard, wrongForHooks } from './hooks.js';
import { placesIn, type StoreState } from './state.js';
import { CARRYING, type Step } from './steps.js';

/** A step that was done, or was not. */
export interface Done {
  readonly step: Step;
  readonly before: StoreState;
  readonly after: StoreState;
}

/** A thing as plain text, so that it can be compared, and the life of its store. */
interface KnownThing {
  readonly life: number;
  readonly cells: string;
}

/** Compares the hooks that have run with what became of each thing in one step. */
export function agreeOnHooks({ step, before, after }: Done, binding: Binding, said: string): void {
  const times = hooksHeard();
  expect(wrongForHooks(), `${said}: what hooks found`).toEqual([]);
  const run = (hook: Hook, at: string) => times.get(`${hook} ${at}`) ?? 0;
  const [were, are] = [thingsIn(before, binding), thingsIn(after, binding)];
  for (const [at, { life, cells }] of are) {
    const known = were.get(at);
    const isCreated = known === undefined && !comesAlong(step);
    const isChanged = isCreated || (known?.life === life && known.cells !== cells);
    const mayBeTold = before !== after && !comesAlong(step);
    expect(run('stored', at), `${said}: stored of ${at}`).toBe(isCreated ? 1 : 0);
    // Whether what was changed and changed back counts, is left open.
    expect(run('committed', at), `${said}: committed of ${at}`).toBeOneOf(isChanged ? [1] : mayBeTold ? [0, 1] : [0]);
    expect(run('deleted', at), `${said}: deleted of ${at}, which is there`).toBe(0);
  }
  const lives = new Set(placesIn(after).map(({ store }) => store.life));
  for (const [at, { life }] of were) {
    // Those of a store that is deleted are not told, unless they were deleted before.
    if (!are.has(at)) expect(run('deleted', at), `${said}: deleted of ${at}`).toBeOneOf(lives.has(life) ? [1] : [0, 1]);
  }
  const committed = [...times.keys()].filter((told) => told.startsWith('committed '));
  const ofNothing = committed.filter((told) => !are.has(told.slice('committed '.length)));
  expect(ofNothing, `${said}: committed of what is not there`).toEqual([]);
}

// What is copied, imported or restored was stored before.
function comesAlong(step: Step): boolean {
  return 'kind' in step && (CARRYING as readonly string[]).includes(step.kind);
}

function thingsIn(state: StoreState, binding: Binding): Map<string, KnownThing> {
  const all = placesIn(state).flatMap(({ store: { key, life, things } }) =>
    things.map((thing) => {
      const cells = JSON.stringify(Object.entries(thing).sort());
      return [`${binding.uid(key, '')}/${thing.label}`, { life, cells }] as const;
    }),
  );
  return new Map(all);
}
