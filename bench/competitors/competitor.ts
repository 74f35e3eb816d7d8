import type { CityRow } from './city.js';

/** What a work gives: a number that must be the same for all. Whoever has promises may give one. */
export type Answer = number | Promise<number>;
export type Done = void | Promise<void>;

/** One library, and how its documentation says that it is used. */
export interface Competitor {
  readonly name: string;
  /** The database file in the directory that {@link Competitor.open} is given. */
  readonly file: string;
  readonly table: string;
  readonly id: string;
  /** Opens the database in a directory, and makes it where there is none. */
  open(directory: string): Promise<Session>;
}

/** The works, as one library does them. Each gives a sum, so that all that was asked for is really read. */
export interface Session {
  /** Creates a city of each row, all in one transaction. Gives how many. */
  createAll(rows: readonly CityRow[]): Answer;
  /** Creates a city of each row, each in a transaction of its own. Gives how many. */
  createEach(rows: readonly CityRow[]): Answer;
  /** Has all cities in memory as long as what it gives is kept, where the library knows such a thing. */
  hold(): unknown;
  /** Gets each city by its id. Gives the sum of populations. */
  getEach(ids: readonly number[]): Answer;
  /** All cities, by one query. Gives the sum of populations. */
  loadAll(): Answer;
  /** For each number the 20 smallest cities of that population or more, by a query built anew. Gives the sum of populations. */
  queryEach(least: readonly number[]): Answer;
  /** For each number how many cities have a larger area. Gives their sum. */
  countEach(areas: readonly number[]): Answer;
  /** Gets each city by its id, adds 1 to its population, and stores it; in one transaction. Gives how many. */
  changeEach(ids: readonly number[]): Answer;
  close(): Done;
}

/** How many cities a query of {@link Session.queryEach} gives. */
export const PAGE = 20;
