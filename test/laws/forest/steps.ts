import { fc } from '../../support/chance.js';

/** What is to be done: a kind of action, and numbers from which the rest is chosen when its turn comes. */
export interface Choice {
  readonly kind: Kind;
  /** Which of two handles on the tree does it, if both are open. */
  readonly hand: 0 | 1;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** A choice, or a transaction of steps. */
export type Step =
  | Choice
  | {
      readonly transact: readonly Step[];
      readonly hand: 0 | 1;
      readonly a: number;
      readonly isUndone: boolean;
      readonly isReadOnly: boolean;
    };

export const MAKING = [
  'create store',
  'create',
  'create many',
  'create broken',
  'find or create',
  'write file',
  'create pump',
  'create relic',
] as const;
export const CHANGING = [
  'change',
  'refer',
  'refer',
  'refer',
  'hang',
  'point',
  'point',
  'attach',
  'tie',
  'tie',
  'update some',
  'update tree',
  'request',
] as const;
export const EMPOWERING = ['power up', 'power up', 'power down', 'install', 'install', 'uninstall'] as const;
export const REMOVING = [
  'delete',
  'delete some',
  'delete tree',
  'delete file',
  'delete store',
  'delete pump',
  'delete cell',
  'delete relic',
] as const;
export const MOVING = ['rename', 'move'] as const;
export const CARRYING = ['copy', 'export', 'import', 'restore'] as const;
/** What changes nothing in the tree through its handles. */
export const LOOKING = [
  'look',
  'look from aside',
  'ask',
  'ask',
  'ask ahead',
  'open second',
  'close second',
  'reopen',
  'back up',
  'write alone',
  'write alone',
  'refuse to activate',
] as const;

/** A program reads the next page of an answer. */
export const PAGING = ['turn page'] as const;

/** A program subscribes to a query. */
export const FOLLOWING = ['follow'] as const;

/** The program lets go what it holds, so that stores have to read it again. */
export const FORGETTING = ['let go'] as const;

/** The program ends, and the next version of it goes on. */
export const RENEWING = ['renew'] as const;

export type ActionKind = (
  | typeof MAKING
  | typeof CHANGING
  | typeof EMPOWERING
  | typeof REMOVING
  | typeof MOVING
  | typeof CARRYING
)[number];
export type Kind =
  | ActionKind
  | (typeof LOOKING | typeof PAGING | typeof FOLLOWING | typeof FORGETTING | typeof RENEWING)[number];

function kinds(groups: readonly (readonly [number, readonly Kind[]])[]): fc.Arbitrary<Kind> {
  return fc.oneof(...groups.map(([weight, group]) => ({ weight, arbitrary: fc.constantFrom(...group) })));
}

const anyKind = kinds([
  [7, MAKING],
  [8, CHANGING],
  [5, EMPOWERING],
  [4, REMOVING],
  [5, MOVING],
  [6, CARRYING],
  [5, LOOKING],
  [3, PAGING],
  [2, FOLLOWING],
  [2, FORGETTING],
  [3, RENEWING],
]);
const writing = kinds([
  [14, MAKING],
  [16, CHANGING],
  [10, EMPOWERING],
  [8, REMOVING],
  [10, MOVING],
  [12, CARRYING],
  [1, RENEWING],
]);

// References, addresses and stores are what this is about.
const planted = fc.constantFrom<Kind>(
  'create store',
  'create store',
  'create many',
  'create many',
  'point',
  'refer',
  'refer',
  'write file',
  'power up',
  'create pump',
  'create relic',
  'tie',
  'tie',
);
const hand = fc.constantFrom<0 | 1>(0, 0, 0, 1);

function stepsOf(kind: fc.Arbitrary<Kind>, maxLength: number): fc.Arbitrary<readonly Step[]> {
  const { step } = fc.letrec<{ steps: readonly Step[]; step: Step }>((tie) => ({
    steps: fc.array(tie('step'), { maxLength: 6, size: 'max' }),
    step: fc.oneof(
      { depthSize: 'medium', maxDepth: 3, withCrossShrink: true },
      { weight: 3, arbitrary: fc.record({ kind, hand, a: fc.nat(99), b: fc.nat(99), c: fc.nat(99) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          transact: tie('steps'),
          hand,
          a: fc.nat(99),
          isUndone: fc.nat(2).map((n) => n === 0),
          isReadOnly: fc.nat(9).map((n) => n === 0),
        }),
      },
    ),
  }));
  const planting = fc.record({ kind: planted, hand, a: fc.nat(99), b: fc.nat(99), c: fc.nat(99) });
  const plantings = fc.array(planting, { maxLength: 12, size: 'max' });
  return fc.tuple(plantings, fc.array(step, { maxLength, size: 'max' })).map((parts) => parts.flat());
}

/** Sequences of all that programs do with a tree: long ones as often as short ones. */
export const someSteps = fc.noBias(stepsOf(anyKind, 40));

/** Steps that write, for a process that is to be killed: as many as are wanted, the same for the same seed. */
export function stepsToDie(seed: number, count: number): readonly Step[] {
  return fc
    .sample(stepsOf(writing, 20), { seed, numRuns: Math.ceil(count / 5) })
    .flat()
    .slice(0, count);
}
