// Every change of the queue keeps bytes, rows and counters together.
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openDatabase, type Database } from '../../src/shared/db.ts';
import { CHUNK_SIZE, chunkId } from '../../src/shared/protocol.ts';
import * as queue from '../../src/shared/queue.ts';
import { property } from '../support/random.ts';
import { full, refusePuts } from '../support/refuse.ts';

let db: Database;
beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory();
  db = await openDatabase();
});
afterEach(() => { vi.restoreAllMocks(); });

const session = (id: string): queue.NewSession => ({ id, name: 'a', format: 'webm', mimeType: 'audio/webm', kind: 'microphone', state: 'recording', uploadMethod: 'tus' });
const filled = (size: number, value: number): ArrayBuffer => new Uint8Array(size).fill(value).buffer;

async function bytesOf(id: string): Promise<Buffer> {
  const rows = (await db.getAllFromIndex('upload_queue', 'sessionId', id)).sort((a, b) => a.chunkIndex - b.chunkIndex);
  const chunks = await Promise.all(rows.map((row) => db.get('chunk_data', row.id)));
  return Buffer.concat(chunks.map((chunk) => Buffer.from(chunk ?? new ArrayBuffer(0))));
}

test('the schema has the store and the indexes other code knows', () => {
  const tx = db.transaction(['upload_queue', 'chunk_data', 'parts', 'sessions', 'settings']);
  expect([...tx.objectStore('upload_queue').indexNames]).toEqual(expect.arrayContaining(['sessionId', 'status', 'nextRetryAt']));
  expect(tx.objectStore('upload_queue').keyPath).toBe('id');
  expect(db.name).toBe('WaveForgeDB_V4');
});

test('a recording of any blobs becomes chunks of 1 MiB whose last knows the total', () => property(6, async (random) => {
  const id = `s${random.seed}`;
  await queue.createSession(db, session(id));
  const blobs = Array.from({ length: random.int(1, 6) }, (_, i) => filled(random.int(0, 900_000), i + 1));
  let cut = 0;
  for (const [i, blob] of blobs.entries()) cut += (await queue.appendPart(db, id, blob, i * 1000)) ?? 0;
  const total = blobs.reduce((sum, blob) => sum + blob.byteLength, 0);
  const finished = await queue.finishRecording(db, id, false);
  if (total === 0) {
    expect(finished).toBeNull();
    expect(await db.get('sessions', id)).toBeUndefined();
    return;
  }
  const rows = (await db.getAllFromIndex('upload_queue', 'sessionId', id)).sort((a, b) => a.chunkIndex - b.chunkIndex);
  expect(rows).toHaveLength(Math.ceil(total / CHUNK_SIZE));
  expect(cut).toBe(rows.length - 1);
  expect(rows.map((row) => row.totalChunks)).toEqual([...rows.slice(1).map(() => null), rows.length]);
  expect(finished).toMatchObject({ bytes: total, chunks: rows.length, totalChunks: rows.length, tailBytes: 0, state: 'uploading' });
  expect((await bytesOf(id)).equals(Buffer.concat(blobs.map((blob) => Buffer.from(blob))))).toBe(true);
  expect(await db.count('parts')).toBe(0);
}));

test('a blob that comes after the end changes nothing, and ending twice is ending once', async () => {
  await queue.createSession(db, session('s'));
  await queue.appendPart(db, 's', filled(10, 1), 1);
  await queue.finishRecording(db, 's', true);
  expect(await queue.appendPart(db, 's', filled(10, 2), 2)).toBeNull();
  expect((await queue.finishRecording(db, 's', false))?.interrupted).toBe(true);
  expect(await bytesOf('s')).toHaveLength(10);
});

test('a blob given again because its end was not heard of is there once', async () => {
  await queue.createSession(db, session('s'));
  for (const [at, value] of [[0, 1], [0, 1], [10, 2], [10, 2]] as const) await queue.appendPart(db, 's', filled(10, value), value, at);
  await queue.finishRecording(db, 's', false);
  expect((await bytesOf('s')).equals(Buffer.concat([Buffer.alloc(10, 1), Buffer.alloc(10, 2)]))).toBe(true);
});

test('counters follow the rows through acknowledging, refusing and queueing again', () => property(20, async (random) => {
  const id = `c${random.seed}`;
  for (let i = 0; i < 6; ++i) {
    await queue.addChunk(db, { sessionId: id, chunkIndex: i, totalChunks: 6, data: filled(i + 1, i), uploadMethod: 'tus', metadata: { recordingName: 'a', format: 'webm' } });
  }
  for (let step = 0; step < 12; ++step) {
    const chunk = chunkId(id, random.int(0, 5));
    const what = random.int(0, 2);
    if (what === 0) await queue.acknowledge(db, chunk, false, id);
    else if (what === 1) await queue.bury(db, chunk, { code: '413', message: '', at: 0 });
    else await queue.requeue(db, id, (row) => row.id === chunk, true);
    const rows = await db.getAllFromIndex('upload_queue', 'sessionId', id);
    const acked = rows.filter((row) => row.status === 'acked');
    expect(await db.get('sessions', id)).toMatchObject({
      ackedChunks: acked.length, ackedBytes: acked.reduce((sum, row) => sum + row.size, 0), deadChunks: rows.filter((row) => row.status === 'dead').length,
    });
  }
}));

test('the same chunk added twice is there once', async () => {
  const chunk = { sessionId: 's', chunkIndex: 0, totalChunks: null, data: filled(5, 1), uploadMethod: 'tus' as const, metadata: { recordingName: 'a', format: 'webm' } };
  await queue.addChunk(db, chunk);
  await queue.addChunk(db, chunk);
  expect(await db.get('sessions', 's')).toMatchObject({ chunks: 1, bytes: 5 });
});

test('under pressure only acknowledged bytes go, oldest first, and they are not sent again', async () => {
  await queue.createSession(db, { ...session('s'), state: 'uploading' });
  for (let i = 0; i < 4; ++i) {
    await queue.addChunk(db, { sessionId: 's', chunkIndex: i, totalChunks: 4, data: filled(100, i), uploadMethod: 'tus', metadata: { recordingName: 'a', format: 'webm' } });
    await queue.updateItem(db, chunkId('s', i), (row) => { row.addedAt = 10 - i; });
  }
  await queue.acknowledge(db, chunkId('s', 1), false, 's');
  await queue.acknowledge(db, chunkId('s', 2), false, 's');
  expect(await queue.dropAcknowledged(db, 50)).toBe(100);
  expect(await db.getAllKeys('chunk_data')).toEqual([chunkId('s', 0), chunkId('s', 1), chunkId('s', 3)]);
  expect(await queue.requeue(db, 's', () => true, true)).toBe(3);
  expect((await db.get('upload_queue', chunkId('s', 2)))?.status).toBe('acked');
});

const row = async (sessionId: string, chunkIndex: number, size = 1000): Promise<string> => {
  await queue.addChunk(db, { sessionId, chunkIndex, totalChunks: null, data: filled(size, 1), uploadMethod: 'tus', metadata: { recordingName: 'a', format: 'webm' } });
  return chunkId(sessionId, chunkIndex);
};

test.each(['dropped', 'queued'])('bytes are not given up of what is queued again at the same time, whichever is %s first', async (first) => {
  for (const chunkIndex of [0, 1, 2]) await queue.acknowledge(db, await row('s', chunkIndex), false, 's');
  const acts = [() => queue.dropAcknowledged(db, 2000), () => queue.requeue(db, 's', () => true, true)];
  await Promise.all((first === 'dropped' ? acts : acts.reverse()).map((act) => act()));
  const kept = await db.getAllKeys('chunk_data');
  expect((await queue.queuedOf(db, 's', 9)).map((item) => item.id)).toEqual(kept);
  expect(kept).toHaveLength(first === 'dropped' ? 1 : 3);
});

test('what was sent under an id the session no longer has is not acknowledged, and keeps its bytes in a full storage', async () => {
  const id = await row('s', 0);
  await queue.requeue(db, 's', () => true, true, (record) => { record.remoteId = 'another'; });
  expect(await queue.acknowledge(db, id, true, 's')).toBeNull();
  const storage = fill();
  try {
    expect(await queue.acknowledge(db, id, true, 's')).toBeNull();
  } finally {
    storage.restore();
  }
  expect(await db.get('upload_queue', id)).toMatchObject({ status: 'queued', dropped: false });
  expect(await db.get('sessions', 's')).toMatchObject({ ackedChunks: 0, usedCustom: false });
  expect(await db.getAllKeys('chunk_data')).toEqual([id]);
});

test('an id that changes before a full storage could note an acknowledgement saves the bytes', async () => {
  const id = await row('s', 0);
  const { put } = IDBObjectStore.prototype;
  let changed: Promise<unknown> | null = null;
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((again: () => void) => { queueMicrotask(again); }) as never);
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function write(this: IDBObjectStore, ...args) {
    if (this.name !== 'upload_queue') return put.apply(this, args);
    changed ??= queue.updateSession(db, 's', (record) => { record.remoteId = 'another'; });
    throw new DOMException('', 'QuotaExceededError');
  });
  expect(await queue.acknowledge(db, id, false, 's')).toBeNull();
  await changed;
  expect(await db.getAllKeys('chunk_data')).toEqual([id]);
});

test('dropping a session leaves nothing of it, or its line alone', async () => {
  for (const id of ['a', 'b']) {
    await queue.createSession(db, session(id));
    await queue.appendPart(db, id, filled(CHUNK_SIZE + 5, 1), 1);
  }
  await queue.dropSession(db, 'a');
  await queue.dropSession(db, 'b', (record) => { record.state = 'complete'; });
  expect(await db.count('upload_queue') + await db.count('chunk_data') + await db.count('parts')).toBe(0);
  expect((await db.getAll('sessions')).map(({ id, state }) => [id, state])).toEqual([['b', 'complete']]);
});

test('rows a dead worker left as sending are among what is due', async () => {
  await queue.addChunk(db, { sessionId: 's', chunkIndex: 0, totalChunks: 1, data: filled(5, 1), uploadMethod: 'tus', metadata: { recordingName: 'a', format: 'webm' } });
  await queue.updateItem(db, chunkId('s', 0), (row) => { row.status = 'sending'; });
  expect(await queue.countPending(db)).toBe(1);
  expect(await queue.nextOf(db, 's', 9)).toMatchObject({ due: [{ chunkIndex: 0 }], waitMs: null });
});

const small = (chunkIndex: number): Promise<unknown> =>
  queue.addChunk(db, { sessionId: 's', chunkIndex, totalChunks: null, data: filled(5, 1), uploadMethod: 'tus', metadata: { recordingName: 'a', format: 'webm' } });

test('what waits is due when its time has come, and a held session sends nothing', async () => {
  vi.spyOn(Date, 'now').mockReturnValue(1_000_000);
  for (const chunkIndex of [0, 1, 2, 3]) await small(chunkIndex);
  for (const [chunkIndex, nextRetryAt] of [[1, 1_000_000], [2, 1_000_001]] as const) {
    await queue.updateItem(db, chunkId('s', chunkIndex), (row) => Object.assign(row, { status: 'waiting', nextRetryAt, savedAt: 999_000 }));
  }
  const indexes = async (): Promise<[number[], number | null] | null> => {
    const next = await queue.nextOf(db, 's', 9);
    return next && [next.due.map((item) => item.chunkIndex), next.waitMs];
  };
  expect(await indexes()).toEqual([[0, 1, 3], 1]);
  expect(await queue.sendingSessions(db)).toEqual(['s']);
  await queue.updateSession(db, 's', (record) => Object.assign(record, { heldUntil: 1_000_500, heldAt: 1_000_000 }));
  expect(await indexes()).toEqual([[], 500]);
  await queue.updateSession(db, 's', (record) => { record.paused = true; });
  expect(await indexes()).toBeNull();
  expect(await queue.sendingSessions(db)).toEqual([]);
});

test('a wait that begins while the rows are being read is not taken for one of a clock set back', async () => {
  const clock = vi.spyOn(Date, 'now').mockReturnValue(1_000_000);
  await small(0);
  const written = queue.updateItem(db, chunkId('s', 0), (row) => {
    clock.mockReturnValue(1_000_007);
    Object.assign(row, { status: 'waiting', nextRetryAt: 1_000_007 + 100_000, savedAt: 1_000_007 });
  });
  expect(await queue.nextOf(db, 's', 9)).toMatchObject({ due: [], waitMs: 100_000 });
  await written;
});

/** A storage that is full until some chunk's bytes are deleted. */
function fill(): { full: boolean; restore(): void } {
  const state = { full: true, restore: () => Object.assign(IDBObjectStore.prototype, { put, delete: remove }) };
  const { put, delete: remove } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function refuse(this: IDBObjectStore, ...args: Parameters<typeof put>) {
    if (state.full) throw new DOMException('', 'QuotaExceededError');
    return put.apply(this, args);
  };
  IDBObjectStore.prototype.delete = function free(this: IDBObjectStore, key) {
    if (this.name === 'chunk_data') state.full = false;
    return remove.call(this, key);
  };
  return state;
}

test('a full storage gives an acknowledged chunk up first and notes it afterwards', async () => {
  await queue.createSession(db, { ...session('full'), state: 'uploading' });
  await queue.addChunk(db, { sessionId: 'full', chunkIndex: 0, totalChunks: 1, data: filled(1000, 1), uploadMethod: 'tus', metadata: { recordingName: 'a', format: 'webm' } });
  const storage = fill();
  try {
    const after = await queue.acknowledge(db, chunkId('full', 0), false, 'full');
    expect(after).toMatchObject({ ackedChunks: 1, ackedBytes: 1000 });
  } finally {
    storage.restore();
  }
  expect(await db.get('upload_queue', chunkId('full', 0))).toMatchObject({ status: 'acked', dropped: true });
  expect(await db.get('chunk_data', chunkId('full', 0))).toBeUndefined();
});

test('making room deletes even when nothing can be written, and does not count the same bytes twice', async () => {
  await queue.createSession(db, { ...session('room'), state: 'uploading' });
  for (const chunkIndex of [0, 1]) {
    await queue.addChunk(db, { sessionId: 'room', chunkIndex, totalChunks: 3, data: filled(1000, 1), uploadMethod: 'tus', metadata: { recordingName: 'a', format: 'webm' } });
    await queue.acknowledge(db, chunkId('room', chunkIndex), false, 'room');
  }
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = () => { throw new DOMException('', 'QuotaExceededError'); };
  try {
    expect(await queue.dropAcknowledged(db, 1500)).toBe(2000);
    expect(await queue.dropAcknowledged(db, 1500)).toBe(0);
  } finally {
    IDBObjectStore.prototype.put = put;
  }
  expect(await db.getAllKeys('chunk_data')).toEqual([]);
});

const WRITES: [string, () => Promise<unknown>][] = [
  ['createSession', () => queue.createSession(db, session('other'))],
  ['appendPart', () => queue.appendPart(db, 'live', filled(10, 1), 1)],
  ['appendPart with a cut', () => queue.appendPart(db, 'live', filled(CHUNK_SIZE, 1), 1)],
  ['finishRecording', () => queue.finishRecording(db, 'live', false)],
  ['addChunk', () => small(9)],
  ['updateSession', () => queue.updateSession(db, 's', () => {})],
  ['updateItem', () => queue.updateItem(db, chunkId('s', 0), () => {})],
  ['bury', () => queue.bury(db, chunkId('s', 0), { code: '413', message: '', at: 0 })],
  ['requeue', () => queue.requeue(db, 's', () => true, true)],
  ['dropSession', () => queue.dropSession(db, 's', () => {})],
];

test.each(WRITES)('%s says that the storage is full whichever of its writes that fails, and leaves everything as it was', async (_name, write) => {
  await queue.createSession(db, session('live'));
  await queue.appendPart(db, 'live', filled(10, 1), 1);
  for (const chunkIndex of [0, 1, 2]) await small(chunkIndex);
  const everything = (): Promise<unknown> => Promise.all((['upload_queue', 'chunk_data', 'parts', 'sessions'] as const).map((store) => db.getAll(store)));
  const before = await everything();
  for (let failing = 0; ; ++failing) {
    let puts = 0;
    const allow = refusePuts(() => (puts++ === failing ? full() : null));
    const error = await write().then(() => null, (reason: unknown) => reason);
    allow();
    if (puts <= failing) break;
    expect(queue.isFull(error), `write ${failing}: ${String(error)}`).toBe(true);
    expect(await everything()).toEqual(before);
  }
});
