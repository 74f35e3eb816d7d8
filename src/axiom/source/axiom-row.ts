import { kindOf } from '../../errors.js';
import type { Decimal } from '../../schema/attribute-types.js';
import { Refusal } from '../../schema/codec.js';
import { decimalOf } from '../../schema/codecs/decimal.js';
import type { AxiomItem, AxiomType } from './axiom-store.js';
import {
  type AxiomCell,
  characters,
  flag,
  fraction,
  milliseconds,
  octets,
  scaleOfClass,
  texts,
  wholeNumber,
} from './kinds.js';
import { AxiomFile, AxiomReference } from './links.js';

/**
 * One item of an Axiom store, as it is there: what `values` of a mapping reads. Each method takes the name of an attribute,
 * and gives null where it is null there. Where the attribute holds something else, the item is among the problems.
 */
export class AxiomRow {
  /** The number of the item in its Axiom store. */
  readonly storeId: number;
  readonly #type: AxiomType;
  readonly #cells: readonly AxiomCell[];
  readonly #onRead: (at: number) => void;

  /** @internal */
  constructor(type: AxiomType, { storeId, cells }: AxiomItem, onRead: (at: number) => void) {
    this.storeId = storeId;
    this.#type = type;
    this.#cells = cells;
    this.#onRead = onRead;
  }

  /** The version of its type. */
  get version(): number {
    return this.#type.version;
  }

  /** Of an `integer`, up to 2^53. */
  integer(name: string): number | null {
    return this.#read(name, (cell) => safe(wholeNumber(cell)));
  }
  /** Of whatever is kept as an integer of 64 bits: also the microseconds of a `timestamp`, the digits of a decimal. */
  bigint(name: string): bigint | null {
    return this.#read(name, wholeNumber);
  }
  /** Of an `ieee754_double`. */
  real(name: string): number | null {
    return this.#read(name, fraction);
  }
  /** Of a `boolean`; also of an `integer` that is 0 or 1. */
  boolean(name: string): boolean | null {
    return this.#read(name, flag);
  }
  /** Of a `text`, or of a `path`: relative to the files of the store, with '/' between its parts. */
  text(name: string): string | null {
    return this.#read(name, characters);
  }
  /** Of a `textlist`. */
  texts(name: string): string[] | null {
    return this.#read(name, texts);
  }
  /** Of `bytes`; also of texts, as they are kept. */
  bytes(name: string): Uint8Array | null {
    return this.#read(name, octets);
  }
  /** Of a `timestamp`: the millisecond that it lies in. */
  timestamp(name: string): Date | null {
    return this.#read(name, (cell) => new Date(milliseconds(wholeNumber(cell))));
  }
  /** Of `money` and the decimals with a fixed number of places, exactly. */
  decimal(name: string): Decimal | null {
    return this.#read(name, (cell) => decimalOf(wholeNumber(cell), scaleOfClass(this.#kind(name))));
  }
  /** What a `reference` refers to, to be given to a reference of the new item. */
  reference(name: string): AxiomReference | null {
    return this.#read(name, (cell) => new AxiomReference(safe(wholeNumber(cell))));
  }
  /** The storeID that a `reference` holds: -1 stands for the store itself, and it may be that of a deleted item. */
  referredId(name: string): number | null {
    return this.integer(name);
  }
  /** The file of a `path`, to be given to a `@file()` attribute of the new item; null also where no file is there. */
  file(name: string): AxiomFile | null {
    return this.#read(name, (cell) => new AxiomFile(characters(cell), true));
  }

  #read<V>(name: string, decode: (cell: Exclude<AxiomCell, null>) => V): V | null {
    const at = this.#at(name);
    this.#onRead(at);
    const cell = this.#cells[at] ?? null;
    if (cell === null) return null;
    try {
      return decode(cell);
    } catch (error) {
      throw error instanceof Refusal ? new Refusal(`reads ${name}, which ${error.message}`) : error;
    }
  }

  #kind(name: string): string {
    return this.#type.attributes[this.#at(name)]?.kind ?? '';
  }

  #at(name: string): number {
    const at = this.#type.attributes.findIndex((attribute) => attribute.name === name);
    if (at !== -1) return at;
    const names = this.#type.attributes.map((attribute) => attribute.name).join(', ');
    const asked = typeof name === 'string' ? `'${name}'` : kindOf(name);
    throw new Refusal(`reads ${asked}, but there is ${names || 'no attribute'}`);
  }
}

/** @throws Refusal beyond 2^53 */
export function safe(whole: bigint): number {
  const number = Number(whole);
  if (Number.isSafeInteger(number)) return number;
  throw new Refusal('holds an integer beyond 2^53: it needs a bigint()');
}
