import { Item, item, Store, text } from 'corollary';

/** What another process writes. */
@item('memo')
export class Memo extends Item {
  @text({ fullText: true }) declare line: string;
}

/** Creates a memo, and leaves the store open. */
export function createMemo(place: string, line: string): number {
  return Store.open(place).create(Memo, { line }).storeId;
}
