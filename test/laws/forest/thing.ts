import {
  type Address,
  address,
  type Default,
  file,
  Item,
  integer,
  item,
  reference,
  type StoredFile,
  SubStore,
} from 'corollary';

/** What the stores of a tree hold in these laws: one reference of each kind that a deletion can meet. */
@item('thing', { indexes: [['n']] })
export class Thing extends Item {
  @integer() declare label: number;
  @integer({ default: 0 }) declare n: Default<number>;
  @reference(() => Thing, { nullable: true, whenDeleted: 'nullify' }) declare friend: Thing | null;
  @reference(() => Thing, { nullable: true, whenDeleted: 'cascade' }) declare owner: Thing | null;
  @reference(() => Thing, { nullable: true, whenDeleted: 'refuse' }) declare boss: Thing | null;
  @reference(() => SubStore, { nullable: true, whenDeleted: 'nullify' }) declare part: SubStore | null;
  @reference(() => SubStore, { nullable: true, whenDeleted: 'refuse' }) declare lease: SubStore | null;
  @file({ nullable: true, owned: true }) declare scan: StoredFile | null;
  @address({ nullable: true }) declare to: Address | null;
}

export const types = [Thing];

/** What a file with this label contains. */
export function contentOf(label: number): string {
  return `content of ${label}`;
}

/** The label of a file with this content. */
export function labelOf(content: string): number {
  return Number(content.slice(contentOf(0).length - 1));
}
