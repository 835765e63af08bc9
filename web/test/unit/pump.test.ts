// What the uploader asks the server, and when.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Pump } from '../../src/sw/pump.ts';
import { addChunk, endWorld, item, pass, problem, session, world, type World } from '../support/worker.ts';

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
