import { rmSync } from 'node:fs';
import { type Item, type ItemClass, install, type Store, type StoredFile, uninstall } from 'corollary';
import type { Action } from './actions.js';
import { hasHooks, relicClass, thingClass } from './generations.js';
import { REFUSED } from './hooks.js';
import { Cell, labelNextCell, Pump } from './pump.js';
import type { Relic } from './relic.js';
import type { Path } from './state.js';
import { contentOf, labelOf, ROLES, sayingOf, type Thing } from './thing.js';

/** Through what an action is done. */
export interface Means {
  readonly root: Store;
  /** Where the tree lies; exports lie beside it. */
  readonly place: string;
  /** The version of the program that does it. */
  readonly generation: number;
}

function exportOf({ place }: Means, id: number): string {
  return `${place}-export-${id}`;
}

/** Does an action through the public door. `made` are the labels of what it makes. Gives what a program may hold then. */
export function perform(means: Means, action: Action, made: readonly number[]): readonly (Store | Item)[] {
  const { root } = means;
  const store = root.at(action.at);
  const Things = thingClass(means.generation);
  const thingIn = (where: Store, label: number) => where.getUnique(Things, { label });
  const changed = (label: number, change: (thing: Thing) => void) => {
    const thing = thingIn(store, label);
    change(thing);
    return thing;
  };
  switch (action.do) {
    case 'create store':
      return [store, store.substores.create(action.name)];
    case 'rename':
      store.substores.rename(action.name, action.newName);
      return [store, store.at([action.newName])];
    case 'move': {
      const to = root.at(action.to);
      store.substores.move(action.name, to, action.newName);
      return [store, to.at([action.newName])];
    }
    case 'copy':
      return [store.substores.copy(action.name, root.at(action.to), action.newName)];
    case 'delete store':
      if (action.by === 'name') store.substores.delete(action.name);
      else store.substores.query({ name: action.name }).delete();
      return [store];
    case 'create':
      return [store, store.create(Things, valuesOf(made[0] as number, action.n))];
    case 'create many':
      if (action.n % 2 === 0) {
        // No objects yet: they are built from rows, when somebody looks.
        store.createMany(
          Things,
          made.map((label) => valuesOf(label, action.n)),
        );
        return [store];
      }
      return store.createMany(
        Things,
        made.map((label) => valuesOf(label, action.n)),
        { items: true },
      );
    case 'create broken': {
      const rows = made.map((label) => valuesOf(label, action.n));
      const broken = { ...valuesOf(made.at(-1) as number, action.n), n: refusedNumber(means.generation) };
      store.createMany(Things, [...rows.slice(0, -1), broken]);
      return [store];
    }
    case 'find or create': {
      const { label, ...others } = valuesOf(action.thing ?? (made[0] as number), action.n);
      const found = store.findOrCreate(Things, { label }, others);
      if (found.label !== label) throw new Error(`${found.label} was found, not ${label}`);
      return [store, found];
    }
    case 'change':
      return [changed(action.thing, (thing) => thing.set(sayingOf(action.n)))];
    case 'refer':
      return [
        changed(action.thing, (thing) => {
          thing[action.as] = action.to === null ? null : thingIn(store, action.to);
        }),
      ];
    case 'hang':
      return [
        changed(action.thing, (thing) => {
          thing[action.as] = action.name === null ? null : store.substores.query({ name: action.name }).one();
        }),
      ];
    case 'point':
      return [
        changed(action.thing, (thing) => {
          thing.to = action.to === null ? null : thingIn(root.at(action.to.at), action.to.thing).address;
        }),
      ];
    case 'power up': {
      const { priority } = action;
      const target = action.target === null ? store : thingIn(store, action.target);
      const options = priority === undefined ? {} : { priority };
      target.powerUp(thingIn(store, action.thing), ROLES[action.role], options);
      return [store, ...(action.target === null ? [] : [thingIn(store, action.target)])];
    }
    case 'power down': {
      const target = action.target === null ? store : thingIn(store, action.target);
      target.powerDown(thingIn(store, action.thing), action.role && ROLES[action.role]);
      return [store];
    }
    case 'request': {
      const answered = store.ask(wayTo(action.at, action.of), ROLES.helping, 'become', action.n);
      if (answered !== action.n) throw new Error(`${answered} was answered, not ${action.n}`);
      return [store];
    }
    case 'create pump':
      store.create(Pump, { label: made[0] as number });
      return [store];
    case 'install':
      labelNextCell(made[0]);
      install(store.getUnique(Pump, { label: action.pump }), store);
      return [store];
    case 'uninstall':
      uninstall(store.getUnique(Pump, { label: action.pump }));
      return [store];
    case 'delete pump':
      store.delete(store.getUnique(Pump, { label: action.pump }));
      return [store];
    case 'delete cell':
      store.delete(store.getUnique(Cell, { label: action.cell }));
      return [store];
    case 'create relic':
      return [store, createRelic(store, action, { label: made[0] as number, generation: means.generation })];
    case 'tie':
      return [
        changed(action.thing, (thing) => {
          thing[action.as] = action.relic === null ? null : relicIn(store, action.relic, means.generation);
        }),
      ];
    case 'delete relic':
      relicIn(store, action.relic, means.generation).delete();
      return [store];
    case 'attach':
      return [
        changed(action.thing, (thing) => {
          thing.scan = action.file === null ? null : fileIn(store, action.file);
        }),
      ];
    case 'delete':
      return [changed(action.thing, (thing) => thing.delete())];
    case 'update some':
      store.query(Things, { n: action.n }).update(sayingOf(action.newN));
      return [store];
    case 'update tree':
      store.tree.query(Things, { n: action.n }).update(sayingOf(action.newN));
      return [store];
    case 'delete some':
      store.query(Things, { n: action.n }).delete();
      return [store];
    case 'delete tree':
      store.tree.query(Things, { n: action.n }).delete();
      return [store];
    case 'write file':
      return [store.files.write(contentOf(made[0] as number), { name: action.name })];
    case 'delete file':
      fileIn(store, action.file).delete();
      return [store];
    case 'export':
      rmSync(exportOf(means, action.id), { recursive: true, force: true }); // that of a process that was killed meanwhile
      store.tree.export(exportOf(means, action.id));
      return [store];
    case 'import':
      return [store.tree.import(exportOf(means, action.id), action.name)];
    case 'restore':
      return [store.substores.restore(action.name, exportOf(means, action.id))];
  }
}

// By the hook, when all rows are written; or before any is.
function refusedNumber(generation: number): number {
  return hasHooks(generation) ? REFUSED : 0.5;
}

/** From a store to one above or below it, as requests take it. */
function wayTo(from: Path, to: Path): Path {
  return from.length > to.length ? from.slice(to.length).map(() => '..') : to.slice(from.length);
}

function valuesOf(label: number, n: number) {
  return {
    label,
    ...sayingOf(n),
    friend: null,
    owner: null,
    boss: null,
    part: null,
    lease: null,
    scan: null,
    keepsake: null,
    bond: null,
    pledge: null,
    to: null,
  };
}

// A file has no attribute for a label: its content tells it.
function fileIn(store: Store, label: number): StoredFile {
  const found = store.files
    .query()
    .all()
    .find((one) => labelOf(one.text()) === label);
  if (found === undefined) throw new Error(`No file ${label} in ${store.path.join('/')}`);
  return found;
}

function createRelic(
  store: Store,
  { of, guards, beside }: Extract<Action, { do: 'create relic' }>,
  { label, generation }: { readonly label: number; readonly generation: number },
): Relic {
  const Things = thingClass(generation);
  const thingOf = (one: number | null) => (one === null ? null : store.getUnique(Things, { label: one }));
  return store.create(relicClass(generation) as ItemClass<Relic>, {
    label,
    of: thingOf(of),
    guards: thingOf(guards),
    beside: beside === null ? null : relicIn(store, beside, generation),
  });
}

function relicIn(store: Store, label: number, generation: number): Relic {
  return store.getUnique(relicClass(generation) as ItemClass<Relic>, { label });
}
