import { Connection } from '../../src/driver/connection.js';

/** The statements that read rows while a function runs, in order. */
export function allStatementsOf(work: () => unknown): string[] {
  const asked: string[] = [];
  const { row, rowWithId, rows } = Connection.prototype;
  Connection.prototype.row = function (sql, values) {
    asked.push(sql);
    return row.call(this, sql, values);
  };
  Connection.prototype.rowWithId = function (sql, id) {
    asked.push(sql);
    return rowWithId.call(this, sql, id);
  };
  Connection.prototype.rows = function (sql, values) {
    asked.push(sql);
    return rows.call(this, sql, values);
  };
  try {
    work();
  } finally {
    Object.assign(Connection.prototype, { row, rowWithId, rows });
  }
  return asked;
}

/** Those of them that read rows of items. */
export function statementsOf(work: () => unknown): string[] {
  return allStatementsOf(work).filter((sql) => sql.includes('FROM "item_'));
}
