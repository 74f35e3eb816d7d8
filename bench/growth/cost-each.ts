import { type Clock, timed } from '../measure/clock.js';
import { median } from '../measure/statistics.js';

/** What one operation takes, in milliseconds: the median of some rounds of many. */
export async function costEach(
  rounds: number,
  times: number,
  clock: Clock,
  operation: (time: number) => unknown,
): Promise<number> {
  const costs: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const measured = await timed(() => {
      for (let time = 0; time < times; time++) operation(round * times + time);
    });
    if (round > 0) costs.push(measured[clock] / times); // the first round compiles
  }
  return median(costs);
}
