import { expect, test } from 'vitest';
import { aStoreDirectory } from '../support/a-store.js';
import { childProgram } from '../support/child-program.js';
import { runNode } from '../support/run-node.js';

const ITEMS = Number(process.env.LIMIT_ITEMS ?? 30_000);
/** Who holds the answer is killed. */
const HEAP_MB = 15;

const PROGRAM = `
import { count, Item, integer, item, reference, Store, text } from 'corollary';

@item('maker') class Maker extends Item { @text() declare name: string; }
@item('part') class Part extends Item {
  @integer() declare serial: number;
  @text() declare label: string;
  @reference(() => Maker) declare maker: Maker;
}
const [, , place, mode] = process.argv;
const store = Store.open(place as string, { types: [Part, Maker] });
const N = ${ITEMS};
if (mode === 'fill') {
  const makers = store.createMany(Maker, Array.from({ length: 100 }, (_, at) => ({ name: 'maker ' + at })), { items: true });
  for (let at = 0; at < N; at += 10_000) {
    store.createMany(Part, Array.from({ length: 10_000 }, (_, i) => ({ serial: at + i, label: 'part ' + ((at + i) % 1000), maker: makers[i % 100]! })));
    await new Promise((resolve) => setImmediate(resolve));
  }
}
let seen = 0;
let total = 0;
let peak = 0;
const look = () => { seen += 1; if (seen % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().heapUsed); };
const parts = store.query(Part).orderBy((p) => [p.label.desc(), p.serial.asc()]);
if (mode === 'items') for await (const page of parts.pages(1000)) for (const part of page) { total += part.serial; look(); }
if (mode === 'joined') for await (const page of store.query([Part, Maker], (p, m) => p.maker.eq(m)).pages(1000)) for (const [part, maker] of page) { total += part.serial + maker.name.length * 0; look(); }
if (mode === 'preloaded') for await (const page of store.query(Part).preload((p) => p.maker).pages(1000)) for (const part of page) { total += part.serial + part.maker.name.length * 0; look(); }
if (mode === 'selected') for await (const page of store.query(Part).select((p) => ({ s: p.serial, m: p.maker.to.name })).pages(1000)) for (const { s } of page) { total += s; look(); }
if (mode === 'plucked') for (const serial of store.query(Part).pluck((p) => p.serial)) { total += serial; look(); }
if (mode === 'tree') for await (const page of store.tree.query(Part).orderBy((p) => p.serial.desc()).pages(1000)) for (const part of page) { total += part.serial; look(); }
if (mode === 'projected') for (const { s } of store.query(Part).orderBy((p) => p.label.asc()).select((p) => ({ s: p.serial, m: p.maker.to.name }))) { total += s; look(); }
if (mode === 'grouped') { total = store.query(Part).groupBy((p) => p.label).pluck(() => count()).all().reduce((a, b) => a + b, 0); seen = N; }
if (mode === 'held') for (const part of parts.all()) { total += part.serial; look(); }
store.close();
console.log(JSON.stringify({ seen, total, peakMB: Math.round(peak / 2 ** 20) }));
`;

const SUM = (ITEMS * (ITEMS - 1)) / 2;

test(`${ITEMS} items are read in pages, and as plain values, with ${HEAP_MB} MB`, { timeout: 3_600_000 }, async () => {
  const program = await childProgram(PROGRAM);
  const place = aStoreDirectory();
  const run = (mode: string) => runNode([`--max-old-space-size=${HEAP_MB}`, program, place, mode]);
  // It is reading that has little room: an array of rows to be written may be larger.
  expect((await runNode([program, place, 'fill'])).status).toBe(0);
  for (const mode of ['items', 'plucked', 'projected', 'tree']) {
    const start = performance.now();
    const { status, output } = await run(mode);
    if (process.env.SHOW_MEMORY) console.log(mode, Math.round(performance.now() - start), status, output.slice(0, 300));
    expect([mode, status, output.slice(0, 200)]).toEqual([
      mode,
      0,
      expect.stringContaining(`"seen":${ITEMS},"total":${SUM}`),
    ]);
  }
  // Else the limit would not be one.
  expect((await run('held')).status).not.toBe(0);
  expect((await run('grouped')).output).toContain(`"total":${ITEMS}`);
});
