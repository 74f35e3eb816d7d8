import type { Node, Step } from './trace.js';

// What disks may keep of what was not synced when the power fails. Whatever was synced, all of them keep.

/** What a disk keeps of a step: all, nothing, or these pieces of a write; zeros stand where a piece only made room. */
export type Kept = boolean | readonly { readonly from: number; readonly to: number; readonly isZero: boolean }[];

/** For each step before the power failed, what is kept of it. */
export type Model = (steps: readonly Step[], random: () => number) => Kept[];

const isEntry = ({ kind }: Step) => kind === 'enter' || kind === 'leave' || kind === 'move';

/** The last moment at which each file or directory was synced. */
function lastSyncs(steps: readonly Step[]): ReadonlyMap<Node, number> {
  return new Map(steps.flatMap((step, at) => (step.kind === 'sync' ? [[step.node, at] as const] : [])));
}

/** Which steps are on the disk for good: entries when their directory was synced; renames are one step, to where they lead. */
function synced(steps: readonly Step[]): boolean[] {
  const syncs = lastSyncs(steps);
  const isAfter = (node: Node, at: number) => (syncs.get(node) ?? -1) > at;
  return steps.map((step, at) => {
    if (step.kind === 'move') return isAfter(step.to.directory, at);
    if (step.kind === 'enter' || step.kind === 'leave') return isAfter(step.directory, at);
    return 'node' in step && isAfter(step.node, at);
  });
}

/** Entries of directories reach the disk in order, as with a journal: all before the last of any sync, then some. */
function entriesInOrder(steps: readonly Step[], kept: Kept[], last: number): Kept[] {
  return kept.map((one, at) => one || (isEntry(steps[at] as Step) && at <= last));
}

const lastSyncIn = (steps: readonly Step[]) => steps.findLastIndex(({ kind }) => kind === 'sync');

/** A moment between the last sync and the end. */
function someMoment(steps: readonly Step[], random: () => number): number {
  const last = lastSyncIn(steps);
  return last + Math.floor(random() * (steps.length - last));
}

function pieces(step: Step, size: number, random: () => number, zeros: number): Kept {
  if (step.kind !== 'write') return random() < 0.5;
  const kept = [];
  for (let from = 0; from < step.bytes.length; ) {
    const to = Math.min(step.bytes.length, from + size - ((step.at + from) % size));
    const chance = random();
    if (chance < 0.5 + zeros) kept.push({ from, to, isZero: chance >= 0.5 });
    from = to;
  }
  return kept;
}

/** Some pieces of what was not synced, whatever their order. */
function scattered(size: number, zeros: number): Model {
  return (steps, random) => {
    const inOrder = entriesInOrder(steps, synced(steps), someMoment(steps, random));
    return inOrder.map((kept, at) => {
      const step = steps[at] as Step;
      return kept || isEntry(step) ? kept : pieces(step, size, random, zeros);
    });
  };
}

/** The disks, by name. */
export const models = {
  /** Nothing is lost: as when a process is killed. */
  everything: (steps) => steps.map(() => true),
  /** All that was not synced is lost, entries of directories too, whatever their order. */
  synced,
  /** The same, but every sync brings with it what was done to directories before. */
  journal: (steps) => entriesInOrder(steps, synced(steps), lastSyncIn(steps)),
  /** All up to some moment, and what was synced. */
  prefix: (steps, random) => {
    const end = Math.floor(random() * (steps.length + 1));
    const kept = synced(steps).map((one, at) => one || at < end);
    return entriesInOrder(steps, kept, lastSyncIn(steps));
  },
  /** Pages that were not synced arrive or not, in any order. */
  scattered: scattered(4096, 0),
  /** So do sectors; some have made room only. */
  torn: scattered(512, 0.1),
} satisfies Record<string, Model>;
export type ModelName = keyof typeof models;
export const modelNames = Object.keys(models) as ModelName[];

/** Those for which chance matters. */
export const isRandom = (name: ModelName) => name === 'prefix' || name === 'scattered' || name === 'torn';

/** Those to which changes of directories come in order. */
export const isInOrder = (name: ModelName) => name !== 'synced';
