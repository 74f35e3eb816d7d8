import type { TypeShape } from './shape.js';

/** A type as the file knows it, whether this program has a class for it or not. */
export interface CatalogueEntry {
  readonly tag: number;
  readonly name: string;
  readonly version: number;
  readonly table: string;
  readonly shape: TypeShape;
}
