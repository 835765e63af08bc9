// What a page asks of the uploader.
import { forceCloseDatabase } from 'fake-indexeddb';
import { unwrap } from 'idb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as queue from '../../src/shared/queue.ts';
import { Engine, keepEngine } from '../../src/sw/engine.ts';
import { addChunk, endWorld, fullStorage, item, pass, turns, world, type World } from '../support/worker.ts';

let w: World;
let engine: Engine;
beforeEach(async () => {
  w = await world();
  engine = await Engine.open({ log: (line) => w.log.push(line) });
});
afterEach(endWorld);

test('a page opens while the storage is full', async () => {
  await addChunk(w.db, 's', 0);
  const storage = fullStorage();
  expect(await engine.handle({ type: 'setMethod', method: 'custom' })).toEqual({ offline: false, pending: 1 });
  storage.restore();
});

test('a method that is the same already is not written down', async () => {
  await addChunk(w.db, 's', 0);
  const written = vi.spyOn(IDBObjectStore.prototype, 'put');
  await engine.handle({ type: 'setMethod', method: 'tus' });
  expect(written).not.toHaveBeenCalled();
  await engine.handle({ type: 'setMethod', method: 'custom' });
  expect(await item(w.db, 's_0')).toMatchObject({ uploadMethod: 'custom' });
});

test('deleting a recording makes room in a full storage', async () => {
  await addChunk(w.db, 's', 0);
  await queue.updateItem(w.db, 's_0', (row) => { row.attempted = true; });
  const storage = fullStorage();
  await engine.handle({ type: 'cancel', sessionId: 's' });
  storage.restore();
  expect(w.asked.map(({ verb }) => verb)).toEqual(['DELETE']);
  expect(await w.db.count('chunk_data') + await w.db.count('sessions')).toBe(0);
});

test('a name given while the recording is put together is told at once', async () => {
  await addChunk(w.db, 's', 0, 1);
  await queue.updateSession(w.db, 's', (record) => { record.state = 'assembling'; });
  await engine.handle({ type: 'rename', sessionId: 's', name: 'b' });
  expect(w.asked.map(({ path }) => path)).toEqual(['/recording/complete']);
});

test('Retry now is for one session, and for all when none is named', async () => {
  for (const id of ['a', 'b']) {
    await addChunk(w.db, id, 0);
    await queue.updateItem(w.db, `${id}_0`, (row) => Object.assign(row, { status: 'waiting', nextRetryAt: Date.now() + 300_000, savedAt: Date.now() }));
  }
  const states = async (): Promise<string[]> => [(await item(w.db, 'a_0')).status, (await item(w.db, 'b_0')).status];
  await engine.handle({ type: 'retry', sessionId: 'a' });
  expect(await states()).toEqual(['queued', 'waiting']);
  await engine.handle({ type: 'retry' });
  expect(await states()).toEqual(['queued', 'queued']);
});

test('a database the browser closed is opened again, and what was under way is sent by the new engine', async () => {
  await addChunk(w.db, 's', 0);
  const kept = keepEngine({ log: (line) => w.log.push(line) });
  const first = await kept();
  expect(await kept()).toBe(first);
  let stalled: AbortSignal | null | undefined;
  w.server.push(({ signal }) => {
    if (stalled) return undefined;
    stalled = signal;
    return new Promise((_resolve, reject) => { signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))); });
  });
  const drained = first.processUploads();
  await turns();
  expect(stalled?.aborted).toBe(false);
  forceCloseDatabase(unwrap(first['db']) as never);
  await expect(drained).rejects.toThrow();
  expect(stalled?.aborted).toBe(true);
  const second = await kept();
  expect(second).not.toBe(first);
  void second.processUploads();
  await pass(1_000);
  expect(await item(w.db, 's_0')).toMatchObject({ status: 'acked' });
});

test('an engine that could not be opened is tried again', async () => {
  const kept = keepEngine();
  const open = vi.spyOn(IDBFactory.prototype, 'open').mockImplementationOnce(() => { throw new DOMException('', 'UnknownError'); });
  await expect(kept()).rejects.toThrow();
  expect(await kept()).toBeInstanceOf(Engine);
  expect(open).toHaveBeenCalledTimes(2);
});
