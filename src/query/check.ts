import { CorollaryError, kindOf } from '../errors.js';
import type { Check } from '../schema/attribute.js';
import type { ItemType } from '../schema/item-type.js';
import { columnsOf } from './column.js';
import { conditionSQL } from './compile-condition.js';
import { Condition, nodeOf, provenanceOf } from './condition.js';
import { literal } from './fragment.js';
import { checkProvenance, type Source } from './provenance.js';

/**
 * The SQL expression of a CHECK constraint. It refuses a row only where the condition is plainly false: SQLite lets a
 * comparison with null pass.
 * @throws CorollaryError BAD_QUERY when the check is no condition, looks at other items, or refers to the id.
 */
export function compileCheck(type: ItemType, check: Check): string {
  const source: Source = { type, index: 0, isOpen: true };
  const condition: unknown = check(columnsOf(source));
  source.isOpen = false;
  if (!(condition instanceof Condition)) {
    throw bad(type, `must give a condition, such as c.age.gte(0), not ${kindOf(condition)}`);
  }
  // Queries inside are refused below, by what they are and not by whom they ask.
  checkProvenance({ ...provenanceOf(condition), scopes: [] }, type, '');
  const text = conditionSQL(nodeOf(condition), {
    from: [type],
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

function bad(type: ItemType, said: string): CorollaryError {
  return new CorollaryError('BAD_QUERY', `A check of ${type.name} ${said}`, { type: type.name });
}
