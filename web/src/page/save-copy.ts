// The way out when the server cannot be used: everything of a session that is on this device, as one file.
import type { Database } from '../shared/db.ts';
import type { SessionRecord } from '../shared/protocol.ts';
import { unsaved } from './recorder.ts';

/** Chunks in order, then the tail of a running recording. Blobs are collected one by one, so memory stays small. */
export async function copyOf(db: Database, session: SessionRecord): Promise<Blob> {
  const items = (await db.getAllFromIndex('upload_queue', 'sessionId', session.id)).sort((a, b) => a.chunkIndex - b.chunkIndex);
  const pieces: Blob[] = [];
  for (const item of items) {
    const data = await db.get('chunk_data', item.id);
    if (!data) throw new Error(`Chunk ${item.chunkIndex} is no longer on this device; the server has it.`);
    pieces.push(new Blob([data]));
  }
  const tail = await db.getAll('parts', IDBKeyRange.bound([session.id, 0], [session.id, Number.MAX_SAFE_INTEGER]));
  return new Blob([...pieces, ...tail, ...(unsaved.get(session.id) ?? [])], { type: session.mimeType });
}

export async function saveCopy(db: Database, session: SessionRecord): Promise<void> {
  const url = URL.createObjectURL(await copyOf(db, session));
  const link = document.createElement('a');
  link.href = url;
  link.download = session.kind === 'file' ? session.name : `${session.name}.${session.format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
