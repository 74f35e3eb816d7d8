import type { Action } from './actions.js';
import type { Level } from './deed.js';
import { relicClass } from './generations.js';
import { pick } from './pick.js';
import { isWithin, type Path, type Place, placesIn, type StoreState, type ThingState } from './state.js';
import { type ActionKind, CARRYING, type Choice } from './steps.js';
import { ROLE_NAMES, type RoleName } from './thing.js';

const NAMES = ['a', 'e', 'f', 'g', 'b', 'c', 'd', 'é', '\u{1F333} tree', 'CON'];
const WRONG_NAMES = ['', '..', 'a/b', 'nobody'];
/** Above that, stores are deleted instead of made. */
const MOST_STORES = 12;

/** What there is to choose from. */
interface Situation {
  readonly state: StoreState;
  readonly levels: readonly Level[];
  readonly exports: readonly StoreState[];
}

/** Makes actions of choices, which say by numbers what to take. */
export class Chooser {
  readonly #tree: StoreState;
  readonly #levels: readonly Level[];
  readonly #exports: readonly StoreState[];

  constructor({ state, levels, exports }: Situation) {
    this.#tree = state;
    this.#levels = levels;
    this.#exports = exports;
  }

  /** The action for a choice; undefined where there is nothing to do it with. */
  choose(choice: Choice): Action | undefined {
    return this.#chosen(this.#possible(choice.kind as ActionKind, choice), choice);
  }

  /** Stores to do something with: mostly what the running transaction covers. */
  get within(): readonly Place[] {
    const scope = this.#levels.at(-1)?.scope ?? [];
    const covered = placesIn(this.#tree).filter(({ path }) => isWithin(path, scope));
    return covered.length === 0 ? placesIn(this.#tree) : covered;
  }

  // In a transaction nothing is copied, which need not be tried often.
  #possible(kind: ActionKind, { a }: Choice): ActionKind {
    const isCarrying = (CARRYING as readonly ActionKind[]).includes(kind);
    return isCarrying && this.#levels.length > 0 && a % 4 > 0 ? 'move' : kind;
  }

  #chosen(kind: ActionKind, { a, b, c }: Choice): Action | undefined {
    const all = placesIn(this.#tree);
    const { path: at, store } = pick(a % 7 === 6 ? all : this.within, a) as Place;
    switch (kind) {
      case 'create store':
        if (all.length > MOST_STORES) return this.#deletion(a);
        return { do: kind, at, name: nameOf(b) };
      case 'rename': {
        const { path, store: child } = this.#child(a);
        return { do: kind, at: path, name: child?.name ?? 'nobody', newName: nameOf(c) };
      }
      case 'move':
      case 'copy': {
        const { path, store: child } = this.#child(a);
        if (child === undefined) return undefined;
        if (kind === 'copy' && all.length > MOST_STORES) return this.#deletion(a);
        const name = c % 16 === 15 ? 'nobody' : child.name;
        const to = (pick(this.#aimsFor([...path, name], b), b) as Place).path;
        return { do: kind, at: path, name, to, newName: c % 3 === 0 ? name : nameOf(c) };
      }
      case 'delete store':
        return this.#deletion(a);
      case 'create':
        return { do: kind, at, n: b % 8 };
      case 'create many':
        return { do: kind, at, n: b % 8, count: 1 + (c % 3) };
      case 'create broken':
        return { do: kind, at, n: b % 8, count: c % 3 };
      case 'find or create':
        return { do: kind, at, thing: c % 3 === 0 ? null : labelOf(pick(store.things, b)), n: c % 8 };
      case 'update some':
      case 'update tree':
        return { do: kind, at, n: b % 8, newN: c % 8 };
      case 'delete some':
      case 'delete tree':
        return { do: kind, at, n: b % 8 };
      case 'write file':
        return { do: kind, at, name: c % 4 === 0 ? null : nameOf(c) };
      case 'export':
        return { do: kind, at, id: this.#exports.length };
      case 'import':
        if (all.length > MOST_STORES) return this.#deletion(a);
        if (this.#exports.length === 0) return { do: 'export', at, id: 0 };
        return { do: kind, at, name: nameOf(b), id: c % this.#exports.length };
      case 'restore': {
        if (this.#exports.length === 0) return { do: 'export', at, id: 0 };
        const { path, store: child } = this.#child(a);
        return { do: kind, at: path, name: child?.name ?? 'nobody', id: c % this.#exports.length };
      }
      case 'request':
        return { do: kind, at, of: this.#wayFrom(at, { b, c }), n: c % 8 };
      case 'create pump':
        return { do: kind, at };
      case 'install':
      case 'uninstall':
      case 'delete pump': {
        const installed = store.pumps.filter(({ isInstalled }) => isInstalled);
        const pump = (kind === 'uninstall' && c % 4 > 0 ? pick(installed, b) : undefined) ?? pick(store.pumps, b);
        return pump === undefined ? { do: 'create pump', at } : { do: kind, at, pump: pump.label };
      }
      case 'create relic': {
        if (relicClass(this.#tree.generation) === undefined) return { do: 'create', at, n: b % 8 };
        const partner = (n: number) => (n % 3 === 0 ? null : labelOf(pick(store.things, n)));
        return {
          do: kind,
          at,
          of: partner(b),
          guards: c % 4 === 0 ? partner(c) : null,
          beside: c % 4 === 1 ? (pick(store.relics, c)?.label ?? null) : null,
        };
      }
      case 'delete relic': {
        const relic = relicClass(this.#tree.generation) && pick(store.relics, b);
        return relic && { do: kind, at, relic: relic.label };
      }
      case 'delete cell': {
        const cell = pick(store.cells, b);
        return cell && { do: kind, at, cell: cell.label };
      }
      case 'delete file': {
        const file = pick(store.files, b);
        return file && { do: kind, at, file: file.label };
      }
      default:
        return this.#withThing(kind, { path: at, store }, { b, c });
    }
  }

  #withThing(kind: ActionKind, { path: at, store }: Place, { b, c }: { b: number; c: number }): Action | undefined {
    const found = pick(store.things, b);
    if (found === undefined) return { do: 'create', at, n: b % 8 };
    const { label: thing } = found;
    const another = c % 5 === 0 ? null : labelOf(pick(store.things, c));
    switch (kind) {
      case 'change':
        return { do: kind, at, thing, n: c % 8 };
      case 'refer':
        return { do: kind, at, thing, as: (['friend', 'owner', 'boss'] as const)[c % 3] ?? 'friend', to: another };
      case 'hang': {
        const name = c % 5 === 0 ? null : (pick(store.below, c)?.name ?? null);
        return { do: kind, at, thing, as: c % 4 === 0 ? 'lease' : 'part', name };
      }
      case 'point': {
        const { path, store: there } = pick(placesIn(this.#tree), c) as Place;
        const target = pick(there.things, c);
        return { do: kind, at, thing, to: target ? { at: path, thing: target.label } : null };
      }
      case 'power up': {
        const role = pick(ROLE_NAMES, c) as RoleName;
        const priority = pick([undefined, undefined, 0, 1, -1], c);
        return { do: kind, at, thing, target: targetOf(store, c), role, priority };
      }
      case 'power down': {
        if (store.seats.length === 0 && c % 8 > 0) return this.#withThing('power up', { path: at, store }, { b, c });
        const seat = c % 8 === 7 ? undefined : pick(store.seats, c);
        const role = c % 5 === 4 ? undefined : (seat?.role ?? pick(ROLE_NAMES, c));
        return {
          do: kind,
          at,
          thing: seat?.player ?? thing,
          target: seat === undefined ? targetOf(store, c) : seat.target,
          role,
        };
      }
      case 'tie': {
        // What the program has no class for it cannot get.
        const relics = relicClass(this.#tree.generation) === undefined ? [] : store.relics;
        const as = (['keepsake', 'bond', 'pledge'] as const)[b % 3] ?? 'pledge';
        return { do: kind, at, thing, as, relic: c % 5 === 0 ? null : (pick(relics, c)?.label ?? null) };
      }
      case 'attach':
        return { do: kind, at, thing, file: c % 5 === 0 ? null : (pick(store.files, c)?.label ?? null) };
      case 'delete':
        return { do: kind, at, thing };
      default:
        throw new Error(`Nothing is known of ${kind}`);
    }
  }

  #deletion(n: number): Action {
    const { path, store } = this.#child(n);
    const name = n % 11 === 10 || store === undefined ? 'nobody' : store.name;
    return { do: 'delete store', at: path, name, by: n % 3 === 0 ? 'query' : 'name' };
  }

  // Mostly where a store can be moved to, and is not yet.
  #aimsFor(path: Path, n: number): readonly Place[] {
    const isElsewhere = (to: Path) => !isWithin(to, path) && !(to.length === path.length - 1 && isWithin(path, to));
    const aims = this.within.filter((place) => n % 8 === 7 || isElsewhere(place.path));
    return aims.length === 0 ? placesIn(this.#tree) : aims;
  }

  // Mostly where somebody answers.
  #wayFrom(at: Path, { b, c }: { readonly b: number; readonly c: number }): Path {
    const related = placesIn(this.#tree).filter(({ path }) => isWithin(path, at) || isWithin(at, path));
    const answering = related.filter(({ store }) => store.seats.some(({ target }) => target === null));
    return (pick(c % 5 === 0 || answering.length === 0 ? related : answering, b) as Place).path;
  }

  /** Some store that has a parent, as its parent's path and itself. */
  #child(n: number): { readonly path: Path; readonly store: StoreState | undefined } {
    const covered = this.within.filter(({ path }) => path.length > (this.#levels.at(-1)?.scope.length ?? 0));
    const found = pick(n % 8 === 7 || covered.length === 0 ? placesIn(this.#tree).slice(1) : covered, n);
    return { path: found?.path.slice(0, -1) ?? [], store: found?.store };
  }
}

/** For whom a role is played: mostly the store. */
function targetOf({ things }: StoreState, n: number): number | null {
  return n % 3 === 2 ? labelOf(pick(things, n)) : null;
}

function nameOf(n: number): string {
  return (n % 13 === 12 ? pick(WRONG_NAMES, n) : pick(NAMES, n)) as string;
}

function labelOf(thing: ThingState | undefined): number | null {
  return thing?.label ?? null;
}
