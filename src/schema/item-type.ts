import type { Attribute, Check } from './attribute.js';
import type { ItemClass } from './item-class.js';

/** A list of attribute names that form one index together. */
export type IndexColumns = readonly string[];

/** What is known of an item class: its name and version on disk, and its attributes. */
export interface ItemType {
  /** The type name, as in the file; never the class's name, which tools may change. */
  readonly name: string;
  readonly version: number;
  /** What it was called in files that earlier versions of the program wrote. */
  readonly formerNames: readonly string[];
  readonly itemClass: ItemClass;
  /** In cell order: `attributes[i].index === i`. */
  readonly attributes: readonly Attribute[];
  readonly byName: ReadonlyMap<string, Attribute>;
  /** Indexes over several attributes; those of one attribute are in its `indexed` and `unique`. */
  readonly indexes: readonly IndexColumns[];
  readonly unique: readonly IndexColumns[];
  readonly checks: readonly Check[];
  /** The attributes that are searched by words, in the order of `attributes`. */
  readonly fullText: readonly string[];
  /** Which hooks the class overrides: an empty one costs nothing. */
  readonly hooks: { readonly [H in Hook]: boolean };
  /** The type that a reference attribute points to; undefined where that is any type, or it is no reference. */
  readonly referredType: (attribute: string) => ItemType | undefined;
}

/** The methods of an item that the store calls. */
export type Hook = 'activate' | 'stored' | 'committed' | 'deleted';

/** What a query needs to know of an item that it is given. Items have these members. */
export interface Referable {
  readonly storeId: number;
  readonly isStored: boolean;
  readonly store: { readonly uid: string };
}
