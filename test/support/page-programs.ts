import { readdirSync, readFileSync } from 'node:fs';

/** A program found on a page of the documentation: a `ts` block with the `ts continue` blocks that follow it. */
export interface PageProgram {
  /** The page's path from the top of the repository. */
  readonly page: string;
  /** The line of the page where its first block opens. */
  readonly line: number;
  /** Its code. Every line of it has the same number as on the page, so that any tool's complaint leads there. */
  readonly source: string;
  /** By line: what `// =>` says that line prints. */
  readonly says: ReadonlyMap<number, string>;
}

interface Block {
  readonly page: string;
  readonly line: number;
  readonly isContinued: boolean;
  readonly lines: readonly string[];
}

/** The pages whose programs must work: README.md and everything in docs. Paths from the top of the repository. */
export function documentationPages(top: URL): string[] {
  const files = readdirSync(top, { encoding: 'utf8' }).filter((file) => file === 'README.md');
  const docs = readdirSync(new URL('docs/', top), { recursive: true, encoding: 'utf8' });
  const pages = docs.filter((file) => file.endsWith('.md')).map((file) => `docs/${file.replaceAll('\\', '/')}`);
  return [...files, ...pages.sort()];
}

/** Every program of a page. Throws on a block that is marked in a way that would leave it unchecked by accident. */
export function programsOf(page: string, top: URL): PageProgram[] {
  const programs: Block[][] = [];
  for (const block of blocksOf(page, readFileSync(new URL(page, top), 'utf8'))) {
    if (!block.isContinued) programs.push([block]);
    else if (programs.length > 0) programs.at(-1)?.push(block);
    else throw new Error(`${page}:${block.line} there is no block to continue`);
  }
  return programs.map(programOf);
}

function programOf(blocks: readonly Block[]): PageProgram {
  const { page, line } = blocks[0] as Block;
  const source: string[] = [];
  const says = new Map<number, string>();
  for (const block of blocks)
    block.lines.forEach((text, i) => {
      const at = block.line + 1 + i;
      const said = /\/\/ => (.*)$/.exec(text)?.[1]?.trim();
      if (said !== undefined) says.set(at, said);
      source[at - 1] = said === undefined ? text : listenedTo(text, `${page}:${at}`, at);
    });
  return { page, line, source: `${Array.from(source, (text) => text ?? '').join('\n')}\n`, says };
}

/** A line that prints, calling `said` with its number instead. */
function listenedTo(text: string, place: string, at: number): string {
  if (!/\bconsole\.log\(.*\)[;\s}]*\/\/ => /.test(text))
    throw new Error(`${place} "// =>" belongs behind a console.log(...) that stands on one line`);
  return text.replace('console.log(', `said(${at}, `);
}

function blocksOf(page: string, markdown: string): Block[] {
  const lines = markdown.split(/\r?\n/);
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    const fence = /^\s*(`{3,})\s*(\S*)\s*(.*)$/.exec(lines[i] ?? '');
    if (fence === null) continue;
    const [, ticks = '', language = '', mark = ''] = fence;
    const end = lines.findIndex((text, j) => j > i && text.trim() === ticks);
    if (end === -1) throw new Error(`${page}:${i + 1} this block never ends`);
    if (isProgram(language, mark.trim(), `${page}:${i + 1}`))
      blocks.push({ page, line: i + 1, isContinued: mark.trim() === 'continue', lines: lines.slice(i + 1, end) });
    i = end;
  }
  return blocks;
}

function isProgram(language: string, mark: string, place: string): boolean {
  if (/^(typescript|tsx|mts|cts)$/.test(language)) throw new Error(`${place} call it "ts", so that it is run`);
  if (language !== 'ts') return false;
  if (mark === '' || mark === 'continue') return true;
  if (/^no-run \S/.test(mark)) return false;
  throw new Error(`${place} "ts ${mark}": only "ts", "ts continue" or "ts no-run <reason>" are known`);
}
