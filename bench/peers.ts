// corollary, better-sqlite3 by hand and other libraries do the same works: `npm run bench`. `--only get,query,Kysely` takes
// some works and competitors; raw and corollary are always among them.

import type { Competitor } from './competitors/competitor.js';
import { corollary } from './competitors/corollary.js';
import type { Synchronous } from './competitors/database.js';
import { drizzleBuilt, drizzlePrepared } from './competitors/peers/drizzle.js';
import { kysely } from './competitors/peers/kysely.js';
import { mikroOrm } from './competitors/peers/mikro-orm.js';
import { typeorm } from './competitors/peers/typeorm.js';
import { raw } from './competitors/raw.js';
import { contest } from './contest/contest.js';
import { comparison, reportOf, spreads, type WorkReport } from './contest/report.js';
import { Trials } from './contest/trial.js';
import { leaveGarbage } from './measure/clock.js';
import { chosen, options } from './measure/options.js';
import { allWorks } from './works/all-works.js';
import type { Scale } from './works/work.js';

const scale: Scale = { cities: 20_000, gets: 5000, queries: 1000, counts: 50, changes: 5000, singles: 100 };

const peersUnder = (synchronous: Synchronous) =>
  [kysely, drizzlePrepared, drizzleBuilt, typeorm, mikroOrm].map((peer) => peer(synchronous));
const nameOf = ({ name }: Competitor) => name;

const names = [...allWorks.map(({ key }) => key), ...peersUnder('FULL').map(nameOf), 'raw', 'corollary'];
const { only, rounds, clock, json, isWarm } = options(names, 7);
if (isWarm) leaveGarbage();
const isAlone = only.includes('corollary') || only.includes('raw');
const peersIn = (synchronous: Synchronous) => {
  const named = peersUnder(synchronous).filter((peer) => only.includes(peer.name));
  return named.length > 0 || isAlone ? named : peersUnder(synchronous);
};

const trials = new Trials(scale);
const reports: WorkReport[] = [];
for (const work of chosen(allWorks, ({ key }) => key, only)) {
  const { synchronous } = work;
  const competitors = [raw(synchronous), corollary(synchronous), ...peersIn(synchronous)];
  reports.push(reportOf(work, scale, await contest(work, competitors, trials, { rounds, clock })));
}
console.log(json ? JSON.stringify(reports, undefined, 2) : `${comparison(reports)}\n\n${spreads(reports)}`);
