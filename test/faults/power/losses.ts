import { seed } from '../../support/chance.js';
import { numbersFrom } from '../../support/random-numbers.js';
import { tally } from '../../support/tally.js';
import { isThorough } from '../scene.js';
import { Disk } from './disk.js';
import { isRandom, type ModelName, modelNames, models } from './models.js';
import type { Base, Step } from './trace.js';

/** How many states of each thing are tried. */
export const states = Number(process.env.POWER_STATES ?? (isThorough ? 400 : 2));

/** What was recorded of a run: what was there before, and all that was done then. */
export interface Recording {
  readonly base: Base;
  readonly steps: readonly Step[];
}

/** When the power fails, what the disk is like, and what had been said until then. */
export interface Loss {
  readonly model: ModelName;
  readonly said: readonly string[];
  readonly what: string;
}

/**
 * When the power fails: mostly just after something was synced, or said, since promises are kept or broken there; else at
 * any moment.
 */
function someMoment(steps: readonly Step[], random: () => number): number {
  const turns = steps.flatMap(({ kind }, at) => (kind === 'sync' ? [at + 1] : kind === 'say' ? [at, at + 1] : []));
  const said = steps.flatMap(({ kind }, at) => (kind === 'say' ? [at + 1] : []));
  const moments = [turns, said, steps.map((_, at) => at + 1)][Math.floor(random() * 4)] ?? turns;
  return moments[Math.floor(random() * moments.length)] ?? steps.length;
}

/** Fails the power `count` times, at moments and on disks of every kind, and puts into the directory what is left. */
export function* losses(
  directory: string,
  { base, steps }: Recording,
  count = states,
  only = modelNames,
): Generator<Loss> {
  for (let n = 0; n < count; n++) {
    const random = numbersFrom(seed + n);
    const model = only[n % only.length] as ModelName;
    const until = steps.slice(0, someMoment(steps, random));
    const kept = models[model](until, isRandom(model) ? random : () => 0);
    const disk = new Disk(base);
    for (const [at, step] of until.entries()) disk.take(step, kept[at] ?? false);
    disk.writeTo(directory);
    tally('states after a power cut');
    const said = until.flatMap((step) => (step.kind === 'say' ? [step.text] : []));
    yield {
      model,
      said,
      what: `LAW_SEED=${seed}, state ${n}: ${model}, after ${until.length} of ${steps.length} steps`,
    };
  }
}
