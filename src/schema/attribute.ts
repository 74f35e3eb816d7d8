import type { Codec } from './codec.js';
import type { ItemClass } from './item-class.js';
import type { JsonPath } from './json-path.js';

/** What happens to items that refer to an item when that is deleted. */
export type WhenDeleted = 'nullify' | 'cascade' | 'refuse';

/** The reference side of an attribute. */
export interface ReferenceRule {
  /** The class referred to, once asked for; absent when any item of the store may be referred to. */
  readonly target: (() => ItemClass) | undefined;
  readonly whenDeleted: WhenDeleted;
  /** True when what is referred to goes with the last item that refers to it so. */
  readonly owned?: boolean;
  /** There when what is referred to is a dependency: something that comes with the installation of the item. */
  readonly dependency?: DependencyRule;
}

/** How a dependency is made where there is none yet. */
export interface DependencyRule {
  /** What it is created with: values, or a function that is given the dependent and gives them. */
  readonly values: unknown;
  /** Called with the dependency that was made, and the dependent. */
  readonly customize: ((dependency: object, dependent: object) => unknown) | undefined;
}

/** A condition of a CHECK; the conditions of `query` are such. */
export interface CheckCondition {
  toJSON(): unknown;
}
/** A rule over the columns of one row, kept as a CHECK in SQLite. */
// biome-ignore lint/suspicious/noExplicitAny: the class is not known where its decorators' options are written
export type Check = (columns: any) => CheckCondition;

/** What a decorator says of one attribute. */
export interface AttributeDeclaration {
  readonly name: string;
  /** How its values become cells; for references, ids. */
  readonly codec: Codec;
  readonly nullable: boolean;
  readonly indexed: boolean;
  readonly unique: boolean;
  readonly collate: 'binary' | 'nocase';
  /** True when it is searched by words. */
  readonly fullText: boolean;
  /** Places inside its JSON that have an index. */
  readonly indexedAt: readonly JsonPath[];
  /** A value or a function that makes one; undefined when there is none. */
  readonly default: unknown;
  /** True for attributes that only the library writes. */
  readonly readOnly: boolean;
  readonly reference: ReferenceRule | undefined;
  /** A predicate on JavaScript values: false, or a text that says why, refuses. */
  readonly validate: ((value: unknown) => boolean | string) | undefined;
  readonly check: Check | undefined;
}

/** An attribute of one item type. */
export interface Attribute extends AttributeDeclaration {
  /** Its place in an item's cells: base classes first, in the order written. */
  readonly index: number;
}
