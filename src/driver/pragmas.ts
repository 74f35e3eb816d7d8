/** How much a commit must survive: 'full' power loss too, 'relaxed' only the death of the process. */
export type Durability = 'full' | 'relaxed';

/** A setting of a connection, and what SQLite must answer when asked for it afterwards. */
interface Setting {
  readonly set: string;
  readonly readBack?: ReadBack;
}
type ReadBack = readonly [pragma: string, value: number | string];

/** SQLite's own default: the driver is built with 16 MB, which a pool of stores would multiply. */
const CACHE_KIB = 2000;
/** The most that one connection keeps of its database in memory. */
export const MAX_CACHE_BYTES = CACHE_KIB * 1024;

const COMMON: readonly Setting[] = [
  // References are kept by the store. With SQLite's own (the driver's default is ON), rebuilding a table inside a
  // transaction would empty the tables that refer to it.
  { set: 'foreign_keys = OFF', readBack: ['foreign_keys', 0] },
  // A view or trigger that somebody put into the file must not call functions.
  { set: 'trusted_schema = OFF' },
  { set: 'cell_size_check = ON' },
  { set: `cache_size = -${CACHE_KIB}` },
];

/** What a database runs under. */
export interface Settings {
  /** They hold for one connection, and change nothing in the file. */
  readonly pragmas: readonly string[];
  /** Sets all of them. */
  readonly script: string;
  /** What is so after the script. */
  readonly readBacks: readonly ReadBack[];
  /** Whether the file must be in WAL mode, in which readers and the writer do not stop each other. It stays in it. */
  readonly keepsLog: boolean;
  /** How much a commit is synced; undefined where nothing is written. */
  readonly synchronous: number | undefined;
}

function settingsOf(settings: readonly Setting[], synchronous: number | undefined): Settings {
  // In one go: set one by one, these cost more than opening the file.
  const pragmas = settings.map(({ set }) => set);
  const script = pragmas.map((pragma) => `PRAGMA ${pragma};`).join('');
  const readBacks = settings.flatMap(({ readBack }) => (readBack === undefined ? [] : [readBack]));
  return { pragmas, script, readBacks, keepsLog: synchronous !== undefined, synchronous };
}

const READING = settingsOf(COMMON, undefined);
const WRITING: Readonly<Record<Durability, Settings>> = { full: writing(2), relaxed: writing(1) };

function writing(synchronous: number): Settings {
  const setting: Setting = { set: `synchronous = ${synchronous}`, readBack: ['synchronous', synchronous] };
  return settingsOf([setting, ...COMMON], synchronous);
}

/**
 * The settings of a store file. `synchronous` is set on every connection: the driver is compiled so that WAL files fall
 * back to NORMAL, which loses commits on power loss.
 */
export function fileSettings(durability: Durability, readOnly: boolean): Settings {
  return readOnly ? READING : WRITING[durability];
}

/** The settings of a database in memory, where nothing can outlive the process. */
export function memorySettings(): Settings {
  return READING;
}
