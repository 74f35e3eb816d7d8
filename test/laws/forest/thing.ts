import { type Address, type Default, Item, role, type StoredFile, type SubStore } from 'corollary';

/**
 * What the stores of a tree hold in these laws: one reference of each kind that a deletion can meet. The classes that are
 * stored are in `generations.ts`, one for each version of the program.
 */
export abstract class Thing extends Item {
  declare label: number;
  declare n: Default<number>;
  /** Tells `n`, in words. */
  declare words: string;
  declare friend: Thing | null;
  declare owner: Thing | null;
  declare boss: Thing | null;
  declare part: SubStore | null;
  declare lease: SubStore | null;
  declare scan: StoredFile | null;
  /** References to relics: of any type, since later versions have no class for that. */
  declare keepsake: Item | null;
  declare bond: Item | null;
  declare pledge: Item | null;
  declare to: Address | null;
  /** What upgrades have left; not there in the first generation. */
  declare mark: string | null;

  /** What is requested of those who help. */
  become(n: number): number {
    this.n = n;
    this.words = phraseOf(n);
    return this.n;
  }
}

/** The roles that things play for their stores and for each other. */
export const ROLES = {
  helping: role<Thing>('law.helping'),
  guiding: role<Thing>('law.guiding', { inherited: true }),
};
export type RoleName = keyof typeof ROLES;
export const ROLE_NAMES = Object.keys(ROLES) as RoleName[];

const COLORS = ['Red', 'green', 'Blanc'] as const;
const FRUIT = ['apple', 'apples', 'pear', 'Crème'] as const;

/** What things with this `n` say. */
export function phraseOf(n: number): string {
  return `${COLORS[n % 3]} ${FRUIT[n % 4]}, ${n}`;
}

/** All that a thing with this `n` says of it. */
export function sayingOf(n: number) {
  return { n, words: phraseOf(n) };
}

/** What a file with this label contains. */
export function contentOf(label: number): string {
  return `content of ${label}`;
}

/** The label of a file with this content. */
export function labelOf(content: string): number {
  return Number(content.slice(contentOf(0).length - 1));
}
