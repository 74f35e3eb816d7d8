import type { Deed } from './deed.js';
import { childOf, type FileState, type Path, type StoreState, storeAt, type ThingState } from './state.js';

const NO_BODY = {
  friend: null,
  owner: null,
  boss: null,
  part: null,
  lease: null,
  scan: null,
  keepsake: null,
  bond: null,
  pledge: null,
  to: null,
  mark: null,
};

export function create(deed: Deed, n: number, count: number): void {
  deed.assertWritable();
  for (let made = 0; made < count; made++) {
    const label = deed.next();
    deed.made.push(label);
    deed.at.things.push({ label, n, ...NO_BODY });
  }
}

export function change(deed: Deed, label: number, values: Partial<ThingState>): void {
  deed.assertWritable();
  Object.assign(deed.at.things.find((thing) => thing.label === label) as ThingState, values);
}

export function hang(deed: Deed, label: number, as: 'part' | 'lease', name: string | null): void {
  const child = name === null ? null : (childOf(deed.at, name) as StoreState);
  change(deed, label, { [as]: child?.entry ?? null });
}

export function point(deed: Deed, label: number, to: { readonly at: Path; readonly thing: number } | null): void {
  const target = to && { key: (storeAt(deed.after, to.at) as StoreState).key, label: to.thing };
  change(deed, label, { to: target });
}

export function update(deed: Deed, store: StoreState, n: number, newN: number): void {
  const found = store.things.filter((thing) => thing.n === n);
  if (found.length === 0) deed.excuseWrite();
  else deed.assertWritable();
  for (const thing of found) thing.n = newN;
}

export function writeFile(deed: Deed, name: string | null): void {
  deed.assertWritable();
  deed.assert(name === null || !deed.at.files.some((file) => file.name === name), 'NAME_TAKEN');
  const label = deed.next();
  deed.made.push(label);
  deed.at.files.push({ label, name } satisfies FileState);
}
