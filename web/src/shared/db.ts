import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { ChunkStatus, QueueItem, SessionRecord, UploadMethod } from './protocol.ts';

export const DB_NAME = 'WaveForgeDB_V4';
export const STORE_UPLOAD_QUEUE = 'upload_queue';

export interface WaveForgeSchema extends DBSchema {
  upload_queue: {
    key: string;
    value: QueueItem;
    indexes: { sessionId: string; status: ChunkStatus; nextRetryAt: number; order: [ChunkStatus, string, number] };
  };
  /** Chunk bytes as ArrayBuffer: WebKit has a long record of failing writes of Blobs. */
  chunk_data: { key: string; value: ArrayBuffer };
  /** The tail of a running recording: every blob as it came, by [session, number]. */
  parts: { key: [string, number]; value: ArrayBuffer };
  sessions: { key: string; value: SessionRecord; indexes: { state: string } };
  settings: { key: string; value: UploadMethod | number | boolean | string };
}

export type Database = IDBPDatabase<WaveForgeSchema>;

/**
 * Opens the queue. `onLost` is called when this connection is of no use any more: a later version of the page wants to change
 * the schema (the connection is closed here so that it is not held up), or the browser closed it.
 */
export function openDatabase(onLost: () => void = () => {}): Promise<Database> {
  const opening = openDB<WaveForgeSchema>(DB_NAME, 1, {
    upgrade(db) {
      const queue = db.createObjectStore('upload_queue', { keyPath: 'id' });
      queue.createIndex('sessionId', 'sessionId', { unique: false });
      queue.createIndex('status', 'status', { unique: false });
      queue.createIndex('nextRetryAt', 'nextRetryAt', { unique: false });
      queue.createIndex('order', ['status', 'sessionId', 'chunkIndex'], { unique: true });
      db.createObjectStore('chunk_data');
      db.createObjectStore('parts');
      db.createObjectStore('sessions', { keyPath: 'id' }).createIndex('state', 'state', { unique: false });
      db.createObjectStore('settings');
    },
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
      onLost();
    },
    terminated: onLost,
  });
  return opening;
}
