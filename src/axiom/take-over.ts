import type { Attribute } from '../schema/attribute.js';
import { Refusal } from '../schema/codec.js';
import { decimalOf } from '../schema/codecs/decimal.js';
import { StoredFile } from '../store/files/stored-file.js';
import { safe } from './source/axiom-row.js';
import type { AxiomAttribute } from './source/axiom-store.js';
import {
  type AxiomCell,
  type AxiomKind,
  characters,
  flag,
  fraction,
  kindOfClass,
  milliseconds,
  octets,
  scaleOfClass,
  texts,
  wholeNumber,
} from './source/kinds.js';
import { AxiomFile, AxiomReference } from './source/links.js';

type Cell = Exclude<AxiomCell, null>;
/** Told of what does not come over as it was. */
type Tell = (note: string) => void;
/** What a cell means as a value for the new attribute. @throws Refusal */
export type TakeOver = (cell: Cell, tell: Tell) => unknown;

/** How an attribute of Axiom is taken over by the one of the same name, as far as nothing is guessed. */
export function takeOver(from: AxiomAttribute, to: Attribute): TakeOver {
  const kind = kindOfClass(from.kind);
  const name = typeNameOf(to);
  if (kind === 'decimal' && name === 'decimal') return decimal(scaleOfClass(from.kind), to.codec.scale ?? 0);
  const way = kind === undefined ? undefined : WAYS[kind]?.[name];
  if (way !== undefined) return way;
  const what = name === 'reference' || name === 'file' ? `a ${name}` : name;
  return () => {
    throw new Refusal(`is ${what}, and in Axiom ${from.kind}: give it in values`);
  };
}

/** 'decimal' for 'decimal(2)'; 'file' for a reference to files. */
function typeNameOf({ codec, reference }: Attribute): string {
  if (reference !== undefined) return reference.target?.() === StoredFile ? 'file' : 'reference';
  return codec.name.replace(/\(.*/, '');
}

const WAYS: { readonly [K in AxiomKind]?: Readonly<Record<string, TakeOver>> } = {
  integer: {
    integer: (cell) => safe(wholeNumber(cell)),
    bigint: wholeNumber,
    real: (cell) => safe(wholeNumber(cell)),
    boolean: flag,
    decimal: (cell) => wholeNumber(cell).toString(),
  },
  boolean: { boolean: flag, integer: (cell) => Number(flag(cell)) },
  text: { text: characters },
  bytes: { bytes: octets },
  textlist: { json: texts },
  path: { text: characters, file: (cell) => new AxiomFile(characters(cell), false) },
  timestamp: { timestamp: moment, bigint: wholeNumber, integer: (cell) => safe(wholeNumber(cell)) },
  reference: { reference: (cell) => new AxiomReference(safe(wholeNumber(cell))) },
  ieee754_double: { real: fraction },
};

function moment(cell: Cell, tell: Tell): Date {
  const microseconds = wholeNumber(cell);
  if (microseconds % 1000n !== 0n) tell('loses its microseconds; a bigint() attribute would keep them');
  return new Date(milliseconds(microseconds));
}

function decimal(scale: number, wanted: number): TakeOver {
  return (cell) => {
    const text: string = decimalOf(wholeNumber(cell), scale);
    // Zeros beyond the scale of the attribute say nothing; any other digit there is refused.
    const beyond = scale > wanted ? text.slice(wanted - scale) : '';
    return /^0+$/.test(beyond) ? text.slice(0, -beyond.length).replace(/\.$/, '') : text;
  };
}
