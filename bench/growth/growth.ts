/** Something whose cost should stay the same however much there is. */
export interface Step {
  readonly title: string;
  /** How many of it are one round. */
  readonly times: number;
  run(time: number): unknown;
}

/** Something that grows. */
export interface Growing {
  /** Makes it so large, and gives what is done with it then. */
  growTo(size: number): Promise<readonly Step[]>;
  close(): void;
}

export interface Growth {
  readonly key: string;
  /** What there is more and more of. */
  readonly title: string;
  readonly sizes: readonly number[];
  begin(): Growing | Promise<Growing>;
}
