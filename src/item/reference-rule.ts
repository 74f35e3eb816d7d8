import { CorollaryError, kindOf } from '../errors.js';
import type { ReferenceRule, WhenDeleted } from '../schema/attribute.js';
import type { ItemClass } from '../schema/item-class.js';
import { badAttribute } from './declarations.js';
import { refuseNonItem } from './type-of.js';

const WHEN_DELETED: readonly WhenDeleted[] = ['nullify', 'cascade', 'refuse'];

/**
 * The reference side of an attribute, from what its decorator (`what`: '@reference') was told. The class is asked for
 * late; its answer is checked then.
 * @throws CorollaryError BAD_TYPE
 */
export function referenceRule(
  what: string,
  place: string,
  target: (() => ItemClass) | undefined,
  whenDeleted: WhenDeleted,
): ReferenceRule {
  if (target !== undefined && typeof target !== 'function')
    throw badAttribute(place, `${what}() takes a function that answers the class: () => City`);
  if (!WHEN_DELETED.includes(whenDeleted))
    throw badAttribute(place, `${what}() needs one of ${WHEN_DELETED.join(', ')} as whenDeleted`);
  return { target: target && answering(what, target, place), whenDeleted };
}

/** A target function whose answer is checked: circular imports make it undefined easily, a missing `() =>` an item. */
function answering(what: string, target: () => ItemClass, place: string): () => ItemClass {
  let checked: ItemClass | undefined;
  return () => {
    checked ??= classAnswered(what, target, place);
    return checked;
  };
}

function classAnswered(what: string, target: () => unknown, place: string): ItemClass {
  let answer: unknown;
  try {
    answer = target();
  } catch (cause) {
    const message = `Attribute ${place}: ${what}() takes a function that answers the class, () => City; it threw`;
    throw new CorollaryError('BAD_TYPE', message, { cause });
  }
  if (typeof answer !== 'function')
    throw badAttribute(place, `its target answers ${kindOf(answer)}, not an item class`);
  refuseNonItem(answer);
  return answer;
}
