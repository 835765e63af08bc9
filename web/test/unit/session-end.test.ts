// What fails on the server while a recording runs never keeps a byte from the disk, and everything is sent when the user wishes it.
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { held, unsaved } from '../../src/page/recorder.ts';
import { openDatabase, type Database } from '../../src/shared/db.ts';
import { CHUNK_SIZE, type SessionRecord } from '../../src/shared/protocol.ts';
import * as queue from '../../src/shared/queue.ts';
import { Completion } from '../../src/sw/completion.ts';
import { Engine } from '../../src/sw/engine.ts';
import type { Remote } from '../../src/sw/remote.ts';
import { pass, record, ScriptedMedia, stored, stubRecording, turns } from '../support/recorder.ts';

let db: Database;
beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory();
  db = await openDatabase();
});
afterEach(() => {
  unsaved.clear();
  held.clear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const bytes = (size: number, value: number): Uint8Array<ArrayBuffer> => new Uint8Array(size).fill(value);
const cancelled: Remote = { kind: 'gone', reason: 'cancelled' };
const get = async (id: string): Promise<SessionRecord> => (await db.get('sessions', id))!;
const engine = (): Promise<Engine> => Engine.open({ log: () => {} });

async function endOnServer(id: string, remote: Remote = cancelled): Promise<void> {
  const completion = new Completion({ db, emit: () => {}, log: () => {} }, () => {}, () => {});
  await completion.startAnew(await get(id), remote);
}

test('cancelled on the server while the microphone runs: every further second is kept, and sent again as a new session', async () => {
  stubRecording();
  const { recorder, media, events } = await record();
  const id = recorder.sessionId;
  const given = [bytes(CHUNK_SIZE + 10, 1), bytes(20, 2), bytes(CHUNK_SIZE, 3)];
  media.give(given[0]!);
  await turns();
  await queue.updateItem(db, `${id}_0`, (row) => { row.status = 'acked'; });
  await queue.updateSession(db, id, (session) => Object.assign(session, { ackedChunks: 1, ackedBytes: CHUNK_SIZE }));
  await endOnServer(id);
  expect(await get(id)).toMatchObject({ state: 'recording', error: { code: 'cancelled' } });
  expect(await queue.nextOf(db, id, 9)).toBeNull();
  media.give(given[1]!);
  media.give(given[2]!);
  await turns();
  expect(events.saved).toHaveBeenCalledTimes(3);
  recorder.stop();
  await pass(1);
  const whole = Buffer.concat(given);
  expect((await stored(db, id)).equals(whole)).toBe(true);
  expect(await get(id)).toMatchObject({ state: 'failed', bytes: whole.length, chunks: 3, totalChunks: 3, error: { code: 'cancelled' } });
  await (await engine()).handle({ type: 'resend', sessionId: id });
  const again = await get(id);
  expect(again).toMatchObject({ state: 'uploading', error: null, ackedChunks: 0 });
  expect(again.remoteId).not.toBe(id);
  expect((await queue.nextOf(db, id, 9))?.due).toHaveLength(3);
});

test.each(['resend', 'retry'] as const)('%s while it still records leaves it recording', async (type) => {
  stubRecording();
  const { recorder, media } = await record();
  media.give(bytes(CHUNK_SIZE + 10, 1));
  await turns();
  await endOnServer(recorder.sessionId);
  await (await engine()).handle({ type, sessionId: recorder.sessionId });
  expect(await get(recorder.sessionId)).toMatchObject({ state: 'recording', error: null });
  expect((await queue.nextOf(db, recorder.sessionId, 9))?.due).toHaveLength(1);
  media.give(bytes(5, 2));
  recorder.stop();
  await pass(1);
  expect(await get(recorder.sessionId)).toMatchObject({ state: 'uploading', totalChunks: 2, bytes: CHUNK_SIZE + 15 });
});

test('a recording that was given up unfinished is closed with its tail when it is tried again', async () => {
  stubRecording();
  await queue.createSession(db, { id: 'old', name: 'a', format: 'webm', mimeType: '', kind: 'microphone', state: 'recording', uploadMethod: 'tus' });
  await queue.appendPart(db, 'old', bytes(10, 1).buffer, 1);
  await queue.updateSession(db, 'old', (session) => Object.assign(session, { state: 'failed', error: { code: 'lost', message: '', at: 0 } }));
  await (await engine()).handle({ type: 'retry', sessionId: 'old' });
  // As any recording without a tab it is found and closed.
  expect((await get('old')).state).toBe('recording');
  expect(await queue.finishRecording(db, 'old', true)).toMatchObject({ state: 'uploading', totalChunks: 1 });
});

test('a file cancelled on the server while it is read has failed when it is read, and is sent again whole', async () => {
  stubRecording();
  const chunk = (chunkIndex: number): Promise<unknown> => queue.addChunk(db, {
    sessionId: 'f', chunkIndex, totalChunks: 2, data: bytes(5, 1).buffer, uploadMethod: 'tus', metadata: { recordingName: 'a', format: 'webm' },
  });
  await queue.createSession(db, { id: 'f', name: 'a', format: 'webm', mimeType: '', kind: 'file', state: 'importing', uploadMethod: 'tus', totalChunks: 2 });
  await chunk(0);
  await endOnServer('f');
  expect(await get('f')).toMatchObject({ state: 'importing', error: { code: 'cancelled' } });
  await chunk(1);
  expect((await get('f')).state).toBe('failed');
  await (await engine()).handle({ type: 'resend', sessionId: 'f' });
  expect((await get('f')).state).toBe('uploading');
  expect((await queue.nextOf(db, 'f', 9))?.due).toHaveLength(2);
});

test('deleted while it runs: the recording ends, says so, and counts nothing more as saved', async () => {
  stubRecording();
  const { recorder, media, events } = await record();
  media.give(bytes(10, 1));
  await turns();
  await queue.dropSession(db, recorder.sessionId);
  media.give(bytes(10, 2));
  await pass(1);
  expect(ScriptedMedia.last.state).toBe('inactive');
  expect(events.saved).toHaveBeenCalledOnce();
  expect(events.stopped.mock.calls).toEqual([[{ sessionId: recorder.sessionId, kept: false, reason: 'closed' }]]);
  expect(unsaved.size).toBe(0);
});

test('ended by somebody else while it runs: what the session no longer takes stays in memory for a copy', async () => {
  stubRecording();
  const { recorder, media, events } = await record();
  media.give(bytes(10, 1));
  await turns();
  await queue.finishRecording(db, recorder.sessionId, true);
  media.give(bytes(10, 2));
  await pass(1);
  expect(events.saved).toHaveBeenCalledOnce();
  expect(events.stopped.mock.calls).toEqual([[{ sessionId: recorder.sessionId, kept: true, reason: 'closed' }]]);
  expect(unsaved.get(recorder.sessionId)).toHaveLength(1);
});
