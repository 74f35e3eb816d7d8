import type { Attribute } from '../schema/attribute.js';
import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import { decoded } from './access.js';
import { completeCells } from './build.js';
import { checkedCell, Faults, noAttribute, runValidate } from './check-value.js';
import type { Keeper } from './state.js';

/** A row by itself, as plain values by attribute name: references are ids. */
export type RowValues = Record<string, unknown>;

/** What a row's cells mean. @throws CorollaryError OUT_OF_RANGE naming the attribute */
export function valuesOfRow(type: ItemType, cells: readonly Cell[]): RowValues {
  const values: RowValues = {};
  for (const attribute of type.attributes) {
    const cell = cells[attribute.index] as Cell;
    values[attribute.name] = cell === null ? null : decoded(type, attribute, cell);
  }
  return values;
}

/** What a row is made of. */
export interface RowSource {
  /** Cells to begin with, by `attribute.index`; they are checked, too. */
  readonly cells: readonly (Cell | undefined)[];
  /** Values that take the place of those. A reference may be an item or an id; whether there is one, nobody asks here. */
  readonly values: object;
  /** Names in `values` that mean nothing here. */
  readonly passedOver: ReadonlySet<string>;
}

/** Shows what a reference leads to to the `validate` of its attribute. @throws Refusal */
export type CheckReference = (attribute: Attribute, id: number) => void;

/** The checked and complete cells of a row that is to be written without making an item of it. */
export function cellsOfRow(
  type: ItemType,
  keeper: Keeper,
  { cells, values, passedOver }: RowSource,
  checkReference: CheckReference,
): readonly Cell[] {
  const faults = new Faults();
  const given = type.attributes.map((attribute) =>
    Object.hasOwn(values, attribute.name)
      ? undefined
      : acceptedCell(attribute, cells[attribute.index], checkReference, faults),
  );
  for (const [name, value] of Object.entries(values)) {
    const attribute = type.byName.get(name);
    if (attribute !== undefined)
      given[attribute.index] = cellOfValue(attribute, value, { keeper, checkReference }, faults);
    else if (!passedOver.has(name)) faults.add('UNKNOWN_ATTRIBUTE', name, noAttribute(type));
  }
  for (const symbol of Object.getOwnPropertySymbols(values))
    faults.add('UNKNOWN_ATTRIBUTE', String(symbol), noAttribute(type));
  return completeCells(type, keeper, given, faults);
}

/** A cell that the attribute would take as a value; undefined for null where that is not allowed any more. */
function acceptedCell(
  attribute: Attribute,
  cell: Cell | undefined,
  checkReference: CheckReference,
  faults: Faults,
): Cell | undefined {
  const { validate, reference, codec } = attribute;
  if (cell === undefined || cell === null) return attribute.nullable ? cell : undefined;
  if (validate === undefined) return cell;
  try {
    if (reference === undefined) runValidate(validate, codec.decode(cell));
    else checkReference(attribute, cell as number);
  } catch (error) {
    faults.take(attribute.name, error);
  }
  return cell;
}

interface Around {
  readonly keeper: Keeper;
  readonly checkReference: CheckReference;
}

function cellOfValue(
  attribute: Attribute,
  value: unknown,
  { keeper, checkReference }: Around,
  faults: Faults,
): Cell | undefined {
  if (attribute.reference === undefined || typeof value !== 'number')
    return checkedCell(attribute, value, keeper, faults);
  try {
    return acceptedCell(attribute, attribute.codec.encode(value), checkReference, faults);
  } catch (error) {
    faults.take(attribute.name, error);
    return undefined;
  }
}
