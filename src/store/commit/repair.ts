import { Connection } from '../../driver/connection.js';
import { CorollaryError } from '../../errors.js';
import { databaseFile } from '../directory.js';
import { readHeader } from '../header.js';
import type { StoreSettings } from '../settings.js';
import { StoreFile } from '../store-file.js';
import { settleInDoubt } from './settle.js';

/** What is decided where nobody else can decide it. */
export interface RepairOptions {
  /**
   * What becomes of a transaction over several stores of which the store is a part, when the store that knows whether it
   * was committed cannot be reached.
   */
  readonly inDoubt: 'commit' | 'undo';
}

/** What `Store.repair` found and did. */
export interface RepairReport {
  /** True when the deciding store could not be reached, so that the option decided. */
  readonly wasInDoubt: boolean;
  /** What became of the transaction then. */
  readonly outcome?: 'committed' | 'undone';
  /** The uid of the store that should have decided. */
  readonly decider?: string;
}

/** Opens the store in a directory, which finishes what can be finished; decides about what cannot. */
export function repairStore(directory: string, { inDoubt }: RepairOptions, settings: StoreSettings): RepairReport {
  const whereabouts = { directory, place: directory, expected: undefined };
  const file = new StoreFile({ whereabouts, settings, openFiles: undefined });
  try {
    file.sync();
    return { wasInDoubt: false };
  } catch (error) {
    if (!(error instanceof CorollaryError && error.code === 'IN_DOUBT')) throw error;
    return decide(directory, inDoubt === 'commit', settings);
  } finally {
    file.close();
  }
}

function decide(directory: string, isCommitted: boolean, settings: StoreSettings): RepairReport {
  const connection = new Connection(databaseFile(directory), { ...settings, place: directory });
  try {
    connection.configure();
    const { uid } = readHeader(connection, directory).header;
    const mark = settleInDoubt({ uid, connection, directory, place: directory, settings }, isCommitted);
    if (mark === undefined) return { wasInDoubt: false }; // the deciding store is back
    return { wasInDoubt: true, outcome: isCommitted ? 'committed' : 'undone', decider: mark.decider };
  } finally {
    connection.close();
  }
}
