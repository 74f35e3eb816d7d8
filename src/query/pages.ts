import type { Page } from './runner.js';

/**
 * An answer in pieces. Iterate it, or, so that other work goes on between pages and memory stays flat, use
 * `for await`. Each run begins anew; nothing is held open between pages, and writing between them is allowed.
 */
export interface Pages<R> extends Iterable<R[]>, AsyncIterable<R[]> {}

/** Pages, given how one is read after another's cursor. */
export function newPages<R>(read: (after: string | undefined) => Page<R>): Pages<R> {
  return {
    *[Symbol.iterator]() {
      let after: string | undefined;
      do {
        const page = read(after);
        if (page.items.length > 0) yield page.items;
        after = page.next;
      } while (after !== undefined);
    },
    async *[Symbol.asyncIterator]() {
      for (const items of this) {
        yield items;
        // A turn of the event loop, not only of promises: timers and sockets get theirs, and items can be collected.
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}
