// A browser may close a connection to the database at any time. The next one is opened, and nothing is missing.
import 'fake-indexeddb/auto';
import { forceCloseDatabase, IDBFactory } from 'fake-indexeddb';
import { unwrap } from 'idb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openDatabase, type Database } from '../../src/shared/db.ts';
import { pass, record, stored, stubRecording, turns } from '../support/recorder.ts';

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  stubRecording();
  vi.stubGlobal('localStorage', { getItem: () => null });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const close = (db: Database): void => { forceCloseDatabase(unwrap(db) as unknown as Parameters<typeof forceCloseDatabase>[0]); };
const bytes = (size: number, value: number): Uint8Array<ArrayBuffer> => new Uint8Array(size).fill(value);

test.each([0, 1, 2, 3, 4, 5, 6, 8, 12])('a recording goes on over a connection closed %i turns after a blob came', async (late) => {
  let opened: Promise<Database> | null = null;
  const database = (): Promise<Database> => (opened ??= openDatabase(() => { opened = null; }));
  const { db, recorder, media, events } = await record(database);
  media.give(bytes(100, 1));
  await turns(late);
  close(await database());
  media.give(bytes(50, 2));
  await pass(1);
  media.give(bytes(25, 3));
  recorder.stop();
  await pass(1);
  expect(events.stopped).toHaveBeenCalledWith({ sessionId: recorder.sessionId, kept: true, reason: 'user' });
  expect((await stored(db, recorder.sessionId)).equals(Buffer.concat([bytes(100, 1), bytes(50, 2), bytes(25, 3)]))).toBe(true);
});

test('the list is read again after a reading that failed', async () => {
  const { manager, store } = await import('../../src/page/ui/model.ts');
  close(await manager.database());
  vi.spyOn(manager, 'database').mockRejectedValueOnce(new DOMException('', 'InvalidStateError'));
  await expect(store.refresh()).rejects.toThrow();
  const db = await openDatabase();
  await db.put('sessions', { id: 's', state: 'complete', startedAt: 1 } as never);
  await store.refresh();
  expect(store.model.sessions).toHaveLength(1);
});
