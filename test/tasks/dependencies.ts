import { type Default, dependsOn, Item, install, item, Store, text, uninstall } from 'corollary';

@item('engine')
export class Engine extends Item {
  @text({ default: '' }) declare madeBy: Default<string>;
}
@item('car')
export class Car extends Item {
  @text() declare owner: string;
  @dependsOn(() => Engine, { values: (car: Car) => ({ madeBy: car.owner }) }) declare engine: Engine | null;
}

let store: Store | undefined;

function opened(): Store {
  if (store === undefined) throw new Error('open comes first');
  return store;
}

export function open(place: string): void {
  store?.close();
  store = Store.open(place, { types: [Car, Engine], durability: 'relaxed', busyTimeoutMs: 30_000 });
}

/** Makes so many cars, and installs each; gives the ids of their engines. */
export function installCars(owner: string, count: number): (number | null)[] {
  return Array.from({ length: count }, () => {
    const car = opened().create(Car, { owner });
    install(car, opened());
    return car.idOf('engine');
  });
}

/** Installs and uninstalls a car again and again, so that its engine comes and goes if nobody else's keeps it. */
export function comeAndGo(owner: string, times: number): void {
  const car = opened().create(Car, { owner });
  for (let n = 0; n < times; n++) {
    install(car, opened());
    uninstall(car);
  }
}
