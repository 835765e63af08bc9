// What a page uses to upload: it hands chunks over, listens, and never waits for the network itself.
import { openDatabase, type Database } from '../shared/db.ts';
import { Emitter } from '../shared/emitter.ts';
import { EVENTS_CHANNEL } from '../shared/protocol.ts';
import type { ChunkMetadata, Command, EngineState, EventName, EventPayload, UploadEvent, UploadMethod } from '../shared/protocol.ts';
import { countPending } from '../shared/queue.ts';
import { getRemote, type Remote } from '../sw/remote.ts';
import { registerSync } from './background-sync.ts';
import { connectUploader, type Uploader } from './uploader.ts';

const METHOD_KEY = 'uploadMethod';

export type { EventName, EventPayload, UploadMethod } from '../shared/protocol.ts';

export interface ChunkOptions {
  /** null while the number of chunks is not known yet; give it with the last one at the latest. */
  totalChunks?: number | null;
  recordingName?: string;
  format?: string;
  durationMs?: number;
}

export class TusUploadManager {
  private uploadMethod: UploadMethod = localStorage.getItem(METHOD_KEY) === 'custom' ? 'custom' : 'tus';
  private readonly eventListeners = new Emitter();
  private uploader: Uploader | null = null;
  private opened: Promise<Database> | null = null;
  private offline = false;

  /** Opens the queue and starts the uploader: the service worker, or this page where there can be none. */
  async init(): Promise<void> {
    await this.database();
    new BroadcastChannel(EVENTS_CHANNEL).addEventListener('message', ({ data }: MessageEvent<UploadEvent>) => this.hear(data));
    this.uploader = await connectUploader((event) => this.hear(event), () => this.pendingWork());
    await this.send({ type: 'setMethod', method: this.uploadMethod });
    addEventListener('online', () => void this.process());
    document.addEventListener('visibilitychange', () => void this.process());
  }

  /** The queue's database, opened again when the browser or another tab closed it. */
  database(): Promise<Database> {
    this.opened ??= openDatabase(() => { this.opened = null; });
    return this.opened;
  }

  getUploadMethod(): UploadMethod {
    return this.uploadMethod;
  }

  /** Kept in localStorage. Chunks that have begun end as they began. */
  setUploadMethod(method: UploadMethod): void {
    this.uploadMethod = method;
    localStorage.setItem(METHOD_KEY, method);
    if (this.uploader) void this.send({ type: 'setMethod', method });
  }

  /** Queues one chunk; when the promise resolves the chunk is on this device's disk and will be sent. */
  async uploadChunk(sessionId: string, chunkIndex: number, blob: Blob, options: ChunkOptions = {}): Promise<void> {
    const metadata: ChunkMetadata = { recordingName: options.recordingName ?? 'recording', format: options.format ?? 'webm' };
    if (options.durationMs !== undefined) metadata.durationMs = options.durationMs;
    const data = await blob.arrayBuffer();
    await this.send({ type: 'uploadChunk', chunk: { sessionId, chunkIndex, totalChunks: options.totalChunks ?? null, data, uploadMethod: this.uploadMethod, metadata } });
    void registerSync();
  }

  /** What the server says of a session. Rejects when it cannot be reached. */
  async getUploadStatus(sessionId: string): Promise<Remote> {
    const session = await (await this.database()).get('sessions', sessionId);
    return getRemote(session?.remoteId ?? sessionId, new AbortController().signal);
  }

  /** Ends a session and deletes what of it is on this device and on the server. */
  async cancelSession(sessionId: string): Promise<void> {
    await this.send({ type: 'cancel', sessionId });
  }

  /** Tries at once what waits or failed, of one session or of all. */
  async retryFailedUploads(sessionId?: string): Promise<void> {
    await this.send(sessionId === undefined ? { type: 'retry' } : { type: 'retry', sessionId });
  }

  async pauseSession(sessionId: string, paused: boolean): Promise<void> {
    await this.send({ type: 'pause', sessionId, paused });
  }

  /** Most bytes of one PATCH, 16 KiB at least; smaller ones lose less on a network that breaks often. Kept on this device. */
  async setPatchSize(bytes: number): Promise<void> {
    await this.send({ type: 'setPatchSize', bytes });
  }

  /** How long one request may take before it is given up and asked after, 1 s at least; 60 s by default. Kept on this device. */
  async setRequestTimeout(ms: number): Promise<void> {
    await this.send({ type: 'setRequestTimeout', ms });
  }

  async resendSession(sessionId: string): Promise<void> {
    await this.send({ type: 'resend', sessionId });
  }

  async renameSession(sessionId: string, name: string): Promise<void> {
    await this.send({ type: 'rename', sessionId, name });
  }

  /** Something was queued by this page itself. */
  async process(): Promise<EngineState> {
    return this.send({ type: 'process' });
  }

  async state(): Promise<EngineState> {
    return this.send({ type: 'state' });
  }

  on<N extends EventName>(event: N, callback: (data: EventPayload<N>) => void): () => void {
    return this.eventListeners.on(event, callback);
  }

  emit<N extends EventName>(event: N, data: EventPayload<N>): void {
    this.eventListeners.emit(event, data);
  }

  /** Offline and online are told when they change, whatever told them. */
  private hear(event: UploadEvent): void {
    if (event.type === 'offline' || event.type === 'online') {
      if (this.offline === (event.type === 'offline')) return;
      this.offline = !this.offline;
    }
    this.eventListeners.dispatch(event);
  }

  private async send(command: Command): Promise<EngineState> {
    if (!this.uploader) throw new Error('init() comes first');
    return this.uploader.send(command);
  }

  private async pendingWork(): Promise<boolean> {
    const db = await this.database();
    if ((await countPending(db)) > 0) return true;
    return (await db.getAll('sessions')).some((session) => session.state === 'recording' || session.state === 'importing' || session.state === 'assembling');
  }
}
