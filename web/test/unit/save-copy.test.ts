// A saved copy is everything that was recorded until then, whatever happens while it is made, and says when it is not.
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unsaved } from '../../src/page/recorder.ts';
import { copyOf } from '../../src/page/save-copy.ts';
import { openDatabase, type Database } from '../../src/shared/db.ts';
import { CHUNK_SIZE, chunkId } from '../../src/shared/protocol.ts';
import * as queue from '../../src/shared/queue.ts';
import { turns } from '../support/recorder.ts';

let db: Database;
beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory();
  db = await openDatabase();
});
afterEach(() => { unsaved.clear(); });

const filled = (size: number, value: number): ArrayBuffer => new Uint8Array(size).fill(value).buffer;
const begin = (id: string): Promise<unknown> =>
  queue.createSession(db, { id, name: 'a', format: 'webm', mimeType: 'audio/webm', kind: 'microphone', state: 'recording', uploadMethod: 'tus' });
const copy = async (id: string): Promise<{ bytes: Buffer; missing: number[] }> => {
  const { blob, missing } = await copyOf(db, (await db.get('sessions', id))!);
  return { bytes: Buffer.from(await blob.arrayBuffer()), missing };
};

test('a chunk cut at any moment while the copy is made is in it once', async () => {
  for (let late = 0; late < 24; ++late) {
    const id = `s${late}`;
    await begin(id);
    // Some chunks are there already, so that reading them takes a while.
    const [before, blob] = [filled(3 * CHUNK_SIZE - 5, 1), filled(CHUNK_SIZE, 2)];
    await queue.appendPart(db, id, before, 1);
    const memory = [new Blob([blob])];
    unsaved.set(id, memory);
    const copying = copy(id);
    await turns(late);
    const appending = queue.appendPart(db, id, blob, 1).then(() => memory.shift());
    const { bytes, missing } = await copying;
    await appending;
    expect(bytes.equals(Buffer.concat([Buffer.from(before), Buffer.from(blob)])), `${late} turns late`).toBe(true);
    expect(missing).toEqual([]);
  }
});

test('a chunk whose bytes made room is named, and everything else is in the copy', async () => {
  await begin('s');
  await queue.appendPart(db, 's', filled(2 * CHUNK_SIZE + 7, 1), 1);
  await queue.updateItem(db, chunkId('s', 0), (row) => { row.status = 'acked'; });
  await queue.dropAcknowledged(db, 1);
  const { bytes, missing } = await copy('s');
  expect(missing).toEqual([0]);
  expect(bytes).toHaveLength(CHUNK_SIZE + 7);
});
