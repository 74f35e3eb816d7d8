// The plugin that works on tickets, and the one that finds them. A customer or a department has both, or neither.

import { boolean, type Decimal, type Default, dependsOn, Item, item, type StoreId, text, timestamp } from 'corollary';
import { Billing, Desk, Inbox, type Letter, Mailer, Search, type TicketLine } from './roles.js';

@item('ticket')
export class Ticket extends Item {
  @text() declare from: string;
  @text({ fullText: true }) declare subject: string;
  @text({ fullText: true }) declare body: string;
  @timestamp({ default: () => new Date() }) declare opened: Default<Date>;
  @boolean({ default: false, indexed: true }) declare answered: Default<boolean>;
}

function line({ storeId, subject, from }: Ticket): TicketLine {
  return { number: storeId, subject, from };
}

@item('ticket_search', { roles: () => [Search] })
export class TicketSearch extends Item implements Search {
  find(words: string): TicketLine[] {
    return this.store
      .query(Ticket, (t) => t.subject.matches(words).or(t.body.matches(words)))
      .all()
      .map(line);
  }
}

const PRICE = '4.50' as Decimal;

@item('ticket_desk', { roles: () => [Desk, Inbox] })
export class TicketDesk extends Item implements Desk, Inbox {
  // Installed with the desk, and taken away with it, unless somebody else needs it or it was installed for itself.
  @dependsOn(() => TicketSearch) declare search: TicketSearch | null;

  receive({ from, subject, body }: Letter): string {
    const ticket = this.store.create(Ticket, { from, subject, body });
    return `${this.store.path.join('/')} #${ticket.storeId}`;
  }

  waiting(): TicketLine[] {
    return this.store
      .query(Ticket, { answered: false })
      .orderBy((t) => t.opened.asc())
      .all()
      .map(line);
  }

  // Who sends and who bills is not the desk's business: it asks its own store, and what is not there is asked for above.
  answer(number: number, reply: string): void {
    const ticket = this.store.get(Ticket, number as StoreId<Ticket>);
    ticket.answered = true;
    this.store.ask('', Mailer, 'send', ticket.from, `Re: ${ticket.subject}`, reply);
    this.store.ask('', Billing, 'charge', ticket.subject, PRICE);
  }
}
