export { importAxiom } from './import-axiom.js';
export {
  type AxiomMapping,
  type AxiomSubstore,
  type AxiomTypeEntry,
  AxiomTypeMapping,
  type AxiomTypeOptions,
  type AxiomTypes,
  type AxiomValues,
  mapTo,
} from './mapping.js';
export type { AxiomOptions } from './options.js';
export type {
  AxiomAttributeReport,
  AxiomFilesReport,
  AxiomNote,
  AxiomPowerupReport,
  AxiomReport,
  AxiomStoreReport,
  AxiomTypeReport,
} from './report.js';
export { AxiomRow } from './source/axiom-row.js';
export { AxiomFile, AxiomReference } from './source/links.js';
