import { beforeAll, describe, expect, test } from 'vitest';
import { aProgram, type Program, type TaskProcess } from './support/a-process.js';
import { aStoreDirectory } from './support/a-store.js';
import { childProgram, runChild } from './support/child-program.js';
import type * as tasks from './tasks/live-queries.js';

// What a subscription keeps in memory, and what it does not.

let program: Program<typeof tasks>;
beforeAll(async () => {
  program = await aProgram<typeof tasks>('live-queries.ts');
});

async function opened(): Promise<{ place: string; child: TaskProcess<typeof tasks> }> {
  const place = aStoreDirectory();
  const child = program.start('--expose-gc');
  await child.call('open', place);
  return { place, child };
}

describe('garbage collection', () => {
  test('takes loops that were left without break, and what they compare with', async () => {
    const { child } = await opened();
    expect(await child.call('dropLoops', 50)).toBe(0);
  });

  test('takes subscriptions that were closed', async () => {
    const { child } = await opened();
    expect(await child.call('closeAll', 50)).toBe(0);
  });

  test('takes a store that was closed, with the subscriptions to it', async () => {
    const { child } = await opened();
    expect(await child.call('closeStore', aStoreDirectory())).toBe(true);
  });

  test('leaves a loop alone that waits, though nobody holds it', async () => {
    const { place, child } = await opened();
    const told = child.call('waitUnheld', place);
    expect([await child.heard(), await child.heard()]).toEqual(['waiting', 'collected']);
    const other = program.start();
    await other.call('open', place);
    await other.call('create', '', 'Lyon');
    expect(await told).toEqual(['Lyon']);
  });

  test('leaves a listener alone, though nobody holds its subscription or its store', async () => {
    const { place, child } = await opened();
    const told = child.call('listenUnheld', place);
    await child.heard();
    const other = program.start();
    await other.call('open', place);
    await other.call('create', '', 'Lyon');
    expect(await told).toEqual(['Lyon']);
  });

  test('takes items that an update gave', async () => {
    const { child } = await opened();
    expect(await child.call('letGoOfItems')).toBe(true);
  });
});

test('a process with live subscriptions ends by itself, after what it committed was told', async () => {
  const file = await childProgram(`
    import { Item, item, Store, text } from 'corollary';
    @item('city')
    class City extends Item {
      @text() declare name: string;
    }
    const store = Store.open(process.argv[2] as string);
    store.substores.create('part');
    store.query(City).subscribe(({ results }) => console.log(results.length));
    store.tree.query(City).subscribe(() => console.log('tree'), { pollMs: 1 });
    void (async () => {
      for await (const { results } of store.query(City).subscribe()) console.log('loop', results.length);
    })();
    setTimeout(() => store.create(City, { name: 'Lyon' }), 20);
  `);
  const { status, output } = await runChild(file, [aStoreDirectory()]);
  expect({ status, lines: output.trim().split('\n').sort() }).toEqual({
    status: 0,
    lines: ['1', 'loop 0', 'loop 1', 'tree'],
  });
});
