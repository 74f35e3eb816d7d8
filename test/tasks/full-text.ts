import { Item, item, Store, text } from 'corollary';

/** What another process writes. */
@item('memo')
export class Memo extends Item {
  @text({ fullText: true }) declare line: string;
}

/** Creates a memo. */
export function createMemo(place: string, line: string): void {
  using store = Store.open(place);
  store.create(Memo, { line });
}
