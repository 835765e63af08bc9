// The uploader as one object that takes commands. It runs in the service worker, or in the page where there is no worker.
import { after } from '../shared/after.ts';
import { openDatabase, type Database } from '../shared/db.ts';
import { EVENTS_CHANNEL, PATCH_SIZE_MIN, recordingLock } from '../shared/protocol.ts';
import type { Command, EngineState, NewChunk, UploadEvent } from '../shared/protocol.ts';
import * as queue from '../shared/queue.ts';
import { completeRecording } from './custom.ts';
import { setRequestTimeout } from './fetch-stack.ts';
import { Pump } from './pump.ts';
import { deleteRemote, postAssemble } from './remote.ts';
import { UploadError } from './upload-error.ts';

const ORPHAN_AFTER_MS = 5_000;
const REQUEST_TIMEOUT_MIN_MS = 1_000;

export interface EngineOptions {
  /** Hears every event besides the broadcast, which its own sender does not receive. */
  onEvent?(event: UploadEvent): void;
  log?(line: string): void;
  /** The database was closed by the browser or by a newer page: this engine is of no use any more. */
  onLost?(): void;
}

/** One engine, opened when it is first asked for and again after its database was lost. */
export function keepEngine(options: EngineOptions = {}): () => Promise<Engine> {
  let opened: Promise<Engine> | null = null;
  const onLost = (): void => { opened = null; };
  return () => opened ??= Engine.open({ ...options, onLost }).catch((error: unknown) => { onLost(); throw error; });
}

export class Engine {
  private recovering: Promise<boolean> | null = null;

  private constructor(private readonly db: Database, readonly pump: Pump, private readonly emit: (event: UploadEvent) => void,
    private readonly log: (line: string) => void) {}

  static async open(options: EngineOptions = {}): Promise<Engine> {
    let pump: Pump | null = null;
    const db = await openDatabase(() => {
      pump?.close();
      options.onLost?.();
    });
    const channel = new BroadcastChannel(EVENTS_CHANNEL);
    const log = options.log ?? ((line: string): void => console.log(`[SW] ${line}`));
    const emit = (event: UploadEvent): void => {
      channel.postMessage(event);
      options.onEvent?.(event);
    };
    pump = new Pump({ db, emit, log });
    const patchSize = await db.get('settings', 'patchSize');
    if (typeof patchSize === 'number') pump.setPatchSize(patchSize);
    const timeout = await db.get('settings', 'requestTimeout');
    if (typeof timeout === 'number') setRequestTimeout(timeout);
    return new Engine(db, pump, emit, log);
  }

  /** Empties the queue. Resolves when nothing is left that could be sent. */
  async processUploads(): Promise<void> {
    const orphans = this.recover();
    await this.pump.processUploads();
    if (await orphans) await this.pump.processUploads();
  }

  /** True while something will be sent without the user, now or when what is being recorded or read becomes a chunk. */
  async hasWork(): Promise<boolean> {
    const sessions = await this.db.getAll('sessions');
    if (sessions.some(({ state, paused }) => !paused && (state === 'assembling' || state === 'recording' || state === 'importing'))) return true;
    const paused = new Set(sessions.filter((session) => session.paused || session.state === 'failed').map((session) => session.id));
    for (const status of ['queued', 'sending', 'waiting'] as const) {
      for (const item of await this.db.getAllFromIndex('upload_queue', 'status', status, 200)) if (!paused.has(item.sessionId)) return true;
    }
    return false;
  }

  /**
   * Closes recordings whose tab is gone. A living tab holds a lock in its recording's name; a lock not held twice, five seconds
   * apart, has no tab. Resolves to whether one was closed.
   */
  private recover(): Promise<boolean> {
    this.recovering ??= this.closeOrphans().finally(() => { this.recovering = null; });
    return this.recovering;
  }

  private async closeOrphans(): Promise<boolean> {
    const orphaned = async (): Promise<string[]> => {
      const live = (await this.db.getAll('sessions')).filter((session) => session.state === 'recording' || session.state === 'importing');
      if (live.length === 0) return [];
      const held = new Set((await navigator.locks.query()).held?.map((lock) => lock.name));
      return live.filter((session) => !held.has(recordingLock(session.id))).map((session) => session.id);
    };
    const first = await orphaned();
    if (first.length === 0) return false;
    await after(ORPHAN_AFTER_MS);
    const second = new Set(await orphaned());
    let closed = false;
    for (const id of first.filter((sessionId) => second.has(sessionId))) {
      const session = await this.db.get('sessions', id);
      if (session?.state === 'importing') {
        await queue.updateSession(this.db, id, (record) => Object.assign(record, {
          state: 'failed', error: { code: 'import', message: 'the page was closed before the whole file was read; choose the file again', at: Date.now() },
        }));
      } else {
        const finished = await queue.finishRecording(this.db, id, true);
        if (finished) this.emit({ type: 'recovered', sessionId: id, durationMs: finished.durationMs });
        this.log(`recovered the recording ${id}`);
        closed = true;
      }
      this.emit({ type: 'sessionChanged', sessionId: id });
    }
    return closed;
  }

  /** Adds a chunk to the queue. */
  handleTUSChunkUpload(chunk: NewChunk): Promise<unknown> {
    return queue.addChunk(this.db, chunk);
  }

  /** Does what a page asked. The upload itself goes on in the background: see `processUploads`. */
  async handle(command: Command): Promise<EngineState> {
    switch (command.type) {
      case 'uploadChunk':
        await this.handleTUSChunkUpload(command.chunk);
        break;
      case 'setMethod':
        await this.setMethod(command.method).catch(queue.unlessFull);
        break;
      case 'setPatchSize':
        this.pump.setPatchSize(Math.max(PATCH_SIZE_MIN, Math.floor(command.bytes)));
        await this.db.put('settings', Math.max(PATCH_SIZE_MIN, Math.floor(command.bytes)), 'patchSize');
        break;
      case 'setRequestTimeout': {
        const ms = Math.max(REQUEST_TIMEOUT_MIN_MS, Math.floor(command.ms));
        setRequestTimeout(ms);
        await this.db.put('settings', ms, 'requestTimeout');
        break;
      }
      case 'pause':
        await queue.updateSession(this.db, command.sessionId, (session) => { session.paused = command.paused; });
        if (command.paused) this.pump.abortSession(command.sessionId);
        this.emit({ type: 'sessionChanged', sessionId: command.sessionId });
        break;
      case 'retry':
        await this.retry(command.sessionId);
        break;
      case 'resend':
        await this.resend(command.sessionId);
        break;
      case 'rename':
        await this.rename(command.sessionId, command.name);
        break;
      case 'cancel':
        await this.cancel(command.sessionId);
        break;
      case 'process':
      case 'state':
        break;
    }
    this.pump.wake();
    const pending = await queue.countPending(this.db);
    // Read last: an older word on the connection must not overtake an event.
    return { offline: this.pump.offline, pending };
  }

  private async setMethod(method: 'tus' | 'custom'): Promise<void> {
    // What has begun ends as it began; the rest changes over. Pages say this when they are opened: mostly nothing differs.
    for (const session of await this.db.getAll('sessions')) {
      if (session.state === 'complete') continue;
      if (session.uploadMethod !== method || session.fallbackUntil > 0) {
        await queue.updateSession(this.db, session.id, (record) => { record.uploadMethod = method; record.fallbackUntil = 0; });
      }
      for (const item of await queue.queuedOf(this.db, session.id, 0xffff_ffff)) {
        if (!item.attempted && item.uploadMethod !== method) await queue.updateItem(this.db, item.id, (row) => { row.uploadMethod = method; });
      }
    }
  }

  private async retry(sessionId?: string): Promise<void> {
    const sessions = await this.db.getAll('sessions');
    for (const session of sessions) {
      if ((sessionId !== undefined && session.id !== sessionId) || session.state === 'complete' || session.state === 'cancelled') continue;
      // The rest of a file that was not read to its end is not here; only choosing it again helps.
      if (session.error?.code === 'import') continue;
      const failed = session.state === 'failed';
      this.pump.forgetWaits(session.id);
      await queue.requeue(this.db, session.id, (item) => item.status === 'waiting' || item.status === 'dead', false, (record) => {
        record.heldUntil = 0;
        if (record.error) queue.resume(record);
      });
      if (failed && session.error?.code === 'assembly') await this.quietly(() => postAssemble(session.remoteId, session.totalChunks, AbortSignal.timeout(30_000)));
      this.emit({ type: 'sessionChanged', sessionId: session.id });
    }
  }

  /** Sends everything kept again as a new session, for one the server no longer takes. */
  private async resend(sessionId: string): Promise<void> {
    this.pump.abortSession(sessionId);
    await queue.requeue(this.db, sessionId, () => true, true, (session) => {
      Object.assign(session, { remoteId: crypto.randomUUID(), heldUntil: 0 });
      queue.resume(session);
    });
    this.emit({ type: 'sessionChanged', sessionId });
  }

  private async rename(sessionId: string, name: string): Promise<void> {
    const session = await queue.updateSession(this.db, sessionId, (record) => { record.name = name; record.renamed = true; });
    // While it is being put together the name may come too late for whoever watches that.
    if (session?.state === 'complete' || session?.state === 'assembling') await this.quietly(() => completeRecording(session, AbortSignal.timeout(15_000)));
    this.emit({ type: 'sessionChanged', sessionId });
  }

  /** Takes the session from this device and from the server. Rejects, and keeps everything, when the server cannot be told. */
  private async cancel(sessionId: string): Promise<void> {
    const session = await this.db.get('sessions', sessionId);
    if (!session) return;
    await queue.updateSession(this.db, sessionId, (record) => { record.paused = true; }).catch(queue.unlessFull);
    this.pump.abortSession(sessionId);
    const sent = session.state === 'complete' || session.ackedChunks > 0
      || (await this.db.getAllFromIndex('upload_queue', 'sessionId', sessionId)).some((item) => item.attempted || item.status !== 'queued');
    if (sent) await deleteRemote(session.remoteId, AbortSignal.timeout(20_000));
    await queue.dropSession(this.db, sessionId);
    this.emit({ type: 'sessionChanged', sessionId });
  }

  private async quietly(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      this.log(error.message);
    }
  }
}
