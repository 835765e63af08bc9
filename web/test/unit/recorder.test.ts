// What is on the disk is always a beginning of what was recorded: nothing is left out of the middle, whatever the storage refuses.
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { held, unsaved } from '../../src/page/recorder.ts';
import { CHUNK_SIZE } from '../../src/shared/protocol.ts';
import { property } from '../support/random.ts';
import { pass, record, stored, stubRecording, turns, type Recording } from '../support/recorder.ts';
import { full, refusePuts } from '../support/refuse.ts';

let allow: () => void = () => {};
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  stubRecording();
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(() => {
  allow();
  unsaved.clear();
  held.clear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const bytes = (size: number, value: number): Uint8Array<ArrayBuffer> => new Uint8Array(size).fill(value);

async function inMemory({ recorder }: Recording): Promise<Buffer> {
  return Buffer.from(await new Blob(unsaved.get(recorder.sessionId) ?? []).arrayBuffer());
}

test('a blob the full storage refuses is not overtaken by a smaller one, and comes first when there is room', async () => {
  const recording = await record();
  const { db, recorder, media, events } = recording;
  allow = refusePuts((store, value) => (store === 'parts' && (value as ArrayBuffer).byteLength > 10_000 ? full() : null));
  const given = [bytes(100, 1), bytes(16_000, 2), bytes(4_000, 3)];
  media.give(given[0]!);
  media.give(given[1]!);
  await pass(62);
  media.give(given[2]!);
  await pass(2);
  const whole = Buffer.concat(given);
  expect(Buffer.concat([await stored(db, recorder.sessionId), await inMemory(recording)]).equals(whole)).toBe(true);
  // Ended by itself after half a minute, told once, and not closed: what is in memory belongs to it.
  expect(events.stopped.mock.calls).toEqual([[{ sessionId: recorder.sessionId, kept: true, reason: 'storage' }]]);
  expect(held.has(recorder.sessionId)).toBe(true);
  expect((await db.get('sessions', recorder.sessionId))?.state).toBe('recording');
  allow();
  await pass(6);
  expect(await db.get('sessions', recorder.sessionId)).toMatchObject({ state: 'uploading', bytes: whole.length, totalChunks: 1 });
  expect((await stored(db, recorder.sessionId)).equals(whole)).toBe(true);
  expect(unsaved.size + held.size).toBe(0);
  expect(events.stopped).toHaveBeenCalledOnce();
  expect(events.cut).toHaveBeenCalled();
});

test('an error of any other kind ends the recording and leaves no hole before its last blob', async () => {
  const { db, recorder, media, events } = await record();
  media.give(bytes(100, 1));
  await turns();
  let once = true;
  allow = refusePuts((store) => {
    if (store !== 'parts' || !once) return null;
    once = false;
    return new DOMException('', 'UnknownError');
  });
  media.give(bytes(200, 2));
  media.give(bytes(50, 3));
  await turns();
  expect(events.stopped).toHaveBeenCalledWith({ sessionId: recorder.sessionId, kept: true, reason: 'error' });
  expect((await stored(db, recorder.sessionId)).equals(Buffer.concat([bytes(100, 1), bytes(200, 2), bytes(50, 3)]))).toBe(true);
  expect((await db.get('sessions', recorder.sessionId))?.state).toBe('uploading');
});

test('storages that refuse what they like: the disk and the memory together are what was recorded', () => property(12, async (random) => {
  const recording = await record();
  const { db, recorder, media } = recording;
  let refusing = false;
  allow = refusePuts((store) => (refusing && store === 'parts' ? (random.int(0, 3) > 0 ? full() : new DOMException('', 'UnknownError')) : null));
  const given: Uint8Array<ArrayBuffer>[] = [];
  for (let i = 1; i <= 8 && media.state === 'recording'; ++i) {
    refusing = random.int(0, 2) === 0;
    given.push(bytes(random.int(0, 400_000), i));
    media.give(given.at(-1)!);
    await pass(random.int(0, 70));
    expect(Buffer.concat([await stored(db, recorder.sessionId), await inMemory(recording)]).equals(Buffer.concat(given))).toBe(true);
  }
  refusing = false;
  if (media.state === 'recording') recorder.stop();
  await pass(10);
  const whole = Buffer.concat(given);
  allow();
  expect((await stored(db, recorder.sessionId)).equals(whole)).toBe(true);
  const session = await db.get('sessions', recorder.sessionId);
  if (whole.length > 0) expect(session).toMatchObject({ state: 'uploading', totalChunks: Math.ceil(whole.length / CHUNK_SIZE) });
}), 60_000);
