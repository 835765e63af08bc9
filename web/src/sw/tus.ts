import BaseUpload from 'tus-js-client/lib/upload.js';
import { CHUNK_SIZE } from '../shared/protocol.ts';
import type { QueueItem, SessionRecord } from '../shared/protocol.ts';
import { FetchStack, printable, type Piece } from './fetch-stack.ts';
import { Aborted, httpError, UploadError } from './upload-error.ts';

export interface Transfer {
  item: QueueItem;
  session: SessionRecord;
  data: ArrayBuffer;
  patchSize: number;
  signal: AbortSignal;
  onOffset(bytes: number): void;
}

const source = {
  openFile: (input: ArrayBuffer) => Promise.resolve({
    size: input.byteLength,
    slice: (start: number, end: number) => {
      const stop = Math.min(end, input.byteLength);
      const piece: Piece = { size: stop - start, bytes: new Uint8Array(input, start, stop - start) };
      return Promise.resolve({ value: piece, done: stop >= input.byteLength });
    },
    close: () => {},
  }),
};

/** Upload-Metadata may have 1 KiB in all; a file's name may be longer than that in base64. Cut between characters. */
const shortened = (name: string): string => [...name].slice(0, 120).join('');

interface TusError extends Error {
  originalRequest?: { getMethod(): string } | null;
  originalResponse?: { getStatus(): number; getHeader(name: string): string | undefined; getBody(): string } | null;
  causingError?: Error | null;
}

function describe(error: TusError): Error {
  const cause = error.causingError;
  if (cause instanceof UploadError || cause instanceof Aborted) return cause;
  const verb = error.originalRequest?.getMethod() ?? '';
  const response = error.originalResponse;
  if (response) {
    const status = response.getStatus();
    // A 2xx that tus-js-client could not use: the fields of the protocol are missing or wrong.
    if (status >= 200 && status < 300) return new UploadError({ kind: 'protocol', status, verb, message: 'the answer is not one of tus' });
    return httpError(verb, { status, header: (name) => response.getHeader(name), body: response.getBody() });
  }
  return new UploadError({ kind: 'protocol', verb, message: error.message });
}

/**
 * Uploads one chunk by tus. A chunk tried before is asked for at its known address (HEAD) and goes on at the server's offset;
 * no endpoint is given then, because tus-js-client would answer a 404 by silently beginning a new upload.
 */
export function uploadChunkWithTUS(transfer: Transfer): Promise<void> {
  const { item, session, data, signal } = transfer;
  const collection = `/files/${session.remoteId}/chunks/`;
  const metadata: Record<string, string> = {
    chunkIndex: String(item.chunkIndex), chunkSize: String(CHUNK_SIZE), recordingName: shortened(printable(item.metadata.recordingName)), format: item.metadata.format,
  };
  if (item.totalChunks !== null) metadata.totalChunks = String(item.totalChunks);
  if (item.metadata.durationMs !== undefined) metadata.durationMs = String(item.metadata.durationMs);
  return new Promise((resolve, reject) => {
    const upload = new BaseUpload(data, {
      ...(item.attempted ? { uploadUrl: `${collection}${item.chunkIndex}` } : { endpoint: new URL(collection, location.origin).href }),
      // Nothing is retried, kept or sent in parallel but by us: without the library's entry its defaults do not hold.
      chunkSize: transfer.patchSize, metadata,
      fingerprint: () => Promise.resolve(null as never), fileReader: source, httpStack: new FetchStack(signal), protocol: 'tus-v1',
      onAfterResponse: (_request, response) => {
        const offset = Number(response.getHeader('Upload-Offset') ?? 0);
        if (!(offset >= 0 && offset <= data.byteLength)) throw new UploadError({ kind: 'protocol', message: `an offset of ${offset} in a chunk of ${data.byteLength} bytes` });
      },
      onChunkComplete: (_size, accepted) => transfer.onOffset(accepted),
      onSuccess: () => resolve(),
      onError: (error) => reject(describe(error as TusError)),
    });
    signal.addEventListener('abort', () => { void upload.abort(); reject(new Aborted('aborted')); }, { once: true });
    upload.start();
  });
}
