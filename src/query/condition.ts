import { CorollaryError, kindOf } from '../errors.js';
import { type ConditionNode, MAX_DEPTH } from './ast.js';
import { conditionJSON } from './json.js';
import { mergedProvenance, type Provenance } from './provenance.js';
import { depthOf } from './traverse.js';

/** Makes a condition from its data; for this room only. */
export let newCondition: (node: ConditionNode, provenance: Provenance) => Condition;
/** A condition's data; for this room only. */
export let nodeOf: (condition: Condition) => ConditionNode;
/** Where a condition's columns and subqueries came from; for this room only. */
export let provenanceOf: (condition: Condition) => Provenance;

/**
 * A test that an item passes or not: made by the methods of a query's columns, combined by `and`, `or`, `not`.
 * Immutable. Two-valued, as in JavaScript: `not()` is the exact complement, null or not.
 */
export class Condition {
  readonly #node: ConditionNode;
  readonly #provenance: Provenance;

  static {
    newCondition = (node, provenance) => new Condition(node, provenance);
    nodeOf = (condition) => condition.#node;
    provenanceOf = (condition) => condition.#provenance;
  }

  private constructor(node: ConditionNode, provenance: Provenance) {
    if (depthOf(node) > MAX_DEPTH) {
      throw new CorollaryError('BAD_QUERY', `Conditions nest at most ${MAX_DEPTH} levels deep`);
    }
    this.#node = node;
    this.#provenance = provenance;
  }

  /** True where this and all the others are. */
  and(...others: readonly Condition[]): Condition {
    return junction('and', [this, ...others]);
  }

  /** True where this or any of the others is. */
  or(...others: readonly Condition[]): Condition {
    return junction('or', [this, ...others]);
  }

  /** True exactly where this is not. */
  not(): Condition {
    const node = this.#node;
    return new Condition(node.op === 'not' ? node.of : { op: 'not', of: node }, this.#provenance);
  }

  /** The condition as data that JSON can hold. */
  toJSON(): unknown {
    return structuredClone(conditionJSON(this.#node));
  }
}

/** True where all conditions are; of none, true everywhere. */
export function and(...conditions: readonly Condition[]): Condition {
  return junction('and', conditions);
}

/** True where any condition is; of none, nowhere. */
export function or(...conditions: readonly Condition[]): Condition {
  return junction('or', conditions);
}

/** True exactly where the condition is not. */
export function not(condition: Condition): Condition {
  return checked(condition).not();
}

function junction(op: 'and' | 'or', conditions: readonly Condition[]): Condition {
  const parts = conditions.map(checked);
  if (parts.length === 1) return parts[0] as Condition;
  // Lists of the same kind are laid flat: a condition grown in a loop stays one level deep.
  const of = parts.map(nodeOf).flatMap((node) => (node.op === op ? node.of : [node]));
  return newCondition({ op, of }, mergedProvenance(parts.map(provenanceOf)));
}

function checked(condition: unknown): Condition {
  if (condition instanceof Condition) return condition;
  const said = `A condition is needed, such as c.name.eq('x'), not ${kindOf(condition)}`;
  throw new CorollaryError('BAD_QUERY', said);
}
