import { CorollaryError, Item, integer, item, Store } from 'corollary';
import { describe, expect, test } from 'vitest';
import { aStore, aStoreDirectory } from './support/a-store.js';

@item('bell')
class Bell extends Item {
  ring() {
    return 'ding';
  }
}

@item('tower')
class Tower extends Item {
  @integer({ default: 1 }) declare height: number;
}

describe('an item type without attributes', () => {
  test('is stored, found, counted and deleted like any other', () => {
    const place = aStoreDirectory();
    const store = aStore({ types: [Bell] }, place);
    const [one, two] = [store.create(Bell, {}), store.create(Bell, {})];
    store.close();

    using again = Store.open(place, { types: [Bell] });
    expect(
      again
        .query(Bell)
        .all()
        .map(({ storeId }) => storeId),
    ).toEqual([one.storeId, two.storeId]);
    expect(again.get(Bell, one.storeId as never).ring()).toBe('ding');
    again.get(Bell, one.storeId as never).delete();
    expect(again.count(Bell)).toBe(1);
    expect(again.check().isSound).toBe(true);
    expect(again.query(Bell).one().toJSON()).toEqual({ storeId: two.storeId });
  });

  test('is created by the hundred', () => {
    const store = aStore({ types: [Bell] });
    expect(store.createMany(Bell, Array(100).fill({}))).toBe(100);
    expect(store.tree.count(Bell)).toBe(100);
    store.query(Bell).delete();
    expect(store.count(Bell)).toBe(0);
  });

  test('is undone with its transaction', () => {
    const store = aStore({ types: [Bell] });
    expect(() =>
      store.transact(() => {
        store.create(Bell, {});
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(store.count(Bell)).toBe(0);
  });

  test('says that decorators may not have run where it is given a value', () => {
    const store = aStore({ types: [Bell, Tower] });
    const refused = expect.objectContaining({ constructor: CorollaryError, code: 'UNKNOWN_ATTRIBUTE' });
    expect(() => store.create(Bell, { pitch: 1 } as never)).toThrow(refused);
    expect(() => store.create(Bell, { pitch: 1 } as never)).toThrow(/decorators did not run.*attributes\(\)/);
    expect(() => store.create(Bell, {}).set({ pitch: 1 } as never)).toThrow(refused);
    expect(() => store.create(Tower, { pitch: 1 } as never)).not.toThrow(/decorators did not run/);
  });
});
