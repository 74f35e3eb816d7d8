import { CorollaryError } from '../errors.js';
import type { AttrKey } from '../schema/attribute-types.js';
import type { ItemClass } from '../schema/item-class.js';
import { checkAttributeName } from '../schema/names.js';
import type { Instance, Mismatch } from './attribute-check.js';
import { badAttribute, classChain } from './declarations.js';
import type { AnyDecorator } from './decorate.js';
import type { LiveItem } from './live-item.js';

/** Reads a property that is no attribute: what it gives is looked up each time. */
export type LookUp = (this: LiveItem) => unknown;

/** Says whether a property of type Prop, under the name K of T, may give a Given. */
type Suits<T, K, Prop, Given> = [Given] extends [Prop]
  ? K extends AttrKey<T>
    ? Mismatch<'the property is no attribute: mark it readonly, or its type Memory<...>'>
    : unknown
  : Mismatch<"the property's type is not that of the role">;

type LegacyFits<T, K, Given> = K extends keyof T
  ? Suits<T, K, T[K], Given>
  : Mismatch<'this goes on a public instance field or accessor'>;

type StandardFits<C, Given> = C extends {
  name: infer K extends string;
  kind: 'field' | 'accessor';
  static: false;
  private: false;
  access: { get(object: infer T): infer Prop };
}
  ? Suits<T, K, Prop, Given>
  : Mismatch<'this goes on a public instance field or accessor'>;

/** A decorator, of both kinds, for a property that gives a Given and is no attribute. */
export type LookUpDecorator<Given> = <T extends Instance | undefined, const C extends string | object>(
  target: T,
  context: C & NoInfer<C extends string ? LegacyFits<T, C, Given> : StandardFits<C, Given>>,
  // biome-ignore lint/suspicious/noExplicitAny: the two decorator kinds want different results
  descriptor?: any,
  // biome-ignore lint/suspicious/noExplicitAny: as above
) => any;

const lookUps = new WeakSet<LookUp>();

/** Makes the decorator from what makes the look-up for a property of some name. */
export function lookUpDecorator<Given>(lookUpFor: (name: string) => LookUp): LookUpDecorator<Given> {
  const decorator: AnyDecorator = (target, context, descriptor) =>
    typeof context === 'object'
      ? decorateStandard(context, lookUpFor)
      : decorateLegacy(target, context, descriptor, lookUpFor);
  return decorator as LookUpDecorator<Given>; // One function serves both kinds; the type tells them apart.
}

function decorateStandard(context: DecoratorContext, lookUpFor: (name: string) => LookUp): unknown {
  const { kind, name } = context;
  if ((kind !== 'accessor' && kind !== 'field') || context.static || context.private || typeof name !== 'string')
    throw badAttribute(String(name), 'what is looked up is a public instance field or accessor');
  checkAttributeName(name, name);
  const property = propertyFor(name, lookUpFor(name));
  if (kind === 'accessor') return { get: property.get, set: property.set };
  // A decorator on a plain field never sees the prototype: the first instance shows it. The field goes as items are built.
  context.addInitializer(function show(this: unknown) {
    const prototype: object = Object.getPrototypeOf(this);
    if (!Object.hasOwn(prototype, name)) Object.defineProperty(prototype, name, property);
  });
  return undefined;
}

function decorateLegacy(
  target: object | undefined,
  name: string,
  descriptor: PropertyDescriptor | undefined,
  lookUpFor: (name: string) => LookUp,
): unknown {
  if (typeof target !== 'object' || typeof name !== 'string')
    throw badAttribute(String(name), 'what is looked up is an instance property, not a static one');
  const place = `${target.constructor.name}.${name}`;
  checkAttributeName(name, place);
  if (descriptor !== undefined && !(descriptor.get && descriptor.set))
    throw badAttribute(place, 'what is looked up is a field or accessor, but this is a method or a getter');
  const property = propertyFor(name, lookUpFor(name));
  if (descriptor !== undefined) return property;
  Object.defineProperty(target, name, property);
  return undefined;
}

function propertyFor(name: string, get: LookUp): PropertyDescriptor {
  lookUps.add(get);
  const set = () => {
    throw new CorollaryError('READ_ONLY', `${name} is looked up each time it is read: it cannot be assigned`, {
      attribute: name,
    });
  };
  return { configurable: true, get, set };
}

/** The properties of a class that are looked up, by name; those of its bases first. */
export function lookUpsOf(itemClass: ItemClass): ReadonlyMap<string, LookUp> {
  const found = new Map<string, LookUp>();
  for (const link of classChain(itemClass))
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(link.prototype ?? {})))
      if (get !== undefined && lookUps.has(get)) found.set(name, get);
      else found.delete(name); // a class further down has something else there
  return found;
}
