/** A validator as the Standard Schema specification describes it; zod, valibot, arktype and others are such. */
export interface StandardSchema {
  readonly '~standard': {
    readonly validate: (value: unknown) => StandardResult | Promise<StandardResult>;
  };
}

interface StandardResult {
  readonly issues?: readonly StandardIssue[] | undefined;
}
interface StandardIssue {
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** True, or where a value does not fit. What the schema says of it is left out: it may repeat the value. */
export function fitsSchema(schema: StandardSchema, value: unknown): true | string {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) {
    // Nobody will look at its outcome, which must not end the process.
    result.catch(() => undefined);
    return 'its schema answers with a promise, but items are checked at once';
  }
  if (result.issues === undefined) return true;
  return `it does not fit its schema at ${result.issues.map(placeOf).join(', ')}`;
}

function placeOf({ path = [] }: StandardIssue): string {
  const keys = path.map((part) => String(typeof part === 'object' ? part.key : part));
  return keys.length === 0 ? 'the top' : keys.join('.');
}
