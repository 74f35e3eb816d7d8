import { seed } from '../../support/chance.js';
import { numbersFrom } from '../../support/random-numbers.js';
import { tally } from '../../support/tally.js';
import { isThorough } from '../scene.js';
import { Disk } from './disk.js';
import { isInOrder, isRandom, type ModelName, modelNames, models } from './models.js';
import type { Base, Step } from './trace.js';

/** How many states of each thing are drawn; some of them are the same. */
export const states = Number(process.env.POWER_STATES ?? (isThorough ? 400 : 2));

/** What was recorded of a run: what was there before, and all that was done then. */
export interface Recording {
  readonly base: Base;
  readonly steps: readonly Step[];
}

/** A power cut. Besides what it left on the disk, nothing but this may count when it is judged. */
export interface Loss {
  /** True for disks to which changes of directories come in order. */
  readonly isInOrder: boolean;
  /** What had been said until then. */
  readonly said: readonly string[];
  /** Which one it is, for whoever reads of a failure. Others that are the same are left out. */
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

/** What is left on a disk when the power fails after these steps. */
interface Cut {
  readonly disk: Disk;
  readonly loss: Loss;
}

function cut({ base, steps }: Recording, model: ModelName, after: number, random = () => 0): Cut {
  const until = steps.slice(0, after);
  tally('states after a power cut');
  return {
    disk: new Disk(base, until, models[model](until, random)),
    loss: {
      isInOrder: isInOrder(model),
      said: until.flatMap((step) => (step.kind === 'say' ? [step.text] : [])),
      what: `${model}, after ${after} of ${steps.length} steps`,
    },
  };
}

/** Fails the power `count` times, at moments and on disks of every kind. */
function* cuts(recording: Recording, count: number, only: readonly ModelName[]): Generator<Cut> {
  for (let n = 0; n < count; n++) {
    const random = numbersFrom(seed + n);
    const model = only[n % only.length] as ModelName;
    const moment = someMoment(recording.steps, random);
    const { disk, loss } = cut(recording, model, moment, isRandom(model) ? random : undefined);
    yield { disk, loss: { ...loss, what: `LAW_SEED=${seed}, state ${n}: ${loss.what}` } };
  }
}

/** Puts what is left into the directory. Many of these states are the same, and whoever looks would see the same: each comes once. */
function* different(directory: string, all: Iterable<Cut>): Generator<Loss> {
  const known = new Set<string>();
  for (const { disk, loss } of all) {
    const state = `${loss.isInOrder} ${loss.said} ${disk.fingerprint()}`;
    if (known.has(state)) continue;
    known.add(state);
    tally('different ones');
    disk.writeTo(directory);
    yield loss;
  }
}

/** Fails the power `count` times and puts into the directory what is left. */
export function losses(directory: string, recording: Recording, count = states, only = modelNames): Iterable<Loss> {
  return different(directory, cuts(recording, count, only));
}

/** Fails it just after the first thing was said, on the disk that keeps nothing but what was synced. */
export function lossWhenSaid(directory: string, recording: Recording): Loss {
  const said = recording.steps.findIndex(({ kind }) => kind === 'say') + 1;
  const { disk, loss } = cut(recording, 'synced', said);
  disk.writeTo(directory);
  return loss;
}
