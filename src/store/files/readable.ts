// biome-ignore lint/suspicious/noTsIgnore: here there is no error to expect; where there are no types of Node, there is
/** @ts-ignore: programs without `@types/node` compile all the same; there it is of type any. */
export type { Readable } from 'node:stream';
