/** What every competitor keeps: five attributes and an id, with an index on the population. */
export interface CityRow {
  readonly name: string;
  readonly population: number;
  readonly area: number;
  readonly capital: boolean;
  readonly founded: Date;
}

/** A prime above every number of cities, so that no two have the same population. */
const POPULATIONS = 1_000_003;
const STEP = 7919;

/** The same cities each time, their populations in no order. */
export function cityRows(count: number, from = 0): CityRow[] {
  return Array.from({ length: count }, (_, at) => cityRow(from + at));
}

function cityRow(n: number): CityRow {
  return {
    name: `City ${n} of the plain`,
    population: population(n),
    area: (n % 977) + 0.25,
    capital: n % 50 === 0,
    founded: new Date(Date.UTC(1200 + (n % 800), n % 12, 1)),
  };
}

function population(n: number): number {
  return (n * STEP) % POPULATIONS;
}

/** Numbers below another one in an order that jumps about, the same each time; none twice, for the sizes used here. */
export function scattered(count: number, among: number): number[] {
  return Array.from({ length: count }, (_, n) => (n * STEP) % among);
}
