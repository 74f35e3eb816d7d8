import type { Problem } from '../errors.js';

/** What an import did, or with `dryRun` would do. */
export interface AxiomReport {
  /** How many items come over, substores and files not counted. */
  readonly items: number;
  /** Every store, parents before what is below them. */
  readonly stores: readonly AxiomStoreReport[];
  /** Why it is not possible; empty unless it is a dry run. */
  readonly problems: readonly Problem[];
}

/** What becomes of one store of Axiom. */
export interface AxiomStoreReport {
  /** Its directory. */
  readonly from: string;
  /** The names that lead to the new store from the one that takes all; empty for that one. */
  readonly path: readonly string[];
  /** The types that have items. */
  readonly types: readonly AxiomTypeReport[];
  readonly powerups: AxiomPowerupReport;
  readonly files: AxiomFilesReport;
  /** The paths of substores that are left out, and of those that are no directories. */
  readonly substoresLeftOut: readonly string[];
}

/** What becomes of the items of one version of a type. */
export interface AxiomTypeReport {
  readonly name: string;
  readonly version: number;
  readonly items: number;
  /** The type name of the class; null where they are left out. */
  readonly to: string | null;
  /** Why they are left out: `skip` names the type, it is part of Axiom's own machinery, or nothing maps it. */
  readonly leftOut: 'skip' | 'machinery' | 'not mapped' | null;
  readonly attributes: readonly AxiomAttributeReport[];
  readonly notes: readonly AxiomNote[];
}

/** What becomes of an attribute. */
export interface AxiomAttributeReport {
  readonly name: string;
  /** Its type in Axiom, such as 'point2decimal'. */
  readonly kind: string;
  /**
   * 'taken over' by the attribute of the same name; 'read' by `values`; 'dropped', as `drop` says; 'empty': null in every
   * item; 'left': nothing takes it, which is a problem unless all items of the type are left out.
   */
  readonly becomes: 'taken over' | 'read' | 'dropped' | 'empty' | 'left';
}

/** Something that does not come over as it was. */
export interface AxiomNote {
  /** The attribute of the class. */
  readonly attribute: string;
  readonly message: string;
  /** In how many items. */
  readonly items: number;
}

/** What becomes of powerups. */
export interface AxiomPowerupReport {
  readonly given: number;
  /** Those that are not given, by interface. */
  readonly leftOut: readonly { readonly interface: string; readonly why: string; readonly count: number }[];
}

/** What becomes of the files area. */
export interface AxiomFilesReport {
  /** How many files come over, because a `@file()` attribute takes their path. */
  readonly imported: number;
  /** The others, by their paths. */
  readonly leftOut: readonly string[];
}
