/** Any class whose instances are items. Structural, so that a protected or odd constructor does not matter. */
export interface ItemClass<T = unknown> {
  readonly prototype: T;
  readonly name: string;
}
