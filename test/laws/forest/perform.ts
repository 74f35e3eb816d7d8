import { rmSync } from 'node:fs';
import type { Item, Store, StoredFile } from 'corollary';
import type { Action } from './actions.js';
import { contentOf, labelOf, Thing } from './thing.js';

/** Through what an action is done. */
export interface Means {
  readonly root: Store;
  /** Where the tree lies; exports lie beside it. */
  readonly place: string;
}

function exportOf({ place }: Means, id: number): string {
  return `${place}-export-${id}`;
}

/** Does an action through the public door. `made` are the labels of what it makes. Gives what a program may hold then. */
export function perform(means: Means, action: Action, made: readonly number[]): readonly (Store | Item)[] {
  const { root } = means;
  const store = root.at(action.at);
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
      return [store, store.create(Thing, valuesOf(made[0] as number, action.n))];
    case 'create many':
      return store.createMany(
        Thing,
        made.map((label) => valuesOf(label, action.n)),
        { items: true },
      );
    case 'change':
      return [changed(store, action.thing, (thing) => thing.set({ n: action.n }))];
    case 'refer':
      return [
        changed(store, action.thing, (thing) => {
          thing[action.as] = action.to === null ? null : thingIn(store, action.to);
        }),
      ];
    case 'hang':
      return [
        changed(store, action.thing, (thing) => {
          thing[action.as] = action.name === null ? null : store.substores.query({ name: action.name }).one();
        }),
      ];
    case 'point':
      return [
        changed(store, action.thing, (thing) => {
          thing.to = action.to === null ? null : thingIn(root.at(action.to.at), action.to.thing).address;
        }),
      ];
    case 'attach':
      return [
        changed(store, action.thing, (thing) => {
          thing.scan = action.file === null ? null : fileIn(store, action.file);
        }),
      ];
    case 'delete':
      return [changed(store, action.thing, (thing) => thing.delete())];
    case 'update some':
      store.query(Thing, { n: action.n }).update({ n: action.newN });
      return [store];
    case 'update tree':
      store.tree.query(Thing, { n: action.n }).update({ n: action.newN });
      return [store];
    case 'delete some':
      store.query(Thing, { n: action.n }).delete();
      return [store];
    case 'delete tree':
      store.tree.query(Thing, { n: action.n }).delete();
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

function valuesOf(label: number, n: number) {
  return { label, n, friend: null, owner: null, boss: null, part: null, lease: null, scan: null, to: null };
}

function thingIn(store: Store, label: number): Thing {
  return store.getUnique(Thing, { label });
}

function changed(store: Store, label: number, change: (thing: Thing) => void): Thing {
  const thing = thingIn(store, label);
  change(thing);
  return thing;
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
