import { CorollaryError, type Problem, problemsError } from '../errors.js';
import type { Item } from '../item/item.js';
import { cellsOfRow } from '../item/row-values.js';
import type { Attribute } from '../schema/attribute.js';
import type { StoreId } from '../schema/attribute-types.js';
import type { ItemClass } from '../schema/item-class.js';
import type { ItemType } from '../schema/item-type.js';
import { outsideActivation } from '../store/activation.js';
import { type CatalogueEntry, isBehind, standing } from '../store/catalogue-entry.js';
import type { Noting } from '../store/change.js';
import { createFromCells } from '../store/create.js';
import { hasRows } from '../store/old-table.js';
import { shapeDifferences } from '../store/shape.js';
import type { StoreCore } from '../store/store-core.js';
import { writingForReading } from '../store/transact.js';
import { runningTransaction } from '../store/transaction.js';
import type { Upgrader, UpgradeWatch } from '../store/upgrader.js';
import type { Asking } from './asking.js';
import { dropTypes } from './drop-types.js';
import { NewReferences } from './new-references.js';
import { saidOf } from './old-shape.js';
import { type Plan, planUpgrade } from './plan.js';
import { ReferenceChecks } from './reference-checks.js';
import { type Step, stepsOf } from './steps-of-class.js';
import type { UpgradeContext } from './upgrade.js';
import { upgradeType } from './upgrade-type.js';

/** When types of an older version are upgraded: at their first use in a store, all when a store is first used, or never. */
export type UpgradeWhen = 'use' | 'open' | 'refuse';

/** What becomes of the items of a type that has no class any more: they are kept, and not read, or dropped. */
export type Retirement = 'keep' | 'drop';

/** What an upgrader is told where a store is put together. */
export interface UpgraderOptions {
  readonly when: UpgradeWhen;
  /** By type name. */
  readonly retired: Readonly<Record<string, Retirement>>;
  /** Shared by the stores of a forest: while it is underway all are upgraded, whatever was said of their first use. */
  readonly asking: Asking;
  /** Gives a type back, unless items of it are made in another way than by `create`. */
  readonly creatable: (type: ItemType) => ItemType;
}

/** A type that is stored as an earlier program knew it. */
interface OlderStored {
  readonly type: ItemType;
  readonly entry: CatalogueEntry;
}

const NOTHING_PASSED_OVER: ReadonlySet<string> = new Set();

/** Upgrades the types of one store. */
export class StoreUpgrader implements Upgrader {
  readonly #core: StoreCore;
  readonly #options: UpgraderOptions;
  /** Types whose upgrade has begun. */
  readonly #underway = new Set<ItemType>();
  /** Types whose rows are being moved: part of them is here, part there. */
  readonly #moving = new Set<ItemType>();
  readonly #checks: ReferenceChecks;

  /** Who wants to know how far all is, while somebody has asked for it. */
  #watch: UpgradeWatch | undefined;

  constructor(core: StoreCore, options: UpgraderOptions) {
    this.#core = core;
    this.#options = options;
    this.#checks = new ReferenceChecks(core, this.#moving);
  }

  opened(): boolean {
    const { when, asking } = this.#options;
    if (when !== 'open') return true;
    if (asking.isNotAtOpening) return false;
    for (const { type } of this.#olderTypes()) this.upgrade(type);
    // A transaction that only reads is followed by others.
    if (this.#isReadOnly) return this.#core.isReadOnly || !this.isNeeded;
    this.#renameReferred();
    this.#dropRetired();
    return true;
  }

  upgrade(type: ItemType): void {
    this.#assertNotMoving(type);
    // All types, although one is wanted: what this program cannot upgrade, an older one must still be able to read.
    this.#assertPossible(type);
    this.#underway.add(type);
    try {
      // Before: what their steps delete, the items of this type are asked about, and now they can be.
      for (const referred of this.#olderReferred(type)) this.upgrade(referred);
      outsideActivation(() =>
        writingForReading(this.#core, (transaction, part) => this.#upgradeUnlessDone(type, { transaction, part })),
      );
    } finally {
      this.#underway.delete(type);
      if (this.#underway.size === 0) this.#checks.clear();
    }
  }

  /** The types that its items refer to, and that are to be upgraded, too. Types may refer in circles. */
  #olderReferred(type: ItemType): ItemType[] {
    const referred = new Set(type.attributes.flatMap(({ name }) => type.referredType(name) ?? []));
    const older = this.#olderTypes().map((one) => one.type);
    return older.filter((one) => referred.has(one) && !this.#underway.has(one));
  }

  // Under the lock: another process may have done it, or written rows of a version that had none.
  #upgradeUnlessDone(type: ItemType, noting: Noting): void {
    const { catalog } = this.#core;
    const entry = catalog.entryOf(type); // undefined where a newer program has renamed the type meanwhile
    if (entry === undefined || !isBehind(entry, type)) return;
    this.#assertPossible(type);
    const { steps } = this.#planOf(type, entry);
    if (entry.name.toLowerCase() !== type.name.toLowerCase()) catalog.rename(type);
    if (entry.version < type.version) this.#replace(type, steps, noting);
    this.#noteUpgraded(type, noting);
  }

  #replace(type: ItemType, steps: readonly Step[], noting: Noting): void {
    const contextFor = (storeId: number) => this.#contextFor(storeId);
    const hiding = (move: () => void) => this.#hiding(type, move);
    const isMoving = (other: ItemType) => this.#moving.has(other);
    const onRows = this.#watch?.onRows;
    upgradeType({ core: this.#core, type, steps, contextFor, hiding, isMoving, checks: this.#checks, onRows }, noting);
  }

  // It may be upgraded for a step of another type, and undone when that fails.
  #noteUpgraded({ name }: Pick<ItemType, 'name'>, { transaction }: Noting): void {
    const upgraded = this.#watch?.upgraded;
    upgraded?.add(name);
    transaction.onUndo(() => upgraded?.delete(name));
  }

  problemsOf(type: ItemType, entry: CatalogueEntry): readonly Problem[] {
    const { catalog } = this.#core;
    const isRenamedOnly = entry.version === type.version;
    const problems = isRenamedOnly ? catalog.shapeProblems(type, entry) : this.#planOf(type, entry).problems;
    return [...catalog.nameProblems(type), ...problems];
  }

  get isNeeded(): boolean {
    return this.#olderTypes().length > 0 || this.#core.catalog.misnamed().size > 0 || this.#toDrop().length > 0;
  }

  upgradeAll(watch: UpgradeWatch): void {
    this.#watch = watch;
    try {
      this.#options.asking.during(() => {
        for (const { type } of this.#olderTypes()) this.upgrade(type);
      });
      this.#renameReferred();
      this.#dropRetired();
    } finally {
      this.#watch = undefined;
    }
  }

  /** Sees to the names of types that have no items here, but that others refer to. */
  #renameReferred(): void {
    const { catalog } = this.#core;
    if (catalog.misnamed().size === 0) return;
    writingForReading(this.#core, (transaction, part) => {
      for (const type of catalog.misnamed()) {
        catalog.rename(type);
        this.#noteUpgraded(type, { transaction, part });
      }
    });
  }

  /** Drops what is to be dropped, in one transaction. */
  #dropRetired(): void {
    if (this.#toDrop().length === 0) return;
    writingForReading(this.#core, (transaction, part) => {
      const entries = this.#toDrop(); // asked again: another process may have done it
      dropTypes(this.#core, entries, { transaction, part });
      for (const entry of entries) this.#noteUpgraded(entry, { transaction, part });
    });
  }

  #toDrop(): CatalogueEntry[] {
    const dropped = Object.entries(this.#options.retired).filter(([, what]) => what === 'drop');
    if (dropped.length === 0) return [];
    const names = new Set(dropped.map(([name]) => name.toLowerCase()));
    return this.#core.catalog.entries().filter(({ name }) => names.has(name.toLowerCase()));
  }

  get #isReadOnly(): boolean {
    return this.#core.isReadOnly || runningTransaction()?.isReadOnly === true;
  }

  notAtOpening<R>(work: () => R): R {
    return this.#options.asking.notAtOpening(work);
  }

  get #place(): string {
    return this.#core.file.place;
  }

  /** The types of this program that are stored in an older version, or under a former name. */
  #olderTypes(): OlderStored[] {
    const { catalog, registry } = this.#core;
    return catalog.entries().flatMap((entry) => {
      const type = registry.named(entry.name);
      return type !== undefined && isBehind(entry, type) ? [{ type, entry }] : [];
    });
  }

  // As of one moment: another process may be upgrading.
  #assertPossible(wanted: ItemType): void {
    const problems = this.#core.atOneMomentAside(() => this.#problemsWith(wanted));
    const place = this.#place;
    if (problems.length > 0) throw problemsError(place, problems, { store: place, type: wanted.name });
  }

  #problemsWith(wanted: ItemType): readonly Problem[] {
    const older = this.#olderTypes().sort((a, b) => Number(b.type === wanted) - Number(a.type === wanted));
    const gaps = older.flatMap(({ type, entry }) => this.problemsOf(type, entry));
    const [first] = older;
    return gaps.length > 0 || first === undefined ? gaps : this.#refusal(first);
  }

  #refusal({ type, entry }: OlderStored): Problem[] {
    const why = this.#whyRefused;
    if (why === undefined) return [];
    return [{ code: 'UPGRADE_NEEDED', message: `${standing(entry, type)}, and ${why}` }];
  }

  get #whyRefused(): string | undefined {
    if (this.#core.isReadOnly) return 'the store was opened with readOnly: open it once without';
    if (runningTransaction()?.isReadOnly)
      return 'the running transaction was started with readOnly: use the type once before it';
    const { when, asking } = this.#options;
    return when === 'refuse' && !asking.isUnderway
      ? "upgrade: 'refuse' was given: call tree.upgrade(), or open the store once without"
      : undefined;
  }

  #planOf(type: ItemType, entry: CatalogueEntry): Plan<Step> {
    return planUpgrade({
      name: type.name,
      stored: entry.version,
      wanted: type.version,
      hasRows: hasRows(this.#core, entry),
      steps: stepsOf(type),
      differences: ({ oldType }) => this.#differencesFrom(oldType, entry),
    });
  }

  #differencesFrom(oldType: ItemType, entry: CatalogueEntry): readonly string[] {
    const stored = this.#core.catalog.shapeNow(entry.shape);
    return shapeDifferences(stored, saidOf(oldType, stored));
  }

  #assertNotMoving(type: ItemType): void {
    if (!this.#moving.has(type)) return;
    throw new CorollaryError(
      'UPGRADE_FAILED',
      `${this.#place}: items of ${type.name} cannot be reached in its own upgrade: a step works on the values that it is given`,
      { store: this.#place, type: type.name },
    );
  }

  #hiding(type: ItemType, move: () => void): void {
    this.#moving.add(type);
    try {
      move();
    } finally {
      this.#moving.delete(type);
    }
  }

  #contextFor(storeId: number): UpgradeContext {
    const core = this.#core;
    return {
      storeId: storeId as StoreId,
      store: core.face,
      create: <T extends Item>(itemClass: ItemClass<T>, values: object) =>
        this.#create(this.#options.creatable(core.typeOf(itemClass)), values) as StoreId<T>,
    };
  }

  #create(type: ItemType, values: object): number {
    const core = this.#core;
    const source = { cells: [], values, passedOver: NOTHING_PASSED_OVER };
    const postponed: Attribute[] = [];
    const cells = cellsOfRow(type, core.keeper, source, (attribute, target) => {
      if (!this.#checks.show(attribute, target)) postponed.push(attribute);
    });
    const references = new NewReferences(core, type);
    references.note(undefined, cells, []);
    references.assertThere();
    const storeId = createFromCells(core, type, cells);
    const { name, version } = type;
    for (const attribute of postponed)
      this.#checks.postpone(attribute, { from: version, to: version, storeId, type: name });
    return storeId;
  }
}
