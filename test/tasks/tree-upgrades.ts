import { existsSync, readdirSync } from 'node:fs';
import { Item, integer, item, reference, Store, text, upgrade } from 'corollary';
import { say } from '../support/task-loop.js';

@item('note')
class OldNote extends Item {
  @text() declare subject: string;
}

/** Made by upgrades: one for each note. */
@item('mark')
export class Mark extends Item {
  @integer() declare length: number;
}

/** The step fails for the subject 'bad'. */
@item('note', {
  version: 2,
  upgrades: () => [
    upgrade(1, { subject: text() }, ({ subject }, { create }) => {
      if (subject === 'bad') throw new Error('cannot be read');
      return { mark: create(Mark, { length: subject.length }) };
    }),
  ],
})
export class Note extends Item {
  @text() declare subject: string;
  @reference(() => Mark) declare mark: Mark;
}

const types = [Note, Mark];

export const SUBJECTS = ['one', 'two', 'three'];
const [ABOVE, BELOW] = [6, 4];
/** How many stores {@link seed} makes, on three levels. */
export const STORES = 1 + ABOVE + ABOVE * BELOW;

/** Writes a tree as the old program did. */
export function seed(place: string): void {
  using root = Store.open(place, { types: [OldNote] });
  const fill = (store: Store) =>
    store.createMany(
      OldNote,
      SUBJECTS.map((subject) => ({ subject })),
    );
  fill(root);
  for (let n = 0; n < ABOVE; n++) {
    const above = root.substores.create(`above ${n}`);
    fill(above);
    for (let m = 0; m < BELOW; m++) fill(above.substores.create(`below ${m}`));
  }
}

/** Opens a tree in the new program, which upgrades it only when it is asked to. */
export function openNew(place: string): Store {
  return Store.open(place, { types, upgrade: 'refuse' });
}

/** Upgrades all stores, and says of each that it is upgraded: its place among them, then its path. */
export async function upgradeAll(place: string): Promise<void> {
  using root = openNew(place);
  await root.tree.upgrade({ onProgress: ({ path, stores }) => say(`${stores} ${path.join('/')}`) });
}

/** So many stores below the root with one note each, of which every so many-th cannot be upgraded. */
export async function seedMany(place: string, count: number, badEvery: number): Promise<void> {
  using root = Store.open(place, { types: [OldNote], durability: 'relaxed' });
  for (let n = 0; n < count; n++) {
    const subject = n % badEvery === 0 ? 'bad' : 'good';
    root.substores.create(`store ${n}`).create(OldNote, { subject });
    if (n % 50 === 0) await new Promise(setImmediate);
  }
}

/** How many databases of substores {@link upgradeMany} has open at once. */
export const OPEN_AT_ONCE = 20;

/** Upgrades a tree; tells what came of it, and the most that it took of descriptors and of memory. */
export async function upgradeMany(place: string) {
  using root = Store.open(place, { types, upgrade: 'refuse', maxOpenSubstores: OPEN_AT_ONCE, durability: 'relaxed' });
  const [descriptorsBefore, bytesBefore] = [descriptors(), process.memoryUsage.rss()];
  let [mostDescriptors, mostBytes] = [descriptorsBefore, bytesBefore];
  const { stores, upgraded, failed, isComplete } = await root.tree.upgrade({
    onProgress: () => {
      mostDescriptors = Math.max(mostDescriptors, descriptors());
      mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
    },
  });
  const reasons = failed.map(({ path, error }) => `${path.join('/')}: ${(error as { code?: string }).code}`);
  const taken = { descriptors: mostDescriptors - descriptorsBefore, bytes: mostBytes - bytesBefore };
  return { stores, upgraded, isComplete, reasons, taken };
}

/** How many this process has open, where the system tells. */
function descriptors(): number {
  const told = '/proc/self/fd';
  return existsSync(told) ? readdirSync(told).length : 0;
}
