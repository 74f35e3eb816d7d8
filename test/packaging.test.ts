import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as corollary from 'corollary';
import * as axiom from 'corollary/axiom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectWithThePackage, write } from './support/packed-package.js';
import { documentationPages } from './support/page-programs.js';
import { publicNames } from './support/public-names.js';
import { inRepository, runNode, top, typescript } from './support/run-node.js';

describe('a project that installs the package', () => {
  let project = '';
  let compiled: unknown;
  beforeAll(async () => {
    project = await projectWithThePackage();
    write(join(project, 'tsconfig.json'), consumerConfiguration);
    write(join(project, 'main.ts'), consumerProgram);
    write(join(project, 'axiom.ts'), axiomProgram);
    compiled = await runNode([typescript, '-p', project]);
  });
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  const runs = async (name: string, program: string) => {
    write(join(project, name), program);
    return runNode(['--no-warnings', name], { cwd: project });
  };

  test('gets the built files, the sources and nothing else', () => {
    const files = readdirSync(join(project, 'node_modules/corollary'));
    expect(files).toEqual(expect.arrayContaining(['README.md', 'dist', 'package.json', 'src']));
    expect(files.filter((file) => !/^(dist|docs|src|package\.json|[A-Z]+(\.md)?)$/.test(file))).toEqual([]);
  });

  test('compiles a TypeScript program against its declarations and runs it', async () => {
    expect(compiled).toEqual({ status: 0, output: '' });
    expect(await runNode(['main.js'], { cwd: project })).toEqual({ status: 0, output: '522250\n' });
  });

  test('compiles and runs a program that imports from Axiom, with the same Item class', async () => {
    expect(compiled).toEqual({ status: 0, output: '' });
    cpSync(inRepository('test/old-stores/axiom/library.axiom'), join(project, 'library.axiom'), { recursive: true });
    expect(await runNode(['axiom.js'], { cwd: project })).toEqual({ status: 0, output: 'Joseph Conrad\n' });
  });

  test('loads nothing of imports from Axiom with the core', () => {
    const dist = join(project, 'node_modules/corollary/dist');
    const loaded = modulesFrom(dist, 'index.js');
    expect(loaded.filter((file) => readFileSync(join(dist, file), 'utf8').includes('axiom_objects'))).toEqual([]);
    expect(readdirSync(dist)).toContain('axiom.js');
  });

  test('can require it from a CommonJS file', async () => {
    const program = "console.log(typeof require('corollary').Store.open);";
    expect(await runs('main.cjs', program)).toEqual({ status: 0, output: 'function\n' });
  });

  test('is told at the first store that its Node is too old, before SQLite could crash it', async () => {
    const outcome = await runs('old-node.js', programOnAnOldNode);
    expect(outcome).toEqual({ status: 0, output: 'UNSUPPORTED_RUNTIME UNSUPPORTED_RUNTIME false\n' });
  });
});

describe.each([
  { entry: 'corollary', file: 'src/index.ts', list: 'test/public-names.txt', module: corollary },
  { entry: 'corollary/axiom', file: 'src/axiom/index.ts', list: 'test/public-names-axiom.txt', module: axiom },
])('the public names of $entry', ({ file, list, module }) => {
  const names = publicNames(top, file);
  const committed = inRepository(list);

  test('are the committed ones: UPDATE_PUBLIC_NAMES=1 npm test writes the list anew', () => {
    const found = names.map(({ name, isType }) => `${name}${isType ? ' (type)' : ''}\n`).join('');
    if (process.env.UPDATE_PUBLIC_NAMES === '1') writeFileSync(committed, found);
    expect(existsSync(committed) ? readFileSync(committed, 'utf8') : '').toBe(found);
  });

  test('are all the module has', () => {
    const values = names.filter(({ isType }) => !isType).map(({ name }) => name);
    expect(Object.keys(module).sort()).toEqual(values);
  });

  test('have a doc comment each', () => {
    expect(names.filter(({ isDocumented }) => !isDocumented).map(({ name }) => name)).toEqual([]);
  });

  test('are all explained in docs', () => {
    const pages = documentationPages(top).filter((page) => !/^(README|docs\/decisions)/.test(page));
    const words = new Set(pages.flatMap((page) => readFileSync(inRepository(page), 'utf8').match(/\w+/g) ?? []));
    expect(names.filter(({ name }) => !words.has(name)).map(({ name }) => name)).toEqual([]);
  });
});

// Without skipLibCheck and without any @types package: the declarations must stand on their own.
const consumerConfiguration = JSON.stringify({
  compilerOptions: {
    target: 'es2022',
    lib: ['es2022', 'dom', 'esnext.disposable', 'esnext.decorators'],
    module: 'nodenext',
    types: [],
    strict: true,
    experimentalDecorators: true,
    // As libraries have it: the types of what they export must have names that the package gives.
    declaration: true,
  },
  files: ['main.ts', 'axiom.ts'],
});

const consumerProgram = `
import { Item, integer, item, Query, Store, text } from 'corollary';

@item('city')
class City extends Item {
  @text() declare name: string;
  @integer() declare population: number;
}

const store = Store.open('world.store', { types: [City] });
store.create(City, { name: 'Lyon', population: 522_250 });
store.close();
using again = Store.open('world.store', { types: [City] });
const lyon = again.query(City, (city) => city.name.eq('Lyon'));
console.log(Query.fromJSON<City>(again.tree, lyon.toJSON()).one().population);
export const inhabitants = (of: Store) => of.query(City).select((c) => ({ id: c.storeId, people: c.population }));
`;

const axiomProgram = `
import { integer, Item, item, Store, text } from 'corollary';
import { importAxiom, mapTo } from 'corollary/axiom';

@item('author')
class Author extends Item {
  @text() declare name: string;
  @integer() declare born: number;
}

using store = Store.inMemory();
const types = { author: mapTo(Author, { values: (row) => ({ born: row.integer('born') }) }) };
// @ts-expect-error an Axiom type becomes a class, or what mapTo gives
export const wrong: Parameters<typeof importAxiom>[1] = { into: store, types: { author: { to: 'Author' } } };
importAxiom('library.axiom', { into: store, types, skip: ['book', 'bookmark', 'greeter', 'note'] });
console.log(store.query(Author).one().name);
`;

/** The files that a built file loads, itself first. */
function modulesFrom(dist: string, entry: string): string[] {
  const found = new Set([entry]);
  // A Set's iterator also visits what is added meanwhile.
  for (const file of found)
    for (const [, imported = ''] of readFileSync(join(dist, file), 'utf8').matchAll(/from "\.\/([^"]+)"/g))
      found.add(imported);
  return [...found];
}

// An old Node stands in by its Node-API version: 9 on every Node before 22.14.
const programOnAnOldNode = `
import { existsSync } from 'node:fs';
Object.defineProperty(process, 'versions', { value: { ...process.versions, napi: '9' } });
const { Store } = await import('corollary');
const codeOf = (open) => { try { open(); return 'opened'; } catch (error) { return error.code; } };
console.log(codeOf(() => Store.open('old.store')), codeOf(() => Store.inMemory()), existsSync('old.store'));
`;
