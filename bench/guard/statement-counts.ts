import Database from 'better-sqlite3';

/** What a work had SQLite do. These numbers are the same on every machine. */
export interface StatementCounts {
  /** Statements run. */
  readonly run: number;
  /** Rows that came back. */
  readonly rows: number;
  /** Statements compiled from SQL. */
  readonly compiled: number;
}

// What the driver's statements inherit from: whatever uses the driver in this process runs through it.
const statements = Object.getPrototypeOf(new Database(':memory:').prepare('SELECT 1')) as Record<string, Method>;
const databases = Database.prototype as unknown as Record<string, Method>;
type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Counts what is run while the work lasts. Nothing is counted, and nothing costs more, before and after. */
export async function countStatements(work: () => unknown): Promise<StatementCounts> {
  const counts = { run: 0, rows: 0, compiled: 0 };
  const restore = [
    spy(statements, 'run', () => {
      counts.run++;
    }),
    spy(statements, 'get', (row) => {
      counts.run++;
      if (row !== undefined) counts.rows++;
    }),
    spy(statements, 'all', (rows) => {
      counts.run++;
      counts.rows += (rows as unknown[]).length;
    }),
    spy(statements, 'iterate', () => {
      counts.run++; // its rows come later, one by one, and are not counted
    }),
    spy(databases, 'exec', () => {
      counts.run++;
    }),
    spy(databases, 'prepare', () => {
      counts.compiled++;
    }),
  ];
  try {
    await work();
  } finally {
    for (const one of restore) one();
  }
  return counts;
}

function spy(prototype: Record<string, Method>, name: string, seen: (result: unknown) => void): () => void {
  const original = prototype[name]!;
  prototype[name] = function (this: unknown, ...args: unknown[]) {
    const result = original.apply(this, args);
    seen(result);
    return result;
  };
  return () => {
    prototype[name] = original;
  };
}
