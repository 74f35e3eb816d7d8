import type { ItemType } from '../schema/item-type.js';
import type { CatalogueEntry } from './catalogue-entry.js';

/** What became of a type that had a name in an earlier version of the program. */
export interface PastType {
  readonly version: number;
  /** What it is called now; undefined where it was dropped with all its items. */
  readonly renamedTo: string | undefined;
}

/** The types that a file knows, as its catalogue has them. */
export class CatalogueEntries {
  /** Those with items, or that may get some, by lower-case name. */
  readonly #byName = new Map<string, CatalogueEntry>();
  readonly #byTag = new Map<number, CatalogueEntry>();
  /** What is known no more by these lower-case names. */
  readonly #past = new Map<string, PastType>();

  constructor(entries: Iterable<CatalogueEntry> = []) {
    for (const entry of entries) this.note(entry);
  }

  /** Takes in a row of the catalogue, in place of the one with the same tag. */
  note(entry: CatalogueEntry): void {
    const before = this.#byTag.get(entry.tag);
    if (before !== undefined) this.#byName.delete(before.name.toLowerCase());
    this.#byTag.set(entry.tag, entry);
    const { name, version, shape } = entry;
    const renamedTo = isDropped(entry) ? undefined : name;
    for (const [former, itsVersion] of Object.entries(shape.formerly ?? {}))
      this.#notePast(former, { version: itsVersion, renamedTo });
    if (isDropped(entry)) this.#notePast(name, { version, renamedTo });
    else this.#byName.set(name.toLowerCase(), entry);
  }

  /** Several types may have had a name, one after the other: the last of them counts. */
  #notePast(former: string, past: PastType): void {
    const known = this.#past.get(former.toLowerCase());
    if (known === undefined || past.version >= known.version) this.#past.set(former.toLowerCase(), past);
  }

  all(): readonly CatalogueEntry[] {
    return [...this.#byName.values()];
  }

  withTag(tag: number): CatalogueEntry | undefined {
    const entry = this.#byTag.get(tag);
    return entry === undefined || isDropped(entry) ? undefined : entry;
  }

  get nextTag(): number {
    return 1 + Math.max(0, ...this.#byTag.keys());
  }

  /** The entry of a type, under its name or a former one. */
  of(type: ItemType): CatalogueEntry | undefined {
    return this.#named(type)[0];
  }

  /** The entries that all claim to be this type, where there are several. */
  rivalsOf(type: ItemType): readonly CatalogueEntry[] {
    const found = this.#named(type);
    return found.length > 1 ? found : [];
  }

  #named({ name, formerNames }: ItemType): CatalogueEntry[] {
    if (formerNames.length === 0) {
      const entry = this.#byName.get(name.toLowerCase());
      return entry === undefined ? [] : [entry];
    }
    return [name, ...formerNames].flatMap((one) => this.#byName.get(one.toLowerCase()) ?? []);
  }

  /** What became here of the type that a class of this version takes for its own; a later one may use the name again. */
  pastOf(type: ItemType): PastType | undefined {
    const past = this.#past.get(type.name.toLowerCase());
    if (past === undefined || type.version > past.version) return undefined;
    const entry = this.of(type)?.name.toLowerCase();
    // The name is its own, or it is given back what was its own.
    const isItself = entry !== undefined && [type.name, past.renamedTo].some((name) => name?.toLowerCase() === entry);
    return isItself ? undefined : past;
  }

  /** The entry that stands for a dropped type of this name: none, or one. */
  dropped({ name }: ItemType): readonly CatalogueEntry[] {
    return [...this.#byTag.values()].filter(
      (entry) => isDropped(entry) && entry.name.toLowerCase() === name.toLowerCase(),
    );
  }
}

function isDropped({ table }: CatalogueEntry): boolean {
  return table === '';
}
