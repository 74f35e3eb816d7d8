import { kindOf } from '../errors.js';
import { type Faults, isPlainInput } from '../item/check-value.js';
import type { Attribute } from '../schema/attribute.js';
import { Refusal } from '../schema/codec.js';
import type { ItemType } from '../schema/item-type.js';
import type { LinkEnds } from './link-ends.js';
import type { TypePlan } from './mapping.js';
import type { AxiomAttributeReport, AxiomNote } from './report.js';
import { AxiomRow } from './source/axiom-row.js';
import type { AxiomAttribute, AxiomItem, AxiomType } from './source/axiom-store.js';
import { AxiomFile, AxiomReference } from './source/links.js';
import { type TakeOver, takeOver } from './take-over.js';

/** An attribute of Axiom, and the one of the same name. */
interface Namesake {
  readonly at: number;
  readonly to: Attribute;
  readonly take: TakeOver;
}

/** How the items of one version of a type become items of a class; and what came of it so far. */
export class TypeConversion {
  readonly source: AxiomType;
  readonly type: ItemType;
  readonly #mapping: TypePlan;
  readonly #namesakes: readonly Namesake[];
  readonly #taken = new Set<number>();
  readonly #read = new Set<number>();
  /** The attributes that are not null in some item. */
  readonly #filled = new Set<number>();
  /** By attribute of the class: what does not come over as it was, and in how many items. */
  readonly #notes = new Map<string, Map<string, number>>();

  constructor(source: AxiomType, type: ItemType, mapping: TypePlan) {
    this.source = source;
    this.type = type;
    this.#mapping = mapping;
    this.#namesakes = source.attributes.flatMap((from, at) => {
      const to = mapping.drop.includes(from.name) ? undefined : type.byName.get(from.name);
      return to === undefined || to.readOnly ? [] : [{ at, to, take: takeOver(from, to) }];
    });
  }

  /** The values for the new item; attributes that are null in Axiom, and have a default, are left to that. */
  valuesOf(item: AxiomItem, ends: LinkEnds, faults: Faults): Record<string, unknown> {
    for (const [at, cell] of item.cells.entries()) if (cell !== null) this.#filled.add(at);
    const given = this.#given(item, faults);
    const values: Record<string, unknown> = {};
    if (given === undefined) return values;
    for (const namesake of this.#namesakes)
      if (!Object.hasOwn(given, namesake.to.name)) this.#takeOver(item, namesake, values, faults);
    Object.assign(values, given);
    this.#settle(values, ends, faults);
    return values;
  }

  /** What `values` of the mapping gives; undefined, and the fault is in `faults`, where it gives nothing of use. */
  #given(item: AxiomItem, faults: Faults): Record<string, unknown> | undefined {
    const { values } = this.#mapping;
    if (values === undefined) return {};
    const refuse = (message: string) => faults.problems.push({ code: 'INVALID_VALUE', message: `values ${message}` });
    try {
      const given = values(new AxiomRow(this.source, item, (at) => this.#read.add(at)));
      if (isPlainInput(given)) return given as Record<string, unknown>;
      refuse(`gives ${kindOf(given)}, not an object of values`);
    } catch (error) {
      if (error instanceof Refusal) refuse(error.message);
      else {
        refuse(`threw ${kindOf(error)}`);
        faults.cause ??= error;
      }
    }
    return undefined;
  }

  #takeOver(item: AxiomItem, { at, to, take }: Namesake, values: Record<string, unknown>, faults: Faults): void {
    this.#taken.add(at);
    const cell = item.cells[at] ?? null;
    if (cell === null) {
      if (to.nullable) values[to.name] = null;
      return;
    }
    try {
      values[to.name] = take(cell, (note) => this.#note(to.name, note));
    } catch (error) {
      faults.take(to.name, error);
    }
  }

  #settle(values: Record<string, unknown>, ends: LinkEnds, faults: Faults): void {
    for (const [name, value] of Object.entries(values)) {
      if (!(value instanceof AxiomReference || value instanceof AxiomFile)) continue;
      const attribute = this.type.byName.get(name);
      if (attribute?.reference === undefined) continue; // refused with a better word later
      try {
        values[name] = this.#endOf(value, attribute, ends);
      } catch (error) {
        delete values[name];
        faults.take(name, error);
      }
    }
  }

  #endOf(link: AxiomReference | AxiomFile, { name, nullable }: Attribute, ends: LinkEnds): object | null {
    const end = link instanceof AxiomReference ? ends.ofReference(link) : ends.ofFile(link);
    if (typeof end !== 'string') return end;
    if (!nullable) throw new Refusal(`refers to ${end}, and is not nullable`);
    this.#note(name, `becomes null, for it refers to ${end}`);
    return null;
  }

  #note(attribute: string, note: string): void {
    const notes = this.#notes.get(attribute) ?? new Map<string, number>();
    this.#notes.set(attribute, notes.set(note, (notes.get(note) ?? 0) + 1));
  }

  /** What became of the attributes of Axiom. */
  get attributes(): AxiomAttributeReport[] {
    return this.source.attributes.map((attribute, at) => ({ ...attribute, becomes: this.#becomes(attribute, at) }));
  }

  /** What does not come over as it was. */
  get notes(): AxiomNote[] {
    return [...this.#notes].flatMap(([attribute, notes]) =>
      [...notes].map(([message, items]) => ({ attribute, message, items })),
    );
  }

  #becomes({ name }: AxiomAttribute, at: number): AxiomAttributeReport['becomes'] {
    if (this.#taken.has(at)) return 'taken over';
    if (this.#read.has(at)) return 'read';
    if (this.#mapping.drop.includes(name)) return 'dropped';
    return this.#filled.has(at) ? 'left' : 'empty';
  }
}
