// What a user's program costs the compiler: TypeScript counts how often it instantiates a generic type, a number that
// does not depend on the machine. Two programs that differ only in how often a form stands in them give its slope.
// To measure another form, add it to `forms`; `npm run type-cost` prints them all and fails where one is too dear.
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const head = `
import { boolean, count, type Default, Item, integer, item, optional, reference, referrers, Store, sum, text, timestamp } from 'corollary';
declare const store: Store;

@item('country')
class Country extends Item {
  @text() declare code: string;
  @integer() declare area: number;
}

@item('city')
class City extends Item {
  @text({ indexed: true }) declare name: string;
  @integer({ nullable: true }) declare population: number | null;
  @boolean({ default: false }) declare capital: Default<boolean>;
  @timestamp() declare added: Date;
  @reference(() => Country) declare country: Country;
}
declare const france: Country;
`;

/** An item type with five attributes, one of them a reference to the type before it. */
const itemType = (n) => `
@item('type${n}')
class Type${n} extends Item {
  @text({ indexed: true }) declare name${n}: string;
  @integer({ nullable: true }) declare size: number | null;
  @boolean({ default: false }) declare open: Default<boolean>;
  @timestamp() declare added: Date;
  @reference(() => Type${Math.max(n - 1, 0)}, { nullable: true }) declare before: Type${Math.max(n - 1, 0)} | null;
}`;

const usedItemType = (n) => `${itemType(n)}
store.create(Type${n}, { name${n}: 'x', added: new Date() });
store.query(Type${n}, (c) => c.name${n}.eq('x').and(c.size.gt(${n}))).all();`;

const TYPES = [0, 50, 300];
const QUERIES = [0, 100, 200];

/** Each form: how one is written, how many of it the programs have, and how many instantiations one may cost. */
const forms = {
  'item type': { write: itemType, counts: TYPES, most: 230 },
  'item type, created and queried': { write: usedItemType, counts: TYPES, most: 590 },
  'where eq': query((n) => `store.query(City, (c) => c.name.eq('${n}')).all()`),
  'where eq and gt': query((n) => `store.query(City, (c) => c.name.eq('${n}').and(c.population.gt(${n}))).all()`),
  'where reference eq': query(() => 'store.query(City, (c) => c.country.eq(france)).all()'),
  'where in a query': query(
    (n) => `store.query(City, (c) => c.country.in(store.query(Country, (k) => k.area.gt(${n})))).all()`,
  ),
  equalities: query((n) => `store.query(City, { name: '${n}', country: france }).all()`),
  'orderBy, limit': query(
    (n) => `store.query(City).orderBy((c) => [c.name.asc(), c.population.desc()]).limit(${n}).all()`,
  ),
  pluck: query(() => 'store.query(City).pluck((c) => c.name).all()'),
  preload: query(() => 'store.query(City).preload((c) => c.country).all()'),
  path: query((n) => `store.query(City, (c) => c.country.to.code.eq('${n}')).all()`),
  join: query(
    (n) =>
      `store.query([City, Country], (c, k) => c.country.eq(k).and(k.area.gt(${n}))).orderBy((c) => c.name.asc()).all()`,
  ),
  'left join': query(() => 'store.query([Country, optional(City)], (k, c) => c.country.eq(k)).all()'),
  select: query(
    (n) =>
      `store.query(City).select((c) => ({ c, name: c.name, next: c.population.plus(${n}), code: c.country.to.code })).all()`,
  ),
  groups: query(
    (n) =>
      `store.query(City).groupBy((c) => c.country).having(() => count().gt(${n})).select((c) => ({ k: c.country, n: count(), p: sum(c.population) })).all()`,
  ),
  referrers: query(
    () => 'store.query(Country, (k) => referrers(k, City, (c) => c.country).exists((c) => c.name.eq("x"))).all()',
  ),
  firstPer: query(() => 'store.query(City).orderBy((c) => c.added.desc()).firstPer((c) => c.country).all()'),
  matches: query((n) => `store.query(City, (c) => c.name.matches('${n}')).all()`),
  subscribe: query(() => 'store.query(City).subscribe(({ results }) => results.length)'),
  'tree query': query((n) => `store.tree.query(City, (c) => c.population.gt(${n})).orderBy((c) => c.name.asc()).all()`),
  sum: query(() => 'store.query(City).sum((c) => c.population)'),
  create: query((n) => `store.create(City, { name: '${n}', population: ${n}, added: new Date(), country: france })`),
};

function query(write) {
  return { write: (n) => `${write(n)};`, counts: QUERIES, most: 150 };
}

const scratch = fileURLToPath(new URL('../.scratch/type-cost/', import.meta.url));
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));

/** How many instantiations the compiler makes for a program. Single-threaded: several checkers would each make some. */
async function instantiations(program, place) {
  const project = `${scratch}${place}/`;
  mkdirSync(project, { recursive: true });
  writeFileSync(`${project}program.ts`, program);
  writeFileSync(
    `${project}tsconfig.json`,
    '{ "extends": "../../../tsconfig.json", "include": ["program.ts"], "exclude": [] }\n',
  );
  const options = ['-p', project, '--extendedDiagnostics', '--singleThreaded', '--pretty', 'false'];
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, ...options]).catch((error) => {
    throw new Error(`The program does not compile:\n${String(error.stdout).slice(0, 2000)}`);
  });
  const [, counted] = /^Instantiations:\s+(\d+)/m.exec(stdout);
  return Number(counted);
}

const programOf = (write, count) => head + Array.from({ length: count }, (_, n) => write(n)).join('\n');
const programsOf = ({ write, counts }) => counts.map((count) => programOf(write, count));

/** Counts each program once, as many at a time as there are processors. Without any of its form all are the same. */
async function countAll(programs) {
  const counted = new Map();
  const remaining = [...new Set(programs)].entries();
  const countSome = async () => {
    for (const [place, program] of remaining) counted.set(program, await instantiations(program, place));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, countSome));
  return counted;
}

/** The instantiations for one more, between each two sizes of the program. */
function slopes(form, counted) {
  const totals = programsOf(form).map((program) => counted.get(program));
  return form.counts.slice(1).map((count, i) => (totals[i + 1] - totals[i]) / (count - form.counts[i]));
}

rmSync(scratch, { recursive: true, force: true });
const counted = await countAll(Object.values(forms).flatMap(programsOf));
// The steeper of the two slopes, so that a cost which grows with the program is seen.
const rows = Object.entries(forms).map(([name, form]) => ({
  name,
  cost: Math.round(Math.max(...slopes(form, counted))),
  most: form.most,
}));
console.log('Instantiations for one more of each');
for (const { name, cost, most } of rows)
  console.log(`${name.padEnd(32)}${String(cost).padStart(6)}  of ${most}${cost > most ? '  TOO MANY' : ''}`);
process.exitCode = rows.some(({ cost, most }) => cost > most) ? 1 : 0;
