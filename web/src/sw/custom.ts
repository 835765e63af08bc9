import type { SessionRecord } from '../shared/protocol.ts';
import { parsed, postJson, printable, refused, request } from './fetch-stack.ts';
import type { Transfer } from './tus.ts';
import { UploadError } from './upload-error.ts';

/** Uploads one whole chunk as a form. It replaces what tus may have left half-done of the same chunk. */
export async function uploadChunkCustom({ item, session, data, signal, onOffset }: Transfer): Promise<void> {
  const form = new FormData();
  form.append('session_id', session.remoteId);
  form.append('chunk_index', String(item.chunkIndex));
  if (item.totalChunks !== null) form.append('total_chunks', String(item.totalChunks));
  form.append('file_name', printable(item.metadata.recordingName));
  form.append('format', item.metadata.format);
  form.append('file', new Blob([data]), `${item.chunkIndex}.chunk`);
  const answer = await request('/upload/chunk', { method: 'POST', body: form }, signal);
  if (!answer.response.ok) throw refused('POST', answer);
  if (parsed<{ status?: unknown }>('POST', answer).status !== 'chunk_received') {
    throw new UploadError({ kind: 'protocol', status: answer.response.status, verb: 'POST', message: 'the chunk was not confirmed' });
  }
  onOffset(data.byteLength);
}

/** Tells the server what chunks sent as forms could not: name and duration. Also names a recording anew after it was assembled. */
export async function completeRecording(session: SessionRecord, signal: AbortSignal): Promise<void> {
  const metadata = session.durationMs > 0 ? { durationMs: String(Math.round(session.durationMs)) } : {};
  await postJson('/recording/complete', { session_id: session.remoteId, file_name: printable(session.name), metadata, total_chunks: session.totalChunks }, signal);
}
