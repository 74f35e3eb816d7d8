import { Query, Store } from 'corollary';
import { fc } from '../../support/chance.js';
import type { AnyQuery, Asked } from './terms.js';
import { aCluster, allRows, CLASSES, type Cluster, type Items, type Row, type Rows, rowsOf, store } from './world.js';

// Where the rows of the world are kept: all in one store, or spread over a tree.

const TYPES = Object.values(CLASSES);
const NOTHING = { continent: 0, country: 0, city: 0, mayor: 0 };

/** One store that holds all rows. What `law` does is undone, so that the store can be used again. */
export function inStoreWith(one: Store, rows: Rows, law: (asked: Asked) => void): void {
  const undone = new Error('undone');
  const run = () =>
    one.transact(() => {
      law(askedOf(one, rows));
      throw undone;
    });
  try {
    run();
  } catch (error) {
    if (error !== undone) throw error;
  }
}

function askedOf(one: Store, rows: Rows): Asked {
  const items: Items = new Map();
  store(rows, one, items);
  return asking(one, items);
}

function asking(of: Store | Store['tree'], items: Items): Asked {
  const query = of.query.bind(of) as unknown as Asked['query'];
  return {
    items,
    query,
    fromJSON: (query) => Query.fromJSON(of, JSON.parse(JSON.stringify(query))) as unknown as AnyQuery,
  };
}

export const someRows: fc.Arbitrary<Rows> = aCluster.map((cluster) => rowsOf(cluster, { ...NOTHING }));

/** Each number is the parent of one store, counted from 0, the root. */
export const aShape = fc
  .array(fc.nat(), { minLength: 1, maxLength: 4 })
  .map((numbers) => numbers.map((number, i) => number % (i + 1)));

export const someClusters = fc.array(fc.tuple(fc.nat(), aCluster), { minLength: 1, maxLength: 4 });

/** A tree, one store with the same items in the tree's order, and their rows. */
export interface TwoForms {
  readonly rows: Rows;
  readonly tree: Asked;
  readonly one: Asked;
  readonly close: () => void;
}

export function twoForms(shape: readonly number[], clusters: readonly (readonly [number, Cluster])[]): TwoForms {
  const [root, one] = [Store.inMemory({ types: TYPES }), Store.inMemory({ types: TYPES })];
  const stores = [root];
  shape.forEach((parent, i) => void stores.push(stores[parent]!.substores.create(`s${(i * 7) % 10}`)));
  const counts = { ...NOTHING };
  const [inTree, inOne]: Items[] = [new Map<Row, never>(), new Map<Row, never>()];
  const parts: Rows[] = [];
  for (const place of root.tree.stores())
    for (const [where, cluster] of clusters) {
      if (stores[where % stores.length] !== place) continue;
      const rows = rowsOf(cluster, counts);
      store(rows, place, inTree!);
      store(rows, one, inOne!);
      parts.push(rows);
    }
  const close = () => {
    root.close();
    one.close();
  };
  return { rows: allRows(parts), tree: asking(root.tree, inTree!), one: asking(one, inOne!), close };
}
