import { integerCodec } from '../schema/codecs/integer.js';
import { textCodec } from '../schema/codecs/text.js';
import { timestampCodec } from '../schema/codecs/timestamp.js';
import type { AttributeDecorator } from './attribute-check.js';
import { type AttributeOptions, attributeOf } from './attribute-options.js';

/** Text that only the library writes: programs can read it, and their assignments are refused with READ_ONLY. */
export function readOnlyText(
  options: AttributeOptions<string, false> = {},
): AttributeDecorator<string, false, '@readOnlyText'> {
  return attributeOf(() => ({ what: '@readOnlyText', codec: textCodec, readOnly: true }), options);
}

/** A moment that only the library writes. */
export function readOnlyTimestamp(
  options: AttributeOptions<Date, false> = {},
): AttributeDecorator<Date, false, '@readOnlyTimestamp'> {
  return attributeOf(() => ({ what: '@readOnlyTimestamp', codec: timestampCodec, readOnly: true }), options);
}

/** A whole number that only the library writes. */
export function readOnlyInteger(
  options: AttributeOptions<number, false> = {},
): AttributeDecorator<number, false, '@readOnlyInteger'> {
  return attributeOf(() => ({ what: '@readOnlyInteger', codec: integerCodec, readOnly: true }), options);
}
