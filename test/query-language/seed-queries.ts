import { and, avg, count, max, min, not, optional, or, type Query, referrers, type Store, sum } from 'corollary';
import { City, Country, Ghost, Mayor, Review, type World } from './world.js';

type AnyQuery = Pick<Query<never, unknown, never>, 'toJSON'>;

/** Queries that together use every part of the language. */
export function seedQueries(store: Store, world: World): readonly AnyQuery[] {
  const cities = store.query(City);
  const french = store.query(Country, (k) => k.code.startsWith('F'));
  return [
    cities,
    store.query(City, (c) => and(c.name.eq('Paris'), or(c.population.gt(1), not(c.capital.eq(true))))),
    store.query(City, (c) => c.country.in(french)).orderBy((c) => [c.name.asc(), c.alias.desc({ nulls: 'first' })]),
    store
      .query(City, (c) => c.country.in([world.fr, world.de]))
      .limit(3)
      .offset(1),
    store.query(City, (c) => c.about.eq(world.fr).or(c.twin.eq(world.paris))),
    store.query(City, (c) =>
      c.name.like('%\\_%', { escape: '\\' }).or(c.alias.contains('a').and(c.name.endsWith('s'))),
    ),
    store.query(City, (c) => c.population.in([1, 2, null]).or(c.tax.notIn(['1.50']), c.stars.between(1n, 9n))),
    store.query(City, (c) => c.flag.eq(new Uint8Array([1])).or(c.founded.lt(new Date(5)), c.area.gte(1.5))),
    store.query(City, (c) => c.population.gt(c.area).and(c.twin.to.country.to.name.eq(c.country.to.name))),
    store.query(City, (c) => c.notes.at('size').at('width').gt(3).or(c.notes.at('tags').at(0).eq('old'))),
    cities.orderBy((c) => c.notes.at('colour').asc()).pluck((c) => c.notes.at('colour')),
    cities.pluck((c) => c.country).distinct(),
    cities.pluck((c) => c.name.concat('-', c.alias).length().plus(3).times(c.population)),
    cities.select((c) => ({
      city: c,
      twin: c.twin,
      year: c.founded.year(),
      month: c.founded.month(),
      shout: c.name.upper().concat(c.alias.lower()),
      rich: c.tax.times(2).plus(c.tax).minus('1.00'),
      some: c.alias.coalesce('none'),
      reviews: referrers(c, Review, (r) => r.city).count((r) => r.stars.gte(3)),
      land: c.country.to.continent.to.name,
    })),
    cities
      .groupBy((c) => [c.country, c.capital])
      .select((c) => ({
        country: c.country.to.name,
        n: count(),
        t: count(c.alias),
        s: sum(c.population),
        a: avg(c.tax),
        lo: min(c.name),
        hi: max(c.founded),
      }))
      .having((c) => count().gte(1).and(sum(c.population).plus(1).gt(3)))
      .orderBy(
        (_c) => count().desc(),
        (c) => c.country.to.code.asc(),
      ),
    cities.pluck((c) => sum(c.population).plus(count())),
    cities.orderBy((c) => c.population.desc()).firstPer((c) => c.country),
    cities.firstPer((c) => [c.country, c.capital]).pluck((c) => c.name),
    cities.preload(
      (c) => c.country,
      (c) => c.twin,
    ),
    store.query(City, (c) => referrers(c, Review, (r) => r.city).exists((r) => r.stars.gt(c.storeId.gt(0) ? 3 : 2))),
    store.query(City, (c) => referrers(c, Review, (r) => r.city).notExists()),
    cities.orderBy((c) =>
      referrers(c, Review, (r) => r.city)
        .count()
        .desc(),
    ),
    store.query([City, Country], (c, k) => c.country.eq(k)).where((c, k) => k.people.gt(5n).and(c.name.ne('x'))),
    store.query([City, City], (a, b) => a.twin.eq(b)).orderBy((a, b) => [b.name.desc(), a.name.asc()]),
    store
      .query([City, optional(Mayor)], (c, m) => m.city.eq(c))
      .where((_, m) => m.since.isNotNull())
      .select((c, m) => ({ c, m, name: m.name.coalesce(c.name) })),
    store
      .query([City, optional(Mayor), Review], (c, m, r) => and(m.city.eq(c), r.city.eq(c)))
      .groupBy((c) => c)
      .select((c, _m, r) => ({ c, n: count(), best: max(r.stars) })),
    store.query([City, Ghost]).cross().limit(2),
    store
      .query([City, Country], (c, k) => c.country.eq(k))
      .pluck((_, k) => k.name)
      .distinct()
      .orderBy((_, k) => k.name.asc()),
    store.query(Ghost, (g) => g.city.to.name.eq('x')).orderBy((g) => g.size.asc()),
    store.query(City, (c) =>
      c.name.in(
        store
          .query(Mayor)
          .pluck((m) => m.name)
          .limit(2),
      ),
    ),
    store.query(City, (c) =>
      c.self.in(store.query(Review, (r) => r.stars.gt(3)).pluck((r) => r.city)).or(c.storeId.gt(5)),
    ),
  ];
}
