// From the last acknowledgement to "the recording is there".
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as queue from '../../src/shared/queue.ts';
import { Pump } from '../../src/sw/pump.ts';
import { addChunk, endWorld, json, pass, problem, session, world, type World } from '../support/worker.ts';

let w: World;
beforeEach(async () => { w = await world(); });
afterEach(endWorld);

function start(): void {
  const pump = new Pump({ db: w.db, emit: (event) => w.events.push(event), log: (line) => w.log.push(line) });
  void pump.processUploads();
}
async function sent(change: (record: { renamed: boolean; usedCustom: boolean; name: string }) => void): Promise<string> {
  const id = await addChunk(w.db, 's', 0, 1);
  await queue.acknowledge(w.db, id, false, 's');
  await queue.updateSession(w.db, 's', change);
  return id;
}
const names = (): unknown[] => w.asked.filter(({ path }) => path === '/recording/complete').map(({ body }) => (JSON.parse(String(body)) as { file_name: string }).file_name);

test.each([400, 404, 410, 500])('a name that is refused with %i does not keep the recording from being complete', async (status) => {
  await sent((record) => { record.renamed = true; });
  w.server.push(({ path }) => (path === '/recording/complete' ? problem(status) : undefined));
  start();
  await pass(10_000);
  expect((await session(w.db, 's')).state).toBe('complete');
});

test('a session the server forgot is sent again though its name can be told to nobody', async () => {
  const id = await sent((record) => { record.usedCustom = true; });
  let forgotten = true;
  w.server.push(({ verb, path }) => {
    if (verb === 'PATCH') forgotten = false;
    return forgotten && (path === '/recording/complete' || path.endsWith('/status')) ? problem(404) : undefined;
  });
  start();
  await pass(10_000);
  expect(w.asked.some(({ verb, path }) => verb === 'PATCH' && path.includes('/s/'))).toBe(true);
  expect(await session(w.db, 's')).toMatchObject({ state: 'complete' });
  expect(await w.db.get('upload_queue', id)).toBeUndefined();
});

test('a name is told again to a server that was busy', async () => {
  await sent((record) => { record.renamed = true; record.name = 'b'; });
  const answers = [problem(503), problem(429)];
  w.server.push(({ path }) => (path === '/recording/complete' ? answers.shift() : undefined));
  start();
  await pass(10_000);
  expect(names()).toEqual(['b', 'b', 'b']);
  expect((await session(w.db, 's')).state).toBe('complete');
});

const failed = { state: 'failed', error: 'no descriptors', missing_chunks: [], recording: null };

test('an assembly that failed and is made a moment later is not told as failed', async () => {
  await sent(() => {});
  w.server.push(({ path }) => (path.endsWith('/status') ? json(failed) : undefined));
  start();
  await pass(7_000);
  expect((await session(w.db, 's')).state).toBe('assembling');
  w.server.length = 0;
  await pass(7_000);
  expect(await session(w.db, 's')).toMatchObject({ state: 'complete', error: null });
});

test('an assembly that fails after a long wait is looked at again, too', async () => {
  await sent(() => {});
  let state = 'assembling';
  w.server.push(({ path }) => (path.endsWith('/status') ? json({ ...failed, state }) : undefined));
  start();
  await pass(60_000);
  state = 'failed';
  await pass(11_000);
  expect((await session(w.db, 's')).state).toBe('assembling');
  w.server.length = 0;
  await pass(6_000);
  expect((await session(w.db, 's')).state).toBe('complete');
});

test('an assembly that goes on failing is told after a quarter of a minute', async () => {
  await sent(() => {});
  w.server.push(({ path }) => (path.endsWith('/status') ? json(failed) : undefined));
  start();
  await pass(15_000);
  expect(await session(w.db, 's')).toMatchObject({ state: 'failed', error: { code: 'assembly', message: 'no descriptors' } });
});

test('a portal that answers for the server is asked with the usual waits', async () => {
  await sent(() => {});
  w.server.push(({ path }) => (path.endsWith('/status') ? new Response('<h1>Log in</h1>') : undefined));
  start();
  await pass(10_000);
  // After 0, 0.3, 0.8, 1.8, 3.8 and 8.8 s.
  expect(w.asked.filter(({ path }) => path.endsWith('/status'))).toHaveLength(6);
  w.server.length = 0;
  await pass(6_000);
  expect((await session(w.db, 's')).state).toBe('complete');
});

test('an error of the database is tried again after two seconds, not at once', async () => {
  await sent(() => {});
  const { put } = IDBObjectStore.prototype;
  let refusals = 0;
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function write(this: IDBObjectStore, ...args) {
    if (this.name !== 'sessions') return put.apply(this, args);
    refusals += 1;
    throw new DOMException('', 'UnknownError');
  });
  start();
  await pass(5_000);
  expect(refusals).toBe(3);
});

test('a name given while the recording is put together is told', async () => {
  await sent((record) => { record.renamed = true; record.name = 'b'; });
  let assembled = false;
  w.server.push(({ path }) => (path.endsWith('/status') && !assembled ? json({ state: 'assembling', total_chunks: 1, missing_chunks: [] }) : undefined));
  start();
  await pass(1_000);
  await queue.updateSession(w.db, 's', (record) => { record.name = 'c'; });
  assembled = true;
  await pass(10_000);
  expect(names()).toEqual(['b', 'c']);
  expect(await session(w.db, 's')).toMatchObject({ state: 'complete', name: 'c' });
});
