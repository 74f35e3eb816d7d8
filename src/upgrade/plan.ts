import type { Problem } from '../errors.js';

/** Something that leads from one version to a later one. */
export interface Leads {
  readonly from: number;
  readonly to: number;
}

/** A type that is stored in an older version than that of its class. */
export interface OlderType<S extends Leads> {
  readonly name: string;
  readonly stored: number;
  readonly wanted: number;
  readonly hasRows: boolean;
  readonly steps: readonly S[];
  /** What a step says of its version that is not as the file has it, as phrases. */
  readonly differences: (step: S) => readonly string[];
}

/** How a type gets to the version of its class, or what keeps it from that. */
export interface Plan<S extends Leads> {
  /** One after the other; none where there are no rows. */
  readonly steps: readonly S[];
  readonly problems: readonly Problem[];
}

/** Finds the way from the stored version to that of the class: of several steps from a version, the longest that gets there. */
export function planUpgrade<S extends Leads>(older: OlderType<S>): Plan<S> {
  if (!older.hasRows) return { steps: [], problems: [] };
  const { steps, gaps } = wayOf(older);
  const [first] = steps;
  return {
    steps,
    problems: [
      ...gaps.map((gap) => missing(older, gap)),
      ...(first?.from === older.stored ? mismatchesOf(older, first) : []),
    ],
  };
}

interface Way<S> {
  readonly steps: readonly S[];
  /** Where no step leads on, up to where one does. */
  readonly gaps: readonly Leads[];
}

// Where there is a gap, it goes on behind it: all of them are told at once.
function wayOf<S extends Leads>({ steps, stored, wanted }: OlderType<S>): Way<S> {
  const arriving = versionsThatArrive(steps, wanted);
  const taken: S[] = [];
  const gaps: Leads[] = [];
  for (let at = stored; at < wanted; ) {
    const next = longest(steps.filter(({ from, to }) => from === at && (arriving.has(to) || !arriving.has(at))));
    const gap = { from: at, to: Math.min(wanted, ...steps.map(({ from }) => from).filter((from) => from > at)) };
    if (next === undefined) gaps.push(gap);
    else taken.push(next);
    at = (next ?? gap).to;
  }
  return { steps: taken, gaps };
}

function versionsThatArrive(steps: readonly Leads[], wanted: number): ReadonlySet<number> {
  const arriving = new Set([wanted]);
  for (const { from, to } of [...steps].sort((a, b) => b.from - a.from)) if (arriving.has(to)) arriving.add(from);
  return arriving;
}

function longest<S extends Leads>(steps: readonly S[]): S | undefined {
  return steps.reduce<S | undefined>(
    (best, step) => (best === undefined || step.to > best.to ? step : best),
    undefined,
  );
}

function missing<S extends Leads>({ name, wanted, stored }: OlderType<S>, { from, to }: Leads): Problem {
  const stands = `${name} is stored in version ${stored}, the class has version ${wanted}`;
  const cure = `add upgrade(${from}, {...}) to the upgrades of @item('${name}')`;
  return { code: 'NO_UPGRADE_PATH', message: `${stands}, and no upgrade leads from version ${from} to ${to}: ${cure}` };
}

function mismatchesOf<S extends Leads>({ name, differences }: OlderType<S>, step: S): Problem[] {
  const found = differences(step);
  if (found.length === 0) return [];
  const message = `upgrade(${step.from}, ...) of ${name} does not have the attributes of that version: ${found.join(', ')}`;
  return [{ code: 'SCHEMA_MISMATCH', message }];
}
