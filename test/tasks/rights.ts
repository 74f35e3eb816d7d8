import { join } from 'node:path';
import { CorollaryError, Item, item, Store, type StoredFile, text } from 'corollary';

@item('note')
class Note extends Item {
  @text() declare title: string;
}

const types = [Note];
/** Whom a process that is root becomes: an account that owns nothing else. */
export const NOBODY = 65_534;

/** From now on the rights of files bind this process. Says why where that cannot be done. */
export function giveUpRights(): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  try {
    process.setgroups?.([]);
    process.setgid?.(NOBODY);
    process.setuid?.(NOBODY);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** All functions here close what they open. */
export function rest(): void {}

/** A store with a note, a file and a substore with a note. A backup of it lies beside it, and a place for others. */
export function prepare(place: string): void {
  using store = Store.open(place, { types });
  store.create(Note, { title: 'above' });
  store.files.write('a letter', { name: 'letter' });
  store.substores.create('part').create(Note, { title: 'below' });
  store.tree.backup(`${place}-backup`);
}

function inStore(place: string, use: (store: Store) => unknown, options: object = { mustExist: true }): unknown {
  using store = Store.open(place, { types, ...options });
  return use(store);
}

const beside = (place: string, name: string) => join(place, '..', 'to', name);
const letter = ({ files }: Store) => files.named('letter') as StoredFile;

const DEEDS = {
  'open a new store': (place: string) => inStore(beside(place, 'new'), () => undefined, {}),
  read: (place: string) => inStore(place, (store) => store.count(Note)),
  'read with readOnly': (place: string) => inStore(place, (store) => store.count(Note), { readOnly: true }),
  'read the tree': (place: string) => inStore(place, (store) => store.tree.count(Note)),
  'read a file': (place: string) => inStore(place, (store) => letter(store).text()),
  write: (place: string) => inStore(place, (store) => void store.create(Note, { title: 'more' })),
  'write below': (place: string) => inStore(place, (store) => void store.at('part').create(Note, { title: 'more' })),
  'write both': (place: string) =>
    inStore(place, (store) =>
      store.transact(() => {
        store.create(Note, { title: 'more' });
        store.at('part').create(Note, { title: 'more' });
      }),
    ),
  'create a substore': (place: string) => inStore(place, (store) => void store.substores.create('more')),
  'move a substore': (place: string) =>
    inStore(place, (store) => store.substores.move('part', store.substores.create('more'))),
  'delete a substore': (place: string) => inStore(place, (store) => store.substores.delete('part')),
  'write a file': (place: string) => inStore(place, (store) => void store.files.write('more', { name: 'more' })),
  'delete a file': (place: string) => inStore(place, (store) => letter(store).delete()),
  'back up': (place: string) => inStore(place, (store) => void store.tree.backup(beside(place, 'backup'))),
  export: (place: string) => inStore(place, (store) => void store.tree.export(beside(place, 'export'))),
  import: (place: string) => inStore(place, (store) => void store.tree.import(`${place}-backup`, 'more')),
  'check a backup': (place: string) => void Store.checkBackup(`${place}-backup`),
  restore: (place: string) => Store.restore(`${place}-backup`, beside(place, 'restored')).close(),
};
export type Deed = keyof typeof DEEDS;

/** 'done', or the code of the error, whose message must say where. */
export function attempt(deed: Deed, place: string): string {
  try {
    DEEDS[deed](place);
    return 'done';
  } catch (error) {
    if (!(error instanceof CorollaryError)) return `threw ${String(error)}`;
    return error.message.includes(join(place, '..')) ? error.code : `names no place: ${error.message}`;
  }
}

/** What the tree at a place is found to hold by somebody who may do all, and what is wrong with it once it is repaired. */
export function look(place: string): unknown {
  using store = Store.open(place, { types, mustExist: true });
  store.tree.check({ repair: true });
  const stores = [...store.tree.stores()].map((one) => ({
    path: one.path.join('/'),
    notes: one
      .query(Note)
      .pluck((note) => note.title)
      .all(),
    files: one.files
      .query()
      .all()
      .map((file) => file.text()),
  }));
  return { stores, findings: store.tree.check().findings };
}
