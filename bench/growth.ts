// What an operation costs in small and in large stores and trees: `npm run bench -- growth`. Takes minutes.
import { costEach } from './growth/cost-each.js';
import { growingItems } from './growth/growing-items.js';
import { growingMemory } from './growth/growing-memory.js';
import { growingTree } from './growth/growing-tree.js';
import type { Growth } from './growth/growth.js';
import type { Clock } from './measure/clock.js';
import { chosen, options } from './measure/options.js';
import { duration, figure, markdownTable } from './measure/table.js';

const growths = [growingItems, growingMemory, growingTree];
const keys = growths.map(({ key }) => key);
const { only, rounds, clock, json } = options(keys, 7);

/** For each operation what it costs at each size. */
type Costs = Map<string, number[]>;

async function costsOf({ sizes, begin }: Growth, clock: Clock): Promise<Costs> {
  const costs: Costs = new Map();
  const growing = await begin();
  // What runs for the first time is compiled: that is not to be taken for the cost of a small store.
  for (const { times, run } of await growing.growTo(sizes[0]!)) await costEach(rounds, times, clock, run);
  for (const size of sizes)
    for (const { title, times, run } of await growing.growTo(size)) {
      const cost = await costEach(rounds, times, clock, run);
      costs.set(title, [...(costs.get(title) ?? []), cost]);
    }
  growing.close();
  return costs;
}

function tableOf({ title, sizes }: Growth, costs: Costs): string {
  const rows = [...costs].map(([name, each]) => [name, ...each.map(duration), figure(each.at(-1)! / each[0]!)]);
  return markdownTable([[title, ...sizes.map((size) => size.toLocaleString('en')), 'last to first'], ...rows]);
}

for (const growth of chosen(growths, ({ key }) => key, only)) {
  const costs = await costsOf(growth, clock);
  if (json) console.log(JSON.stringify({ key: growth.key, sizes: growth.sizes, costs: Object.fromEntries(costs) }));
  else console.log(`${tableOf(growth, costs)}\n`);
}
