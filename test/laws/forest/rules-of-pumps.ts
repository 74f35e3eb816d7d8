import type { Deed } from './deed.js';
import { type PumpState, settleCells } from './state.js';

export function pumpIn(deed: Deed, label: number): PumpState {
  return deed.at.pumps.find((pump) => pump.label === label) as PumpState;
}

export function createPump(deed: Deed): void {
  deed.assertWritable();
  const label = deed.next();
  deed.made.push(label);
  deed.at.pumps.push({ label, cell: null, isInstalled: false });
}

// One cell at most is installed: whoever comes second takes that of the first.
export function install(deed: Deed, label: number): void {
  const pump = pumpIn(deed, label);
  if (pump.isInstalled) {
    deed.excuseWrite();
    return;
  }
  deed.assertWritable();
  const { cells } = deed.at;
  const installed = cells.find(({ isInstalled }) => isInstalled);
  pump.isInstalled = true;
  pump.cell = installed?.label ?? pump.cell ?? createCell(deed);
  for (const cell of cells) cell.isInstalled ||= cell.label === pump.cell;
}

export function createCell(deed: Deed): number {
  const label = deed.next();
  deed.made.push(label);
  deed.at.cells.push({ label, isInstalled: false });
  return label;
}

export function uninstall(deed: Deed, label: number): void {
  const pump = pumpIn(deed, label);
  deed.assertWritable();
  deed.assert(pump.isInstalled, 'NOT_INSTALLED');
  pump.isInstalled = false;
  settleCells(deed.at);
}

export function deletePump(deed: Deed, label: number): void {
  const pump = pumpIn(deed, label);
  deed.assertWritable();
  deed.at.pumps = deed.at.pumps.filter((one) => one !== pump);
  // What came along with it goes before the transaction commits.
  if (deed.circumstances.levels.length === 0) settleCells(deed.at);
}

export function deleteCell(deed: Deed, label: number): void {
  deed.assertWritable();
  deed.assert(!deed.at.pumps.some(({ cell }) => cell === label), 'DELETE_REFUSED');
  deed.at.cells = deed.at.cells.filter((cell) => cell.label !== label);
}
