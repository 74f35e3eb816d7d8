declare const isOpaque: unique symbol;

/** What an item of an Axiom store refers to. Given to a reference of the new item, it becomes the item it stands for. */
export class AxiomReference {
  declare readonly [isOpaque]: 'reference';
  /** @internal */
  readonly storeId: number;

  /** @internal */
  constructor(storeId: number) {
    this.storeId = storeId;
  }
}

/** A file of an Axiom store. Given to a `@file()` attribute of the new item, its bytes come along. */
export class AxiomFile {
  declare readonly [isOpaque]: 'file';
  /** @internal */
  readonly path: string;
  /** @internal */
  readonly mayBeMissing: boolean;

  /** @internal */
  constructor(path: string, mayBeMissing: boolean) {
    this.path = path;
    this.mayBeMissing = mayBeMissing;
  }
}
