import {
  dependsOn,
  Item,
  type ItemClass,
  install,
  installedOn,
  integer,
  item,
  role,
  type Store,
  uninstall,
} from 'corollary';
import { expect, test } from 'vitest';
import { aMemoryStore } from '../support/a-store.js';
import { fc } from '../support/chance.js';

// Random installing and uninstalling against a model of plain sets. A step says a class, an item of it, or a target by
// number; the model says what must come of it, and afterwards all must agree: who is installed where, who plays the role,
// what each dependency is filled with.

const runs = Number(process.env.RUNS ?? 25);

const Part = role('laws.part');
const roles = () => [Part];

abstract class Piece extends Item {
  @integer({ nullable: true }) declare number: number | null;
}
@item('leaf', { roles })
class Leaf extends Piece {}
@item('twig', { roles })
class Twig extends Piece {
  @dependsOn(() => Leaf) declare leaf: Leaf | null;
}
@item('branch', { roles })
class Branch extends Piece {
  @dependsOn(() => Twig) declare twig: Twig | null;
  @dependsOn(() => Leaf) declare leaf: Leaf | null;
}
@item('moon', { roles })
class Moon extends Piece {
  @dependsOn(() => Earth) declare earth: Earth | null;
}
@item('earth', { roles })
class Earth extends Piece {
  @dependsOn(() => Moon) declare moon: Moon | null;
  @dependsOn(() => Twig) declare twig: Twig | null;
}
const classes: ItemClass<Piece>[] = [Leaf, Twig, Branch, Moon, Earth];
/** By class: the attributes that are dependencies, with the number of the class. */
const DEPENDENCIES: readonly (readonly (readonly [attribute: string, itemClass: number])[])[] = [
  [],
  [['leaf', 0]],
  [
    ['twig', 1],
    ['leaf', 0],
  ],
  [['earth', 4]],
  [
    ['moon', 3],
    ['twig', 1],
  ],
];

/** An item as the model has it. */
interface Model {
  readonly itemClass: number;
  readonly filled: Map<string, Model>;
  /** The number of the target; undefined when it is not installed. */
  on: number | undefined;
  isExplicit: boolean;
}

class Refusal extends Error {}

/** All items by number, in the order in which they came to be; and the installed ones in the order of installation. */
class World {
  readonly items: Model[] = [];
  installed: Model[] = [];

  make(itemClass: number): Model {
    const made: Model = { itemClass, filled: new Map(), on: undefined, isExplicit: false };
    this.items.push(made);
    return made;
  }

  install(one: Model, on: number, isExplicit: boolean): void {
    if (one.on !== undefined && one.on !== on) throw new Refusal('INSTALL_REFUSED');
    if (one.on === undefined) this.#add(one, on, isExplicit);
    else if (isExplicit) {
      one.isExplicit = true;
      for (const [attribute, itemClass] of dependenciesOf(one))
        if (one.filled.get(attribute)?.on !== on) this.#fill(one, attribute, itemClass);
    }
  }

  #add(one: Model, on: number, isExplicit: boolean): void {
    const there = this.installed.filter((other) => other.on === on);
    const needed = there.flatMap((other) => [...other.filled.values()]).filter((other) => other.on === on);
    if (needed.some((other) => other.itemClass === one.itemClass)) throw new Refusal('INSTALL_REFUSED');
    Object.assign(one, { on, isExplicit });
    this.installed.push(one);
    for (const [attribute, itemClass] of dependenciesOf(one)) this.#fill(one, attribute, itemClass);
  }

  #fill(one: Model, attribute: string, itemClass: number): void {
    const there = this.installed.find((other) => other.on === one.on && other.itemClass === itemClass);
    const filler = there ?? one.filled.get(attribute) ?? this.make(itemClass);
    one.filled.set(attribute, filler);
    if (there === undefined) this.install(filler, one.on as number, false);
  }

  uninstall(one: Model): void {
    if (one.on === undefined) throw new Refusal('NOT_INSTALLED');
    const there = this.installed.filter((other) => other.on === one.on);
    const staying = new Set(there.filter((other) => other.isExplicit && other !== one));
    for (const other of staying)
      for (const filler of other.filled.values()) if (filler.on === one.on) staying.add(filler);
    if (staying.has(one)) throw new Refusal('UNINSTALL_REFUSED');
    const going = there.filter((other) => !staying.has(other));
    for (const other of going) Object.assign(other, { on: undefined, isExplicit: false });
    this.installed = this.installed.filter((other) => !going.includes(other));
  }

  refer(one: Model, to: Model): void {
    one.filled.clear();
    for (const [attribute, itemClass] of dependenciesOf(one))
      if (to.itemClass === itemClass) one.filled.set(attribute, to);
  }

  /** Everything as it is, to be put back. */
  copy(): () => void {
    const [items, installed] = [[...this.items], [...this.installed]];
    const states = items.map(({ on, isExplicit, filled }) => ({ on, isExplicit, filled: [...filled] }));
    return () => {
      this.items.splice(0, Number.POSITIVE_INFINITY, ...items);
      this.installed = installed;
      for (const [at, { on, isExplicit, filled }] of states.entries()) {
        const one = items[at] as Model;
        Object.assign(one, { on, isExplicit });
        one.filled.clear();
        for (const [attribute, filler] of filled) one.filled.set(attribute, filler);
      }
    };
  }
}

function dependenciesOf({ itemClass }: Model): readonly (readonly [string, number])[] {
  return DEPENDENCIES[itemClass] ?? [];
}

type Step =
  | { readonly do: 'create'; readonly itemClass: number }
  | { readonly do: 'install'; readonly item: number; readonly target: number }
  | { readonly do: 'uninstall'; readonly item: number }
  | { readonly do: 'refer'; readonly item: number; readonly to: number };

const small = fc.nat(1000);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('create' as const), itemClass: fc.nat(classes.length - 1) }),
  fc.record({ do: fc.constant('install' as const), item: small, target: fc.nat(1) }),
  fc.record({ do: fc.constant('install' as const), item: small, target: fc.nat(1) }),
  fc.record({ do: fc.constant('uninstall' as const), item: small }),
  fc.record({ do: fc.constant('refer' as const), item: small, to: small }),
);
/** Steps that are a transaction, which may be undone in the end. */
const level = fc.record({ steps: fc.array(step, { minLength: 1, maxLength: 8 }), isUndone: fc.boolean() });

/** The items of a store, in the order in which they came to be. */
function itemsOf(store: Store): Piece[] {
  return classes.flatMap((itemClass) => store.query(itemClass).all()).sort((a, b) => sequence(a) - sequence(b));
}
// docs/file-format.md: the number of a type is the lowest 12 bits of an id.
const sequence = ({ storeId }: Item) => Math.floor(storeId / 4096);

function codeOr(act: () => void): string {
  try {
    act();
    return 'done';
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    return (error as { code: string }).code;
  }
}

function inModel(world: World, one: Step): string {
  if (one.do === 'create') return codeOr(() => void world.make(one.itemClass));
  const model = nth(world.items, one.item);
  if (one.do === 'refer') return codeOr(() => world.refer(model, nth(world.items, one.to)));
  const putBack = world.copy();
  const code = codeOr(() => (one.do === 'install' ? world.install(model, one.target, true) : world.uninstall(model)));
  if (code !== 'done') putBack();
  return code;
}

function inStore(store: Store, targets: readonly (Store | Item)[], one: Step): string {
  if (one.do === 'create') return codeOr(() => void store.create(classes[one.itemClass] as ItemClass<Piece>, {}));
  const items = itemsOf(store);
  const real = nth(items, one.item);
  if (one.do === 'install') return codeOr(() => install(real, targets[one.target] as Store));
  if (one.do === 'uninstall') return codeOr(() => uninstall(real));
  return codeOr(() => refer(real, nth(items, one.to)));
}

/** Has the dependencies of an item refer to another one where it has the right class, and to nothing else. */
function refer(real: Piece, to: Piece): void {
  const values = (DEPENDENCIES[numberOf(real)] ?? []).map(([name, wanted]) => [
    name,
    numberOf(to) === wanted ? to : null,
  ]);
  real.set(Object.fromEntries(values));
}

function numberOf(piece: Piece): number {
  return classes.indexOf(piece.constructor as ItemClass<Piece>);
}

function nth<T>(all: readonly T[], n: number): T {
  return all[n % all.length] as T;
}

function assertAgree(world: World, store: Store, targets: readonly (Store | Item)[]): void {
  const real = itemsOf(store);
  expect(real.map(numberOf)).toEqual(world.items.map(({ itemClass }) => itemClass));
  expect(real.map((one) => targets.indexOf(installedOn(one) as Store))).toEqual(world.items.map(({ on }) => on ?? -1));
  for (const [at, target] of targets.entries())
    expect(new Set(target.powerupsFor(Part))).toEqual(new Set(real.filter((_, n) => world.items[n]?.on === at)));
  for (const [n, model] of world.items.entries())
    for (const [attribute] of dependenciesOf(model))
      expect(real.indexOf(Reflect.get(real[n] as Piece, attribute) as Piece)).toBe(
        world.items.indexOf(model.filled.get(attribute) as Model),
      );
}

test('what is installed is what a model of sets says, after whatever was installed, uninstalled and undone', {
  timeout: 120_000 + 1000 * runs,
}, () => {
  fc.assert(
    fc.property(fc.array(level, { maxLength: 8 }), (levels) => {
      const store = aMemoryStore();
      @item('pot')
      class Pot extends Piece {}
      const targets = [store, store.create(Pot, {})];
      const world = new World();
      for (const [n, itemClass] of [...classes, ...classes].entries()) {
        world.make(n % classes.length);
        store.create(itemClass, {});
      }
      for (const { steps, isUndone } of levels) {
        const putBack = world.copy();
        const failing = () =>
          store.transact(() => {
            for (const one of steps) expect([one, inStore(store, targets, one)]).toEqual([one, inModel(world, one)]);
            assertAgree(world, store, targets);
            if (isUndone) throw new Refusal('undone');
          });
        expect(codeOr(failing)).toBe(isUndone ? 'undone' : 'done');
        if (isUndone) putBack();
        assertAgree(world, store, targets);
      }
      store.close();
    }),
    { numRuns: runs },
  );
});
