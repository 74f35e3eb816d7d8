import { type CorollaryError, Store } from 'corollary';
import { hear, say } from '../support/task-loop.js';
import { Account } from './backup.js';

export { Account, makeBank, TOTAL } from './backup.js';

/** Makes and deletes copies of a part until this process is killed. */
export function copyForEver(place: string): void {
  const store = Store.open(place);
  for (let number = 1; ; number++) {
    store.substores.copy('north', store.at('south'), `copy ${number}`);
    say(`copied ${number}`);
    store.at('south').substores.delete(`copy ${number}`);
    say(`deleted ${number}`);
  }
}

/** Puts the same backup in the place of a part again and again until this process is killed. */
export function replaceForEver(place: string, backup: string): void {
  const store = Store.open(place);
  for (let number = 1; ; number++) {
    store.substores.restore('north', backup);
    say(`replaced ${number}`);
    for (const path of ['north', 'north/inner']) store.at(path).query(Account).one().amount = number;
    say(`changed ${number}`);
  }
}

/** Imports a backup under one name after another until this process is killed. */
export function importForEver(place: string, backup: string, first: number): void {
  const store = Store.open(place);
  for (let number = first; ; number++) {
    store.tree.import(backup, `import ${number}`);
    say(`imported ${number}`);
  }
}

/** Keeps an item of a part, and writes to it when told to. Says what came of it. */
export function holdPart(place: string): void {
  const store = Store.open(place);
  const part = store.at('north');
  const account = part.query(Account).one();
  say('holding');
  hear();
  try {
    account.amount = 1;
    say('written');
  } catch (error) {
    say((error as CorollaryError).code);
  }
  say(String(store.at('north').query(Account).one().amount));
}

function once(work: () => unknown): void {
  try {
    work();
    say('done');
  } catch (error) {
    say((error as CorollaryError).code);
  }
}

/** Each of these does one thing once, and says 'done' or the code of the error. */
export function backUpOnce(place: string, backup: string): void {
  once(() => {
    using store = Store.open(place);
    store.tree.backup(backup);
  });
}
export function restoreOnce(backup: string, place: string): void {
  once(() => Store.restore(backup, place).close());
}
export function copyOnce(place: string): void {
  once(() => {
    using store = Store.open(place);
    store.substores.copy('north', store.at('south'), 'copy');
  });
}
export function importOnce(place: string, backup: string): void {
  once(() => {
    using store = Store.open(place);
    store.tree.import(backup, 'import');
  });
}
export function replaceOnce(place: string, backup: string): void {
  once(() => {
    using store = Store.open(place);
    store.substores.restore('north', backup);
  });
}
