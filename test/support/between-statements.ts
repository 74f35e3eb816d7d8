import Database from 'better-sqlite3';

const METHODS = ['all', 'get', 'run', 'iterate'] as const;

/** Statements of the driver, whoever runs them. */
const statements = Object.getPrototypeOf(new Database(':memory:').prepare('SELECT 1')) as Record<
  (typeof METHODS)[number],
  (...values: unknown[]) => unknown
>;

/**
 * Has `act` happen right before the statement of this number that is run from now on, counted from 0; the statements of
 * `act` do not count. Ends when it is disposed.
 */
export function before(number: number, act: () => void): { readonly happened: boolean } & Disposable {
  const originals = Object.fromEntries(METHODS.map((method) => [method, statements[method]]));
  let left = number;
  let isActing = false;
  let happened = false;
  const actIfDue = () => {
    if (isActing || left-- !== 0) return;
    isActing = true;
    act();
    isActing = false;
    happened = true;
  };
  for (const method of METHODS) {
    const original = statements[method];
    statements[method] = function (this: unknown, ...values) {
      actIfDue();
      return original.apply(this, values);
    };
  }
  return {
    get happened() {
      return happened;
    },
    [Symbol.dispose]: () => Object.assign(statements, originals),
  };
}

/** What `work` gives when `act` happens before its statement of this number; `happened` is false when it ran fewer. */
export function withBefore<R>(number: number, act: () => void, work: () => R): { result: R; happened: boolean } {
  using interruption = before(number, act);
  const result = work();
  return { result, happened: interruption.happened };
}
