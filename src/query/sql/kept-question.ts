import { keepShape } from '../../driver/kept-shapes.js';
import type { Attribute } from '../../schema/attribute.js';
import { integerCodec } from '../../schema/codecs/integer.js';
import type { ItemType } from '../../schema/item-type.js';
import type { RuntimeColumn } from '../column.js';
import { newQuery } from '../query.js';
import { specOf } from '../question.js';
import type { QueryRunner } from '../runner.js';
import { questionShape } from './question-shape.js';

const number = { name: 'number', codec: integerCodec, nullable: false, collate: 'binary', index: 0 } as Attribute;
const type = { name: 'sample', attributes: [number], byName: new Map([['number', number]]) } as unknown as ItemType;

/** Asks nobody a question, and keeps an object of every kind that is made for one: see {@link keepShape}. */
export function keepQuestion(): void {
  const kept = (make: (column: RuntimeColumn) => object) => (columns: { readonly number: RuntimeColumn }) => {
    const made = make(columns.number);
    for (const one of [columns.number, made]) keepShape(one);
    return made;
  };
  const runner = { scope: '' } as QueryRunner;
  const asked = newQuery(
    runner,
    [{ type, isOptional: false }],
    kept((number) => number.gte(1)),
  );
  const query = asked.orderBy(kept((number) => number.asc()) as never).limit(1);
  const shape = questionShape(specOf(query), { uid: '', tableOf: () => 'sample', textTableOf: () => undefined });
  for (const one of [query, shape]) if (one !== undefined) keepShape(one);
}
