import type { SessionRecord } from '../shared/protocol.ts';
import { request } from './fetch-stack.ts';
import type { Transfer } from './tus.ts';
import { httpError, UploadError } from './upload-error.ts';

function parsed(verb: string, status: number, body: string): Record<string, unknown> {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    throw new UploadError({ kind: 'protocol', status, verb, message: 'the answer is not JSON' });
  }
}

/** Uploads one whole chunk as a form. It replaces what tus may have left half-done of the same chunk. */
export async function uploadChunkCustom({ item, session, data, signal, onOffset }: Transfer): Promise<void> {
  const form = new FormData();
  form.append('session_id', session.remoteId);
  form.append('chunk_index', String(item.chunkIndex));
  if (item.totalChunks !== null) form.append('total_chunks', String(item.totalChunks));
  form.append('file_name', item.metadata.recordingName);
  form.append('format', item.metadata.format);
  form.append('file', new Blob([data]), `${item.chunkIndex}.chunk`);
  const { response, body } = await request('/upload/chunk', { method: 'POST', body: form }, signal);
  if (!response.ok) throw httpError('POST', { status: response.status, header: (name) => response.headers.get(name), body });
  if (parsed('POST', response.status, body)['status'] !== 'chunk_received') {
    throw new UploadError({ kind: 'protocol', status: response.status, verb: 'POST', message: 'the chunk was not confirmed' });
  }
  onOffset(data.byteLength);
}

/** Tells the server what chunks sent as forms could not: name and duration. Also names a recording anew after it was assembled. */
export async function completeRecording(session: SessionRecord, signal: AbortSignal): Promise<void> {
  const metadata = session.durationMs > 0 ? { durationMs: String(Math.round(session.durationMs)) } : {};
  const { response, body } = await request('/recording/complete', {
    method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ session_id: session.remoteId, file_name: session.name, metadata, total_chunks: session.totalChunks }),
  }, signal);
  if (!response.ok && response.status !== 409) throw httpError('POST', { status: response.status, header: (name) => response.headers.get(name), body });
}
