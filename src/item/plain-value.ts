/** What JSON shows of an attribute's value: bigint as text, dates as ISO text, bytes as base64, others as they are. */
export function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return value;
}
