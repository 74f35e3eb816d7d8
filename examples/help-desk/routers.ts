// The same role, Inbox, at each level: a letter travels from the site to a customer and on to a department. Each hop
// knows its own parts only.

import { dependsOn, Item, item, reference, SubStore, text } from 'corollary';
import { TicketDesk } from './desk.js';
import { Inbox, type Letter } from './roles.js';

/** Which customer has which domain. */
@item('domain')
export class Domain extends Item {
  @text({ unique: true }) declare name: string;
  @reference(() => SubStore, { whenDeleted: 'cascade' }) declare customer: SubStore;
}

@item('site_router', { roles: () => [Inbox] })
export class SiteRouter extends Item implements Inbox {
  receive(letter: Letter): string {
    const name = letter.to.split('@')[1] ?? '';
    const domain = this.store.findUnique(Domain, { name });
    if (domain === undefined) throw new Error(`no customer has the domain ${name}`);
    return this.store.ask([domain.customer.name], Inbox, 'receive', letter);
  }
}

/** Hands on what is for a department, and leaves the rest to the customer's own desk. */
@item('department_router', { roles: () => [[Inbox, 10]] })
export class DepartmentRouter extends Item implements Inbox {
  @dependsOn(() => TicketDesk) declare desk: TicketDesk | null;

  receive(letter: Letter): string {
    const department = letter.to.split('@')[0] ?? '';
    if (this.store.substores.has(department)) return this.store.ask([department], Inbox, 'receive', letter);
    if (this.desk === null) throw new Error(`${this.store.name} has no desk`);
    return this.desk.receive(letter);
  }
}
