// The uploader in Node: its database is fake-indexeddb, its server a function, its clock stands still until a test moves it.
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { vi } from 'vitest';
import { openDatabase, type Database } from '../../src/shared/db.ts';
import { chunkId, type QueueItem, type SessionRecord, type UploadEvent } from '../../src/shared/protocol.ts';
import * as queue from '../../src/shared/queue.ts';

export interface Asked {
  verb: string;
  path: string;
  at: number;
  headers: Record<string, string>;
  body: unknown;
  signal: AbortSignal | null | undefined;
}

export type Answering = (asked: Asked) => Response | Promise<Response> | undefined;

export interface World {
  db: Database;
  events: UploadEvent[];
  log: string[];
  asked: Asked[];
  /** The first that answers is taken; else tus takes everything, and a session of which anything was acknowledged is assembled. */
  server: Answering[];
}

/** Lets what needs no time happen: the database answers in turns of the event loop. */
export async function turns(count = 60): Promise<void> {
  for (let i = 0; i < count; ++i) await new Promise((resolve) => { setImmediate(resolve); });
}

/** Moves the clock on in small steps. */
export async function pass(ms: number, step = 100): Promise<void> {
  await turns();
  for (let gone = 0; gone < ms; gone += step) {
    vi.advanceTimersByTime(Math.min(step, ms - gone));
    await turns();
  }
}

export const problem = (status: number, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify({ type: 'x', title: `status ${status}` }), { status, headers });

export const json = (value: unknown): Response => new Response(JSON.stringify(value), { headers: { 'Content-Type': 'application/json' } });

function takes({ verb, path, headers, body }: Asked, known: boolean): Response {
  if (verb === 'POST' && path.endsWith('/chunks/')) {
    const index = /chunkIndex ([^,]+)/.exec(headers['Upload-Metadata'] ?? '')?.[1] ?? '';
    return new Response(null, { status: 201, headers: { Location: `${path}${atob(index)}`, 'Upload-Offset': '0' } });
  }
  if (verb === 'PATCH') return new Response(null, { status: 204, headers: { 'Upload-Offset': String(Number(headers['Upload-Offset']) + (body as Uint8Array).byteLength) } });
  if (path === '/upload/chunk') return json({ status: 'chunk_received' });
  if (path.endsWith('/status') && known) return json({ state: 'assembled', total_chunks: 1, missing_chunks: [], recording: null });
  if (path.endsWith('/health') || verb === 'DELETE' || path === '/recording/complete' || path.endsWith('/assemble')) return json({});
  return problem(404);
}

export async function world(): Promise<World> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'], now: 1_000_000_000_000 });
  globalThis.indexedDB = new IDBFactory();
  const made: World = { db: await openDatabase(), events: [], log: [], asked: [], server: [] };
  // The real one answers from another thread, after any number of turns.
  vi.spyOn(crypto.subtle, 'digest').mockResolvedValue(new ArrayBuffer(32));
  vi.stubGlobal('location', { origin: 'http://device' });
  vi.stubGlobal('navigator', { locks: { request: (_name: string, body: () => unknown) => body(), query: () => Promise.resolve({ held: [] }) } });
  vi.stubGlobal('BroadcastChannel', class { postMessage(event: UploadEvent): void { made.events.push(event); } addEventListener(): void {} });
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const asked: Asked = {
      verb: init.method ?? 'GET', path: new URL(url, 'http://device').pathname, at: Date.now(), headers: { ...(init.headers as Record<string, string>) }, body: init.body,
      signal: init.signal,
    };
    made.asked.push(asked);
    for (const answer of made.server) {
      const given = await answer(asked);
      if (given) return given;
    }
    return takes(asked, (await made.db.getAll('sessions')).some(({ ackedChunks }) => ackedChunks > 0));
  });
  return made;
}

export function endWorld(): void {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
}

export async function addChunk(db: Database, sessionId: string, chunkIndex: number, totalChunks: number | null = null, name = 'a', size = 1000): Promise<string> {
  const data = new Uint8Array(size).fill(chunkIndex + 1).buffer;
  await queue.addChunk(db, { sessionId, chunkIndex, totalChunks, data, uploadMethod: 'tus', metadata: { recordingName: name, format: 'webm' } });
  return chunkId(sessionId, chunkIndex);
}

export const item = async (db: Database, id: string): Promise<QueueItem> => (await db.get('upload_queue', id)) ?? Promise.reject(new Error(`no chunk ${id}`));
export const session = async (db: Database, id: string): Promise<SessionRecord> => (await db.get('sessions', id)) ?? Promise.reject(new Error(`no session ${id}`));

/** A storage that refuses whatever is written; deleting is allowed. */
export function fullStorage(): { restore(): void } {
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => { throw new DOMException('', 'QuotaExceededError'); });
  return { restore: () => { put.mockRestore(); } };
}
