import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Frees what nobody holds. Stores keep what they have read until they are told that garbage was collected. */
export async function collectGarbage(): Promise<void> {
  for (let time = 0; time < 2; time++) {
    await turn(); // what was used in the running job is held until that ends
    collect();
    await turn();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
