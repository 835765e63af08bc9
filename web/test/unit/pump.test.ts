// What the uploader asks the server, and when.
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as queue from '../../src/shared/queue.ts';
import { Pump } from '../../src/sw/pump.ts';
import { addChunk, endWorld, fullStorage, item, pass, problem, session, world, type World } from '../support/worker.ts';

let w: World;
let pump: Pump;
beforeEach(async () => {
  w = await world();
  pump = new Pump({ db: w.db, emit: (event) => w.events.push(event), log: (line) => w.log.push(line) });
});
afterEach(endWorld);

test('a chunk is sent, acknowledged, and its session complete when it is assembled', async () => {
  await addChunk(w.db, 's', 0, 1);
  void pump.processUploads();
  await pass(1_000);
  expect(await session(w.db, 's')).toMatchObject({ state: 'complete', ackedChunks: 1 });
  expect(w.asked.map(({ verb }) => verb)).toEqual(['POST', 'PATCH', 'GET']);
});

test('a chunk without bytes is lost only when the server says that it has none', async () => {
  const id = await addChunk(w.db, 's', 0);
  await w.db.delete('chunk_data', id);
  const answers = [problem(503), problem(429, { 'Retry-After': '3' }), new Response(null, { headers: { 'Upload-Offset': '1000' } })];
  w.server.push(({ verb }) => (verb === 'HEAD' ? answers.shift() : undefined));
  void pump.processUploads();
  await pass(20_000);
  expect(await item(w.db, id)).toMatchObject({ status: 'acked' });
  expect(w.asked).toHaveLength(3);
});

test('a chunk without bytes of which the server knows nothing is lost', async () => {
  const id = await addChunk(w.db, 's', 0);
  await w.db.delete('chunk_data', id);
  void pump.processUploads();
  await pass(1_000);
  expect(await item(w.db, id)).toMatchObject({ status: 'dead', lastError: { code: 'lost' } });
});

test('what a dead worker was sending is sent by the next one, though the storage is full', async () => {
  const id = await addChunk(w.db, 's', 0, 1);
  await queue.updateItem(w.db, id, (row) => { row.status = 'sending'; });
  const storage = fullStorage();
  void pump.processUploads();
  await pass(1_000);
  expect(w.asked.map(({ verb }) => verb)).toEqual(['POST', 'PATCH']);
  expect(await w.db.count('chunk_data')).toBe(0);
  storage.restore();
  await pass(1_000);
  expect((await session(w.db, 's')).state).toBe('complete');
});

test.each([[503, 'retry'], [429, 'hold']])('a Retry-After of a %i is kept while the storage is full', async (status) => {
  await addChunk(w.db, 's', 0, 1);
  w.server.push(({ verb }) => (verb === 'POST' ? problem(status, { 'Retry-After': '100' }) : undefined));
  const storage = fullStorage();
  void pump.processUploads();
  await pass(99_000, 500);
  expect(w.asked).toHaveLength(1);
  await pass(3_000);
  expect(w.asked.length).toBeGreaterThan(1);
  storage.restore();
});

test('while the storage is full waits become longer, and the fallback is found', async () => {
  await addChunk(w.db, 's', 0, 1);
  const times: number[] = [];
  w.server.push(({ verb, path, at }) => {
    if (path === '/upload/chunk') times.push(at);
    return verb === 'POST' ? problem(path === '/upload/chunk' ? 500 : 405) : undefined;
  });
  const storage = fullStorage();
  void pump.processUploads();
  // After 2, 4, 8, 16 s and then 32, each a fifth more or less.
  await pass(45_000);
  expect(times).toHaveLength(5);
  storage.restore();
});

test('a chunk that is refused while the storage is full is not sent again and again', async () => {
  await addChunk(w.db, 's', 0, 1);
  w.server.push(({ verb }) => (verb === 'POST' ? problem(413) : undefined));
  const storage = fullStorage();
  void pump.processUploads();
  await pass(30_000);
  expect(w.asked).toHaveLength(1);
  storage.restore();
});

test('a lost connection is told though the storage is full, and what waited goes at once when it is back', async () => {
  await addChunk(w.db, 's', 0, 1);
  let down = true;
  w.server.push(() => { if (down) throw new TypeError('Failed to fetch'); return undefined; });
  const storage = fullStorage();
  void pump.processUploads();
  await pass(1_000);
  expect(w.events.map(({ type }) => type)).toContain('offline');
  await pass(60_000, 500);
  down = false;
  await pass(6_000);
  expect(await w.db.count('chunk_data')).toBe(0);
  storage.restore();
});

const creations = (index: number): number[] => w.asked
  .filter(({ verb, headers }) => verb === 'POST' && headers['Upload-Metadata']?.includes(`chunkIndex ${btoa(String(index))}`)).map(({ at }) => (at - 1e12) / 1000);
const ofChunk = ({ headers }: { headers: Record<string, string> }, index: number): boolean => headers['Upload-Metadata']?.includes(`chunkIndex ${btoa(String(index))}`) ?? false;

test('a Retry-After outlasts a connection that was lost meanwhile', async () => {
  await addChunk(w.db, 's', 0);
  let down = false;
  w.server.push((asked) => {
    if (down) throw new TypeError('Failed to fetch');
    return asked.verb === 'POST' && ofChunk(asked, 0) && creations(0).length === 1 ? problem(503, { 'Retry-After': '300' }) : undefined;
  });
  void pump.processUploads();
  await pass(1_000);
  down = true;
  await addChunk(w.db, 's', 1);
  pump.wake();
  await pass(2_000);
  expect(pump.offline).toBe(true);
  down = false;
  await pass(10_000);
  expect(await item(w.db, 's_1')).toMatchObject({ status: 'acked' });
  expect(creations(0)).toHaveLength(1);
  await pass(300_000, 1_000);
  expect(await item(w.db, 's_0')).toMatchObject({ status: 'acked' });
});

test('a server that refuses with 429 and names no wait is asked less and less often', async () => {
  await addChunk(w.db, 's', 0);
  w.server.push(({ verb }) => (verb === 'POST' ? problem(429) : undefined));
  void pump.processUploads();
  // After 2, 4, 8, 16 s and then 32, each a fifth more or less.
  await pass(45_000, 500);
  expect(creations(0)).toHaveLength(5);
  expect(await item(w.db, 's_0')).toMatchObject({ retryCount: 5, conflicts: 0 });
});

test('a 429 that names its wait counts neither as a retry nor as a conflict', async () => {
  await addChunk(w.db, 's', 0);
  w.server.push(({ verb }) => (verb === 'POST' ? problem(429, { 'Retry-After': '1' }) : undefined));
  void pump.processUploads();
  await pass(10_000);
  expect(creations(0).length).toBeGreaterThan(5);
  expect(await item(w.db, 's_0')).toMatchObject({ retryCount: 0, conflicts: 0 });
});

test('of two waits the server names for a session the longer one holds', async () => {
  await addChunk(w.db, 's', 0);
  await addChunk(w.db, 's', 1);
  const waits = ['100', '2'];
  w.server.push(({ verb }) => (verb === 'POST' && waits.length > 0 ? problem(429, { 'Retry-After': waits.shift() ?? '' }) : undefined));
  void pump.processUploads();
  await pass(99_000, 500);
  expect(w.asked).toHaveLength(2);
  await pass(3_000);
  expect(await session(w.db, 's')).toMatchObject({ ackedChunks: 2 });
});

test('control characters of a name are sent as spaces, by either way', async () => {
  await addChunk(w.db, 's', 0, null, 'a\tb\r\nü\u007f.webm');
  await addChunk(w.db, 's', 1, 2, 'a\tb.webm');
  await queue.updateItem(w.db, 's_1', (row) => { row.uploadMethod = 'custom'; });
  await queue.updateSession(w.db, 's', (record) => { record.name = 'a\u0000b.webm'; });
  void pump.processUploads();
  await pass(2_000);
  const name = w.asked.map(({ headers }) => /recordingName ([^,]+)/.exec(headers['Upload-Metadata'] ?? '')?.[1]).find((found) => found !== undefined);
  expect(Buffer.from(name ?? '', 'base64').toString()).toBe('a b  ü .webm');
  const form = w.asked.find(({ path }) => path === '/upload/chunk')?.body as FormData;
  expect(form.get('file_name')).toBe('a b.webm');
  const told = w.asked.find(({ path }) => path === '/recording/complete')?.body;
  expect(JSON.parse(String(told))).toMatchObject({ file_name: 'a b.webm' });
});
