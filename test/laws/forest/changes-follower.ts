import type { LiveChanges, Store, Subscription } from 'corollary';
import { expect } from 'vitest';
import { cellsOf, expectedCells } from './agree.js';
import type { Binding } from './binding.js';
import { type Beginning, type Follower, Following, type FoundThing, POLL_MS } from './following.js';
import type { StoreState } from './state.js';
import type { Thing } from './thing.js';

/** Keeps all cells of an answer, as the changes that it is told say. */
export class ChangesFollower implements Follower {
  readonly store: Store;
  readonly life: number;
  readonly #following: Following;
  readonly #subscription: Subscription;
  /** By address. */
  readonly #cells = new Map<string, readonly unknown[]>();

  constructor(beginning: Beginning) {
    this.store = beginning.store;
    this.life = beginning.life;
    this.#following = new Following(beginning);
    const { query } = this.#following;
    this.#keep(query.all());
    this.#subscription = query.subscribe((changes) => guarded(() => this.#follow(changes), beginning.onError), {
      changes: true,
      pollMs: POLL_MS,
      onError: beginning.onError,
    });
  }

  #keep(things: readonly Thing[]): void {
    for (const thing of things) this.#cells.set(`${thing.store.uid}/${thing.storeId}`, cellsOf(thing));
  }

  #follow({ added, changed, removed }: LiveChanges<Thing>): void {
    const { name } = this.#following;
    expect(added.length + changed.length + removed.length, `${name}: told of nothing`).toBeGreaterThan(0);
    for (const { uid, storeId } of removed)
      expect(this.#cells.delete(`${uid}/${storeId}`), `${name}: removed, but not there`).toBe(true);
    const areKnown = ({ address }: Thing) => this.#cells.has(address);
    expect(added.filter(areKnown), `${name}: added, but there`).toEqual([]);
    expect(changed.every(areKnown), `${name}: changed, but not there`).toBe(true);
    this.#keep([...added, ...changed]);
  }

  agree(state: StoreState, binding: Binding, said: string): void {
    const wanted = this.#following.answer(state).map((found) => this.#expected(found, binding));
    const about = `${said}: changes that were told of ${this.#following.name}`;
    expect([...this.#cells].sort(byAddress), about).toEqual([...wanted].sort(byAddress));
  }

  #expected({ key, thing }: FoundThing, binding: Binding): readonly [string, readonly unknown[]] {
    const address = binding.address({ key, label: thing.label }) ?? `nothing seen of ${thing.label}`;
    const id = (label: number) => binding.id(key, label, Number.NaN);
    const seen = this.#cells.get(address)?.at(-1) as string | null | undefined;
    return [address, expectedCells(thing, id, binding, seen)];
  }

  end(): void {
    this.#subscription.close();
  }
}

const byAddress = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);

// What a listener throws goes to the event loop, which knows nothing of the course.
function guarded(listener: () => void, onError: (error: unknown) => void): void {
  try {
    listener();
  } catch (error) {
    onError(error);
  }
}
