import type { Path } from './state.js';
import type { RoleName } from './thing.js';

/** A reference of one thing to another. */
export type ThingReference = 'friend' | 'owner' | 'boss';
/** A reference of a thing to a SubStore item. */
export type StoreReference = 'part' | 'lease';
/** A reference of a thing to a relic. */
export type RelicReference = 'keepsake' | 'bond' | 'pledge';

/** Something that a program does to the tree, whole or not at all. `at` is the store that it is asked of. */
export type Action =
  | { readonly do: 'create store'; readonly at: Path; readonly name: string }
  | { readonly do: 'rename'; readonly at: Path; readonly name: string; readonly newName: string }
  | {
      readonly do: 'move' | 'copy';
      readonly at: Path;
      readonly name: string;
      readonly to: Path;
      readonly newName: string;
    }
  | { readonly do: 'delete store'; readonly at: Path; readonly name: string; readonly by: 'name' | 'query' }
  | { readonly do: 'create'; readonly at: Path; readonly n: number }
  | { readonly do: 'create many'; readonly at: Path; readonly n: number; readonly count: number }
  | {
      /** So many, and then one that is refused. */
      readonly do: 'create broken';
      readonly at: Path;
      readonly n: number;
      readonly count: number;
    }
  | {
      readonly do: 'find or create';
      readonly at: Path;
      /** Looks for what is not there, if null. */
      readonly thing: number | null;
      readonly n: number;
    }
  | { readonly do: 'change'; readonly at: Path; readonly thing: number; readonly n: number }
  | {
      readonly do: 'refer';
      readonly at: Path;
      readonly thing: number;
      readonly as: ThingReference;
      readonly to: number | null;
    }
  | {
      readonly do: 'hang';
      readonly at: Path;
      readonly thing: number;
      readonly as: StoreReference;
      readonly name: string | null;
    }
  | {
      readonly do: 'point';
      readonly at: Path;
      readonly thing: number;
      readonly to: { readonly at: Path; readonly thing: number } | null;
    }
  | {
      readonly do: 'power up';
      readonly at: Path;
      readonly thing: number;
      /** The store, if null. */
      readonly target: number | null;
      readonly role: RoleName;
      readonly priority: number | undefined;
    }
  | {
      readonly do: 'power down';
      readonly at: Path;
      readonly thing: number;
      readonly target: number | null;
      /** All, if not given. */
      readonly role: RoleName | undefined;
    }
  | {
      /** Whoever helps the store at `of`, which lies above, below or is the same, is asked to change. */
      readonly do: 'request';
      readonly at: Path;
      readonly of: Path;
      readonly n: number;
    }
  | { readonly do: 'create pump'; readonly at: Path }
  | { readonly do: 'install' | 'uninstall' | 'delete pump'; readonly at: Path; readonly pump: number }
  | { readonly do: 'delete cell'; readonly at: Path; readonly cell: number }
  | {
      /** With a thing that takes it along, and a thing and a relic that cannot be deleted before it. */
      readonly do: 'create relic';
      readonly at: Path;
      readonly of: number | null;
      readonly guards: number | null;
      readonly beside: number | null;
    }
  | {
      readonly do: 'tie';
      readonly at: Path;
      readonly thing: number;
      readonly as: RelicReference;
      readonly relic: number | null;
    }
  | { readonly do: 'delete relic'; readonly at: Path; readonly relic: number }
  | { readonly do: 'attach'; readonly at: Path; readonly thing: number; readonly file: number | null }
  | { readonly do: 'delete'; readonly at: Path; readonly thing: number }
  | { readonly do: 'update some' | 'update tree'; readonly at: Path; readonly n: number; readonly newN: number }
  | { readonly do: 'delete some' | 'delete tree'; readonly at: Path; readonly n: number }
  | { readonly do: 'write file'; readonly at: Path; readonly name: string | null }
  | { readonly do: 'delete file'; readonly at: Path; readonly file: number }
  | { readonly do: 'export'; readonly at: Path; readonly id: number }
  | { readonly do: 'import' | 'restore'; readonly at: Path; readonly name: string; readonly id: number };
