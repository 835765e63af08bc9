// The words page, worker and database share. Nothing here touches a browser interface.

export type UploadMethod = 'tus' | 'custom';

/** queued → sending → acked, or waiting (until nextRetryAt) and dead (never sent again unchanged). */
export type ChunkStatus = 'queued' | 'sending' | 'waiting' | 'acked' | 'dead';

export type SessionState = 'recording' | 'importing' | 'uploading' | 'assembling' | 'complete' | 'failed' | 'cancelled';

export const CHUNK_SIZE = 1024 * 1024;
export const PATCH_SIZE = 512 * 1024;
export const PATCH_SIZE_MIN = 16 * 1024;
export const MAX_CONCURRENT_UPLOADS = 3;
export const SYNC_TAG = 'audio-upload';
export const UPLOADER_LOCK = 'wf-uploader';
export const EVENTS_CHANNEL = 'wf-events';
export const recordingLock = (sessionId: string): string => `rec-${sessionId}`;

export interface ChunkError {
  code: string;
  message: string;
  at: number;
}

/** One row of `upload_queue`. The bytes lie in `chunk_data` under the same id, so that listing a queue never loads audio. */
export interface QueueItem {
  id: string;
  sessionId: string;
  chunkIndex: number;
  totalChunks: number | null;
  size: number;
  uploadMethod: UploadMethod;
  status: ChunkStatus;
  retryCount: number;
  nextRetryAt: number;
  /** Wall clock when nextRetryAt was written: a clock set back since then makes the wait void. */
  savedAt: number;
  /** The server named the wait (Retry-After); a connection that comes back does not end it. */
  wished?: boolean;
  addedAt: number;
  /** True from before the first POST on: a retry asks HEAD at the known address instead of creating again. */
  attempted: boolean;
  /** Bytes the server acknowledged. */
  offset: number;
  /** Answers 409 and 423 in a row; they are normal on bad links and are not counted as retries at first. */
  conflicts: number;
  /** The bytes were given up under storage pressure after the server had acknowledged them. */
  dropped: boolean;
  lastError: ChunkError | null;
  metadata: ChunkMetadata;
}

export interface ChunkMetadata {
  recordingName: string;
  format: string;
  durationMs?: number;
}

/** One row of `sessions`: a recording or a file on its way from this device. */
export interface SessionRecord {
  id: string;
  /** The id the server knows it by; another one than `id` after the first session expired or was damaged there. */
  remoteId: string;
  name: string;
  format: string;
  mimeType: string;
  kind: 'microphone' | 'file';
  state: SessionState;
  startedAt: number;
  finishedAt: number | null;
  durationMs: number;
  /** Everything recorded, the tail that is not yet a chunk included. */
  bytes: number;
  tailBytes: number;
  nextPart: number;
  chunks: number;
  totalChunks: number | null;
  ackedChunks: number;
  ackedBytes: number;
  deadChunks: number;
  uploadMethod: UploadMethod;
  usedCustom: boolean;
  /** Until then chunks meant for tus go by the fallback; afterwards tus is tried again. */
  fallbackUntil: number;
  /** 429: nothing of this session is sent before. `heldAt` is when that was written: a clock set back since then ends it. */
  heldUntil: number;
  heldAt: number;
  paused: boolean;
  /** Its tab was lost while it recorded; `noticed` once the user has been told. */
  interrupted: boolean;
  noticed: boolean;
  renamed: boolean;
  error: ChunkError | null;
}

export type UploadEvent =
  | { type: 'progress'; sessionId: string; chunkIndex: number; bytesUploaded: number; bytesTotal: number }
  | { type: 'chunkUploaded'; sessionId: string; chunkIndex: number; totalChunks: number | null }
  | { type: 'sessionComplete'; sessionId: string }
  | { type: 'chunkFailed'; sessionId: string; chunkIndex: number; code: string; message: string; permanent: boolean }
  | { type: 'sessionChanged'; sessionId: string }
  | { type: 'recovered'; sessionId: string; durationMs: number }
  | { type: 'quota'; message: string }
  | { type: 'offline' }
  | { type: 'online' };

export type EventName = UploadEvent['type'];
export type EventPayload<N extends EventName> = Omit<Extract<UploadEvent, { type: N }>, 'type'>;

/** What a page asks of the uploader, wherever that runs. */
export type Command =
  | { type: 'process' }
  | { type: 'setMethod'; method: UploadMethod }
  | { type: 'setPatchSize'; bytes: number }
  | { type: 'setRequestTimeout'; ms: number }
  | { type: 'retry'; sessionId?: string }
  | { type: 'pause'; sessionId: string; paused: boolean }
  | { type: 'cancel'; sessionId: string }
  | { type: 'resend'; sessionId: string }
  | { type: 'rename'; sessionId: string; name: string }
  | { type: 'uploadChunk'; chunk: NewChunk }
  | { type: 'state' };

export interface NewChunk {
  sessionId: string;
  chunkIndex: number;
  totalChunks: number | null;
  data: ArrayBuffer;
  uploadMethod: UploadMethod;
  metadata: ChunkMetadata;
}

export interface EngineState {
  offline: boolean;
  pending: number;
}

export const chunkId = (sessionId: string, chunkIndex: number): string => `${sessionId}_${chunkIndex}`;
