import { hash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kept } from './models.js';
import type { Base, Node, Step } from './trace.js';

/** What lay on a disk before some steps were done, and what is kept of them. */
export class Disk {
  readonly #base: Base;
  readonly #directories: Map<Node, Map<string, Node>>;
  readonly #contents: Map<Node, Uint8Array>;

  constructor(base: Base, steps: readonly Step[], kept: readonly Kept[]) {
    this.#base = base;
    this.#directories = new Map([...base.directories].map(([node, entries]) => [node, new Map(entries)]));
    this.#contents = new Map(base.contents);
    for (const [at, step] of steps.entries()) this.#take(step, kept[at] ?? false);
  }

  #take(step: Step, kept: Kept): void {
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
      const { length } = this.#contentOf(node);
      if (isZero && at + to <= length) continue; // there was room already
      const content = this.#resize(node, Math.max(length, at + to));
      if (!isZero) content.set(bytes.subarray(from, to), at + from);
    }
  }

  #contentOf(node: Node): Uint8Array {
    return this.#contents.get(node) ?? NOTHING;
  }

  /** Gives a file this length. The content may be written to: what lay there before stays as it is, for other disks. */
  #resize(node: Node, length: number): Uint8Array {
    const content = this.#contentOf(node);
    const isOwn = content !== this.#base.contents.get(node);
    const hasRoom = isOwn && content.length <= length && length <= content.buffer.byteLength;
    const resized = hasRoom ? new Uint8Array(content.buffer, 0, length) : copyOf(content, length);
    this.#contents.set(node, resized);
    return resized;
  }

  // One whose own entry was lost may still be written; nothing leads there.
  #entriesOf(directory: Node): Map<string, Node> {
    const entries = this.#directories.get(directory) ?? new Map();
    this.#directories.set(directory, entries);
    return entries;
  }

  /** All that is found on this disk, from above: paths, and the contents of those that are files. */
  *#found(path = '', node = this.#base.root): Generator<[path: string, content: Uint8Array | undefined]> {
    if (path.endsWith('-shm')) return; // SQLite makes its index of a log anew when nobody has it open
    yield [path, node.isDirectory ? undefined : this.#contentOf(node)];
    for (const [name, below] of this.#directories.get(node) ?? []) yield* this.#found(join(path, name), below);
  }

  /** The same for disks on which the same is found. */
  fingerprint(): string {
    const parts = [...this.#found()].map(([path, content]) => `${path}\0${content && fingerprintOf(content)}`);
    return hash('sha1', parts.sort().join('\0'));
  }

  /** Puts all that is found on this disk into a directory. */
  writeTo(directory: string): void {
    rmSync(directory, { recursive: true, force: true });
    for (const [path, content] of this.#found())
      if (content === undefined) mkdirSync(join(directory, path), { recursive: true });
      else writeFileSync(join(directory, path), content);
  }
}

const NOTHING = new Uint8Array();

// Zeros up to the length, and as many behind: a log grows by many small writes, which are not to copy it each time.
function copyOf(content: Uint8Array, length: number): Uint8Array {
  const copy = new Uint8Array(2 * length);
  copy.set(content.subarray(0, length));
  return copy.subarray(0, length);
}

/** Of the contents of disks, which nothing changes any more. */
const fingerprints = new WeakMap<Uint8Array, string>();

function fingerprintOf(content: Uint8Array): string {
  const known = fingerprints.get(content) ?? hash('sha1', content);
  fingerprints.set(content, known);
  return known;
}
