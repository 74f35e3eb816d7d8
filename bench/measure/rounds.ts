/** Those who are compared: each gives how long it took, once for each round. */
export type Runners = ReadonlyMap<string, () => number | Promise<number>>;

/**
 * Lets all run in turn, round by round, and gives the times of each. What slows the machine down meanwhile slows all of
 * them. Each round begins with another one, and the first round, in which code is compiled, does not count.
 */
export async function interleaved(runners: Runners, rounds: number): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>([...runners.keys()].map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++)
    for (const [name, run] of rotated([...runners], round)) {
      const ms = await run();
      if (round > 0) times.get(name)!.push(ms);
    }
  return times;
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const at = by % Math.max(list.length, 1);
  return [...list.slice(at), ...list.slice(0, at)];
}
