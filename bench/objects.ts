// What objects can and rows cannot: `npm run bench -- objects`.

import { chosen, options } from './measure/options.js';
import { median, quantile } from './measure/statistics.js';
import { figure, markdownTable } from './measure/table.js';
import { roleLookUp } from './objects/role-look-up.js';
import { rollBack } from './objects/roll-back.js';

const figures = [rollBack, roleLookUp];
const keys = figures.map(({ key }) => key);
const { only, rounds, clock, json } = options(keys, 9);

const reports = chosen(figures, ({ key }) => key, only).map(({ key, title, most, prepare }) => {
  const measure = prepare(clock);
  measure(); // compiles
  const measured = Array.from({ length: rounds }, measure);
  return { key, title, most, median: median(measured), spread: [quantile(measured, 0.25), quantile(measured, 0.75)] };
});

const rows = reports.map(({ title, most, median, spread }) => [
  title,
  figure(median),
  spread.map(figure).join(' to '),
  `≤ ${most}`,
  median <= most ? 'reached' : `missed by ${Math.round((median / most - 1) * 100)} %`,
]);
console.log(
  json
    ? JSON.stringify(reports, undefined, 2)
    : markdownTable([['figure', 'median', 'middle half', 'goal', ''], ...rows]),
);
