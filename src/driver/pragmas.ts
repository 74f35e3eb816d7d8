/** How much a commit must survive: 'full' power loss too, 'relaxed' only the death of the process. */
export type Durability = 'full' | 'relaxed';

/** A setting of a connection, and what SQLite must answer when asked for it afterwards. */
export interface Setting {
  readonly set: string;
  readonly readBack?: readonly [pragma: string, value: number | string];
}

const COMMON: readonly Setting[] = [
  // References are kept by the store. With SQLite's own (the driver's default is ON), rebuilding a table inside a
  // transaction would empty the tables that refer to it.
  { set: 'foreign_keys = OFF', readBack: ['foreign_keys', 0] },
  // A view or trigger that somebody put into the file must not call functions.
  { set: 'trusted_schema = OFF' },
  { set: 'cell_size_check = ON' },
  // 2 MB, SQLite's own default: the driver is built with 16, which a pool of stores would multiply.
  { set: 'cache_size = -2000' },
];

/**
 * The settings of a store file, in order. WAL: readers and the writer do not stop each other. `synchronous` is set on
 * every connection: the driver is compiled so that WAL files fall back to NORMAL, which loses commits on power loss.
 */
export function fileSettings(durability: Durability, readOnly: boolean): readonly Setting[] {
  if (readOnly) return COMMON;
  const synchronous = durability === 'full' ? 2 : 1;
  return [
    { set: 'journal_mode = WAL', readBack: ['journal_mode', 'wal'] },
    { set: `synchronous = ${synchronous}`, readBack: ['synchronous', synchronous] },
    ...COMMON,
  ];
}

/** The settings of a database in memory, where nothing can outlive the process. */
export function memorySettings(): readonly Setting[] {
  return COMMON;
}
