/**
 * What a cell of a row holds, on every engine: int64 beyond 2^53 travels as decimal text (see
 * {@link Codec.asText}), dates as milliseconds, booleans as 0 and 1.
 */
export type Cell = null | number | string | Uint8Array;
