import 'reflect-metadata';
import { CorollaryError } from '../errors.js';
import type { Attribute, AttributeDeclaration, Check } from '../schema/attribute.js';
import type { ItemClass } from '../schema/item-class.js';
import type { IndexColumns } from '../schema/item-type.js';
import type { Slot } from './access.js';
import type { RolesOf } from './role.js';
import type { UpgradesOf } from './upgrade-step.js';

// Must exist before the first decorated class body runs, or compilers give standard decorators no metadata object.
(Symbol as { metadata?: symbol }).metadata ??= Symbol.for('Symbol.metadata');
const METADATA = (Symbol as unknown as { readonly metadata: symbol }).metadata;
const ATTRIBUTES = Symbol.for('corollary.attributes');

/** One attribute as a decorator left it. */
export interface DeclaredAttribute {
  readonly declaration: AttributeDeclaration;
  /** To be filled when the type is resolved: the attribute's accessor reads it. */
  readonly slot: Slot;
  /** For legacy decorators on `accessor` members: reads the initialiser's value from the compiler's own storage. */
  readonly readInitial: InitialReader | undefined;
}

/** Reads what a field initialiser gave, with the item as `this`. */
export type InitialReader = (this: unknown) => unknown;

/** What `@item` said of a class. */
export interface ItemDeclaration {
  readonly typeName: string;
  readonly version: number;
  readonly was: readonly string[];
  readonly indexes: readonly IndexColumns[];
  readonly unique: readonly IndexColumns[];
  readonly checks: readonly Check[];
  /** Names of attributes that are searched by words, besides those whose own decorator says so. */
  readonly fullText: readonly string[];
  readonly roles: RolesOf | undefined;
  readonly upgrades: UpgradesOf | undefined;
}

const legacyAttributes = new WeakMap<object, DeclaredAttribute[]>();
const itemDeclarations = new WeakMap<object, ItemDeclaration>();
/** Classes that a resolved type is made of: their attributes have their places, so that none can be added. */
const sealed = new WeakSet<object>();
const initialReaders = new WeakMap<Attribute, InitialReader>();

/** Files an attribute under the class that declares it (legacy decorators, and `attributes()`). */
export function fileLegacy(itemClass: ItemClass, attribute: DeclaredAttribute): void {
  const filed = legacyAttributes.get(itemClass) ?? [];
  if (sealed.has(itemClass))
    throw badAttribute(
      `${itemClass.name}.${attribute.declaration.name}`,
      'the class is already in use, so it is too late',
    );
  addTo(filed, attribute, itemClass.name);
  legacyAttributes.set(itemClass, filed);
}

/** Files an attribute on a class's metadata object (standard decorators: the class is not there yet). */
export function fileStandard(metadata: DecoratorMetadata | undefined, attribute: DeclaredAttribute): void {
  if (metadata === undefined)
    throw badAttribute(
      attribute.declaration.name,
      "this compiler's standard decorators carry no metadata: import the library before the class is defined, or turn on 'experimentalDecorators'",
    );
  // Own entries only: the object inherits from the base class's with some compilers, and not with others.
  const filed = Object.hasOwn(metadata, ATTRIBUTES) ? (metadata[ATTRIBUTES] as DeclaredAttribute[]) : [];
  addTo(filed, attribute, 'the class');
  metadata[ATTRIBUTES] = filed;
}

function addTo(filed: DeclaredAttribute[], attribute: DeclaredAttribute, owner: string): void {
  const { name } = attribute.declaration;
  if (filed.some((other) => other.declaration.name === name)) throw badAttribute(name, `${owner} declares it twice`);
  filed.push(attribute);
}

/** The attributes that a class itself declares, in the order written. */
export function declaredAttributes(itemClass: object): readonly DeclaredAttribute[] {
  const metadata: unknown = Object.hasOwn(itemClass, METADATA) ? Reflect.get(itemClass, METADATA) : undefined;
  const standard =
    typeof metadata === 'object' && metadata !== null && Object.hasOwn(metadata, ATTRIBUTES)
      ? (Reflect.get(metadata, ATTRIBUTES) as DeclaredAttribute[])
      : [];
  return [...(legacyAttributes.get(itemClass) ?? []), ...standard];
}

/** Notes that a class is part of a resolved type. */
export function seal(itemClass: object): void {
  sealed.add(itemClass);
}

/** Files what `@item` says of a class. */
export function fileItem(itemClass: ItemClass, declaration: ItemDeclaration): void {
  itemDeclarations.set(itemClass, declaration);
}

/** What `@item` said of a class itself, not of those it extends. */
export function declaredItem(itemClass: object): ItemDeclaration | undefined {
  return itemDeclarations.get(itemClass);
}

/** A class and those it extends, the lowest base first. */
export function classChain(itemClass: ItemClass): ItemClass[] {
  const chain: ItemClass[] = [];
  for (
    let at: unknown = itemClass;
    typeof at === 'function' && at !== Function.prototype;
    at = Object.getPrototypeOf(at)
  )
    // A function on a class's prototype chain is a class itself.
    chain.unshift(at as unknown as ItemClass);
  return chain;
}

/** Keeps how an attribute's initialiser is read. */
export function keepInitialReader(attribute: Attribute, reader: InitialReader): void {
  initialReaders.set(attribute, reader);
}

/** How an attribute's initialiser is read, where it does not come by itself. */
export function initialReaderOf(attribute: Attribute): InitialReader | undefined {
  return initialReaders.get(attribute);
}

/** The BAD_TYPE error for one attribute; `place` is its name, with the class's where that is known. */
export function badAttribute(place: string, fault: string): CorollaryError {
  return new CorollaryError('BAD_TYPE', `Attribute ${place}: ${fault}`, { attribute: place.split('.').at(-1) });
}
