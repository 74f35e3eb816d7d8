import { kindOf } from '../errors.js';
import type { AttributeDeclaration, Check, ReferenceRule } from '../schema/attribute.js';
import type { Codec } from '../schema/codec.js';
import { isJsonStep, type JsonPath } from '../schema/json-path.js';
import type { AttributeDecorator } from './attribute-check.js';
import { badAttribute } from './declarations.js';
import { type AnyDecorator, decoratorFor, type Site } from './decorate.js';

/** What every attribute decorator may be told. V is the type of the values that may be given. */
export interface AttributeOptions<V, Null extends boolean = boolean> {
  /** True: null is allowed. The property's type then has `| null`. */
  readonly nullable?: Null;
  readonly indexed?: boolean;
  /** True: no two items have the same value. Any number may have null. */
  readonly unique?: boolean;
  /** The value of new items that are given none, or a function that makes one. Mark the property's type `Default<...>`. */
  readonly default?: V | (() => V);
  /** A condition on the item's columns, kept as a CHECK in SQLite: `c => c.population.gte(0)`. */
  readonly check?: Check;
  /** A predicate for each value assigned, null excepted: false, or a text that says why, refuses it. */
  readonly validate?: (value: V) => boolean | string;
}

/** A decorator's options as they came, unchecked. */
type GivenOptions = Readonly<Record<string, unknown>>;

/** What a kind of attribute adds to the common options. */
export interface AttributeKind {
  /** The decorator, for messages: '@text'. */
  readonly what: string;
  readonly codec: Codec;
  /** The names of its own options. */
  readonly own?: readonly string[];
  readonly collate?: 'binary' | 'nocase';
  readonly reference?: ReferenceRule;
  /** True for what is given at creation and never assigned afterwards. */
  readonly readOnly?: boolean;
  /** A check that comes before the user's own `validate`. */
  readonly validate?: (value: unknown) => boolean | string;
}

const FLAGS = ['nullable', 'indexed', 'unique', 'fullText'];
const FUNCTIONS = ['check', 'validate'];
const COMMON = ['nullable', 'indexed', 'unique', 'default', 'check', 'validate'];

/** What the compiler may say of a property that a kind of attribute is on. */
const DESIGN_TYPES: Readonly<Record<string, readonly unknown[]>> = {
  '@text': [String],
  '@decimal': [String],
  '@address': [String],
  '@integer': [Number],
  '@real': [Number],
  '@bigint': [BigInt],
  '@boolean': [Boolean],
  '@timestamp': [Date],
  '@bytes': [Uint8Array, Buffer],
};
/** The decorator for a kind of attribute; its type says on which properties it may stand. */
export function attributeOf<Want, Null extends boolean, What extends string>(
  kindAt: (site: Site) => AttributeKind,
  options: unknown,
): AttributeDecorator<Want, Null, What> {
  const decorator: AnyDecorator = decoratorFor((site) => {
    const kind = kindAt(site);
    refuseContradiction(site, kind.what);
    return declareAttribute(site.name, site.place, kind, options as GivenOptions);
  });
  // One function serves both kinds of decorators; the type tells them apart.
  return decorator as AttributeDecorator<Want, Null, What>;
}

/** Where the compiler emitted the property's type (emitDecoratorMetadata), it must not contradict the decorator. */
function refuseContradiction({ place, designType }: Site, what: string): void {
  const wanted = DESIGN_TYPES[what];
  if (wanted === undefined || typeof designType !== 'function' || designType === Object) return;
  if (wanted.includes(designType)) return;
  const keeps = (wanted[0] as { readonly name: string }).name;
  throw badAttribute(place, `it is declared ${designType.name}, but ${what}() keeps ${keeps}`);
}

/**
 * The declaration of an attribute from its decorator's options.
 * @throws CorollaryError BAD_TYPE that lists all that is wrong with them
 */
function declareAttribute(
  name: string,
  place: string,
  kind: AttributeKind,
  options: GivenOptions,
): AttributeDeclaration {
  const faults = optionFaults(kind, options);
  if (faults.length > 0) throw badAttribute(place, `${kind.what}() ${faults.join('; ')}`);
  const validate = options.validate as AttributeDeclaration['validate'];
  return {
    name,
    codec: kind.codec,
    nullable: options.nullable === true,
    indexed: options.indexed === true,
    unique: options.unique === true,
    collate: kind.collate ?? 'binary',
    fullText: options.fullText === true,
    indexedAt: copiedPaths(options.indexedAt as readonly JsonPath[] | undefined),
    default: options.default,
    readOnly: kind.readOnly === true,
    reference: kind.reference,
    validate: kind.validate === undefined ? validate : bothAccept(kind.validate, validate),
    check: options.check as Check | undefined,
  };
}

function copiedPaths(paths: readonly JsonPath[] = []): readonly JsonPath[] {
  return Object.freeze(paths.map((path) => Object.freeze([...path])));
}

function bothAccept(
  first: (value: unknown) => boolean | string,
  second: AttributeDeclaration['validate'],
): (value: unknown) => boolean | string {
  if (second === undefined) return first;
  return (value) => {
    const verdict = first(value);
    return verdict === true ? second(value) : verdict;
  };
}

function optionFaults(kind: AttributeKind, options: unknown): string[] {
  if (typeof options !== 'object' || options === null) return [`takes an object of options, not ${kindOf(options)}`];
  const given = options as GivenOptions;
  const allowed = [...COMMON, ...(kind.codec.textual ? ['fullText'] : []), ...(kind.own ?? [])];
  const faults = Object.keys(given)
    .filter((key) => !allowed.includes(key))
    .map((key) => `has no option '${key}': there are ${allowed.join(', ')}`);
  for (const key of FLAGS) if (!isOneOf(given[key], 'boolean')) faults.push(`needs true or false as ${key}`);
  for (const key of FUNCTIONS) if (!isOneOf(given[key], 'function')) faults.push(`needs a function as ${key}`);
  return [...faults, ...pathFaults(given), ...contradictions(kind, given)];
}

function pathFaults({ indexedAt }: GivenOptions): string[] {
  const isPath = (path: unknown) => Array.isArray(path) && path.length > 0 && path.every(isJsonStep);
  if (indexedAt === undefined || (Array.isArray(indexedAt) && indexedAt.every(isPath))) return [];
  return ["needs a list of paths as indexedAt, each a list of keys and indexes: [['theme', 'color'], ['tags', 0]]"];
}

function isOneOf(value: unknown, type: 'boolean' | 'function'): boolean {
  return value === undefined || typeof value === type;
}

function contradictions({ codec, reference }: AttributeKind, options: GivenOptions): string[] {
  const faults: string[] = [];
  if (options.default === null)
    faults.push('has null as default: leave it out, a nullable attribute without a default begins as null');
  if (codec.incomparable && (options.indexed || options.unique))
    faults.push(`cannot be indexed or unique: ${codec.name} values cannot be compared`);
  if (reference !== undefined && options.default !== undefined && typeof options.default !== 'function')
    faults.push('needs a function as default: an item belongs to one store, the class to all');
  if (reference?.whenDeleted === 'nullify' && options.nullable !== true)
    faults.push("needs nullable: true with whenDeleted: 'nullify'");
  return faults;
}
