import { statSync, utimesSync } from 'node:fs';

/**
 * How those who wait for a database's write lock tell the one who has it: by the time of the directory that the
 * database lies in. That needs no file that could be left behind, and reading it costs 1 to 2 µs. SQLite changes that
 * time too, when it makes or removes a log: then somebody gives way for nothing, once.
 */
export class WaitingSign {
  readonly #directory: string;
  #lastSeen: number | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Says that somebody waits. Where that is not allowed, whoever waits depends on luck, as without a sign. */
  leave(): void {
    const now = Date.now() / 1000;
    try {
      utimesSync(this.#directory, now, now);
    } catch {
      // see above
    }
  }

  /** True when somebody has left a sign since the last look; false at the first look. */
  isNew(): boolean {
    const before = this.#lastSeen;
    this.#lastSeen = this.#time();
    return before !== undefined && before !== this.#lastSeen;
  }

  #time(): number | undefined {
    try {
      return statSync(this.#directory).mtimeMs;
    } catch {
      return undefined; // the store was taken away; who uses it will learn that
    }
  }
}
