import { dependsOn, Item, integer, item, role } from 'corollary';

/** What pumps that are installed play for their store. */
export const Pumping = role<Pump>('law.pumping');

/** What a pump brings along. */
@item('cell')
export class Cell extends Item {
  @integer() declare label: number;
}

/** What is installed on stores. */
@item('pump', { roles: () => [Pumping] })
export class Pump extends Item {
  @integer() declare label: number;
  @dependsOn(() => Cell, { values: () => ({ label: labelOfNextCell }) }) declare cell: Cell | null;
}

let labelOfNextCell = 0;

/** Says which label a cell has that is made from now on: cells come by themselves, and the model has to know them. */
export function labelNextCell(label: number | undefined): void {
  labelOfNextCell = label ?? 0;
}
