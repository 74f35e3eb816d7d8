import { keepShape } from '../driver/kept-shapes.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import type { Replaced } from './commit/redo.js';
import type { Definition } from './definition.js';
import type { UndoLog } from './undo-log.js';

/** What one level of a transaction did in one store's database. */
export class PartLevel {
  readonly log: UndoLog;
  /** How many changed rows stood when the level began. */
  readonly rowsBefore: number;
  /** The types whose items were written, with their ids where it is wanted to know which. */
  readonly written = new Map<CatalogueEntry, number[]>();
  readonly definitions: Definition[] = [];
  readonly replaced: Replaced[] = [];
  /** The uid of the store that it was moved to; null if it is to stay where it was. */
  newParent: string | null | undefined = undefined;

  constructor(log: UndoLog, rowsBefore: number) {
    this.log = log;
    this.rowsBefore = rowsBefore;
  }

  /** The ids that were noted of a type, to be added to. */
  idsOf(type: CatalogueEntry): number[] {
    const known = this.written.get(type);
    if (known !== undefined) return known;
    const ids: number[] = [];
    this.written.set(type, ids);
    return ids;
  }

  /** Takes over what an inner level did, but for the rows that it wrote. */
  absorb(inner: PartLevel): void {
    this.log.absorb(inner.log);
    this.definitions.push(...inner.definitions);
    this.replaced.push(...inner.replaced);
    if (inner.newParent !== undefined) this.newParent = inner.newParent;
  }
}

keepShape(new PartLevel({} as UndoLog, 0));
