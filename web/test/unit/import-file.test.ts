// A file on its way into the queue can be cancelled at any moment.
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, expect, test, vi } from 'vitest';
import { importFile } from '../../src/page/import-file.ts';
import { openDatabase, type Database } from '../../src/shared/db.ts';
import { CHUNK_SIZE } from '../../src/shared/protocol.ts';
import * as queue from '../../src/shared/queue.ts';

afterEach(() => { vi.unstubAllGlobals(); });

/** Calls `between` after the import has read its session for the `nth` time, just before it adds the chunk. */
function afterReading(db: Database, nth: number, between: () => Promise<void>): Database {
  let reads = 0;
  return new Proxy(db, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      if (key !== 'get') return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      return async (...args: unknown[]): Promise<unknown> => {
        const found: unknown = await Reflect.apply(value, target, args);
        if (++reads === nth) await between();
        return found;
      };
    },
  });
}

test.each([1, 2, 3])('cancelled just before chunk %i is added: nothing of it comes back, and the import ends quietly', async (nth) => {
  globalThis.indexedDB = new IDBFactory();
  vi.stubGlobal('navigator', { locks: { request: (_name: string, work: () => Promise<void>) => work() } });
  const db = await openDatabase();
  const onChunk = vi.fn();
  const file = new File([new Uint8Array(2 * CHUNK_SIZE + 5)], 'a.webm', { type: 'audio/webm' });
  await importFile(afterReading(db, nth, () => queue.dropSession(db, 'f')), file, 'tus', onChunk, 'f');
  expect(onChunk).toHaveBeenCalledTimes(nth - 1);
  for (const store of ['sessions', 'upload_queue', 'chunk_data'] as const) expect(await db.count(store), store).toBe(0);
});
