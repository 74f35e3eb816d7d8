// The tour: all cities of the world with a thousand inhabitants or more, in a tree of stores.
//
//   world          a store
//     FR           in it a store for each country
//       11         in that a store for each region
//         Paris    and in that the cities, as items
//
// npm run tour                 works in a temporary directory and removes it at the end
// npm run tour -- <directory>  leaves the store there, as <directory>/world

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { count, Store, sum } from 'corollary';
import { City, readWorld, type World } from './geonames.js';
import { counted, Progress, tell } from './narrator.js';

/** {@link largest} as text. */
const QUESTION = 'store.tree.query(City).orderBy((city) => city.population.desc()).limit(5).all()';
const WHY_SECONDS = 'It takes seconds because 4,126 databases are opened for it, one for each store.';

/** The question of this tour. It is asked of the world, a country and a region, and need not know which. */
function largest(store: Store): City[] {
  return store.tree
    .query(City)
    .orderBy((city) => city.population.desc())
    .limit(5)
    .all();
}

function tour(place: string): void {
  const world = Store.open(place, { types: [City] });
  load(world, readWorld());

  console.log(`\nThe question, asked of a store and all below it:\n  ${QUESTION}`);
  tell('The five largest cities of the world', () => [...largest(world).map(described), WHY_SECONDS]);
  tell('The same question to one country, FR', () => largest(world.at('FR')).map(described));
  tell('The same question to one region, FR/11', () => largest(world.at('FR/11')).map(described));
  tell('The names that most cities of one country, US, share', () => sharedNames(world.at('US')));
  tell('Cities per country, the first five', () => citiesPerCountry(world));
  tell('A change that is taken back', () => changeOfMind(world));

  const before = largest(world).map(described);
  world.close();
  tell('Closed, opened again, and asked again', () => askedAgain(place, before));
}

/** Each region is one transaction: its store appears with all its cities, or not at all. */
function load(world: Store, countries: World): void {
  const regions = [...countries.values()].flatMap((country) => [...country.values()]);
  const cities = regions.reduce((sum, region) => sum + region.length, 0);
  console.log(
    `Loading ${counted(cities)} cities of ${countries.size} countries and ${counted(regions.length)} regions`,
  );
  const progress = new Progress(cities, 'cities');
  tell('Loaded', () => {
    for (const [code, regionsOfCountry] of countries) {
      const country = world.substores.create(code);
      for (const [name, rows] of regionsOfCountry) {
        country.transact(() => country.substores.create(name).createMany(City, rows));
        progress.advance(rows.length);
      }
    }
    return [`${counted(1 + countries.size + regions.length)} stores, one inside another`];
  });
}

/** A city as a line. Where it lives is the path of its store. */
function described(city: City): string {
  return `${city.name.padEnd(26)} ${counted(city.population).padStart(10)}  ${city.store.path.join('/')}`;
}

/** Groups go over all stores below: a name that is in many regions is one group. */
function sharedNames(country: Store): string[] {
  const names = country.tree
    .query(City)
    .groupBy((city) => city.name)
    .having(() => count().gt(10))
    .orderBy(() => count().desc())
    .select((city) => ({ name: city.name, cities: count(), people: sum(city.population) }));
  return names
    .limit(5)
    .all()
    .map(({ name, cities, people }) => `${name.padEnd(26)} ${counted(people).padStart(10)}  in ${cities} cities`);
}

/** To list the substores opens none of them; to count their cities opens each for a moment. */
function citiesPerCountry(world: Store): string[] {
  const counts = world.substores
    .query()
    .all()
    .map(({ name }) => ({ name, cities: world.at(name).tree.count(City) }))
    .sort((a, b) => b.cities - a.cities);
  const sum = counts.reduce((total, { cities }) => total + cities, 0);
  const first = counts.slice(0, 5).map(({ name, cities }) => `${name}  ${counted(cities).padStart(7)}`);
  return [...first, `all ${counts.length} countries together: ${counted(sum)}`];
}

/** A transaction that throws leaves no trace: not in the database, not in the objects that a program holds. */
function changeOfMind(world: Store): string[] {
  const region = world.at('FR/11');
  const paris = region.getUnique(City, { name: 'Paris' });
  const known = () => ['Paris', 'Lutetia'].map((name) => `${region.count(City, { name })} ${name}`).join(', ');
  const state = (when: string) =>
    `${when.padEnd(8)} the object is called ${paris.name.padEnd(7)}  database: ${known()}`;

  const lines = [state('before')];
  try {
    world.transact(() => {
      paris.name = 'Lutetia';
      lines.push(state('within'));
      throw new Error('the citizens object to the new name');
    });
  } catch (error) {
    lines.push(`thrown   ${error}`);
  }
  return [...lines, state('after')];
}

function askedAgain(place: string, before: readonly string[]): string[] {
  using world = Store.open(place, { types: [City], mustExist: true });
  const now = largest(world).map(described);
  if (now.join() !== before.join()) throw new Error(`The answer has changed: it was\n${before.join('\n')}`);
  return [...now, 'the same five as before'];
}

function main(directory: string | undefined): void {
  const start = performance.now();
  const place = join(directory ?? mkdtempSync(join(tmpdir(), 'corollary-tour-')), 'world');
  console.log('The source of this tour is examples/tour.ts.');
  console.log(`The stores lie in ${place}${directory === undefined ? ' and are removed at the end' : ''}.`);
  try {
    tour(place);
  } finally {
    if (directory === undefined) rmSync(dirname(place), { recursive: true, force: true });
  }
  console.log(`\nThe whole tour took ${((performance.now() - start) / 1000).toFixed(1)} s.`);
  if (directory !== undefined) console.log(`The store is in ${place}.`);
}

const directory = process.argv[2];
if (directory !== undefined && existsSync(join(directory, 'world'))) {
  console.error(`${join(directory, 'world')} is already there: name another directory, or remove it.`);
  process.exitCode = 1;
} else {
  main(directory);
}
