import type { AttributeDeclaration } from '../schema/attribute.js';
import type { ItemClass } from '../schema/item-class.js';
import { checkAttributeName } from '../schema/names.js';
import { accessorFor, offerInitial, type Slot } from './access.js';
import { badAttribute, type DeclaredAttribute, fileLegacy, fileStandard, type InitialReader } from './declarations.js';
import { stateOf } from './state.js';

/** Where a decorator stands, as far as it is told. */
export interface Site {
  readonly name: string;
  /** For messages: 'City.name', or 'name' where the class is not there yet. */
  readonly place: string;
  /** What the compiler says of the property's type; undefined where it says nothing. */
  readonly designType: unknown;
  readonly isStandard: boolean;
}

/** What compilers call, whichever kind of decorators they have. */
export type AnyDecorator = (
  target: object | undefined,
  context: string | DecoratorContext,
  descriptor?: PropertyDescriptor,
) => unknown;

/** Makes a decorator of both kinds from a function that says what is declared at a place. */
export function decoratorFor(declare: (site: Site) => AttributeDeclaration): AnyDecorator {
  return (target, context, descriptor) =>
    typeof context === 'object'
      ? decorateStandard(context, declare)
      : decorateLegacy(target, context, descriptor, declare);
}

function decorateStandard(context: DecoratorContext, declare: (site: Site) => AttributeDeclaration): unknown {
  const { kind, name } = context;
  if ((kind !== 'accessor' && kind !== 'field') || context.static || context.private || typeof name !== 'string')
    throw badAttribute(String(name), 'attributes are public instance fields or accessors');
  checkAttributeName(name, name);
  const slot: Slot = { attribute: undefined };
  const declaration = declare({ name, place: name, designType: undefined, isStandard: true });
  fileStandard(context.metadata, { declaration, slot, readInitial: undefined });
  // A field stays: its accessor is put on the prototype, and its value taken in, when items are built.
  return kind === 'field' ? undefined : { ...accessorFor(slot), init: initialTaker(slot) };
}

/** Runs for each item with what the field initialiser of an `accessor` gave. */
function initialTaker(slot: Slot): (this: object, value: unknown) => unknown {
  return function take(value) {
    // An item is being built, so its type is resolved and the slot is filled.
    if (slot.attribute !== undefined) offerInitial(stateOf(this), slot.attribute, value);
    return undefined;
  };
}

function decorateLegacy(
  target: object | undefined,
  name: string,
  descriptor: PropertyDescriptor | undefined,
  declare: (site: Site) => AttributeDeclaration,
): unknown {
  if (typeof target !== 'object' || typeof name !== 'string')
    throw badAttribute(String(name), 'attributes are instance properties, not static ones');
  // The prototype of a class, whose constructor is the class.
  const itemClass = target.constructor as unknown as ItemClass;
  const place = `${itemClass.name}.${name}`;
  checkAttributeName(name, place);
  if (descriptor !== undefined && !(descriptor.get && descriptor.set))
    throw badAttribute(place, 'attributes are fields or accessors, but this is a method or a getter');
  const slot: Slot = { attribute: undefined };
  const designType: unknown = Reflect.getMetadata('design:type', target, name);
  const declaration = declare({ name, place, designType, isStandard: false });
  fileLegacy(itemClass, {
    declaration,
    slot,
    readInitial: descriptor?.get as InitialReader | undefined,
  } satisfies DeclaredAttribute);
  const accessor = { configurable: true, ...accessorFor(slot) };
  if (descriptor !== undefined) return accessor;
  Object.defineProperty(target, name, accessor);
  return undefined;
}
