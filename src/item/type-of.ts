import { CorollaryError, kindOf, type Problem, problemsError } from '../errors.js';
import type { Attribute } from '../schema/attribute.js';
import { Refusal } from '../schema/codec.js';
import type { ItemClass } from '../schema/item-class.js';
import type { Hook, IndexColumns, ItemType } from '../schema/item-type.js';
import { accessorFor } from './access.js';
import { runValidate } from './check-value.js';
import {
  classChain,
  type DeclaredAttribute,
  declaredAttributes,
  declaredItem,
  type ItemDeclaration,
  keepInitialReader,
  seal,
} from './declarations.js';
import { Item } from './item.js';

// 100: the columns that a table may have on every engine; the id takes one.
const MAX_ATTRIBUTES = 99;

const types = new WeakMap<ItemClass, ItemType>();

/**
 * What an item class's decorators say of it. Resolved at the first call; the same object for ever after.
 * @throws CorollaryError BAD_TYPE that lists all that is wrong with the class
 */
export function typeOf(itemClass: ItemClass): ItemType {
  return types.get(itemClass) ?? resolveType(itemClass);
}

function resolveType(itemClass: ItemClass): ItemType {
  refuseNonItem(itemClass);
  const declaration = declaredItem(itemClass);
  refuseItemBase(itemClass, declaration);
  if (declaration === undefined) throw badType(itemClass, `it has no type name: write @item('name') above the class`);
  const chain = classChain(itemClass);
  const problems: Problem[] = [];
  const attributes = resolveAttributes(chain, problems);
  const type = assembled(itemClass, declaration, attributes);
  problems.push(...faultsOf(type), ...fullTextFaults(type, declaration.fullText));
  if (problems.length > 0) throw problemsError(named(itemClass), problems, { type: declaration.typeName });
  for (const link of chain) seal(link);
  types.set(itemClass, type);
  return type;
}

/** Refuses what is not a class that extends Item, with BAD_TYPE. */
export function refuseNonItem(itemClass: unknown): asserts itemClass is ItemClass {
  if (typeof itemClass !== 'function')
    throw new CorollaryError('BAD_TYPE', `An item class is needed here, not ${kindOf(itemClass)}`);
  if (!(itemClass.prototype instanceof Item))
    throw badType(itemClass as unknown as ItemClass, 'it does not extend Item (of this copy of the library)');
}

/** Refuses a class that extends an item type: its items would be found under two type names, or under none. */
export function refuseItemBase(itemClass: ItemClass, declaration: ItemDeclaration | undefined): void {
  const base = classChain(itemClass).find((link) => link !== itemClass && declaredItem(link) !== undefined);
  if (base !== undefined)
    throw badType(
      itemClass,
      `it extends the item type ${base.name}. Move what both share to a base class without @item`,
      declaration?.typeName,
    );
}

/** The BAD_TYPE error for a class as a whole. */
export function badType(itemClass: ItemClass, fault: string, typeName?: string): CorollaryError {
  return new CorollaryError('BAD_TYPE', `${named(itemClass)}: ${fault}`, { type: typeName });
}

function named(itemClass: ItemClass): string {
  return `Class ${itemClass.name || '(anonymous)'}`;
}

/** The attributes of a class and its bases, in cell order: one declared again keeps its place. */
function resolveAttributes(chain: readonly ItemClass[], problems: Problem[]): Attribute[] {
  const attributes: Attribute[] = [];
  const places = new Map<string, number>();
  for (const link of chain)
    for (const declared of declaredAttributes(link)) {
      const { name } = declared.declaration;
      const index = places.get(name.toLowerCase()) ?? attributes.length;
      const before = attributes[index]?.name ?? name;
      if (before !== name) {
        problems.push(bad(name, `differs from ${before} only in case, which SQLite ignores`));
        continue;
      }
      places.set(name.toLowerCase(), index);
      attributes[index] = placed(link, declared, index);
    }
  return attributes;
}

/** The attribute for a declaration; item types that inherit it from one base class share it. */
function placed(owner: ItemClass, { declaration, slot, readInitial }: DeclaredAttribute, index: number): Attribute {
  // A standard decorator on a plain field never sees the prototype; its accessor is put there now.
  const { prototype } = owner as ItemClass<object>;
  if (!Object.hasOwn(prototype, declaration.name))
    Object.defineProperty(prototype, declaration.name, { configurable: true, ...accessorFor(slot) });
  if (slot.attribute?.index === index) return slot.attribute;
  const attribute: Attribute = { ...declaration, index };
  if (readInitial !== undefined) keepInitialReader(attribute, readInitial);
  slot.attribute = attribute;
  return attribute;
}

function assembled(itemClass: ItemClass, declaration: ItemDeclaration, attributes: readonly Attribute[]): ItemType {
  const { typeName, version, was: formerNames, indexes, unique, checks } = declaration;
  const byName = new Map(attributes.map((attribute) => [attribute.name, attribute]));
  const hooks = {
    activate: overrides(itemClass, 'activate'),
    stored: overrides(itemClass, 'stored'),
    committed: overrides(itemClass, 'committed'),
    deleted: overrides(itemClass, 'deleted'),
  };
  const referredType = (name: string) => {
    const target = byName.get(name)?.reference?.target?.();
    return target && typeOf(target);
  };
  const fullText = attributes.filter((one) => one.fullText || declaration.fullText.includes(one.name));
  return {
    ...{ name: typeName, version, formerNames, itemClass, attributes, byName },
    ...{ indexes, unique, checks, hooks, referredType },
    fullText: fullText.map(({ name }) => name),
  };
}

function overrides(itemClass: ItemClass, hook: Hook): boolean {
  return (itemClass.prototype as Item)[hook] !== Item.prototype[hook];
}

function faultsOf(type: ItemType): Problem[] {
  const problems: Problem[] = [];
  const count = type.attributes.length;
  if (count > MAX_ATTRIBUTES)
    problems.push({ code: 'BAD_TYPE', message: `it has ${count} attributes, at most ${MAX_ATTRIBUTES} are possible` });
  for (const attribute of type.attributes) {
    const fault = defaultFault(attribute);
    if (fault !== undefined) problems.push(bad(attribute.name, `has a default that it refuses: it ${fault}`));
  }
  for (const columns of type.indexes) problems.push(...indexFaults(type, 'indexes', columns));
  for (const columns of type.unique) problems.push(...indexFaults(type, 'unique', columns));
  return problems;
}

function defaultFault({ default: value, codec, validate }: Attribute): string | undefined {
  if (value === undefined || typeof value === 'function') return undefined;
  try {
    const cell = codec.encode(value);
    if (validate !== undefined) runValidate(validate, codec.decode(cell));
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

function indexFaults(type: ItemType, option: string, columns: IndexColumns): Problem[] {
  const problems: Problem[] = [];
  if (columns.length === 0) problems.push({ code: 'BAD_TYPE', message: `${option} has an empty list of attributes` });
  for (const [at, name] of columns.entries()) {
    const attribute = type.byName.get(name);
    if (attribute === undefined) problems.push(bad(name, `is named in ${option}, but is no attribute of the class`));
    else if (attribute.codec.incomparable)
      problems.push(bad(name, `is named in ${option}, but ${attribute.codec.name} values cannot be compared`));
    if (columns.indexOf(name) < at) problems.push(bad(name, `is named twice in one list of ${option}`));
  }
  return problems;
}

/** The names of columns that FTS5 has itself. */
const FTS5_COLUMNS = ['rank', 'rowid'];

function fullTextFaults(type: ItemType, declared: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  for (const [at, name] of declared.entries()) {
    const attribute = type.byName.get(name);
    if (attribute === undefined) problems.push(bad(name, 'is named in fullText, but is no attribute of the class'));
    else if (attribute.codec.textual !== true)
      problems.push(bad(name, `is named in fullText, but ${attribute.codec.name} is not text`));
    if (declared.indexOf(name) < at) problems.push(bad(name, 'is named twice in fullText'));
  }
  for (const name of type.fullText)
    if (FTS5_COLUMNS.includes(name.toLowerCase()))
      problems.push(bad(name, 'cannot be searched by words: SQLite keeps that name for itself there; choose another'));
  return problems;
}

function bad(attribute: string, fault: string): Problem {
  return { code: 'BAD_TYPE', attribute, message: `${attribute} ${fault}` };
}
