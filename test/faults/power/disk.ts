import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kept } from './models.js';
import type { Base, Node, Step } from './trace.js';

/** A disk on which some steps were done, wholly or in part, after what lay there before. */
export class Disk {
  readonly #root: Node;
  readonly #directories: Map<Node, Map<string, Node>>;
  readonly #contents: Map<Node, Buffer>;

  constructor(base: Base) {
    this.#root = base.root;
    this.#directories = new Map([...base.directories].map(([node, entries]) => [node, new Map(entries)]));
    this.#contents = new Map([...base.contents].map(([node, bytes]) => [node, Buffer.from(bytes)]));
  }

  /** Does what is kept of a step. */
  take(step: Step, kept: Kept): void {
    if (kept === false) return;
    if (step.kind === 'enter') this.#entriesOf(step.directory).set(step.name, step.node);
    else if (step.kind === 'leave') this.#entriesOf(step.directory).delete(step.name);
    else if (step.kind === 'move') {
      this.#entriesOf(step.from.directory).delete(step.from.name);
      this.#entriesOf(step.to.directory).set(step.to.name, step.node);
    } else if (step.kind === 'cut') this.#resize(step.node, step.length);
    else if (step.kind === 'write') this.#write(step, kept);
  }

  #write({ node, at, bytes }: Step & { readonly kind: 'write' }, kept: Kept): void {
    const all = [{ from: 0, to: bytes.length, isZero: false }];
    for (const { from, to, isZero } of typeof kept === 'boolean' ? all : kept) {
      const content = this.#contents.get(node) ?? Buffer.alloc(0);
      const isThere = at + to <= content.length;
      if (isZero && isThere) continue; // there was room already
      if (!isThere) this.#resize(node, at + to);
      if (!isZero) this.#contents.get(node)?.set(bytes.subarray(from, to), at + from);
    }
  }

  #resize(node: Node, length: number): void {
    const content = this.#contents.get(node) ?? Buffer.alloc(0);
    const resized = Buffer.alloc(length);
    content.copy(resized);
    this.#contents.set(node, resized);
  }

  // One whose own entry was lost may still be written; nothing leads there.
  #entriesOf(directory: Node): Map<string, Node> {
    const entries = this.#directories.get(directory) ?? new Map();
    this.#directories.set(directory, entries);
    return entries;
  }

  /** Puts all that is found on this disk into a directory. */
  writeTo(directory: string): void {
    rmSync(directory, { recursive: true, force: true });
    const put = (path: string, node: Node) => {
      if (!node.isDirectory) {
        // SQLite makes its index of a log anew when nobody has it open.
        if (!path.endsWith('-shm')) writeFileSync(path, this.#contents.get(node) ?? '');
        return;
      }
      mkdirSync(path, { recursive: true });
      for (const [name, below] of this.#entriesOf(node)) put(join(path, name), below);
    };
    put(directory, this.#root);
  }
}
