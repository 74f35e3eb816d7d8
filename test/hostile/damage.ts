import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { databasesBelow } from '../support/a-store.js';
import { aFifo } from '../support/on-disk.js';
import type { Choice } from './choice.js';
import { damageRows, damageRowsOf } from './damaged-rows.js';

/** Where a store lies that may be damaged, and what must stay as it is. */
export interface Scene {
  readonly place: string;
  /** Another sound store, to take things from. */
  readonly other: string;
  /** A directory outside the store, to lead to. */
  readonly outside: string;
}

/** Does one kind of damage to a store that nobody has open; says what it did. */
export type Damage = (scene: Scene, choice: Choice) => string;

const PAGE = 4096;

function changed(file: string, change: (bytes: Buffer) => Buffer | undefined): void {
  const bytes = readFileSync(file);
  writeFileSync(file, change(bytes) ?? bytes);
}

function aPage(bytes: Buffer, choice: Choice): [from: number, to: number] {
  const at = PAGE * choice.below(Math.ceil(bytes.length / PAGE));
  return [at, Math.min(at + PAGE, bytes.length)];
}

/** Changes of a file's bytes. */
const OF_BYTES: Readonly<Record<string, (bytes: Buffer, choice: Choice) => Buffer | undefined>> = {
  'a bit flipped': (bytes, choice) => {
    flip(bytes, choice.below(bytes.length), choice);
    return undefined;
  },
  'twenty bits flipped': (bytes, choice) => {
    for (let n = 0; n < 20; n++) flip(bytes, choice.below(bytes.length), choice);
    return undefined;
  },
  'a byte of the header': (bytes, choice) => {
    bytes[choice.below(Math.min(100, bytes.length))] = choice.below(256);
    return undefined;
  },
  'a byte at the beginning of a page': (bytes, choice) => {
    const [from, to] = aPage(bytes, choice);
    bytes[from + choice.below(Math.min(16, to - from))] = choice.below(256);
    return undefined;
  },
  'an extreme number': (bytes, choice) => {
    const number = choice.of(['ffffffff', '7fffffff', '80000000', '00000000', '00010000']);
    bytes.write(number, choice.below(Math.max(1, bytes.length - 4)), 'hex');
    return undefined;
  },
  'cut off': (bytes, choice) => bytes.subarray(0, choice.below(bytes.length)),
  'cut off at a page': (bytes, choice) => bytes.subarray(0, aPage(bytes, choice)[0]),
  'cut off to nothing': () => Buffer.alloc(0),
  'a page of zeros': (bytes, choice) => bytes.fill(0, ...aPage(bytes, choice)),
  'two pages swapped': (bytes, choice) => {
    const [one, other] = [aPage(bytes, choice), aPage(bytes, choice)];
    const kept = Buffer.from(bytes.subarray(...one));
    bytes.copy(bytes, one[0], ...other);
    kept.copy(bytes, other[0]);
    return undefined;
  },
  'a page over another': (bytes, choice) => {
    bytes.copy(bytes, aPage(bytes, choice)[0], ...aPage(bytes, choice));
    return undefined;
  },
  'more behind its end': (bytes, choice) =>
    Buffer.concat([bytes, Buffer.alloc(choice.below(3 * PAGE), choice.below(256))]),
};

function flip(bytes: Buffer, at: number, choice: Choice): void {
  if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << choice.below(8));
}

/** The files of a tree whose bytes mean something. */
function filesOf(place: string): string[] {
  return readdirSync(place, { recursive: true, encoding: 'utf8' })
    .map((name) => join(place, name))
    .filter((file) => !file.endsWith('-shm') && lstatSync(file).isFile());
}

function inBytes(files: (place: string) => readonly string[]): Damage {
  return ({ place }, choice) => {
    const file = choice.of(files(place));
    const kind = choice.of(Object.keys(OF_BYTES));
    changed(file, (bytes) => OF_BYTES[kind]?.(bytes, choice));
    return `${relative(place, file)}: ${kind}`;
  };
}

/** Something else where a file or directory was. */
const IN_PLACE: Readonly<Record<string, (path: string, scene: Scene) => void>> = {
  nothing: () => undefined,
  'an empty file': (path) => writeFileSync(path, ''),
  'a text': (path) => writeFileSync(path, 'a text '.repeat(3000)),
  'a directory': (path) => mkdirSync(path),
  'a directory with something in it': (path) => {
    mkdirSync(join(path, 'more'), { recursive: true });
    writeFileSync(join(path, 'more', 'text'), 'text');
  },
  'a FIFO': (path) => aFifo(path),
  'a link to nothing': (path) => symlinkSync('nowhere', path),
  'a link to itself': (path) => symlinkSync(path, path),
  'a link to a directory outside': (path, { outside }) => symlinkSync(outside, path),
  'a link to a file outside': (path, { outside }) => symlinkSync(join(outside, 'letter.txt'), path),
  'a link to another store': (path, { other }) => symlinkSync(other, path),
  'a link to the database of another store': (path, { other }) => symlinkSync(join(other, 'db.sqlite'), path),
};

const replaced: Damage = (scene, choice) => {
  const { place } = scene;
  const path = choice.of(pathsOf(place));
  const kind = choice.of(Object.keys(IN_PLACE));
  rmSync(path, { recursive: true, force: true });
  IN_PLACE[kind]?.(path, scene);
  return `${relative(place, path)}: ${kind} in its place`;
};

/** All that lies in a tree, and what else could be there. */
function pathsOf(place: string): string[] {
  const there = readdirSync(place, { recursive: true, encoding: 'utf8' }).map((name) => join(place, name));
  const beside = databasesBelow(place).flatMap((file) => [
    ...['-wal', '-shm', '-journal'].map((end) => file + end),
    ...['temp', 'closed-for-writing', 'closed-for-opening'].map((name) => join(dirname(file), name)),
  ]);
  return [...there, ...beside];
}

const databasesSwapped: Damage = ({ place }, choice) => {
  const [one, two] = [choice.of(databasesBelow(place)), choice.of(databasesBelow(place))];
  const bytes = readFileSync(one);
  writeFileSync(one, readFileSync(two));
  writeFileSync(two, bytes);
  return `${relative(place, one)} and ${relative(place, two)} swapped`;
};

const fromAnotherStore: Damage = ({ place, other }, choice) => {
  const file = choice.of(filesOf(place));
  const source = choice.of(filesOf(other));
  writeFileSync(file, readFileSync(source));
  return `${relative(place, file)} is ${relative(other, source)} of another store`;
};

const directoriesOf = (place: string) => databasesBelow(place).map((file) => dirname(file));

const directoryCopied: Damage = ({ place }, choice) => {
  const from = choice.of(directoriesOf(place).filter((one) => one !== place));
  const to = join(choice.of(directoriesOf(place)), 'sub', choice.of(['copied00', 'not one of ours', '00000000']));
  cpSync(from, `${place}.copy`, { recursive: true });
  mkdirSync(dirname(to), { recursive: true });
  if (!existsSync(to)) renameSync(`${place}.copy`, to);
  rmSync(`${place}.copy`, { recursive: true, force: true });
  return `${relative(place, from)} copied to ${relative(place, to)}`;
};

const directoriesSwapped: Damage = ({ place }, choice) => {
  const [one, two] = [choice.of(directoriesOf(place)), choice.of(directoriesOf(place))];
  if (one === two || one.startsWith(two) || two.startsWith(one))
    return databasesSwapped({ place, other: '', outside: '' }, choice);
  renameSync(one, `${place}.swap`);
  renameSync(two, one);
  renameSync(`${place}.swap`, two);
  return `${relative(place, one)} and ${relative(place, two)} swapped`;
};

const logGone: Damage = ({ place }, choice) => {
  const logs = filesOf(place).filter((file) => file.endsWith('-wal'));
  if (logs.length === 0) return replaced({ place, other: place, outside: place }, choice);
  const log = choice.of(logs);
  if (choice.below(2) === 0) rmSync(log);
  else truncateSync(log, choice.below(32) + 32);
  return `${relative(place, log)} is gone, or its frames`;
};

/** All kinds of damage; those that are named twice come twice as often. */
export const DAMAGES: readonly Damage[] = [
  inBytes(filesOf),
  inBytes((place) => databasesBelow(place)),
  inBytes((place) => databasesBelow(place)),
  damageRows,
  damageRows,
  damageRows,
  damageRows,
  replaced,
  databasesSwapped,
  fromAnotherStore,
  directoryCopied,
  directoriesSwapped,
  logGone,
];

/** Damage to the one database in a directory. */
export const DAMAGES_TO_ONE: readonly ((directory: string, choice: Choice) => string)[] = [
  (directory, choice) =>
    inBytes(() => [join(directory, 'db.sqlite')])({ place: directory, other: '', outside: '' }, choice),
  (directory, choice) => damageRowsOf(join(directory, 'db.sqlite'), choice),
];
