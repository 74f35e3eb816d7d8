import { CorollaryError, kindOf, type Problem, problemsError } from '../errors.js';
import type { ItemType } from '../schema/item-type.js';
import { columnsOf, RuntimeColumn } from './column.js';
import { and, Condition, provenanceOf } from './condition.js';
import { Order, orderParts } from './order.js';
import { checkProvenance, type Provenance, type Source } from './provenance.js';

/** What a callback over columns is for; named in messages. */
interface Asked {
  readonly type: ItemType;
  readonly scope: string;
}

/**
 * The condition that a callback, a condition or a plain object of equalities stands for.
 * @throws CorollaryError BAD_QUERY, WRONG_STORE; INVALID_VALUE and UNKNOWN_ATTRIBUTE with all problems of an object
 */
export function conditionFrom(asked: Asked, where: unknown): Condition {
  const found = typeof where === 'function' ? withColumns(asked.type, where as Callback) : where;
  const condition = typeof where !== 'function' && isPlain(found) ? equalities(asked.type, found) : found;
  if (!(condition instanceof Condition)) {
    throw bad(asked, `where takes a condition, such as c => c.name.eq('x'), not ${kindOf(condition)}`);
  }
  checkProvenance(provenanceOf(condition), asked.type, asked.scope);
  return condition;
}

/** The orders that a callback gives, or that are given. @throws CorollaryError BAD_QUERY */
export function ordersFrom(asked: Asked, given: readonly unknown[]): readonly Order[] {
  const found = given.flatMap((one) => (typeof one === 'function' ? withColumns(asked.type, one as Callback) : one));
  return found.map((order) => {
    if (!(order instanceof Order))
      throw bad(asked, `orderBy takes orders, such as c => c.name.asc(), not ${kindOf(order)}`);
    checkProvenance(orderParts(order).provenance, asked.type, asked.scope);
    return order;
  });
}

/** The column that a callback picks. @throws CorollaryError BAD_QUERY */
export function columnFrom(asked: Asked, what: string, pick: unknown): RuntimeColumn {
  const column = typeof pick === 'function' ? withColumns(asked.type, pick as Callback) : pick;
  if (!(column instanceof RuntimeColumn)) {
    throw bad(asked, `${what} takes a column, such as c => c.name, not ${kindOf(column)}`);
  }
  const provenance: Provenance = { sources: [column.source], scopes: [] };
  checkProvenance(provenance, asked.type, asked.scope);
  return column;
}

type Callback = (columns: unknown) => unknown;

function withColumns(type: ItemType, callback: Callback): unknown {
  const source: Source = { type, index: 0, isOpen: true };
  try {
    return callback(columnsOf(source));
  } finally {
    source.isOpen = false;
  }
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function equalities(type: ItemType, wanted: Readonly<Record<string, unknown>>): Condition {
  const problems: Problem[] = [];
  const columns = columnsOf({ type, index: 0, isOpen: false });
  const conditions = Object.entries(wanted).flatMap(([name, value]) => {
    if (!type.byName.has(name)) {
      const message = `${name} is no attribute of ${type.name}, which has ${[...type.byName.keys()].join(', ')}`;
      problems.push({ code: 'UNKNOWN_ATTRIBUTE', message, attribute: name });
      return [];
    }
    return equality(columns[name] as RuntimeColumn, value, problems);
  });
  if (problems.length > 0) throw problemsError(`Query of ${type.name}`, problems, { type: type.name });
  return and(...conditions);
}

function equality(column: RuntimeColumn, value: unknown, problems: Problem[]): Condition[] {
  try {
    return [column.eq(value)];
  } catch (error) {
    if (!(error instanceof CorollaryError)) throw error;
    problems.push({ code: error.code, message: error.message, attribute: column.shape.name });
    return [];
  }
}

function bad(asked: Asked, said: string): CorollaryError {
  return new CorollaryError('BAD_QUERY', `Query of ${asked.type.name}: ${said}`, { type: asked.type.name });
}
