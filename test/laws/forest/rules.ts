import type { ErrorCode } from 'corollary';
import type { Action } from './actions.js';
import {
  childOf,
  emptyStore,
  type FileState,
  grown,
  isWithin,
  keysIn,
  type Numbers,
  type Path,
  type PumpState,
  placesIn,
  playersOf,
  reborn,
  type Seat,
  type StoreState,
  settleCells,
  storeAt,
  type ThingState,
  withNewKeys,
} from './state.js';

/** What is known besides the tree. */
export interface Circumstances {
  readonly numbers: Numbers;
  /** What was exported. */
  readonly exports: readonly StoreState[];
  /** The stores that the running transactions were started on, from the outermost on. */
  readonly levels: readonly Level[];
}

/** A running `transact`. */
export interface Level {
  readonly scope: Path;
  readonly isReadOnly: boolean;
}

/** What must come of an action. */
export interface Outcome {
  /** Why it is refused; any of these is said. Not refused if empty. */
  readonly faults: readonly ErrorCode[];
  /** What it may be refused with although nothing is wrong with it. */
  readonly excuses: readonly ErrorCode[];
  /** The tree after it, if it is not refused. The given one stays as it is. */
  readonly after: StoreState;
  /** The labels of what it makes, in order. */
  readonly made: readonly number[];
}

/** What comes of an action on a tree, by the rules of the documentation. */
export function outcomeOf(action: Action, root: StoreState, circumstances: Circumstances): Outcome {
  const deed = new Deed(action.at, structuredClone(root), circumstances);
  deed.do(action);
  return deed;
}

const BAD_NAMES: ReadonlySet<string> = new Set(['', '.', '..', 'a/b']);
const NO_BODY = { friend: null, owner: null, boss: null, part: null, lease: null, scan: null, to: null, mark: null };

class Deed implements Outcome {
  readonly faults: ErrorCode[] = [];
  readonly excuses: ErrorCode[] = [];
  readonly made: number[] = [];
  readonly after: StoreState;
  readonly #path: Path;
  readonly #at: StoreState;
  readonly #circumstances: Circumstances;

  constructor(path: Path, draft: StoreState, circumstances: Circumstances) {
    this.after = draft;
    this.#path = path;
    this.#at = storeAt(draft, path) as StoreState;
    this.#circumstances = circumstances;
  }

  do(action: Action): void {
    switch (action.do) {
      case 'create store':
        this.#createStore(action.name);
        break;
      case 'rename':
        this.#rename(action.name, action.newName);
        break;
      case 'move':
        this.#move(action.name, action.to, action.newName);
        break;
      case 'copy':
        this.#copy(action.name, action.to, action.newName);
        break;
      case 'delete store':
        this.#deleteStore(action.name, action.by === 'name');
        break;
      case 'create':
        this.#create(action.n, 1);
        break;
      case 'create many':
        this.#create(action.n, action.count);
        break;
      case 'create broken':
        this.#create(action.n, action.count + 1);
        this.#assert(false, 'INVALID_VALUE');
        break;
      case 'find or create':
        if (action.thing === null) this.#create(action.n, 1);
        else this.#excuseWrite();
        break;
      case 'change':
        this.#change(action.thing, { n: action.n });
        break;
      case 'refer':
        this.#change(action.thing, { [action.as]: action.to });
        break;
      case 'hang':
        this.#hang(action.thing, action.as, action.name);
        break;
      case 'point':
        this.#point(action.thing, action.to);
        break;
      case 'power up':
        this.#powerUp(action);
        break;
      case 'power down':
        this.#powerDown(action);
        break;
      case 'request':
        this.#request(action.of, action.n);
        break;
      case 'create pump':
        this.#createPump();
        break;
      case 'install':
        this.#install(this.#pump(action.pump));
        break;
      case 'uninstall':
        this.#uninstall(this.#pump(action.pump));
        break;
      case 'delete pump':
        this.#deletePump(this.#pump(action.pump));
        break;
      case 'delete cell':
        this.#deleteCell(action.cell);
        break;
      case 'attach':
        this.#change(action.thing, { scan: action.file });
        break;
      case 'delete':
        this.#delete([action.thing]);
        break;
      case 'update some':
        this.#update(this.#at, action.n, action.newN);
        break;
      case 'delete some':
        this.#deleteSome(this.#at, action.n);
        break;
      case 'update tree':
        for (const { store } of placesIn(this.#at)) this.#update(store, action.n, action.newN);
        break;
      case 'delete tree':
        for (const { store } of placesIn(this.#at)) this.#deleteSome(store, action.n);
        break;
      case 'write file':
        this.#writeFile(action.name);
        break;
      case 'delete file':
        this.#deleteFile(action.file);
        break;
      case 'export':
        this.#assertOutsideTransaction();
        break;
      case 'import':
        this.#import(action.name, action.id);
        break;
      case 'restore':
        this.#restore(action.name, action.id);
        break;
    }
  }

  // Wrong ones are refused only when all faults are known: which is said first is left open.
  #assert(isFine: boolean, fault: ErrorCode): void {
    if (!isFine) this.faults.push(fault);
  }
  #assertWritable(path: Path = this.#path): void {
    const level = this.#circumstances.levels.at(-1);
    if (level === undefined) return;
    this.#assert(isWithin(path, level.scope), 'OUTSIDE_TREE');
    this.#assert(!level.isReadOnly, 'READ_ONLY');
  }
  #assertOutsideTransaction(): void {
    this.#assert(this.#circumstances.levels.length === 0, 'NOT_SUPPORTED');
  }
  #assertFree(store: StoreState, name: string): void {
    this.#assert(!BAD_NAMES.has(name), 'BAD_NAME');
    this.#assert(childOf(store, name) === undefined, 'NAME_TAKEN');
  }
  #child(name: string): StoreState | undefined {
    const child = childOf(this.#at, name);
    this.#assert(!BAD_NAMES.has(name), 'BAD_NAME');
    this.#assert(child !== undefined, 'NOT_FOUND');
    return child;
  }
  #next(): number {
    return this.#circumstances.numbers.next();
  }

  #createStore(name: string): void {
    this.#assertWritable();
    this.#assertFree(this.#at, name);
    this.#at.below.push(emptyStore(this.#circumstances.numbers, name, this.#at.generation));
  }

  #rename(name: string, newName: string): void {
    this.#assertWritable();
    const child = this.#child(name);
    if (name !== newName) this.#assertFree(this.#at, newName);
    if (child !== undefined) child.name = newName;
  }

  #move(name: string, path: Path, newName: string): void {
    const to = storeAt(this.after, path) as StoreState;
    if (to === this.#at) {
      this.#rename(name, newName);
      return;
    }
    this.#assertWritable();
    this.#assertWritable(path);
    this.#assertFree(to, newName);
    const child = this.#child(name);
    if (child === undefined) return;
    this.#assert(!isWithin(path, [...this.#path, name]), 'INVALID_VALUE');
    // One that the transaction has used cannot be moved in it.
    if (this.#circumstances.levels.length > 0) this.excuses.push('NOT_SUPPORTED');
    this.#removeChild(child);
    to.below.push(child);
    Object.assign(child, { name: newName, entry: this.#next() });
  }

  #copy(name: string, path: Path, newName: string): void {
    this.#assertOutsideTransaction();
    const child = this.#child(name);
    const to = storeAt(this.after, path) as StoreState;
    this.#assertFree(to, newName);
    if (child === undefined) return;
    const copy = withNewKeys(child, this.#circumstances.numbers);
    to.below.push(Object.assign(copy, { name: newName, entry: this.#next() }));
  }

  #deleteStore(name: string, mustExist: boolean): void {
    const child = mustExist ? this.#child(name) : childOf(this.#at, name);
    if (child === undefined) {
      this.#excuseWrite();
      return;
    }
    this.#assertWritable();
    this.#removeChild(child);
  }

  #removeChild(child: StoreState): void {
    const { things, below } = this.#at;
    this.#assert(!things.some(({ lease }) => lease === child.entry), 'DELETE_REFUSED');
    for (const thing of things) if (thing.part === child.entry) thing.part = null;
    below.splice(below.indexOf(child), 1);
  }

  #powerUp({ role, target, thing: player, priority }: Extract<Action, { do: 'power up' }>): void {
    const known = this.#at.seats.find((seat) => seat.role === role && seat.target === target && seat.player === player);
    const isTheSame = known !== undefined && (priority ?? known.priority) === known.priority;
    if (isTheSame) this.#excuseWrite();
    else this.#assertWritable();
    if (known === undefined) this.#at.seats.push({ role, target, player, priority: priority ?? 0 });
    else known.priority = priority ?? known.priority;
  }

  #powerDown({ role, target, thing: player }: Extract<Action, { do: 'power down' }>): void {
    this.#assertWritable();
    const isMeant = (seat: Seat) =>
      seat.player === player && seat.target === target && (role === undefined || seat.role === role);
    this.#assert(this.#at.seats.some(isMeant), 'NO_POWERUP');
    this.#at.seats = this.#at.seats.filter((seat) => !isMeant(seat));
  }

  // Who answers lives in the store that is asked: a role that is not inherited.
  #request(path: Path, n: number): void {
    const [first] = playersOf(this.after, path, null, 'helping');
    this.#assert(first !== undefined, 'NO_POWERUP');
    // A request may go up to whatever the outermost transaction covers.
    const [outermost] = this.#circumstances.levels;
    this.#assert(outermost === undefined || isWithin(path, outermost.scope), 'OUTSIDE_TREE');
    this.#assert(this.#circumstances.levels.at(-1)?.isReadOnly !== true, 'READ_ONLY');
    const label = Number(first?.split('/').at(-1));
    for (const thing of (storeAt(this.after, path) as StoreState).things) if (thing.label === label) thing.n = n;
  }

  #pump(label: number): PumpState {
    return this.#at.pumps.find((pump) => pump.label === label) as PumpState;
  }

  #createPump(): void {
    this.#assertWritable();
    const label = this.#next();
    this.made.push(label);
    this.#at.pumps.push({ label, cell: null, isInstalled: false });
  }

  // One cell at most is installed: whoever comes second takes that of the first.
  #install(pump: PumpState): void {
    if (pump.isInstalled) {
      this.#excuseWrite();
      return;
    }
    this.#assertWritable();
    const { cells } = this.#at;
    const installed = cells.find(({ isInstalled }) => isInstalled);
    pump.isInstalled = true;
    pump.cell = installed?.label ?? pump.cell ?? this.#createCell();
    for (const cell of cells) cell.isInstalled ||= cell.label === pump.cell;
  }

  #createCell(): number {
    const label = this.#next();
    this.made.push(label);
    this.#at.cells.push({ label, isInstalled: false });
    return label;
  }

  #uninstall(pump: PumpState): void {
    this.#assertWritable();
    this.#assert(pump.isInstalled, 'NOT_INSTALLED');
    pump.isInstalled = false;
    settleCells(this.#at);
  }

  #deletePump(pump: PumpState): void {
    this.#assertWritable();
    this.#at.pumps = this.#at.pumps.filter((one) => one !== pump);
    // What came along with it goes before the transaction commits.
    if (this.#circumstances.levels.length === 0) settleCells(this.#at);
  }

  #deleteCell(label: number): void {
    this.#assertWritable();
    this.#assert(!this.#at.pumps.some(({ cell }) => cell === label), 'DELETE_REFUSED');
    this.#at.cells = this.#at.cells.filter((cell) => cell.label !== label);
  }

  // Whether a write that changes nothing is refused where none is allowed, is left open.
  #excuseWrite(): void {
    this.excuses.push('OUTSIDE_TREE', 'READ_ONLY');
  }

  #create(n: number, count: number): void {
    this.#assertWritable();
    for (let made = 0; made < count; made++) {
      const label = this.#next();
      this.made.push(label);
      this.#at.things.push({ label, n, ...NO_BODY });
    }
  }

  #change(label: number, values: Partial<ThingState>): void {
    this.#assertWritable();
    Object.assign(this.#at.things.find((thing) => thing.label === label) as ThingState, values);
  }

  #hang(label: number, as: 'part' | 'lease', name: string | null): void {
    const child = name === null ? null : (childOf(this.#at, name) as StoreState);
    this.#change(label, { [as]: child?.entry ?? null });
  }

  #point(label: number, to: { readonly at: Path; readonly thing: number } | null): void {
    const target = to && { key: (storeAt(this.after, to.at) as StoreState).key, label: to.thing };
    this.#change(label, { to: target });
  }

  #update(store: StoreState, n: number, newN: number): void {
    const found = store.things.filter((thing) => thing.n === n);
    if (found.length === 0) this.#excuseWrite();
    else this.#assertWritable();
    for (const thing of found) thing.n = newN;
  }

  #deleteSome(store: StoreState, n: number): void {
    const found = store.things.filter((thing) => thing.n === n);
    const labels = found.map(({ label }) => label);
    if (labels.length === 0) this.#excuseWrite();
    else this.#delete(labels, store);
  }

  #delete(labels: readonly number[], store: StoreState = this.#at): void {
    this.#assertWritable();
    const doomed = new Set(labels);
    for (let size = 0; size !== doomed.size; ) {
      size = doomed.size;
      for (const { label, owner } of store.things) if (owner !== null && doomed.has(owner)) doomed.add(label);
    }
    const gone = store.things.filter(({ label }) => doomed.has(label));
    const staying = store.things.filter(({ label }) => !doomed.has(label));
    this.#assert(!staying.some(({ boss }) => boss !== null && doomed.has(boss)), 'DELETE_REFUSED');
    const owned = new Set(gone.map(({ scan }) => scan));
    for (const { scan } of staying) owned.delete(scan);
    for (const thing of staying) if (thing.friend !== null && doomed.has(thing.friend)) thing.friend = null;
    store.things = staying;
    store.seats = store.seats.filter(
      ({ player, target }) => !doomed.has(player) && (target === null || !doomed.has(target)),
    );
    store.files = store.files.filter(({ label }) => !owned.has(label));
  }

  #writeFile(name: string | null): void {
    this.#assertWritable();
    this.#assert(name === null || !this.#at.files.some((file) => file.name === name), 'NAME_TAKEN');
    const label = this.#next();
    this.made.push(label);
    this.#at.files.push({ label, name } satisfies FileState);
  }

  #deleteFile(label: number): void {
    this.#assertWritable();
    this.#assert(!this.#at.things.some(({ scan }) => scan === label), 'DELETE_REFUSED');
    this.#at.files = this.#at.files.filter((file) => file.label !== label);
  }

  #import(name: string, id: number): void {
    this.#assertOutsideTransaction();
    this.#assertFree(this.#at, name);
    const arrived = this.#arriving(id, keysIn(this.after));
    this.#at.below.push(Object.assign(arrived, { name, entry: this.#next() }));
  }

  #restore(name: string, id: number): void {
    this.#assertOutsideTransaction();
    const child = this.#child(name);
    if (child === undefined) return;
    const replaced = new Set(keysIn(child));
    const others = keysIn(this.after).filter((key) => !replaced.has(key));
    const arrived = Object.assign(this.#arriving(id, others), { name, entry: child.entry });
    this.#at.below.splice(this.#at.below.indexOf(child), 1, arrived);
  }

  // The stores keep their uids, unless one of them is in use elsewhere.
  #arriving(id: number, inUse: readonly number[]): StoreState {
    const { exports, numbers } = this.#circumstances;
    const exported = grown(exports[id] as StoreState, this.#at.generation);
    const isOneInUse = keysIn(exported).some((key) => inUse.includes(key));
    return isOneInUse ? withNewKeys(exported, numbers) : reborn(exported, numbers);
  }
}
