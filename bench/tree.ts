// A tree of stores, with corollary and with a database for each store by hand: `npm run bench -- tree`.
import { type Duel, type DuelReport, duelTable, fight } from './duel/duel.js';
import { chosen, options } from './measure/options.js';
import { commitTogether } from './tree/commit-together.js';
import { countAll } from './tree/count-all.js';
import { createSubstore } from './tree/create-substore.js';
import { openOne } from './tree/open-one.js';
import { openTree } from './tree/open-tree.js';
import { topOfRollUp, upkeepOfRollUp } from './tree/roll-up.js';
import { makeSite } from './tree/site.js';
import { topTen, topTenPruned } from './tree/top-ten.js';
import { upgradeAll } from './tree/upgrade-all.js';

const site = makeSite({ stores: 1000, rows: 200 });
const alone = openOne(site);
const tree = openTree(site);
const duels: Duel[] = [
  alone,
  topTen(tree),
  topTenPruned(tree),
  countAll(tree),
  topOfRollUp(site, tree),
  upkeepOfRollUp(tree),
  commitTogether(tree, 1),
  commitTogether(tree, 4),
  upgradeAll(),
  createSubstore(site, tree), // last: it makes the tree of corollary larger
];
const keys = duels.map(({ key }) => key);
const { only, rounds, clock, json } = options(keys, 9);

const reports: DuelReport[] = [];
for (const duel of chosen(duels, ({ key }) => key, only)) reports.push(await fight(duel, rounds, clock));
console.log(json ? JSON.stringify(reports, undefined, 2) : duelTable(reports));
