/** What a cell of a row holds. */
export type SqlValue = null | number | string | Uint8Array;
/** One row, in the order of the selected columns. */
export type SqlRow = SqlValue[];
