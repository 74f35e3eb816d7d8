import { dependsOn, fromParent, Item, item, type Memory } from 'corollary';
import { Clock, Cog } from '../check-dependencies.js';

@item('machine')
export class WithFields extends Item {
  @dependsOn(() => Cog, { values: { teeth: 8 } }) cog: Cog | null = null;
  @fromParent(Clock) readonly clock!: { hour(): number };
}

@item('machine')
export class WithAccessors extends Item {
  @dependsOn(() => Cog, { values: { teeth: 8 } }) accessor cog: Cog | null = null;
  @fromParent(Clock) accessor clock!: Memory<{ hour(): number }>;
}
