import fc from 'fast-check';

/**
 * What tests draw is the same in each run, so that a change is judged by what it does and not by luck. LAW_SEED=7 draws
 * other cases, LAW_SEED=new others each time: long runs do that. A test that fails prints its seed.
 */
export const seed = seedFrom(process.env.LAW_SEED ?? '1');

function seedFrom(said: string): number {
  if (said !== 'new') return Number(said);
  const drawn = Math.floor(Math.random() * 1e9);
  console.log(`LAW_SEED=${drawn}`); // a test that hangs, or is killed, prints nothing else
  process.env.LAW_SEED = String(drawn); // processes that it starts print only what they are asked for
  return drawn;
}

fc.configureGlobal({ seed });

/** LAW_RUNS=16 tries sixteen times as many cases of each law; without it fewer are tried than one would, to be quick. */
const lawRuns = Number(process.env.LAW_RUNS ?? 0.6);

/** So many cases of a law, or as many times more as are asked for. */
export function cases(count: number): number {
  return Math.ceil(count * lawRuns);
}

/** For laws that try {@link cases}, also on a machine that does other things. */
export const lawTimeout = 120_000 + 30_000 * Math.ceil(lawRuns - 1);

/**
 * Any character, of all planes, but half a surrogate pair. Fast-check's own unit 'binary' makes a table of all of them first,
 * which takes a second of each process.
 */
export const anyCharacter = fc
  .integer({ min: 0, max: 0x10ffff - 0x800 })
  .map((at) => String.fromCodePoint(at < 0xd800 ? at : at + 0x800));

export { fc };
