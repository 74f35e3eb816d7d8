import { Item, item, reference, Store, text } from 'corollary';

// --expose-gc. A garbage collection finds what no turn of the event loop still needs.
declare function gc(): void;

@item('country')
class Country extends Item {
  @text() declare name: string;
}
@item('city')
class City extends Item {
  @reference(() => Country) declare country: Country;
}

async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await new Promise(setImmediate);
    gc();
  }
}

/** Makes a store with so many cities, each in a country of its own. */
export function plant(place: string, count: number): void {
  const store = Store.open(place);
  const names = Array.from({ length: count }, (_, i) => ({ name: `${i}` }));
  const countries = store.createMany(Country, names, { items: true });
  store.createMany(
    City,
    countries.map((country) => ({ country })),
  );
  store.close();
}

/** Whether a city's country must be read from disk, some turns of the event loop after it was loaded. */
export async function readLater(place: string, isPreloaded: boolean): Promise<boolean> {
  const store = Store.open(place);
  const query = isPreloaded ? store.query(City).preload((c) => c.country) : store.query(City);
  const city = query.first() as City;
  void city.country;
  await collectGarbage();
  return mustRead(store, city);
}

/** Whether a preloaded country is collected once its city refers to another one. */
export async function letGo(place: string): Promise<boolean> {
  const store = Store.open(place);
  const [first, second] = store
    .query(City)
    .preload((c) => c.country)
    .all() as [City, City];
  const weakly = new WeakRef(first.country);
  first.country = second.country;
  await collectGarbage();
  return weakly.deref() === undefined;
}

function mustRead(store: Store, city: City): boolean {
  try {
    store.limitLoads(0, () => city.country);
    return false;
  } catch {
    return true;
  }
}
