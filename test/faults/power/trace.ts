import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** A file or a directory, whatever names it has. */
export interface Node {
  readonly isDirectory: boolean;
}

/** What a process did to the directory that was watched, or said, in order. */
export type Step =
  | { readonly kind: 'enter'; readonly directory: Node; readonly name: string; readonly node: Node }
  | { readonly kind: 'leave'; readonly directory: Node; readonly name: string }
  | { readonly kind: 'move'; readonly from: Entry; readonly to: Entry; readonly node: Node }
  | { readonly kind: 'write'; readonly node: Node; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'cut'; readonly node: Node; readonly length: number }
  | { readonly kind: 'sync'; readonly node: Node }
  | { readonly kind: 'say'; readonly text: string };

interface Entry {
  readonly directory: Node;
  readonly name: string;
}

/** What lay in the directory before: all of it is on the disk for good. */
export interface Base {
  readonly path: string;
  readonly root: Node;
  /** The entries of each directory. */
  readonly directories: ReadonlyMap<Node, ReadonlyMap<string, Node>>;
  readonly contents: ReadonlyMap<Node, Uint8Array>;
  /** What the file system calls them. */
  readonly numbers: ReadonlyMap<bigint, Node>;
}

/** Notes what lies in a directory now. */
export function baseOf(path: string): Base {
  const directories = new Map<Node, Map<string, Node>>();
  const contents = new Map<Node, Uint8Array>();
  const numbers = new Map<bigint, Node>();
  const visit = (at: string): Node => {
    const stat = statSync(at, { bigint: true });
    const known = numbers.get(stat.ino);
    if (known !== undefined) return known;
    const node: Node = { isDirectory: stat.isDirectory() };
    numbers.set(stat.ino, node);
    if (!node.isDirectory) {
      contents.set(node, readFileSync(at));
      return node;
    }
    const entries = new Map<string, Node>();
    directories.set(node, entries);
    for (const name of readdirSync(at)) entries.set(name, visit(join(at, name)));
    return node;
  };
  return { path, root: visit(path), directories, contents, numbers };
}

// As faulty-disk.c writes it: the kind, the number of the file, the offset, three lengths; two paths and the bytes.
const HEAD = 40;

interface Record {
  readonly kind: string;
  readonly number: bigint;
  readonly at: number;
  readonly path: string;
  readonly other: string;
  readonly bytes: Uint8Array;
}

function* recordsIn(trace: Buffer): Generator<Record> {
  for (let at = 0; at + HEAD <= trace.length; ) {
    const [path, other, count] = [24, 28, 32].map((place) => trace.readUInt32LE(at + place)) as [
      number,
      number,
      number,
    ];
    const texts = at + HEAD;
    const bytes = texts + path + other;
    yield {
      kind: trace.toString('latin1', at, at + 8).replace(/\0+$/, ''),
      number: trace.readBigUInt64LE(at + 8),
      at: Number(trace.readBigInt64LE(at + 16)),
      path: trace.toString('utf8', texts, texts + path),
      other: trace.toString('utf8', texts + path, bytes),
      bytes: trace.subarray(bytes, bytes + count),
    };
    at = bytes + count;
  }
}

/** The steps in a trace that was taken after the base. Files that are open keep their identity when they are renamed. */
export function stepsIn(file: string, base: Base): Step[] {
  const names = new Names(base);
  return [...recordsIn(readFileSync(file))].flatMap((record) => names.stepOf(record) ?? []);
}

/** Which file each path and each number of the file system means, as the steps go on. */
class Names {
  readonly #base: Base;
  readonly #directories: Map<Node, Map<string, Node>>;
  readonly #numbers: Map<bigint, Node>;

  constructor(base: Base) {
    this.#base = base;
    this.#directories = new Map([...base.directories].map(([node, entries]) => [node, new Map(entries)]));
    this.#numbers = new Map(base.numbers);
  }

  stepOf({ kind, number, at, path, other, bytes }: Record): Step | undefined {
    if (kind === 'say') return { kind, text: Buffer.from(bytes).toString() };
    if (kind === 'create' || kind === 'mkdir') return this.#enter(path, this.#made(number, kind === 'mkdir'));
    if (kind === 'link') return this.#enter(other, this.#at(path));
    if (kind === 'unlink') return { kind: 'leave', ...this.#leave(path) };
    if (kind === 'rename') return this.#move(path, other);
    const node = this.#numbers.get(number);
    if (node === undefined) throw new Error(`${kind} of a file that nobody has made: ${path}`);
    if (kind === 'write') return { kind, node, at, bytes };
    return kind === 'cut' ? { kind, node, length: at } : { kind: 'sync', node };
  }

  #made(number: bigint, isDirectory: boolean): Node {
    const node: Node = { isDirectory };
    this.#numbers.set(number, node);
    if (isDirectory) this.#directories.set(node, new Map());
    return node;
  }

  #move(path: string, other: string): Step {
    const node = this.#at(path);
    const from = this.#leave(path);
    const { directory, name } = this.#enter(other, node);
    return { kind: 'move', from, to: { directory, name }, node };
  }

  #enter(path: string, node: Node) {
    const entry = this.#entry(path);
    this.#entriesOf(entry.directory).set(entry.name, node);
    return { kind: 'enter', ...entry, node } as const;
  }

  #leave(path: string): Entry {
    const entry = this.#entry(path);
    this.#entriesOf(entry.directory).delete(entry.name);
    return entry;
  }

  #at(path: string): Node {
    const { directory, name } = this.#entry(path);
    return this.#found(directory, name);
  }

  #found(directory: Node, name: string): Node {
    const node = this.#entriesOf(directory).get(name);
    if (node === undefined) throw new Error(`nothing is known of ${name}`);
    return node;
  }

  #entry(path: string): Entry {
    const names = relative(this.#base.path, path).split('/');
    const name = names.pop() as string;
    return { directory: names.reduce((at, one) => this.#found(at, one), this.#base.root), name };
  }

  #entriesOf(directory: Node): Map<string, Node> {
    const entries = this.#directories.get(directory);
    if (entries === undefined) throw new Error('a path leads over what is no directory');
    return entries;
  }
}
