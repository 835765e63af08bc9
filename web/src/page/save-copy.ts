// The way out when the server cannot be used: everything of a session that is on this device, as one file.
import type { Database } from '../shared/db.ts';
import type { SessionRecord } from '../shared/protocol.ts';
import { ranges } from '../shared/ranges.ts';
import { unsaved } from './recorder.ts';

export interface Copy {
  blob: Blob;
  /** Chunks that are on the server only: their bytes were given up for room. */
  missing: number[];
}

/**
 * Chunks in order, then the tail of a running recording, then what is not on the disk yet. Which chunks there are, the tail and
 * memory are of one moment: a chunk cut between two readings would be in neither of them. Their bytes are collected one by one
 * afterwards, so memory stays small and nobody waits for a long read.
 */
export async function copyOf(db: Database, session: SessionRecord): Promise<Copy> {
  const tx = db.transaction(['upload_queue', 'parts']);
  const [items, tail] = await Promise.all([
    tx.objectStore('upload_queue').index('sessionId').getAll(session.id),
    tx.objectStore('parts').getAll(IDBKeyRange.bound([session.id, 0], [session.id, Number.MAX_SAFE_INTEGER])),
  ]);
  // A blob leaves memory in the same turn in which its transaction is seen to end, so it is here or among the parts.
  const memory = [...(unsaved.get(session.id) ?? [])];
  const pieces: Blob[] = [];
  const missing: number[] = [];
  for (const { id, chunkIndex } of items.sort((a, b) => a.chunkIndex - b.chunkIndex)) {
    const data = await db.get('chunk_data', id);
    if (data) pieces.push(new Blob([data]));
    else missing.push(chunkIndex);
  }
  return { blob: new Blob([...pieces, ...tail, ...memory], { type: session.mimeType }), missing };
}

/** Resolves to what has to be said about the copy, null when it is whole. */
export async function saveCopy(db: Database, session: SessionRecord): Promise<string | null> {
  const { blob, missing } = await copyOf(db, session);
  if (blob.size === 0) throw new Error('Nothing of it is on this device any more; the server has it.');
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  const mark = missing.length > 0 ? 'incomplete ' : '';
  link.download = session.kind === 'file' ? `${mark}${session.name}` : `${mark}${session.name}.${session.format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  if (missing.length === 0) return null;
  return `The saved copy is incomplete: of “${session.name}” the chunks ${ranges(missing)} had to make room on this device and are on the server only.`;
}
