import { CorollaryError, kindOf, type Problem, problemsError } from '../errors.js';
import type { SelectNode } from './ast.js';
import { columnIn, columnsOf, type RuntimeColumn } from './column.js';
import { and, Condition, provenanceOf } from './condition.js';
import { Order, orderParts } from './order.js';
import { type Asked, checkProvenance, type Frame, type Provenance, questionName } from './provenance.js';

/**
 * The condition that a callback, a condition or a plain object of equalities stands for.
 * @throws CorollaryError BAD_QUERY, WRONG_STORE; INVALID_VALUE and UNKNOWN_ATTRIBUTE with all problems of an object
 */
export function conditionFrom(asked: Asked, where: unknown): Condition {
  const condition = conditionOf(asked, 'where', where);
  mustBeOfRows(asked, 'where', provenanceOf(condition));
  return condition;
}

/** The same for a condition that groups must fulfil, and which may look at aggregates. */
export function groupConditionFrom(asked: Asked, having: unknown): Condition {
  return conditionOf(asked, 'having', having);
}

function conditionOf(asked: Asked, what: string, given: unknown): Condition {
  const found = typeof given === 'function' ? withColumns(asked, given as Callback) : given;
  const condition = typeof given !== 'function' && isPlain(found) ? equalities(asked, found) : found;
  if (!(condition instanceof Condition)) {
    throw bad(asked, `${what} takes a condition, such as c => c.name.eq('x'), not ${kindOf(condition)}`);
  }
  checkProvenance(provenanceOf(condition), asked);
  return condition;
}

/** The orders that a callback gives, or that are given. @throws CorollaryError BAD_QUERY */
export function ordersFrom(asked: Asked, given: readonly unknown[]): readonly Order[] {
  const found = given.flatMap((one) => (typeof one === 'function' ? withColumns(asked, one as Callback) : one));
  return found.map((order) => {
    if (!(order instanceof Order))
      throw bad(asked, `orderBy takes orders, such as c => c.name.asc(), not ${kindOf(order)}`);
    checkProvenance(orderParts(order).provenance, asked);
    return order;
  });
}

/** The column that a callback picks. @throws CorollaryError BAD_QUERY */
export function columnFrom(asked: Asked, what: string, pick: unknown): RuntimeColumn {
  const found = typeof pick === 'function' ? withColumns(asked, pick as Callback) : pick;
  return checkedColumn(asked, what, found);
}

/** The columns that callbacks pick, each one or a list. @throws CorollaryError BAD_QUERY */
export function columnsFrom(asked: Asked, what: string, picks: readonly unknown[]): readonly RuntimeColumn[] {
  const found = picks.flatMap((pick) => (typeof pick === 'function' ? withColumns(asked, pick as Callback) : pick));
  if (found.length === 0) throw bad(asked, `${what} takes at least one column, such as c => c.name`);
  return found.map((column) => {
    const checked = checkedColumn(asked, what, column);
    mustBeOfRows(asked, what, checked.provenance);
    return checked;
  });
}

/** The columns of a projection, as the members of the object that a callback gives. @throws CorollaryError BAD_QUERY */
export function membersFrom(asked: Asked, pick: unknown): readonly SelectNode[] {
  const found = typeof pick === 'function' ? withColumns(asked, pick as Callback) : pick;
  if (!isPlain(found) || Object.keys(found).length === 0) {
    throw bad(asked, `select takes an object of columns, such as c => ({ name: c.name }), not ${kindOf(found)}`);
  }
  return Object.entries(found).map(([name, column]) => {
    if (name === '__proto__') throw bad(asked, "select cannot give a member the name '__proto__'");
    return { name, column: checkedColumn(asked, `select (${name})`, column).node };
  });
}

function checkedColumn(asked: Asked, what: string, found: unknown): RuntimeColumn {
  const column = columnIn(found);
  if (column === undefined) throw bad(asked, `${what} takes a column, such as c => c.name, not ${kindOf(found)}`);
  checkProvenance(column.provenance, asked);
  return column;
}

function mustBeOfRows(asked: Asked, what: string, { isAggregate }: Provenance): void {
  if (isAggregate) throw bad(asked, `${what} looks at single items: say in having what groups must fulfil`);
}

type Callback = (...columns: readonly unknown[]) => unknown;

function withColumns(asked: Asked, callback: Callback): unknown {
  // Of all functions, only the prototype of a class cannot be replaced.
  if (Object.getOwnPropertyDescriptor(callback, 'prototype')?.writable === false) {
    throw bad(asked, `a callback over columns is needed, such as c => c.name.eq('x'), not the class ${callback.name}`);
  }
  const frame: Frame = { asked, isOpen: true };
  try {
    return callback(...asked.from.map((from, index) => columnsOf({ ...from, index, frame })));
  } finally {
    frame.isOpen = false;
  }
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function equalities(asked: Asked, wanted: Readonly<Record<string, unknown>>): Condition {
  const { type } = asked.from[0];
  const problems: Problem[] = [];
  const columns = columnsOf({ type, isOptional: false, index: 0, frame: { asked, isOpen: false } });
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

function bad({ from }: Asked, said: string): CorollaryError {
  return new CorollaryError('BAD_QUERY', `${questionName(from)}: ${said}`, { type: from[0].type.name });
}
