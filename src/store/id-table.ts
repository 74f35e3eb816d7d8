import { TAGS } from './format.js';

/**
 * Numbers in one block. With a Map of all ids, creating and loading 20,000 items takes a tenth longer (decision 0036). Larger blocks
 * gain little, and take more memory where items come singly.
 */
const SIZE = 16;

/** Ids in one block: each number can have any tag. */
const IDS = SIZE * TAGS;

type Block<V> = (V | undefined)[];

/**
 * A map by the numbers in ids, of which a store gives each once, whatever the type. Many come in a row: these share a
 * block, and the Map of blocks is small.
 */
export class IdTable<V extends object> {
  readonly #blocks = new Map<number, Block<V>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** What is kept under the number in an id. It may be kept for an id with another tag. */
  get(id: number): V | undefined {
    return this.#blocks.get(keyOf(id))?.[placeOf(id)];
  }

  set(id: number, value: V): void {
    const block = this.#blocks.get(keyOf(id)) ?? this.#newBlock(keyOf(id));
    const place = placeOf(id);
    if (block[place] === undefined) this.#size++;
    block[place] = value;
  }

  #newBlock(key: number): Block<V> {
    const block: Block<V> = new Array(SIZE).fill(undefined);
    this.#blocks.set(key, block);
    return block;
  }

  delete(id: number): void {
    if (this.get(id) !== undefined) this.#takeOut(keyOf(id), placeOf(id));
  }

  #takeOut(key: number, place: number): void {
    const block = this.#blocks.get(key) as Block<V>;
    block[place] = undefined;
    this.#size--;
    if (block.every((value) => value === undefined)) this.#blocks.delete(key);
  }

  clear(): void {
    this.#blocks.clear();
    this.#size = 0;
  }

  *values(): Generator<V> {
    for (const block of this.#blocks.values()) for (const value of block) if (value !== undefined) yield value;
  }

  /** Takes out what is not wanted any more, a block at each step. */
  *sweep(isWanted: (value: V) => boolean): Generator<void> {
    for (const [key, block] of this.#blocks) {
      for (const [place, value] of block.entries())
        if (value !== undefined && !isWanted(value)) this.#takeOut(key, place);
      yield;
    }
  }
}

const keyOf = (id: number) => Math.floor(id / IDS);
const placeOf = (id: number) => Math.floor(id / TAGS) % SIZE;
