import type { AttributeDecorator } from '../../item/attribute-check.js';
import { type AttributeOptions, attributeOf } from '../../item/attribute-options.js';
import { badAttribute } from '../../item/declarations.js';
import type { WhenDeleted } from '../../schema/attribute.js';
import { referenceCodec } from '../../schema/codecs/reference.js';
import { StoredFile } from './stored-file.js';

/** Options of {@link file}. */
export interface FileOptions<Null extends boolean = boolean> extends AttributeOptions<StoredFile, Null> {
  /** True: when the item is deleted, its file goes too, unless another item owns it as well. */
  readonly owned?: boolean;
  /**
   * What happens when the file is deleted while the item refers to it: 'refuse' (as if not given) refuses that, 'nullify'
   * makes the attribute null, 'cascade' deletes the item too.
   */
  readonly whenDeleted?: WhenDeleted;
}

const WHEN_DELETED: readonly WhenDeleted[] = ['nullify', 'cascade', 'refuse'];

/**
 * A file of the item's own store.
 *
 * @example
 * @file({ nullable: true, owned: true }) declare scan: StoredFile | null;
 */
export function file<Null extends boolean = false>(
  options: FileOptions<Null> = {},
): AttributeDecorator<StoredFile, Null, '@file'> {
  return attributeOf(({ place }) => {
    const { whenDeleted = 'refuse', owned = false } = options ?? {};
    if (!WHEN_DELETED.includes(whenDeleted))
      throw badAttribute(place, `@file() needs one of ${WHEN_DELETED.join(', ')} as whenDeleted`);
    if (typeof owned !== 'boolean') throw badAttribute(place, '@file() needs true or false as owned');
    const reference = { target: () => StoredFile, whenDeleted, owned };
    return { what: '@file', codec: referenceCodec, own: ['whenDeleted', 'owned'], reference };
  }, options);
}
