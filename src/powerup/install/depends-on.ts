import { kindOf } from '../../errors.js';
import type { DecoratorOf, Wanted } from '../../item/attribute-check.js';
import { attributeOf } from '../../item/attribute-options.js';
import type { ReferenceOptions } from '../../item/attributes.js';
import { badAttribute } from '../../item/declarations.js';
import type { Item } from '../../item/item.js';
import { referenceRule } from '../../item/reference-rule.js';
import type { DependencyRule } from '../../schema/attribute.js';
import type { CreateInput } from '../../schema/attribute-types.js';
import { referenceCodec } from '../../schema/codecs/reference.js';
import type { ItemClass } from '../../schema/item-class.js';

/** Options of {@link dependsOn}. `whenDeleted` is 'refuse' if not given. */
export interface DependencyOptions<T extends Item> extends Omit<ReferenceOptions<T, true>, 'nullable'> {
  /** What the dependency is created with, where there is none yet; or a function of the dependent that gives it. */
  // biome-ignore lint/suspicious/noExplicitAny: the class is not known where its decorators' options are written
  readonly values?: CreateInput<T> | ((dependent: any) => CreateInput<T>);
  /** Called once for a dependency that was just created, before it is installed. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly customize?: (dependency: T, dependent: any) => void;
}

/**
 * A reference to what the item needs beside it where it is installed: null until `install` fills it with an item of that
 * class. On disk it is a reference.
 *
 * @example
 * @dependsOn(() => Search, { values: { language: 'en' } }) declare search: Search | null;
 */
export function dependsOn<T extends Item>(
  target: () => ItemClass<T>,
  options: NoInfer<DependencyOptions<T>> = {},
  // As `reference` does: T is new for each class.
): DecoratorOf<Wanted<T, true, '@dependsOn'>> {
  return attributeOf<T, true, '@dependsOn'>(({ place }) => {
    refuseWrong(place, target, options);
    const { whenDeleted = 'refuse' } = options;
    const rule = referenceRule('@dependsOn', place, target, whenDeleted);
    const reference = { ...rule, dependency: dependencyRule(place, options) };
    return { what: '@dependsOn', codec: referenceCodec, own: ['whenDeleted', 'values', 'customize'], reference };
  }, nullable(options));
}

function refuseWrong(place: string, target: unknown, options: unknown): void {
  if (target === undefined)
    throw badAttribute(place, '@dependsOn() takes a function that answers the class: () => City');
  if (typeof options !== 'object' || options === null)
    throw badAttribute(place, `@dependsOn() takes an object of options, not ${kindOf(options)}`);
  if ('nullable' in options)
    throw badAttribute(place, '@dependsOn() takes no nullable: it is always null until it is installed');
}

function dependencyRule(place: string, options: object): DependencyRule {
  const { values, customize } = options as Record<string, unknown>;
  const kinds = ['undefined', 'object', 'function'];
  if (values === null || !kinds.includes(typeof values))
    throw badAttribute(place, '@dependsOn() needs an object, or a function that gives one, as values');
  if (customize !== undefined && typeof customize !== 'function')
    throw badAttribute(place, '@dependsOn() needs a function as customize');
  return { values, customize: customize as DependencyRule['customize'] };
}

function nullable(options: object): object {
  return { ...options, nullable: true };
}
