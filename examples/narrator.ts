/** 135233 as '135,233'. */
export function counted(n: number): string {
  return n.toLocaleString('en');
}

/** Does a piece of work and tells of it: a title with the time it took, then the lines it answers with. */
export function tell(title: string, work: () => readonly string[]): void {
  const start = performance.now();
  const lines = work();
  const seconds = ((performance.now() - start) / 1000).toFixed(2);
  console.log(`\n${title}  [${seconds} s]`);
  for (const line of lines) console.log(`  ${line}`);
}

/** Shows how far a long work has come: in one line that changes on a terminal, in a few lines elsewhere. */
export class Progress {
  readonly #total: number;
  readonly #unit: string;
  #done = 0;
  #shownPercent = 0;

  constructor(total: number, unit: string) {
    this.#total = total;
    this.#unit = unit;
  }

  advance(by: number): void {
    this.#done += by;
    const percent = Math.floor((100 * this.#done) / this.#total);
    const step = process.stdout.isTTY ? 1 : 20;
    if (percent < this.#shownPercent + step) return;
    this.#shownPercent = percent - (percent % step);
    this.#show();
  }

  #show(): void {
    const line = `  ${counted(this.#done)} of ${counted(this.#total)} ${this.#unit}`;
    if (!process.stdout.isTTY) console.log(line);
    else process.stdout.write(`\r${line}${this.#done === this.#total ? '\n' : ''}`);
  }
}
