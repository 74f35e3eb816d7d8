// A help desk. The site is a store; in it each customer has a store, and in that each of their departments.
//
//   site            a mail gateway for all
//     acme          an account, a desk
//       berlin      a desk
//       lyon        a desk
//     brown         a mail gateway of their own, a flat rate, a desk
//
// What each of them can do is a matter of the plugins in its store. Requests go to roles, whoever plays them: from the
// whole to a part, to a part of a part, and up again.
//
// npm run help-desk                 works in a temporary directory and removes it at the end
// npm run help-desk -- <directory>  leaves the store there, as <directory>/site

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AnyRole, install, Store, SubStore, uninstall } from 'corollary';
import { Ticket, TicketDesk, TicketSearch } from './help-desk/desk.js';
import { Account, Charge, FlatRate, MailGateway, OutgoingLetter } from './help-desk/plugins.js';
import { Billing, Desk, Inbox, Mailer, Search } from './help-desk/roles.js';
import { DepartmentRouter, Domain, SiteRouter } from './help-desk/routers.js';
import { tell } from './narrator.js';

const types = [Ticket, TicketDesk, TicketSearch, Account, FlatRate, MailGateway, OutgoingLetter, Charge, Domain];

function openSite(place: string): Store {
  return Store.open(place, { types: [...types, SiteRouter, DepartmentRouter] });
}

function setUp(site: Store): void {
  site.powerUp(site.create(MailGateway, { sender: 'help@site.example' }));
  site.powerUp(site.create(SiteRouter, {}));

  const acme = addCustomer(site, 'acme', 'acme.example');
  acme.powerUp(acme.create(Account, { limit: '5.00' }));
  for (const department of ['berlin', 'lyon']) {
    const part = acme.substores.create(department);
    install(part.create(TicketDesk, {}), part);
  }

  const brown = addCustomer(site, 'brown', 'brown.example');
  brown.powerUp(brown.create(MailGateway, { sender: 'service@brown.example' }));
  brown.powerUp(brown.create(FlatRate, {}));
}

/** A customer can do nothing by itself, but hand letters on to its departments, or else keep them. */
function addCustomer(site: Store, name: string, domain: string): Store {
  const customer = site.substores.create(name);
  site.create(Domain, { name: domain, customer: site.getUnique(SubStore, { name }) });
  // With the router come the desk that it depends on, and the search that the desk depends on.
  install(customer.create(DepartmentRouter, {}), customer);
  return customer;
}

function receiveLetters(site: Store): string[] {
  const letters = [
    ['ada@home.example', 'berlin@acme.example', 'Printer on fire', 'The printer in room 7 is on fire.'],
    ['ben@home.example', 'lyon@acme.example', 'No paper', 'The printer has no paper.'],
    ['cleo@home.example', 'office@acme.example', 'Opening hours', 'When are you open?'],
    ['dan@home.example', 'anybody@brown.example', 'Wrong paint', 'I ordered red paint.'],
  ] as const;
  return letters.map(([from, to, subject, body]) => {
    const where = site.ask('', Inbox, 'receive', { from, to, subject, body });
    return `${to} -> ${where}`;
  });
}

function lost(site: Store): string {
  try {
    return site.ask('', Inbox, 'receive', { from: 'eve@home.example', to: 'x@y.example', subject: '?', body: '' });
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}

/** Asks all who have a desk: the site has none, and is not asked. */
function waiting(site: Store): string[] {
  return site.tree.ask(Desk, 'waiting').flatMap((answer) => {
    if ('error' in answer) throw answer.error;
    return answer.value.map(({ subject, from }) => `${pathOf(answer.store)}: ${subject} (${from})`);
  });
}

/** The ticket is in a department's store, the account in the customer's, the letter in the site's: all or nothing. */
function answer(site: Store, path: string, reply: string): string[] {
  const [ticket] = site.at(path).as(Desk).waiting();
  if (ticket === undefined) return [`nothing waits at ${path}`];
  try {
    site.transact(() => site.ask(path, Desk, 'answer', ticket.number, reply));
    return [`answered at ${path}: ${ticket.subject}`];
  } catch (error) {
    return [`not answered at ${path}: ${(error as Error).message}`];
  }
}

function state(site: Store): string[] {
  const letters = site.tree.query(OutgoingLetter).all();
  const owed = site.tree.ask(Billing, 'owed').map((one) => `${pathOf(one.store)} ${'error' in one ? '?' : one.value}`);
  return [
    ...letters.map((letter) => `letter from ${letter.from} to ${letter.to}: ${letter.subject}`),
    `owed: ${owed.join(', ')}`,
    `waiting: ${site.tree.count(Ticket, { answered: false })}`,
  ];
}

function find(site: Store, words: string): string[] {
  return site.tree.ask(Search, 'find', words).flatMap((answer) => {
    if ('error' in answer) throw answer.error;
    return answer.value.map(({ subject }) => `${pathOf(answer.store)}: ${subject}`);
  });
}

function changePlugins(site: Store): string[] {
  const acme = site.at('acme');
  const lyon = site.at('acme/lyon');
  acme.powerUp(acme.create(FlatRate, {}), Billing, { priority: 10 });
  const answered = answer(site, 'acme/lyon', 'It is in the cellar.');
  const desk = lyon.getUnique(TicketDesk, {});
  uninstall(desk);
  const what = (role: AnyRole) => (lyon.maybe(role) === undefined ? 'no' : 'a');
  return [
    `acme is billed by a ${acme.as(Billing).constructor.name} from now on`,
    ...answered,
    `without its desk, lyon has ${what(Desk)} desk, ${what(Search)} search, and still ${lyon.count(Ticket)} ticket`,
  ];
}

/** Programs need not know who sends; a test takes the place of the mail server. */
function withoutMailServer(site: Store): string[] {
  const sent: string[] = [];
  const stub = { send: (to: string, subject: string) => void sent.push(`${to}: ${subject}`) };
  site.inMemoryPowerUp(stub, Mailer);
  const done = answer(site, 'acme', 'Always.');
  site.powerDown(stub);
  return [...done, ...sent.map((line) => `the stub was given ${line}`)];
}

function pathOf(store: Store): string {
  return store.path.join('/') || 'site';
}

function run(place: string): void {
  const site = openSite(place);
  tell('A site with two customers and their departments', () => {
    site.transact(() => setUp(site));
    return [...site.tree.stores()].map(pathOf);
  });
  tell('Letters go to the site, on to a customer, and on to a department', () => receiveLetters(site));
  tell('A letter that nobody can take', () => [lost(site)]);
  tell('What waits, everywhere', () => waiting(site));
  tell('An answer: a ticket, an account and a letter in three stores', () => [
    ...answer(site, 'acme/berlin', 'Use the stairs.'),
    ...state(site),
  ]);
  tell('An answer that the account refuses: nothing is changed in any store', () => [
    ...answer(site, 'acme/lyon', 'It is in the cellar.'),
    ...state(site),
  ]);
  tell("All who can search are asked for 'printer'", () => find(site, 'printer'));
  tell('Other plugins', () => changePlugins(site));
  tell('A mailer in memory', () => withoutMailServer(site));
  site.close();

  const again = openSite(place);
  tell('Closed and opened again', () => state(again));
  again.close();
}

function main(directory: string | undefined): void {
  const base = directory ?? mkdtempSync(join(tmpdir(), 'corollary-help-desk-'));
  const place = join(base, 'site');
  if (existsSync(place)) throw new Error(`${place} is already there: name another directory, or remove it`);
  console.log(`The stores lie in ${place}${directory === undefined ? ' and are removed at the end' : ''}.`);
  try {
    run(place);
  } finally {
    if (directory === undefined) rmSync(base, { recursive: true, force: true });
  }
}

main(process.argv[2]);
