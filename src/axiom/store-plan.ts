import type { AnyRole } from '../item/role.js';
import type { AxiomFilesReport, AxiomPowerupReport, AxiomTypeReport } from './report.js';
import type { TypeConversion } from './type-conversion.js';

/** What was found out about one store of Axiom: how it becomes a store, and what is to be said of it. */
export interface StorePlan {
  /** The store of Axiom. */
  readonly directory: string;
  /** What it was like: `AxiomStore.stamp`. */
  readonly stamp: string;
  /** By the table that the items are in; those that are left out have none. */
  readonly conversions: ReadonlyMap<string, TypeConversion>;
  readonly roles: ReadonlyMap<string, AnyRole>;
  readonly substores: readonly SubstorePlan[];
  readonly types: readonly AxiomTypeReport[];
  readonly powerups: AxiomPowerupReport;
  readonly files: AxiomFilesReport;
  readonly substoresLeftOut: readonly string[];
}

/** A substore that comes along. */
export interface SubstorePlan {
  readonly name: string;
  /** The items of Axiom that stand for it; seldom more than one. */
  readonly storeIds: readonly number[];
  readonly plan: StorePlan;
}
