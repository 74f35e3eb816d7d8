import { cpSync } from 'node:fs';
import { Item, integer, item, Store, text, upgrade } from 'corollary';
import type { Duel } from '../duel/duel.js';
import { newDirectory, removeDirectory } from '../measure/scratch.js';
import { makeSite, Site } from './site.js';

const SIZE = { stores: 300, rows: 20 };

/** What the stores of the tree hold, with one attribute more. */
@item('reading', {
  version: 2,
  upgrades: () => [upgrade(1, { sensor: text(), watts: integer(), noise: integer() })],
})
class LargerReading extends Item {
  @text() declare sensor: string;
  @integer({ indexed: true }) declare watts: number;
  @integer() declare noise: number;
  @text({ nullable: true }) declare place: string | null;
}

/** Every store of a tree gets an attribute more, each in a transaction that is synced. */
export function upgradeAll(): Duel {
  const before = makeSite(SIZE);
  let site = before;
  return {
    key: 'upgrade',
    title: `upgrade ${SIZE.stores} small substores, each`,
    goal: { ms: 1.5 },
    operations: SIZE.stores,
    prepare() {
      if (site !== before) removeDirectory(site.directory);
      site = copied(before);
    },
    raw: () => Array.from({ length: SIZE.stores }, (_, at) => byHand(site, at)).length,
    ours: () => upgraded(site),
  };
}

function copied({ directory, size }: Site): Site {
  const copy = newDirectory();
  cpSync(directory, copy, { recursive: true });
  return new Site(copy, size);
}

function byHand(site: Site, at: number): void {
  const { database } = site.openRaw(at);
  database
    .transaction(() => {
      database.exec('ALTER TABLE reading ADD COLUMN place TEXT');
      database.pragma('user_version = 2');
    })
    .immediate();
  database.close();
}

async function upgraded(site: Site): Promise<number> {
  using root = Store.open(site.place, { types: [LargerReading] });
  const { upgraded, isComplete } = await root.tree.upgrade();
  if (!isComplete) throw new Error('Some stores were not upgraded');
  return upgraded;
}
