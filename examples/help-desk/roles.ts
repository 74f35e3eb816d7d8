// What the parts of the help desk can ask of one another. Who answers is a matter of each store.

import { type Decimal, role } from 'corollary';

/** A letter as it came from the mail server. */
export interface Letter {
  readonly from: string;
  /** 'berlin@acme.example': the customer's domain, and a department of theirs. */
  readonly to: string;
  readonly subject: string;
  readonly body: string;
}

/** Takes in letters. The site, each customer and each department have one: each hands on what is not its own. */
export interface Inbox {
  /** Where the letter ended, and the number it has there: 'acme/berlin #4'. */
  receive(letter: Letter): string;
}
export const Inbox = role<Inbox>('help-desk.inbox', { has: ['receive'] });

export interface TicketLine {
  readonly number: number;
  readonly subject: string;
  readonly from: string;
}

/** Works on tickets. */
export interface Desk {
  waiting(): TicketLine[];
  answer(number: number, text: string): void;
}
export const Desk = role<Desk>('help-desk.desk', { has: ['waiting', 'answer'] });

/** Finds tickets by words. */
export interface Search {
  find(words: string): TicketLine[];
}
export const Search = role<Search>('help-desk.search', { has: ['find'] });

/** Sends letters. One of the site serves everybody who has none of their own. */
export interface Mailer {
  send(to: string, subject: string, body: string): void;
}
export const Mailer = role<Mailer>('help-desk.mailer', { has: ['send'], inherited: true });

/** Keeps account of what a customer owes, for all their departments. */
export interface Billing {
  charge(what: string, amount: Decimal): void;
  owed(): Decimal;
}
export const Billing = role<Billing>('help-desk.billing', { has: ['charge', 'owed'], inherited: true });
