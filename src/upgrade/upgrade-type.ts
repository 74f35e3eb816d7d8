import type { ItemType } from '../schema/item-type.js';
import type { Cell } from '../schema/value.js';
import type { StoredType } from '../store/catalog.js';
import { type CatalogueEntry, isBehind } from '../store/catalogue-entry.js';
import type { Noting } from '../store/change.js';
import { deleteRowsByRules } from '../store/deletion.js';
import { batchesOf, rowCount, type StoredRow } from '../store/old-table.js';
import { RowWriter } from '../store/row-writer.js';
import type { TypeShape } from '../store/shape.js';
import type { StoreCore } from '../store/store-core.js';
import type { OnRows } from '../store/upgrader.js';
import { type ContextFor, Conversion } from './conversion.js';
import { atRow, namingUpgrade, Wrong } from './failure.js';
import { NewReferences } from './new-references.js';
import type { ReferenceChecks } from './reference-checks.js';
import type { Step } from './steps-of-class.js';

/** What it takes to upgrade a type. */
export interface Upgrading {
  readonly core: StoreCore;
  readonly type: ItemType;
  /** One after the other; none for a type without rows. */
  readonly steps: readonly Step[];
  readonly contextFor: ContextFor;
  /** Runs what moves the rows: in it, nobody may see items of the type. */
  readonly hiding: (move: () => void) => void;
  /** True for a type whose rows are being moved. */
  readonly isMoving: (type: ItemType) => boolean;
  readonly checks: ReferenceChecks;
  readonly onRows: OnRows | undefined;
}

/**
 * Brings all rows of a type to the version of its class, under the same ids. Runs inside a write of several steps, which
 * an error undoes.
 * @throws CorollaryError UPGRADE_FAILED naming item and versions; BUSY, DISK_FULL, IO_ERROR
 */
export function upgradeType(upgrading: Upgrading, noting: Noting): void {
  const { core, type, hiding, checks } = upgrading;
  const deleted: number[] = [];
  const versions = { from: core.catalog.entryOf(type)?.version as number, to: type.version };
  namingUpgrade(core, type.name, versions, () =>
    core.catalog.replaceTable(type, {
      move: (from, to) => hiding(() => new Move(upgrading, from, to).run(deleted)),
      // Only now: items of the type itself go by the rules of the new class.
      moved: (from) => {
        if (deleted.length > 0) deleteMissing(upgrading, from, deleted, noting);
        checks.finish();
      },
    }),
  );
}

// Types of an older version go by the rules that they are stored with: their own upgrade is to find it done. One that is
// on its way to another table has some rows here and some there, and refuses.
function deleteMissing(
  { core, isMoving }: Upgrading,
  from: CatalogueEntry,
  ids: readonly number[],
  noting: Noting,
): void {
  core.catalog.readyReferrers((type, entry) => isBehind(entry, type) && !isMoving(type));
  deleteRowsByRules(core, from, ids, noting);
}

/** The rows of one type on their way from one table to another. */
class Move {
  readonly #upgrading: Upgrading;
  readonly #from: CatalogueEntry;
  readonly #to: StoredType;
  readonly #way: readonly Conversion[];
  readonly #writer: RowWriter;
  readonly #references: NewReferences;
  /** By index of the new version: where in an old row stands the reference that means the same. */
  readonly #referencesBefore: readonly (number | undefined)[];

  constructor(upgrading: Upgrading, from: CatalogueEntry, to: StoredType) {
    const { core, type, steps, checks } = upgrading;
    this.#upgrading = upgrading;
    this.#from = from;
    this.#to = to;
    this.#way = steps.map((step, at) => new Conversion(core, step, steps[at + 1]?.oldType ?? type, checks));
    this.#writer = new RowWriter(core, to);
    this.#references = new NewReferences(core, type);
    const shapeBefore = core.catalog.shapeNow(from.shape);
    this.#referencesBefore = sameReferences(shapeBefore, to, steps[0]);
  }

  /** Moves all rows, but those that are to be deleted: their ids are added. */
  run(deleted: number[]): void {
    const [first] = this.#way;
    if (first === undefined) return;
    const { core, onRows, type } = this.#upgrading;
    const of = rowCount(core, this.#from);
    let rows = 0;
    for (const batch of batchesOf(core, this.#from, first.step.oldType)) {
      for (const row of batch) if (!this.#moveOne(row)) deleted.push(row.id);
      this.#references.assertThere();
      rows += batch.length;
      if (rows < of) onRows?.({ type: type.name, rows, of });
    }
    this.#writer.finish();
    this.#assertAllThere(of, deleted.length);
  }

  #moveOne(row: StoredRow): boolean {
    let { cells } = row;
    for (const conversion of this.#way) {
      const next = this.#converted(conversion, { id: row.id, cells });
      if (next === null) return false;
      cells = next;
    }
    const before = this.#referencesBefore.map((at) => (at === undefined ? undefined : row.cells[at]));
    this.#references.note(row.id, cells, before);
    this.#writer.add(row.id, cells);
    return true;
  }

  #converted(conversion: Conversion, row: StoredRow): readonly Cell[] | null {
    const { contextFor } = this.#upgrading;
    const { from, to } = conversion.step;
    return atRow({ from, to, storeId: row.id }, () => conversion.cells(row, contextFor));
  }

  // Nothing but a fault of this library makes them differ, or of SQLite: then all is undone.
  #assertAllThere(before: number, deleted: number): void {
    const after = rowCount(this.#upgrading.core, this.#to.entry);
    if (before === after + deleted) return;
    throw new Wrong(`${before} items were to be moved, and ${after} arrived, ${deleted} deleted ones not counted`);
  }
}

function sameReferences(
  shapeBefore: TypeShape,
  to: StoredType,
  first: Step | undefined,
): readonly (number | undefined)[] {
  const { attributes } = to.entry.shape;
  return to.type.attributes.map(({ name, index }) => {
    const before = shapeBefore.attributes.find((one) => one.name === name)?.references;
    const now = attributes[index]?.references;
    const isSame = before !== undefined && (now === before || now === '*');
    return isSame ? first?.oldType.byName.get(name)?.index : undefined;
  });
}
