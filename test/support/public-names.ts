import { readFileSync } from 'node:fs';

/** A name that an entry point exports. */
export interface PublicName {
  readonly name: string;
  readonly isType: boolean;
  /** Whether a doc comment stands above its declaration. */
  readonly isDocumented: boolean;
}

/**
 * Every name that an entry point exports, `src/index.ts` or another, sorted. Reads the text: TypeScript 7 has no compiler interface to ask. So
 * anything but lists of names from other files is refused rather than overlooked.
 */
export function publicNames(top: URL, entry = 'src/index.ts'): PublicName[] {
  const index = readFileSync(new URL(entry, top), 'utf8').replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, '');
  const list = /export (type )?\{([^}]*)\} from '\.\/([^']+)\.js';/g;
  const rest = index.replaceAll(list, '').trim();
  if (/\bexport\b/.test(rest)) throw new Error(`${entry} only lists names from other files, unlike this: ${rest}`);
  const names = [...index.matchAll(list)].flatMap(([, allTypes, entries = '', module = '']) => {
    const source = readFileSync(new URL(`${module}.ts`, new URL(entry, top)), 'utf8');
    return entriesOf(entries).map((entry) => publicName(entry, allTypes !== undefined, source));
  });
  return names.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function entriesOf(list: string): string[] {
  return list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function publicName(entry: string, isInTypeList: boolean, source: string): PublicName {
  const [declared = '', name = declared] = entry.replace(/^type /, '').split(' as ');
  const isType = isInTypeList || entry.startsWith('type ');
  return { name, isType, isDocumented: isDocumented(declared, source) };
}

function isDocumented(name: string, source: string): boolean {
  const keyword = '(?:abstract |async )?(?:class|function\\*?|const|let|interface|type)';
  const declaration = new RegExp(`^export (?:declare )?${keyword} ${name}\\b`, 'm').exec(source);
  if (declaration === null) return false;
  const linesAbove = source.slice(0, declaration.index).trimEnd().split('\n');
  const above = linesAbove.filter((line) => !/^\s*(\/\/|@)/.test(line)).at(-1) ?? '';
  return above.trimEnd().endsWith('*/');
}
