import { anyCharacter, fc } from './chance.js';

/** Any plain data: what requests can carry, but for items. */
export function plainData(): fc.Arbitrary<unknown> {
  const { any } = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(null, undefined, true, false, -0, '$'),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
      fc.string({ unit: anyCharacter }),
      fc.date({ noInvalidDate: true }),
      fc.uint8Array(),
      fc.array(tie('any')),
      fc.dictionary(aKey(), tie('any'), { noNullPrototype: true }),
    ),
  }));
  return any as fc.Arbitrary<unknown>;
}

// Those that mean something to objects, to JSON, or to the form in which requests travel.
function aKey(): fc.Arbitrary<string> {
  const meaningful = fc.constantFrom('$', 'value', 'constructor', 'toJSON', 'length');
  return fc.oneof(
    meaningful,
    fc.string().filter((key) => key !== '__proto__'),
  );
}
