// The architecture is one list, lowest room first: a file imports from its own room and from lower ones, types included.
// `npm run rooms` writes it down for Biome (biome.rooms.json, which biome.json extends). `--check` fails when that file
// is out of date, and finds in src what Biome does not see.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

// What stands above `index` is an entry point of its own, which no program loads that does not ask for it.
const rooms = [
  'errors',
  'driver',
  'schema',
  'item',
  'query',
  'store',
  'upgrade',
  'powerup',
  'substore',
  'index',
  'axiom',
];
/** Rooms that a room may not look into although they lie lower. */
const strangers = { query: ['item'] };
/** Rooms that may reach inside an item. All others use it as users do. */
const friendsOfItem = ['item', 'store'];

/** The rooms that are one file in src; the others are folders. */
const singleFiles = ['errors', 'index'];

const filesOf = (room) => (singleFiles.includes(room) ? `src/${room}.ts` : `src/${room}/**`);
const specifiersOf = (room) => (singleFiles.includes(room) ? [`**/${room}.js`, `**/${room}.ts`] : [`**/${room}/**`]);

const insideOfItem = [
  {
    group: ['**/item/state.*', '**/item/build.*'],
    message: 'Only item and store reach inside an item.',
  },
  {
    group: ['**/item/item.*'],
    importNamePattern: '(stateOf|\\*)', // \*: the whole module at once
    message: 'Only item and store reach inside an item.',
  },
];

function forbiddenImports(room) {
  const above = rooms.slice(rooms.indexOf(room) + 1);
  const looksUp = {
    group: [...above, ...(strangers[room] ?? [])].flatMap(specifiersOf),
    message: `${room} looks down only: declare an interface here and let the upper room implement it.`,
  };
  return {
    paths: room === 'driver' ? {} : { 'better-sqlite3': 'Only src/driver imports better-sqlite3.' },
    patterns: [...(looksUp.group.length > 0 ? [looksUp] : []), ...(friendsOfItem.includes(room) ? [] : insideOfItem)],
  };
}

const restrictImports = (includes, options) => ({
  includes,
  linter: { rules: { style: { noRestrictedImports: { level: 'error', options } } } },
});

const frontDoor = restrictImports(['test/**', '!test/unit/**', '!test/laws/**', '!test/support/**'], {
  patterns: [
    {
      group: ['**/src/**'],
      message: "Tests import 'corollary'; only test/unit, test/laws and test/support look inside.",
    },
  ],
});

const examplesArePrograms = restrictImports(['examples/**'], {
  paths: { 'better-sqlite3': "Examples show what 'corollary' does." },
  patterns: [{ group: ['**/src/**', '**/dist/**'], message: "Examples import 'corollary', as users do." }],
});

const shapeOfSource = {
  includes: ['src/**'],
  plugins: ['./scripts/bare-error.grit'],
  linter: { rules: { style: { noDefaultExport: 'error', noEnum: 'error', noNamespace: 'error' } } },
};

// Sizes are warnings: they point at what people should judge, and never fail a check.
const sizes = {
  style: {
    noExcessiveLinesPerFile: { level: 'warn', options: { maxLines: 250, skipBlankLines: true } },
  },
  complexity: {
    noExcessiveLinesPerFunction: { level: 'warn', options: { maxLines: 40, skipBlankLines: true } },
    useMaxParams: { level: 'warn', options: { max: 4 } },
    noExcessiveCognitiveComplexity: { level: 'warn', options: { maxAllowedComplexity: 10 } },
  },
};

const configuration = {
  linter: { rules: { suspicious: { noImportCycles: { level: 'error', options: { ignoreTypes: false } } } } },
  overrides: [
    { includes: ['src/**', 'examples/**', 'scripts/**', 'bench/**'], linter: { rules: sizes } },
    shapeOfSource,
    ...rooms.map((room) => restrictImports([filesOf(room)], forbiddenImports(room))),
    frontDoor,
    examplesArePrograms,
  ],
};

/** What is wrong in src and Biome cannot see. */
function faultsInSource() {
  const src = new URL('../src/', import.meta.url);
  const files = readdirSync(src, { recursive: true })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts'));
  if (files.length === 0) return ['scripts/rooms.mjs found no source files: it checked nothing.'];
  return files.flatMap((file) => [
    ...roomFault(file),
    ...inlineImports(file, readFileSync(new URL(file, src), 'utf8')),
  ]);
}

function roomFault(file) {
  const isRoom = rooms.some((room) =>
    singleFiles.includes(room) ? file === `${room}.ts` : file.startsWith(`${room}/`),
  );
  return isRoom ? [] : [`src/${file} lies in no room: move it, or add its room to scripts/rooms.mjs.`];
}

// `await import()` is a statement that Biome checks like any other.
function inlineImports(file, text) {
  return text.split('\n').flatMap((line, i) => {
    const isInline = /(?<!await )\bimport\(\s*['"`]/.test(line);
    return isInline
      ? [`src/${file}:${i + 1} import('...') as a type hides from the room rules: write import type.`]
      : [];
  });
}

const rulesFile = new URL('../biome.rooms.json', import.meta.url);
const rules = `${JSON.stringify(configuration, null, 2)}\n`;

if (process.argv.includes('--check')) {
  const isCurrent = readFileSync(rulesFile, 'utf8') === rules;
  const faults = [
    ...(isCurrent ? [] : ['biome.rooms.json is not what scripts/rooms.mjs writes: npm run rooms']),
    ...faultsInSource(),
  ];
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
} else {
  writeFileSync(rulesFile, rules);
}
