// A file from disk goes the same way as a recording: into the database first, so that it is sent even if the page is closed.
import type { Database } from '../shared/db.ts';
import { fileChunks } from '../shared/cutter.ts';
import { formatOf } from '../shared/format.ts';
import { CHUNK_SIZE, recordingLock } from '../shared/protocol.ts';
import type { NewChunk, UploadMethod } from '../shared/protocol.ts';
import { addChunk, createSession, dropAcknowledged, isFull, updateSession } from '../shared/queue.ts';

/** How far reading runs ahead of sending; a file larger than the browser's storage can still pass through. */
const AHEAD_MAX_BYTES = 256 * 1024 * 1024;
const ROOM_BYTES = 16 * 1024 * 1024;
const ROOM_POLL_MS = 500;
const ROOM_WAIT_MS = 15_000;

/** Resolves to the session id when the whole file is in the queue. `onChunk` is called after each chunk. */
export async function importFile(db: Database, file: File, uploadMethod: UploadMethod, onChunk: () => void, sessionId: string = crypto.randomUUID()): Promise<string> {
  const pieces = fileChunks(file.size, CHUNK_SIZE);
  if (pieces.length === 0) throw new Error(`${file.name} is empty`);
  const format = formatOf(file.type, file.name);
  const metadata = { recordingName: file.name, format };
  await navigator.locks.request(recordingLock(sessionId), async () => {
    await createSession(db, { id: sessionId, name: file.name, format, mimeType: file.type, kind: 'file', state: 'importing', uploadMethod, totalChunks: pieces.length });
    try {
      for (const [chunkIndex, { start, end }] of pieces.entries()) {
        const data = await file.slice(start, end).arrayBuffer();
        if (!(await roomFor(db, sessionId))) return;
        const kept = await keep(db, { sessionId, chunkIndex, totalChunks: pieces.length, data, uploadMethod, metadata });
        if (!kept) return;
        onChunk();
      }
    } catch (error) {
      const message = error instanceof Error ? error.message || error.name : String(error);
      await updateSession(db, sessionId, (session) => Object.assign(session, { state: 'failed', error: { code: 'import', message, at: Date.now() } }));
      throw error;
    }
  });
  return sessionId;
}

/**
 * Storage that is full gives up what the server has acknowledged, oldest first, and waits for more to be acknowledged. The import
 * ends only when nothing came free for a while. False when the session was cancelled meanwhile: a chunk must not bring it back.
 */
async function keep(db: Database, chunk: NewChunk): Promise<boolean> {
  for (let since = performance.now(); ;) {
    try {
      return await addChunk(db, chunk, false);
    } catch (error) {
      if (!isFull(error)) throw error;
      if ((await dropAcknowledged(db, ROOM_BYTES)) > 0) since = performance.now();
      // A full storage also makes every attempt slow: time is what counts here, not attempts.
      else if (performance.now() - since > ROOM_WAIT_MS) throw new Error('This device’s storage is full, and nothing of it could be sent to make room. Free some space and choose the file again.');
      await new Promise((resolve) => { setTimeout(resolve, ROOM_POLL_MS); });
    }
  }
}

/** False when the session was cancelled meanwhile. */
async function roomFor(db: Database, sessionId: string): Promise<boolean> {
  for (;;) {
    const session = await db.get('sessions', sessionId);
    if (!session) return false;
    if (session.bytes - session.ackedBytes < AHEAD_MAX_BYTES) return true;
    await new Promise((resolve) => { setTimeout(resolve, 250); });
  }
}
