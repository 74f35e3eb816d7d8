import { Item, integer, item, type Store, text } from 'corollary';
import { expect, test } from 'vitest';
import { aStore } from '../support/a-store.js';
import { fc } from '../support/chance.js';

// Whatever is opened, written, undone and evicted in whatever order: the stores hold what a Map holds.

const runs = Number(process.env.RUNS ?? 10);

@item('entry')
class Entry extends Item {
  @text({ unique: true }) declare key: string;
  @integer() declare value: number;
}

const STORES = 12;
const KEYS = ['a', 'b', 'c'];

class Undone extends Error {}

const at = fc.nat(STORES - 1);
const key = fc.constantFrom(...KEYS);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('write' as const), at, key, value: fc.nat(99) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), at, key }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), at }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('undo' as const), at, key, value: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('scan' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** The stores, what they should hold, and the items that were once handed out. */
interface World {
  readonly root: Store;
  readonly parts: readonly Store[];
  readonly model: readonly Map<string, number>[];
  readonly held: Map<string, Entry>;
}

function aWorld(maxOpenSubstores: number): World {
  const root = aStore({ maxOpenSubstores, durability: 'relaxed', types: [Entry] });
  const names = Array.from({ length: STORES }, (_, i) => `s${i}`);
  root.transact(() => names.map((name) => root.substores.create(name)));
  const parts = names.map((name) => root.at(name));
  return { root, parts, model: parts.map(() => new Map()), held: new Map() };
}

function write(part: Store, name: string, value: number): Entry {
  const entry = part.findUnique(Entry, { key: name });
  if (entry === undefined) return part.create(Entry, { key: name, value });
  entry.value = value;
  return entry;
}

function contents(part: Store): [string, number][] {
  return part
    .query(Entry)
    .orderBy((e) => e.key.asc())
    .all()
    .map((e): [string, number] => [e.key, e.value]);
}

const sorted = (map: ReadonlyMap<string, number>): [string, number][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

const STEPS: { readonly [D in Step['do']]: (world: World, step: Extract<Step, { do: D }>) => void } = {
  write({ parts, model, held }, { at: i, key: name, value }) {
    held.set(`${i} ${name}`, write(parts[i]!, name, value));
    model[i]!.set(name, value);
  },
  remove({ parts, model, held }, { at: i, key: name }) {
    parts[i]!.query(Entry, { key: name }).delete();
    held.delete(`${i} ${name}`);
    model[i]!.delete(name);
  },
  read({ parts, model }, { at: i }) {
    expect(contents(parts[i]!)).toEqual(sorted(model[i]!));
  },
  undo({ root, parts }, { at: i, key: name, value }) {
    const undone = () =>
      parts[i]!.transact(() => {
        write(parts[i]!, name, value);
        root.tree.count(Entry); // evicts what it can
        throw new Undone();
      });
    expect(undone).toThrow(Undone);
  },
  scan({ root, model }) {
    expect(root.tree.count(Entry)).toBe(model.reduce((sum, { size }) => sum + size, 0));
  },
};

function perform<D extends Step['do']>(world: World, one: Extract<Step, { do: D }>): void {
  STEPS[one.do as D](world, one);
  const { openSubstores, maxOpenSubstores, pinnedSubstores, opens, evictions } = world.root.tree.stats();
  expect(openSubstores).toBeLessThanOrEqual(maxOpenSubstores);
  expect([pinnedSubstores, opens - evictions]).toEqual([0, openSubstores]);
}

test('nothing is lost by eviction, and items stay what they are', { timeout: 120_000 + 1000 * runs }, () => {
  fc.assert(
    // A transaction keeps one store open, and the tree query in it needs one more.
    fc.property(fc.integer({ min: 2, max: 8 }), fc.array(step, { maxLength: 60, size: 'max' }), (maxOpen, steps) => {
      const world = aWorld(maxOpen);
      for (const one of steps) perform(world, one as never);
      expect(world.parts.map(contents)).toEqual(world.model.map(sorted));
      for (const [where, entry] of world.held) {
        const [i, name] = where.split(' ') as [string, string];
        expect([where, entry.value]).toEqual([where, world.model[Number(i)]!.get(name)]);
        expect(world.parts[Number(i)]!.findUnique(Entry, { key: name })).toBe(entry);
      }
      world.root.close();
    }),
    { numRuns: runs },
  );
});
