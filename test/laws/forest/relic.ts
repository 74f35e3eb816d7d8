import { Item } from 'corollary';
import type { Thing } from './thing.js';

/** What the first versions of the program have beside things. Later ones keep it without a class, and the last one drops it. */
export abstract class Relic extends Item {
  declare label: number;
  declare of: Thing | null;
  declare guards: Thing | null;
  declare beside: Relic | null;
}
