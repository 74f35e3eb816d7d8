import type { Problem } from '../errors.js';
import type { ItemType } from '../schema/item-type.js';
import type { CatalogueEntry } from './catalogue-entry.js';

/** Told between two batches how many items of a type, of how many, are upgraded. What it throws undoes them. */
export type OnRows = (progress: { readonly type: string; readonly rows: number; readonly of: number }) => void;

/** Who is told what becomes of a store that is upgraded as a whole. */
export interface UpgradeWatch {
  /** Gets the name of each type that is upgraded, or dropped, by this call. One that is undone with its transaction leaves again. */
  readonly upgraded: Set<string>;
  readonly onRows: OnRows | undefined;
}

/** Socket: sees to types that are stored as earlier programs knew them: in older versions, or under former names. The room of upgrades implements it. */
export interface Upgrader {
  /** The catalogue of the store is read for the first time by this handle. False when that is to be told again. */
  opened(): boolean;
  /** What keeps a type that is stored as an earlier program knew it from being upgraded, whoever asks for it. */
  problemsOf(type: ItemType, entry: CatalogueEntry): readonly Problem[];
  /**
   * Brings a type, before anything of it is seen, from an older version or a former name to that of its class.
   * @throws CorollaryError NO_UPGRADE_PATH, SCHEMA_MISMATCH, UPGRADE_NEEDED, UPGRADE_FAILED; BUSY, DISK_FULL, IO_ERROR
   */
  upgrade(type: ItemType): void;
  /** True when there is something to be done by {@link Upgrader.upgradeAll}. */
  readonly isNeeded: boolean;
  /**
   * Brings all types there that have classes to the versions and names of these, as somebody has asked for it, and drops
   * those that are to be dropped.
   */
  upgradeAll(watch: UpgradeWatch): void;
  /** Runs something by which stores of the tree may be opened, and are not upgraded for that. */
  notAtOpening<R>(work: () => R): R;
}

/** A store, as far as it is asked here. */
interface Upgraded {
  readonly catalog: { readonly upgrader: Upgrader | undefined };
}

/** {@link Upgrader.notAtOpening}, for whoever has a store of the tree. */
export function notAtOpening<R>({ catalog: { upgrader } }: Upgraded, work: () => R): R {
  return upgrader === undefined ? work() : upgrader.notAtOpening(work);
}
