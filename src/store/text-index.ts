import { quoted } from '../driver/sql-text.js';
import { ID } from './table-sql.js';

/**
 * Words are runs of letters, digits and the marks that letters carry (Mn, Mc), in any script: without the marks, Hindi
 * words would be cut at every vowel sign. Case does not count, nor do diacritics of Latin letters: 'ecole' finds 'École'.
 * Part of the file: another tokenizer would have to be another rule of the type, or old indexes would answer wrongly.
 */
const TOKENIZER = "unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'";

/**
 * The name of the table that holds the words of a type's table. With '$', because FTS5 gives that table a column of its
 * own name, which no attribute may have; and no attribute's name has a '$'.
 */
export function textTableName(table: string): string {
  return `${table}$text`;
}

/**
 * The statements that index the words of some columns: those of the rows that are there, and from then on of whatever
 * is written, by whomever. The texts themselves stay in the type's table only (FTS5's external content).
 */
export function createTextIndex(table: string, columns: readonly string[]): readonly string[] {
  const index = quoted(textTableName(table));
  const options = [`content=${quoted(table)}`, `content_rowid=${ID}`, `tokenize="${TOKENIZER}"`];
  return [
    `CREATE VIRTUAL TABLE ${index} USING fts5(${[...columns.map(quoted), ...options].join(', ')})`,
    ...createTriggers(table, columns),
    rebuildTextIndex(table),
  ];
}

function createTriggers(table: string, columns: readonly string[]): readonly string[] {
  const [inserted, updated, deleted] = triggerNames(table).map(quoted);
  const on = `ON ${quoted(table)} BEGIN`;
  const add = addWords(table, columns);
  const remove = removeWords(table, columns);
  const changed = [ID, ...columns.map(quoted)].join(', ');
  return [
    `CREATE TRIGGER ${inserted} AFTER INSERT ${on} ${add}; END`,
    `CREATE TRIGGER ${updated} AFTER UPDATE OF ${changed} ${on} ${remove}; ${add}; END`,
    `CREATE TRIGGER ${deleted} AFTER DELETE ${on} ${remove}; END`,
  ];
}

function triggerNames(table: string): readonly string[] {
  return ['insert', 'update', 'delete'].map((event) => `${textTableName(table)}_${event}`);
}

function addWords(table: string, columns: readonly string[]): string {
  const names = columns.map(quoted);
  const values = [ID, ...names].map((column) => `new.${column}`).join(', ');
  return `INSERT INTO ${quoted(textTableName(table))} (rowid, ${names.join(', ')}) VALUES (${values})`;
}

// FTS5 keeps no texts, so it must be told the old ones to find what it has of them.
function removeWords(table: string, columns: readonly string[]): string {
  const index = quoted(textTableName(table));
  const names = columns.map(quoted);
  const values = [ID, ...names].map((column) => `old.${column}`).join(', ');
  return `INSERT INTO ${index} (${index}, rowid, ${names.join(', ')}) VALUES ('delete', ${values})`;
}

/** The statements that undo {@link createTextIndex}. */
export function dropTextIndex(table: string): readonly string[] {
  const triggers = triggerNames(table).map((name) => `DROP TRIGGER IF EXISTS ${quoted(name)}`);
  return [...triggers, `DROP TABLE IF EXISTS ${quoted(textTableName(table))}`];
}

/** Makes the index anew from the rows. */
export function rebuildTextIndex(table: string): string {
  const index = quoted(textTableName(table));
  return `INSERT INTO ${index} (${index}) VALUES ('rebuild')`;
}

/** Fails when the index is damaged, or does not hold exactly the words of the rows. Changes nothing. */
export function compareTextIndex(table: string): string {
  const index = quoted(textTableName(table));
  // 1: not only the index in itself, the rows too.
  return `INSERT INTO ${index} (${index}, rank) VALUES ('integrity-check', 1)`;
}
