import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { aStoreDirectory } from './support/a-store.js';

const script = join(import.meta.dirname, '../scripts/run.mjs');

/** What an example prints, without places and times. */
function printedBy(name: string, ...args: string[]): string {
  const printed = execFileSync(process.execPath, [script, `examples/${name}.ts`, ...args], { encoding: 'utf8' });
  return printed.replace(/ {2}\[[\d.]+ s\]/g, '').replace(/#\d+/g, '#');
}

test('the help desk sends requests from the whole to its parts, and up again', () => {
  const directory = aStoreDirectory();
  const printed = printedBy('help-desk', directory);
  const expected = [
    'berlin@acme.example -> acme/berlin #',
    'anybody@brown.example -> brown #',
    'refused: no customer has the domain y.example',
    'answered at acme/berlin: Printer on fire',
    'not answered at acme/lyon: acme owes more than 5.00',
    'acme is billed by a FlatRate from now on',
    'without its desk, lyon has no desk, no search, and still 1 ticket',
    'the stub was given cleo@home.example: Re: Opening hours',
  ];
  for (const line of expected) expect(printed).toContain(`  ${line}\n`);
  expect(printed.match(/^ {2}waiting: \d+$/gm)).toEqual(['  waiting: 3', '  waiting: 3', '  waiting: 1']);
  expect(existsSync(join(directory, 'site/db.sqlite'))).toBe(true);
});
