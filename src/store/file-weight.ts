import { databaseBytes, logBytes } from './files-seen.js';

/**
 * How large an open database is. Whatever is written goes into its log, which becomes no smaller while the database is open.
 * Before SQLite moves the log into the database, it is larger (1000 pages) than what a connection keeps in memory: the
 * database is looked at only once, the log when something was written.
 */
export class FileWeight {
  /** Of the database alone. */
  #databaseBytes: number | undefined;
  #bytes = 0;
  /** How many rows had been changed when it was weighed last. */
  #changes = -1;

  /** `changes`: how many rows were changed since the database was opened. */
  bytes(directory: string, changes: number): number {
    if (changes === this.#changes) return this.#bytes;
    this.#changes = changes;
    this.#databaseBytes ??= databaseBytes(directory);
    this.#bytes = this.#databaseBytes + logBytes(directory);
    return this.#bytes;
  }

  /** To be called when the database is closed. */
  forget(): void {
    this.#databaseBytes = undefined;
    this.#changes = -1;
  }
}
