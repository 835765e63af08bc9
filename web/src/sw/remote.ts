// What the server says about a session.
import { parsed, postJson, refused, request } from './fetch-stack.ts';
import { problemOf } from './upload-error.ts';

export interface SessionStatus {
  session_id: string;
  state: 'open' | 'sealed' | 'assembling' | 'assembled' | 'failed' | 'damaged' | 'cancelled' | 'expired';
  total_chunks: number | null;
  uploaded_chunks: number;
  missing_chunks: number[];
  bytes_received: number;
  assembled: boolean;
  recording: { size: number; sha256?: string } | null;
  recording_name?: string | null;
  format?: string | null;
  progress?: number;
  error?: string;
}

export type Remote =
  | { kind: 'known'; status: SessionStatus }
  | { kind: 'unknown' }
  | { kind: 'gone'; reason: 'expired' | 'cancelled' };

/** Rejects with UploadError when nothing could be learnt. */
export async function getRemote(remoteId: string, signal: AbortSignal): Promise<Remote> {
  const answer = await request(`/files/${remoteId}/status`, {}, signal, 15_000);
  if (answer.response.ok) return { kind: 'known', status: parsed<SessionStatus>('GET', answer) };
  if (answer.response.status === 404) return { kind: 'unknown' };
  if (answer.response.status === 410) return { kind: 'gone', reason: problemOf(answer.body).type.includes('cancelled') ? 'cancelled' : 'expired' };
  throw refused('GET', answer);
}

/** The bytes the server has of a chunk; 0 when it says that it knows nothing of it. Rejects with UploadError when it does not say. */
export async function headChunk(remoteId: string, chunkIndex: number, signal: AbortSignal): Promise<number> {
  const answer = await request(`/files/${remoteId}/chunks/${chunkIndex}`, { method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } }, signal, 15_000);
  if (answer.response.ok) return Number(answer.response.headers.get('Upload-Offset'));
  if (answer.response.status === 404 || answer.response.status === 410) return 0;
  throw refused('HEAD', answer);
}

/** Resolves to the status of the answer; 404 means there was nothing to delete. */
export async function deleteRemote(remoteId: string, signal: AbortSignal): Promise<number> {
  const answer = await request(`/files/${remoteId}`, { method: 'DELETE' }, signal, 15_000);
  if (answer.response.ok || answer.response.status === 404) return answer.response.status;
  throw refused('DELETE', answer);
}

export async function postAssemble(remoteId: string, totalChunks: number | null, signal: AbortSignal): Promise<void> {
  await postJson(`/files/${remoteId}/assemble`, totalChunks === null ? {} : { total_chunks: totalChunks }, signal, 30_000);
}

/** HEAD /health within 4 s. The truth about the connection: `navigator.onLine` stays true when only the server is away. */
export async function checkServerConnection(): Promise<boolean> {
  try {
    const { response } = await request('/health', { method: 'HEAD' }, new AbortController().signal, 4_000);
    return response.ok;
  } catch {
    return false;
  }
}
