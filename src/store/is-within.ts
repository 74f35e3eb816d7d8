/** What may stand below another of its kind. */
interface Placed<P> {
  readonly parent: P | undefined;
}

/** True when a store is another one, or below it. */
export function isWithin<P extends Placed<P>>(store: P, top: P): boolean {
  for (let at: P | undefined = store; at !== undefined; at = at.parent) if (at === top) return true;
  return false;
}
