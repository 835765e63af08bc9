// The chunks of one session as the list needs them: a status each, and whole rows only of those that need a word.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Database } from '../../shared/db.ts';
import type { ChunkStatus, QueueItem, SessionRecord } from '../../shared/protocol.ts';
import { manager, type Flow } from './model.ts';

export interface ChunkStatusOf {
  chunkIndex: number;
  status: ChunkStatus;
}

export interface Chunks {
  cells: ChunkStatusOf[];
  /** Waiting and refused ones. */
  attention: QueueItem[];
}

const OPEN: ChunkStatus[] = ['sending', 'queued', 'waiting', 'dead'];
const READ_EVERY_MS = 500;
const READ_AT_LEAST_MS = 2_000;
const READ_SHARE = 20;
const ATTENTION_MAX = 100;

/**
 * Reads keys of an index and not rows, and only of chunks that are not acknowledged; the others are the rest of 0 … `count` - 1.
 * A session of five thousand chunks that keeps up is listed in a few milliseconds, and no audio is touched.
 */
export async function listChunks(db: Database, sessionId: string, count: number): Promise<Chunks> {
  const range = (status: ChunkStatus): IDBKeyRange => IDBKeyRange.bound([status, sessionId, 0], [status, sessionId, Number.MAX_SAFE_INTEGER]);
  const index = db.transaction('upload_queue').store.index('order');
  const [keys, attention] = await Promise.all([
    Promise.all(OPEN.map((status) => index.getAllKeys(range(status)))),
    Promise.all((['waiting', 'dead'] as const).map((status) => index.getAll(range(status), ATTENTION_MAX))),
  ]);
  const cells: ChunkStatusOf[] = Array.from({ length: count }, (_, chunkIndex) => ({ chunkIndex, status: 'acked' }));
  keys.forEach((ids, i) => {
    for (const id of ids) {
      const cell = cells[Number(id.slice(id.lastIndexOf('_') + 1))];
      if (cell) cell.status = OPEN[i] ?? 'queued';
    }
  });
  return { cells, attention: attention.flat() };
}

export function useChunks(session: SessionRecord, flow: Flow | undefined, changes: number, offline: boolean): Chunks {
  const [chunks, setChunks] = useState<Chunks>({ cells: [], attention: [] });
  const reading = useRef<number | null>(null);
  const cost = useRef(0);
  // More chunks may have come by the time a reading begins.
  const latest = useRef(session);
  latest.current = session;
  const wanted = session.state !== 'complete';
  // Not the session itself: a running recording is written every second, its chunks change once a minute.
  useEffect(() => {
    if (!wanted || reading.current !== null) return;
    reading.current = window.setTimeout(() => {
      reading.current = null;
      void manager.database().then(async (db) => {
        const start = performance.now();
        setChunks(await listChunks(db, session.id, latest.current.chunks));
        cost.current = performance.measure('list chunks', { start }).duration;
      });
    }, chunks.cells.length === 0 ? 0 : Math.min(READ_AT_LEAST_MS, Math.max(READ_EVERY_MS, READ_SHARE * cost.current)));
  }, [session.state, session.chunks, session.ackedChunks, session.deadChunks, session.paused, session.heldUntil, session.fallbackUntil, flow, changes, offline]);
  useEffect(() => () => { if (reading.current !== null) clearTimeout(reading.current); }, []);
  return chunks;
}
