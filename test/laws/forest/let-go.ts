import type { Driven } from './driven.js';
import { collectGarbage } from './garbage.js';
import { askAhead } from './looks.js';
import type { Choice } from './steps.js';

/** The program lets go of all that it holds. What is asked for then is not in memory yet; what was preloaded stays there. */
export async function letGo(driven: Driven, choice: Choice): Promise<void> {
  const { hands } = driven;
  for (const { held } of hands.all) held.forgetAll();
  await collectGarbage();
  // By each way to preload.
  const b = choice.a % 2 === 0 ? choice.b : choice.b % 2;
  for (let n = 0; n < 7; n++) askAhead(driven, { ...choice, b, c: choice.c + n });
  await collectGarbage();
  for (const { preloads } of hands.all) preloads.agree('garbage was collected');
}
