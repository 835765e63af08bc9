// What happens to sessions and chunks in the database, each change one transaction. A transaction that takes in recorded bytes
// is strict: when its promise resolves the bytes have been handed to the disk. Progress is relaxed: the server knows it anyway.
//
// Every transaction reads first, then writes, and awaits each write beside its end. Firefox and WebKit fail the write a full storage
// refuses, and all idb says of the transaction at that moment is AbortError; the write's own promise tells why, and tells it first.
import type { IDBPTransaction } from 'idb';
import { after } from './after.ts';
import { cut } from './cutter.ts';
import type { Database, WaveForgeSchema } from './db.ts';
import { CHUNK_SIZE, chunkId } from './protocol.ts';
import type { ChunkError, ChunkMetadata, NewChunk, QueueItem, SessionRecord, UploadMethod } from './protocol.ts';
import { isDue, RETRY_AFTER_MAX_MS } from './retry.ts';

const STRICT = { durability: 'strict' } as const;
const RELAXED = { durability: 'relaxed' } as const;
type Stores = ('upload_queue' | 'chunk_data' | 'parts' | 'sessions')[];
type Write = IDBPTransaction<WaveForgeSchema, Stores, 'readwrite'>;
const SETTLING: Exclude<Stores[number], 'parts'>[] = ['upload_queue', 'chunk_data', 'sessions'];
type Settling = IDBPTransaction<WaveForgeSchema, typeof SETTLING, 'readwrite'>;

export interface NewSession {
  id: string;
  name: string;
  format: string;
  mimeType: string;
  kind: SessionRecord['kind'];
  state: SessionRecord['state'];
  uploadMethod: UploadMethod;
  totalChunks?: number;
}

function sessionOf(session: NewSession): SessionRecord {
  return {
    ...session, totalChunks: session.totalChunks ?? null, remoteId: session.id, startedAt: Date.now(), finishedAt: null, durationMs: 0,
    bytes: 0, tailBytes: 0, nextPart: 0, chunks: 0, ackedChunks: 0, ackedBytes: 0, deadChunks: 0, usedCustom: false,
    fallbackUntil: 0, heldUntil: 0, heldAt: 0, paused: false, interrupted: false, noticed: false, renamed: false, error: null,
  };
}

function itemOf(session: SessionRecord, chunkIndex: number, size: number, totalChunks: number | null, metadata: ChunkMetadata): QueueItem {
  return {
    id: chunkId(session.id, chunkIndex), sessionId: session.id, chunkIndex, totalChunks, size, uploadMethod: session.uploadMethod,
    status: 'queued', retryCount: 0, nextRetryAt: 0, savedAt: 0, addedAt: Date.now(), attempted: false, offset: 0, conflicts: 0,
    dropped: false, lastError: null, metadata,
  };
}

export async function createSession(db: Database, session: NewSession): Promise<SessionRecord> {
  const record = sessionOf(session);
  const tx = db.transaction('sessions', 'readwrite', STRICT);
  await Promise.all([tx.store.add(record), tx.done]);
  return record;
}

const partsOf = (sessionId: string): IDBKeyRange => IDBKeyRange.bound([sessionId, 0], [sessionId, Number.MAX_SAFE_INTEGER]);

function putChunks(tx: Write, session: SessionRecord, chunks: readonly ArrayBuffer[], last: boolean): Promise<unknown>[] {
  return chunks.flatMap((data, i) => {
    const index = session.chunks++;
    const isLast = last && i === chunks.length - 1;
    if (isLast) session.totalChunks = session.chunks;
    const metadata: ChunkMetadata = { recordingName: session.name, format: session.format };
    if (isLast && session.durationMs > 0) metadata.durationMs = Math.round(session.durationMs);
    const item = itemOf(session, index, data.byteLength, isLast ? session.totalChunks : null, metadata);
    return [tx.objectStore('upload_queue').put(item), tx.objectStore('chunk_data').put(data, item.id)];
  });
}

/**
 * Takes one blob of a running recording in. When more than a chunk is held the same transaction cuts it, deletes the parts and
 * keeps the rest, so that no crash sees half of that. Resolves to the number of chunks cut, null when the session was closed.
 * `at` is where in the recording the blob belongs: one tried again because its end was not heard of is not taken in twice.
 */
export async function appendPart(db: Database, sessionId: string, data: ArrayBuffer, durationMs: number, at?: number): Promise<number | null> {
  const tx = db.transaction(['upload_queue', 'chunk_data', 'parts', 'sessions'] as Stores, 'readwrite', STRICT);
  const sessions = tx.objectStore('sessions');
  const session = await sessions.get(sessionId);
  if (!session || session.state !== 'recording') {
    await tx.done;
    return null;
  }
  if (at !== undefined && session.bytes > at) {
    await tx.done;
    return 0;
  }
  session.bytes += data.byteLength;
  session.durationMs = durationMs;
  const parts = tx.objectStore('parts');
  const writes: Promise<unknown>[] = [];
  let made = 0;
  if (session.tailBytes + data.byteLength > CHUNK_SIZE) {
    const held = await parts.getAll(partsOf(sessionId));
    const { chunks, rest } = cut([...held, data], CHUNK_SIZE, false);
    made = chunks.length;
    writes.push(...putChunks(tx, session, chunks, false), parts.delete(partsOf(sessionId)));
    if (rest) writes.push(parts.put(rest, [sessionId, session.nextPart++]));
    session.tailBytes = rest?.byteLength ?? 0;
  } else if (data.byteLength > 0) {
    writes.push(parts.put(data, [sessionId, session.nextPart++]));
    session.tailBytes += data.byteLength;
  }
  await Promise.all([...writes, sessions.put(session), tx.done]);
  return made;
}

/** Ends a recording: its tail becomes the last chunk and the total is known. A recording without a byte is forgotten. */
export async function finishRecording(db: Database, sessionId: string, interrupted: boolean): Promise<SessionRecord | null> {
  const tx = db.transaction(['upload_queue', 'chunk_data', 'parts', 'sessions'] as Stores, 'readwrite', STRICT);
  const sessions = tx.objectStore('sessions');
  const session = await sessions.get(sessionId);
  if (!session || session.state !== 'recording') {
    await tx.done;
    return session ?? null;
  }
  if (session.bytes === 0) {
    await Promise.all([sessions.delete(sessionId), tx.done]);
    return null;
  }
  const held = await tx.objectStore('parts').getAll(partsOf(sessionId));
  const writes = putChunks(tx, session, cut(held, CHUNK_SIZE, true).chunks, true);
  Object.assign(session, { tailBytes: 0, state: session.error ? 'failed' : 'uploading', finishedAt: Date.now(), interrupted });
  await Promise.all([...writes, tx.objectStore('parts').delete(partsOf(sessionId)), sessions.put(session), tx.done]);
  return session;
}

/**
 * Nothing more is sent until the user wishes it. What is being recorded or read goes on coming in all the same, and ends as failed:
 * a session in any other state would not take its bytes.
 */
export function fail(session: SessionRecord, code: string, message: string): void {
  session.error = { code, message, at: Date.now() };
  if (session.state !== 'recording' && session.state !== 'importing') session.state = 'failed';
}

/** Sends again what failed. A recording without its last chunk is still one: it goes on, or has lost its tab and is closed. */
export function resume(session: SessionRecord): void {
  session.error = null;
  if (session.state !== 'recording' && session.state !== 'importing') {
    session.state = session.kind === 'microphone' && session.totalChunks === null ? 'recording' : 'uploading';
  }
}

/** Queues one chunk whose place is known. A session that is not there is opened if it may be; false if it may not. */
export async function addChunk(db: Database, chunk: NewChunk, mayOpen = true): Promise<boolean> {
  const tx = db.transaction(['upload_queue', 'chunk_data', 'parts', 'sessions'] as Stores, 'readwrite', STRICT);
  const sessions = tx.objectStore('sessions');
  const found = await sessions.get(chunk.sessionId);
  if (!found && !mayOpen) {
    await tx.done;
    return false;
  }
  const record = found ?? sessionOf({
    id: chunk.sessionId, name: chunk.metadata.recordingName, format: chunk.metadata.format, mimeType: '', kind: 'file',
    state: 'uploading', uploadMethod: chunk.uploadMethod,
  });
  const id = chunkId(chunk.sessionId, chunk.chunkIndex);
  const before = await tx.objectStore('upload_queue').get(id);
  const item = { ...itemOf(record, chunk.chunkIndex, chunk.data.byteLength, chunk.totalChunks, chunk.metadata), uploadMethod: chunk.uploadMethod };
  const writes: Promise<unknown>[] = [];
  if (!before) {
    record.chunks += 1;
    record.bytes += item.size;
    writes.push(tx.objectStore('upload_queue').put(item), tx.objectStore('chunk_data').put(chunk.data, id));
  }
  if (chunk.totalChunks !== null) record.totalChunks = chunk.totalChunks;
  if (record.state === 'importing' && record.chunks === record.totalChunks) record.state = record.error ? 'failed' : 'uploading';
  await Promise.all([...writes, sessions.put(record), tx.done]);
  return true;
}

/** Changes one session in a transaction of its own; the change sees what the database holds, not what the caller read before. */
export async function updateSession(db: Database, sessionId: string, change: (session: SessionRecord) => void): Promise<SessionRecord | null> {
  const tx = db.transaction('sessions', 'readwrite', RELAXED);
  const session = await tx.store.get(sessionId);
  if (session) change(session);
  await Promise.all([session && tx.store.put(session), tx.done]);
  return session ?? null;
}

export async function updateItem(db: Database, id: string, change: (item: QueueItem) => void): Promise<QueueItem | null> {
  const tx = db.transaction('upload_queue', 'readwrite', RELAXED);
  const item = await tx.store.get(id);
  if (item) change(item);
  await Promise.all([item && tx.store.put(item), tx.done]);
  return item ?? null;
}

/**
 * Row and session counters change together. `pick` says which rows, in the same transaction; `change` edits a row, and the counters
 * follow from its status before and after. A session whose `also` says false is left as it is, with its rows.
 */
async function settle(db: Database, pick: (tx: Settling) => Promise<QueueItem[]>, change: (item: QueueItem) => void, also?: (session: SessionRecord) => unknown): Promise<SessionRecord | null> {
  const tx = db.transaction(SETTLING, 'readwrite', RELAXED);
  const items = await pick(tx);
  const session = items[0] && (await tx.objectStore('sessions').get(items[0].sessionId));
  const wanted = !session || also?.(session) !== false;
  const writes: Promise<unknown>[] = [];
  for (const item of wanted ? items : []) {
    const before = item.status;
    change(item);
    writes.push(tx.objectStore('upload_queue').put(item));
    if (!session) continue;
    const delta = Number(item.status === 'acked') - Number(before === 'acked');
    session.ackedChunks += delta;
    session.ackedBytes += delta * item.size;
    session.deadChunks += Number(item.status === 'dead') - Number(before === 'dead');
  }
  if (session && wanted) writes.push(tx.objectStore('sessions').put(session));
  await Promise.all([...writes, tx.done]);
  return (wanted && session) || null;
}

const ROOM_AFTER_MS = 300;

export const isFull = (error: unknown): boolean => error instanceof Error && error.name === 'QuotaExceededError';

/** For `catch` of what need not be written down when there is no room. */
export const unlessFull = (error: unknown): void => {
  if (!isFull(error)) throw error;
};

/**
 * Only what was sent under the id the session still has: a chunk queued again for another one is not there yet. A full storage refuses
 * even this small change. The bytes are given up first then, which is always allowed and makes room: the server has them. Waits until
 * the change could be written.
 */
export async function acknowledge(db: Database, id: string, byFallback: boolean, remoteId: string): Promise<SessionRecord | null> {
  for (let dropped = false; ;) {
    try {
      return await settle(db, (tx) => tx.objectStore('upload_queue').getAll(id),
        (item) => Object.assign(item, { status: 'acked', offset: item.size, lastError: null, conflicts: 0, dropped }),
        (session) => session.remoteId === remoteId && (session.usedCustom ||= byFallback, true));
    } catch (error) {
      unlessFull(error);
      dropped = true;
      const tx = db.transaction(SETTLING, 'readwrite', RELAXED);
      const item = await tx.objectStore('upload_queue').get(id);
      const session = item && (await tx.objectStore('sessions').get(item.sessionId));
      await Promise.all([session?.remoteId === remoteId && tx.objectStore('chunk_data').delete(id), tx.done]);
      await after(ROOM_AFTER_MS);
    }
  }
}

export const bury = (db: Database, id: string, error: ChunkError): Promise<SessionRecord | null> =>
  settle(db, (tx) => tx.objectStore('upload_queue').getAll(id), (item) => Object.assign(item, { status: 'dead', lastError: error }));

const REQUEUED = { status: 'queued', retryCount: 0, nextRetryAt: 0, conflicts: 0, lastError: null } as const;

/**
 * Puts chunks back in line and resolves to how many. `anew` forgets what the server had of them, so it takes only those whose bytes are
 * here: read in the same transaction, because bytes of acknowledged chunks are given up at any time.
 */
export async function requeue(db: Database, sessionId: string, which: (item: QueueItem) => boolean, anew: boolean,
  also?: (session: SessionRecord) => void): Promise<number> {
  let found: QueueItem[] = [];
  await settle(db, async (tx) => {
    const kept = new Set(await tx.objectStore('chunk_data').getAllKeys(IDBKeyRange.bound(chunkId(sessionId, 0), `${sessionId}_:`)));
    found = (await tx.objectStore('upload_queue').index('sessionId').getAll(sessionId)).filter((item) => which(item) && (!anew || kept.has(item.id)));
    return found;
  }, (item) => Object.assign(item, REQUEUED, anew ? { attempted: false, offset: 0 } : {}), also);
  if (found.length === 0 && also) await updateSession(db, sessionId, also);
  return found.length;
}

/** Takes every trace of a session from the device. `keepRecord` leaves its line in the list. */
export async function dropSession(db: Database, sessionId: string, keepRecord?: (session: SessionRecord) => void): Promise<void> {
  const tx = db.transaction(['upload_queue', 'chunk_data', 'parts', 'sessions'] as Stores, 'readwrite', RELAXED);
  const [rows, sessions] = [tx.objectStore('upload_queue'), tx.objectStore('sessions')];
  const [ids, session] = await Promise.all([rows.index('sessionId').getAllKeys(sessionId), sessions.get(sessionId)]);
  if (session) keepRecord?.(session);
  await Promise.all([
    ...ids.flatMap((id) => [rows.delete(id), tx.objectStore('chunk_data').delete(id)]), tx.objectStore('parts').delete(partsOf(sessionId)),
    session && keepRecord ? sessions.put(session) : sessions.delete(sessionId), tx.done,
  ]);
}

/**
 * Gives up bytes the server has acknowledged, oldest first. Resolves to the bytes freed. Rows are read and bytes deleted in one
 * transaction: a chunk that is queued again meanwhile keeps its bytes. Two transactions in all: a full storage allows the first, which
 * only deletes, and perhaps not yet the second, which notes it down.
 */
export async function dropAcknowledged(db: Database, wantedBytes: number): Promise<number> {
  const tx = db.transaction(['upload_queue', 'chunk_data'], 'readwrite', RELAXED);
  const acked = (await tx.objectStore('upload_queue').index('status').getAll('acked')).filter((item) => !item.dropped);
  acked.sort((a, b) => a.addedAt - b.addedAt);
  const data = tx.objectStore('chunk_data');
  const freed: QueueItem[] = [];
  let bytes = 0;
  for (const item of acked) {
    if (bytes >= wantedBytes) break;
    if ((await data.getKey(item.id)) === undefined) continue;
    bytes += item.size;
    freed.push(item);
    void data.delete(item.id);
  }
  await tx.done;
  for (const { id } of freed) await updateItem(db, id, (item) => { item.dropped = true; }).catch(unlessFull);
  return bytes;
}

const line = (status: QueueItem['status'], sessionId: string): IDBKeyRange =>
  IDBKeyRange.bound([status, sessionId, 0], [status, sessionId, Number.MAX_SAFE_INTEGER]);

export const queuedOf = (db: Database, sessionId: string, limit: number): Promise<QueueItem[]> =>
  db.getAllFromIndex('upload_queue', 'order', line('queued', sessionId), limit);

const sends = ({ paused, state, error }: SessionRecord): boolean => !paused && !error && (state === 'recording' || state === 'importing' || state === 'uploading');

/** Those that may have something to send; `nextOf` says of each what. */
export const sendingSessions = async (db: Database): Promise<string[]> => (await db.getAll('sessions')).filter(sends).map(({ id }) => id).sort();

export const isHeld = ({ heldUntil, heldAt }: SessionRecord, now: number): boolean => !isDue({ nextRetryAt: heldUntil, savedAt: heldAt }, now, RETRY_AFTER_MAX_MS);

export interface Next {
  session: SessionRecord;
  /**
   * What may be sent now, by place; of the chunks never tried at most `limit`. Those that are being sent are among them: what the
   * caller is not sending was left by a worker that died.
   */
  due: QueueItem[];
  /** Milliseconds until more is due, null when nothing will be. */
  waitMs: number | null;
}

/**
 * What a session has to send; null when it sends nothing for now. Session and chunks are read in one transaction, and the clock
 * after it: a clock read before would lie behind a wait that began while the rows were read, and a wait that begins in the future
 * counts as due, because it looks like a clock that was set back.
 */
export async function nextOf(db: Database, sessionId: string, limit: number): Promise<Next | null> {
  const tx = db.transaction(['upload_queue', 'sessions']);
  const order = tx.objectStore('upload_queue').index('order');
  const [session, waiting, sending, queued] = await Promise.all([
    tx.objectStore('sessions').get(sessionId), order.getAll(line('waiting', sessionId)), order.getAll(line('sending', sessionId)),
    order.getAll(line('queued', sessionId), limit),
  ]);
  const now = Date.now();
  if (!session || !sends(session)) return null;
  if (isHeld(session, now)) return { session, due: [], waitMs: session.heldUntil - now };
  const later = waiting.filter((item) => !isDue(item, now, RETRY_AFTER_MAX_MS));
  const due = [...waiting.filter((item) => !later.includes(item)), ...sending, ...queued].sort((a, b) => a.chunkIndex - b.chunkIndex);
  return { session, due, waitMs: later.length === 0 ? null : Math.min(...later.map((item) => item.nextRetryAt)) - now };
}

/** Chunks not yet acknowledged, dead ones aside. */
export async function countPending(db: Database): Promise<number> {
  const tx = db.transaction('upload_queue');
  const counts = await Promise.all((['queued', 'sending', 'waiting'] as const).map((status) => tx.store.index('status').count(status)));
  return counts.reduce((sum, n) => sum + n, 0);
}
