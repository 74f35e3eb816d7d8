import { quoted } from '../../driver/sql-text.js';
import { CorollaryError, kindOf } from '../../errors.js';
import type { Check } from '../../schema/attribute.js';
import type { ItemType } from '../../schema/item-type.js';
import type { FromNode } from '../ast.js';
import { columnsOf } from '../column.js';
import { Condition, nodeOf, provenanceOf } from '../condition.js';
import { checkProvenance, type Frame } from '../provenance.js';
import { conditionSQL } from './compile-condition.js';
import { literal } from './fragment.js';

/**
 * The SQL expression of a CHECK constraint. It refuses a row only where the condition is plainly false: SQLite lets a
 * comparison with null pass.
 * @throws CorollaryError BAD_QUERY when the check is no condition, looks at other items, or refers to the id.
 */
export function compileCheck(type: ItemType, check: Check): string {
  const from: FromNode = { type, isOptional: false };
  const frame: Frame = { asked: { from: [from], scope: '', typeOf: () => refuseReferrers(type) }, isOpen: true };
  let condition: unknown;
  try {
    condition = check(columnsOf({ ...from, index: 0, frame }));
  } finally {
    frame.isOpen = false;
  }
  if (!(condition instanceof Condition)) {
    throw bad(type, `must give a condition, such as c.age.gte(0), not ${kindOf(condition)}`);
  }
  // Queries inside are refused below, by what they are and not by whom they ask.
  checkProvenance({ ...provenanceOf(condition), scopes: [] }, { from: [from], scope: '' });
  const text = conditionSQL(nodeOf(condition), {
    from: [from],
    column: ({ name, path }) => {
      if (path !== undefined) throw bad(type, 'cannot follow references: it sees one item');
      return quoted(name === 'self' ? 'storeId' : name);
    },
    referrers: () => refuseReferrers(type),
    matches: () => refuseSearch(type),
    found: () => refuseSearch(type),
    idIn: () => {
      throw bad(type, 'cannot compare with an item: it must hold in every store');
    },
    subquery: () => {
      throw bad(type, 'cannot contain a query: it sees one item');
    },
    // SQLite takes no subquery in a CHECK, json_each included: every list is written out.
    longestList: Number.POSITIVE_INFINITY,
  });
  return literal(text);
}

function refuseReferrers(type: ItemType): never {
  throw bad(type, 'cannot look at items that refer to it: it sees one item');
}

function refuseSearch(type: ItemType): never {
  throw bad(type, 'cannot search for words: it sees one item');
}

function bad(type: ItemType, said: string): CorollaryError {
  return new CorollaryError('BAD_QUERY', `A check of ${type.name} ${said}`, { type: type.name });
}
