/** A name as SQL takes it, whatever characters it has. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `count` groups of `(?, ?, ...)`, for an INSERT of several rows. */
export function valueGroups(parameters: readonly string[], count: number): string {
  const group = `(${parameters.join(', ')})`;
  return Array.from({ length: count }, () => group).join(', ');
}

/** A text as SQL writes it out, for the places that take no parameter. */
export function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
