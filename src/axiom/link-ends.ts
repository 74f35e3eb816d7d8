import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Pledge } from '../item/pledge.js';
import { Refusal } from '../schema/codec.js';
import type { ItemType } from '../schema/item-type.js';
import { onDisk } from '../store/disk.js';
import { type AxiomStore, THE_STORE } from './source/axiom-store.js';
import type { AxiomFile, AxiomReference } from './source/links.js';

/** What is only known while the new store is written; while it is checked, any number does. */
export interface Numbers {
  /** The id of the new item. */
  idOf(type: ItemType, storeId: number): number;
  /** The id of the SubStore item that an item of Axiom has become; undefined where it has become none. */
  subStore(storeId: number): number | undefined;
  /** The id of the file that has been a path among the files. */
  file(path: string): number;
}

export interface LinkEndsOptions {
  readonly source: AxiomStore;
  /** What the items of a table become; those that are left out have none. */
  readonly conversions: ReadonlyMap<string, { readonly type: ItemType }>;
  readonly numbers: Numbers;
  readonly subStoreType: ItemType;
  readonly fileType: ItemType;
}

/** Where the references and paths of one store lead. What leads nowhere is answered by a phrase that says why. */
export class LinkEnds {
  readonly #options: LinkEndsOptions;

  constructor(options: LinkEndsOptions) {
    this.#options = options;
  }

  /** The new item. */
  ofReference({ storeId }: AxiomReference): Pledge | string {
    return storeId === THE_STORE ? 'the store itself' : this.ofItem(storeId);
  }

  /** The new item for one of Axiom. */
  ofItem(storeId: number): Pledge | string {
    const { source, conversions, numbers, subStoreType } = this.#options;
    const type = source.typeOf(storeId);
    if (type === undefined) return 'an item that was deleted';
    const conversion = conversions.get(type.table);
    if (conversion !== undefined) return new Pledge(conversion.type, numbers.idOf(conversion.type, storeId));
    const subStore = numbers.subStore(storeId);
    return subStore === undefined
      ? `an item of type ${type.name}, which is left out`
      : new Pledge(subStoreType, subStore);
  }

  /** The new file. @throws Refusal for a path that leads out of the files, or to something else than a file */
  ofFile({ path, mayBeMissing }: AxiomFile): Pledge | string {
    const { source, numbers, fileType } = this.#options;
    const place = pathAmong(source.files, path);
    const stat = onDisk(place, () => statSync(place, { throwIfNoEntry: false }));
    if (stat?.isFile()) return new Pledge(fileType, numbers.file(path));
    if (stat === undefined && mayBeMissing) return 'a file that is not there';
    throw new Refusal(
      `is the path of ${stat === undefined ? 'a file that is not there' : 'something that is no file'}`,
    );
  }
}

/** Where a path of Axiom leads, among the files of a store. @throws Refusal where it leads out of them */
export function pathAmong(files: string, path: string): string {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0')))
    throw new Refusal('is a path that leads out of the files of its store');
  return join(files, ...parts);
}
