import { CorollaryError } from '../errors.js';

/** better-sqlite3 13 is built for Node-API 10 and kills a process that has an older one (Node 20, Node 22.0 to 22.13). */
const NEEDED_NODE_API = 10;

/**
 * Turns that crash into a sentence. Called before the first database is opened.
 * @throws CorollaryError UNSUPPORTED_RUNTIME
 */
export function assertRuntime(): void {
  if (Number(process.versions.napi) >= NEEDED_NODE_API) return;
  throw new CorollaryError(
    'UNSUPPORTED_RUNTIME',
    `Node.js ${process.version} cannot run SQLite here: corollary needs Node.js 22.14 or later (Node-API ${NEEDED_NODE_API}). Run this program with a newer Node.js`,
  );
}
