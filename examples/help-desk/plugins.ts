// What a store may have or not: somebody who sends letters, somebody who bills.

import { type Decimal, decimal, Item, item, text } from 'corollary';
import { Billing, Mailer } from './roles.js';

/** A letter that waits to be fetched by whatever talks to the mail server: sent only if all else was committed. */
@item('outgoing_letter')
export class OutgoingLetter extends Item {
  @text() declare from: string;
  @text() declare to: string;
  @text() declare subject: string;
  @text() declare body: string;
}

@item('mail_gateway', { roles: () => [Mailer] })
export class MailGateway extends Item implements Mailer {
  @text() declare sender: string;

  send(to: string, subject: string, body: string): void {
    this.store.create(OutgoingLetter, { from: this.sender, to, subject, body });
  }
}

@item('charge')
export class Charge extends Item {
  @text() declare what: string;
  @decimal({ scale: 2 }) declare amount: Decimal;
}

@item('account', { roles: () => [Billing] })
export class Account extends Item implements Billing {
  /** What may be owed before nothing more is done. */
  @decimal({ scale: 2 }) declare limit: Decimal;

  charge(what: string, amount: Decimal): void {
    this.store.create(Charge, { what, amount });
    if (Number(this.owed()) > Number(this.limit)) throw new Error(`${this.store.name} owes more than ${this.limit}`);
  }
  owed(): Decimal {
    return this.store.query(Charge).sum((c) => c.amount);
  }
}

/** Customers who have paid for the year. */
@item('flat_rate', { roles: () => [Billing] })
export class FlatRate extends Item implements Billing {
  charge(): void {}
  owed(): Decimal {
    return '0.00' as Decimal;
  }
}
