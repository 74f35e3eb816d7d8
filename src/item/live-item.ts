/** An item, as files below `item.ts` may name it: that file fills it in by declaration merging. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by item.ts
export interface LiveItem {}
