// The loop that empties the queue: three chunks at a time, one uploader per origin, until nothing is left that could be sent now
// or later. It knows no worker interface; engine.ts and sw.ts give it a lock and a clock.
import { after } from '../shared/after.ts';
import { judge, type Verdict } from '../shared/classify.ts';
import type { Database } from '../shared/db.ts';
import { MAX_CONCURRENT_UPLOADS, PATCH_SIZE, UPLOADER_LOCK } from '../shared/protocol.ts';
import type { ChunkError, QueueItem, SessionRecord, UploadEvent, UploadMethod } from '../shared/protocol.ts';
import * as queue from '../shared/queue.ts';
import { FALLBACK_PROBE_MS, isDue, MAX_DELAY_MS, nextPatchSize, RETRY_AFTER_MAX_MS } from '../shared/retry.ts';
import { Completion } from './completion.ts';
import { uploadChunkCustom } from './custom.ts';
import { checkServerConnection, getRemote, headChunk, type Remote } from './remote.ts';
import { uploadChunkWithTUS, type Transfer } from './tus.ts';
import { Aborted, UploadError } from './upload-error.ts';

export const HEALTH_CHECK_MS = 5_000;
const PROGRESS_EVERY_MS = 250;
const UNEXPECTED_PAUSE_MS = 2_000;

export interface PumpHost {
  db: Database;
  emit(event: UploadEvent): void;
  log(line: string): void;
}

interface Active {
  item: QueueItem;
  method: UploadMethod;
  stop: AbortController;
  offset: number;
}

type Wait = (delayMs: number, counted: 'retry' | 'conflict' | null, more?: Partial<QueueItem>) => Promise<void>;

export class Pump {
  offline = false;
  private patchSizeMax = PATCH_SIZE;
  private patchSize = PATCH_SIZE;
  private readonly active = new Map<string, Active>();
  private readonly serverErrors = new Map<string, number>();
  private readonly progressAt = new Map<string, number>();
  /** What a full storage refused to note, by chunk and by session. */
  private readonly unwritten = new Map<string, (row: never) => void>();
  private readonly completion: Completion;
  private running: Promise<void> | null = null;
  private awake = false;
  /** Someone asked since the queue was last read; a drain that is just ending starts over. */
  private requested = false;
  private wakeUp: (() => void) | null = null;
  private checking: Promise<boolean> | null = null;

  constructor(private readonly host: PumpHost) {
    this.completion = new Completion(host, () => this.wake(), () => void this.lostContact());
  }

  /** Runs until nothing is left to do. Called again while it runs, it looks at the queue anew at once. */
  processUploads(): Promise<void> {
    this.requested = true;
    this.wake();
    this.running ??= this.run().finally(() => { this.running = null; });
    return this.running;
  }

  private async run(): Promise<void> {
    while (this.requested) await navigator.locks.request(UPLOADER_LOCK, () => this.drain());
  }

  /** Ends pause and offline waits early; the queue is read again. */
  wake(): void {
    this.awake = true;
    this.wakeUp?.();
  }

  setPatchSize(bytes: number): void {
    this.patchSizeMax = bytes;
    this.patchSize = bytes;
  }

  abortSession(sessionId: string): void {
    for (const entry of this.active.values()) if (entry.item.sessionId === sessionId) entry.stop.abort();
    this.completion.forget(sessionId);
  }

  /** Without its database: what is under way is left to the next pump, and the drain ends because it can read the queue no more. */
  close(): void {
    for (const entry of this.active.values()) entry.stop.abort();
    this.offline = false;
    this.wake();
  }

  private pause(ms: number): Promise<void> {
    if (this.awake) {
      this.awake = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const self = this;
      function done(): void {
        clearTimeout(timer);
        self.wakeUp = null;
        self.awake = false;
        resolve();
      }
      this.wakeUp = done;
    });
  }

  private async drain(): Promise<void> {
    for (;;) {
      this.awake = false;
      this.requested = false;
      if (this.offline) {
        if (!(await this.health())) {
          await this.pause(HEALTH_CHECK_MS);
          continue;
        }
        await this.backOnline();
      }
      const wait = await this.fill();
      const polling = await this.completion.start();
      if (wait === null && !polling && this.active.size === 0 && !this.awake && !this.offline) return;
      await this.pause(Math.min(wait ?? 30_000, 30_000));
    }
  }

  /** Starts what may start. Resolves to the milliseconds until more is due, null when nothing will be. */
  private async fill(): Promise<number | null> {
    let next: number | null = null;
    for (const sessionId of await queue.sendingSessions(this.host.db)) {
      const found = await queue.nextOf(this.host.db, sessionId, MAX_CONCURRENT_UPLOADS + this.active.size);
      if (!found) continue;
      // Nothing is awaited from here on: what the rows say and what is under way belong to the same moment.
      this.unwritten.get(sessionId)?.(found.session as never);
      if (found.waitMs !== null) next = Math.min(next ?? Infinity, found.waitMs);
      for (const item of found.due) {
        if (this.active.has(item.id)) continue;
        this.unwritten.get(item.id)?.(item as never);
        const now = Date.now();
        if (!isDue(item, now, RETRY_AFTER_MAX_MS)) {
          next = Math.min(next ?? Infinity, item.nextRetryAt - now);
          continue;
        }
        if (this.active.size >= MAX_CONCURRENT_UPLOADS) return next;
        const method: UploadMethod = item.uploadMethod === 'custom' || found.session.fallbackUntil > Date.now() ? 'custom' : 'tus';
        // Forms go in order, one at a time per session.
        if (method === 'custom' && this.activeOf(sessionId) > 0) break;
        this.begin(item, found.session, method);
      }
    }
    return next;
  }

  private activeOf(sessionId: string): number {
    return [...this.active.values()].filter((entry) => entry.item.sessionId === sessionId).length;
  }

  private begin(item: QueueItem, session: SessionRecord, method: UploadMethod): void {
    const entry: Active = { item, method, stop: new AbortController(), offset: item.offset };
    this.active.set(item.id, entry);
    this.host.log(`Uploading chunk ${item.chunkIndex} for session ${session.id} via ${method}`);
    void this.transfer(entry, session)
      .catch(async (error: unknown) => {
        this.host.log(`chunk ${item.chunkIndex}: ${String(error)}`);
        await after(UNEXPECTED_PAUSE_MS);
      })
      .finally(() => {
        this.active.delete(item.id);
        this.wake();
      });
  }

  private async transfer(entry: Active, session: SessionRecord): Promise<void> {
    const { db } = this.host;
    const { item, method } = entry;
    const data = await db.get('chunk_data', item.id);
    const before = item.offset;
    try {
      if (data) {
        await this.note(queue.updateItem, item.id, (row) => { row.status = 'sending'; if (method === 'tus') row.attempted = true; });
        const transfer: Transfer = {
          item, session, data, patchSize: this.patchSize, signal: entry.stop.signal,
          onOffset: (bytes) => { entry.offset = bytes; this.progress(session, item.chunkIndex); },
        };
        await (method === 'tus' ? uploadChunkWithTUS(transfer) : uploadChunkCustom(transfer));
        if (method === 'tus') this.patchSize = nextPatchSize(this.patchSize, true, this.patchSizeMax);
      } else if ((await headChunk(session.remoteId, item.chunkIndex, entry.stop.signal)) !== item.size) {
        // A worker stopped between giving the bytes up and writing that down leaves a chunk without them; the server has it then.
        return await this.bury(item, 'lost', 'its bytes are no longer on this device');
      }
    } catch (error) {
      return this.failed(entry, error, entry.offset > before);
    }
    this.serverErrors.delete(session.id);
    return this.done(entry, session);
  }

  /** A full storage must not keep the queue from getting shorter: what cannot be written down is remembered here. */
  private async note<Row>(write: (db: Database, id: string, change: (row: Row) => void) => Promise<unknown>, id: string, change: (row: Row) => void): Promise<void> {
    try {
      await write(this.host.db, id, change);
      this.unwritten.delete(id);
    } catch (error) {
      queue.unlessFull(error);
      this.unwritten.set(id, change);
    }
  }

  private async done(entry: Active, session: SessionRecord): Promise<void> {
    const { item, method } = entry;
    entry.offset = item.size;
    this.unwritten.delete(item.id);
    const after = await queue.acknowledge(this.host.db, item.id, method === 'custom', session.remoteId);
    if (!after) return;
    this.host.log(`✓ Chunk ${item.chunkIndex} uploaded successfully (session: ${session.id})`);
    this.host.emit({ type: 'chunkUploaded', sessionId: session.id, chunkIndex: item.chunkIndex, totalChunks: after.totalChunks });
    this.progressAt.delete(session.id);
    this.progress(after, item.chunkIndex, true);
    this.changed(session.id);
  }

  private progress(session: SessionRecord, chunkIndex: number, counted = false): void {
    const now = performance.now();
    if (now - (this.progressAt.get(session.id) ?? -Infinity) < PROGRESS_EVERY_MS) return;
    this.progressAt.set(session.id, now);
    let bytes = session.ackedBytes;
    for (const entry of this.active.values()) {
      if (entry.item.sessionId === session.id && !(counted && entry.item.chunkIndex === chunkIndex)) bytes += entry.offset;
    }
    this.host.emit({ type: 'progress', sessionId: session.id, chunkIndex, bytesUploaded: Math.min(bytes, session.bytes), bytesTotal: session.bytes });
  }

  private changed(sessionId: string): void {
    this.host.emit({ type: 'sessionChanged', sessionId });
  }

  private async failed(entry: Active, error: unknown, gained: boolean): Promise<void> {
    const { db, log } = this.host;
    const { item, method } = entry;
    if (error instanceof Aborted) {
      await queue.updateItem(db, item.id, (row) => { if (row.status === 'sending') Object.assign(row, { status: 'queued', offset: entry.offset }); });
      return;
    }
    if (!(error instanceof UploadError)) throw error;
    const { failure } = error;
    if (method === 'tus' && (failure.kind === 'network' || failure.kind === 'timeout') && failure.verb === 'PATCH' && !gained) {
      this.patchSize = nextPatchSize(this.patchSize, false, this.patchSizeMax);
    }
    const answered = failure.kind === 'http' && [502, 503, 504].includes(failure.status);
    const serverErrors = answered ? (this.serverErrors.get(item.sessionId) ?? 0) + 1 : 0;
    this.serverErrors.set(item.sessionId, serverErrors);
    const verdict = judge(failure, {
      method, retryCount: gained ? 0 : item.retryCount, conflicts: item.conflicts, random: Math.random(),
      serverErrors: serverErrors >= 3 && (await this.health()) ? serverErrors : 0,
    });
    log(`chunk ${item.chunkIndex} (session: ${item.sessionId}) ${failure.kind} ${failure.status || ''}: ${verdict.action}`);
    const told: ChunkError = { code: failure.status ? String(failure.status) : failure.kind, message: failure.message, at: Date.now() };
    await this.apply(verdict, entry, told, gained, failure.retryAfterMs);
    if (failure.kind !== 'http') await this.lostContact();
    this.changed(item.sessionId);
  }

  private async apply(verdict: Verdict, entry: Active, told: ChunkError, gained: boolean, wishedMs: number | null): Promise<void> {
    const { db, log } = this.host;
    const { item } = entry;
    const now = Date.now();
    const wait: Wait = (delayMs, counted, more) => this.note(queue.updateItem, item.id, (row) => {
      Object.assign(row, {
        status: 'waiting', nextRetryAt: now + delayMs, savedAt: now, offset: Math.max(entry.offset, row.offset), lastError: told, wished: delayMs === wishedMs,
        retryCount: counted === 'retry' ? (gained ? 1 : item.retryCount + 1) : item.retryCount,
        conflicts: counted === 'conflict' && !gained ? item.conflicts + 1 : 0,
      }, more);
    });
    switch (verdict.action) {
      case 'retry':
        await wait(verdict.delayMs, 'retry');
        this.host.emit({ type: 'chunkFailed', sessionId: item.sessionId, chunkIndex: item.chunkIndex, code: told.code, message: told.message, permanent: false });
        return;
      case 'recheck':
        await wait(verdict.delayMs, 'conflict');
        return;
      case 'hold':
        // The chunk waits itself, too: there may be no room to hold its session.
        await wait(verdict.delayMs, wishedMs ? null : 'retry');
        await queue.updateSession(db, item.sessionId, (session) => {
          // Chunks that were under way together are refused together; the longest wait holds.
          const heldUntil = now + verdict.delayMs;
          if (heldUntil > session.heldUntil || !queue.isHeld(session, now)) Object.assign(session, { heldUntil, heldAt: now });
        }).catch(queue.unlessFull);
        return;
      case 'fallback':
        log(`TUS failed, switching session ${item.sessionId} to custom`);
        await this.note(queue.updateSession, item.sessionId, (session) => { session.fallbackUntil = now + FALLBACK_PROBE_MS; });
        await wait(0, null);
        return;
      case 'dead':
        return this.bury(item, verdict.code, told.message);
      case 'ask':
        return this.ask(entry, told, wait);
    }
  }

  /** 404, 410 and stubborn conflicts: only the session's status says what the server still has. */
  private async ask(entry: Active, told: ChunkError, wait: Wait): Promise<void> {
    const { db } = this.host;
    const { item } = entry;
    const session = await db.get('sessions', item.sessionId);
    if (!session) return;
    let remote: Remote;
    try {
      remote = await getRemote(session.remoteId, entry.stop.signal);
    } catch {
      await wait(5_000, 'retry');
      return;
    }
    if (remote.kind === 'unknown' && session.ackedChunks === 0) {
      // Nothing was ever taken, so nothing was lost: this chunk is created with the tries it has already had.
      await this.note(queue.updateItem, item.id, (row) => Object.assign(row, { status: 'queued', attempted: false, offset: 0 }));
      return;
    }
    if (remote.kind === 'known' && remote.status.state !== 'damaged') {
      if (told.code === '409' && item.conflicts === 0) return this.bury(item, 'conflict', told.message);
      // The session is there and this chunk is not: it is created anew.
      await wait(item.retryCount === 0 ? 0 : 2_000, 'retry', { attempted: false, offset: 0 });
      return;
    }
    await this.completion.startAnew(session, remote);
  }

  private async bury(item: QueueItem, code: string, message: string): Promise<void> {
    const at = Date.now();
    await queue.bury(this.host.db, item.id, { code, message, at }).catch((error: unknown) => {
      queue.unlessFull(error);
      this.unwritten.set(item.id, (row: QueueItem) => Object.assign(row, { nextRetryAt: at + MAX_DELAY_MS, savedAt: at }));
    });
    this.host.emit({ type: 'chunkFailed', sessionId: item.sessionId, chunkIndex: item.chunkIndex, code, message, permanent: true });
    this.changed(item.sessionId);
  }

  private health(): Promise<boolean> {
    this.checking ??= checkServerConnection().finally(() => { this.checking = null; });
    return this.checking;
  }

  /** After a network error: is it this request, or is the server out of reach? */
  private async lostContact(): Promise<void> {
    if (this.offline || (await this.health()) || this.offline) return;
    this.offline = true;
    this.host.log('connection lost, checking every 5 s');
    this.host.emit({ type: 'offline' });
    this.wake();
  }

  private async backOnline(): Promise<void> {
    this.offline = false;
    this.host.log('connection restored, resuming');
    this.host.emit({ type: 'online' });
    await this.releaseWaits();
  }

  /** For a session whose user wants it tried at once. */
  forgetWaits(sessionId: string): void {
    for (const id of this.unwritten.keys()) if (id.startsWith(sessionId)) this.unwritten.delete(id);
  }

  /** Everything that waits for a network to return goes at once. A Retry-After was the server's wish and stays. */
  private async releaseWaits(): Promise<void> {
    const ends = ({ status, wished }: QueueItem): boolean => status === 'waiting' && !wished;
    for (const [id, change] of this.unwritten) {
      const row = {} as QueueItem;
      change(row as never);
      if (ends(row)) this.unwritten.delete(id);
    }
    for (const row of await this.host.db.getAllFromIndex('upload_queue', 'status', 'waiting')) {
      await queue.updateItem(this.host.db, row.id, (item) => { if (ends(item)) Object.assign(item, { status: 'queued', nextRetryAt: 0 }); }).catch(queue.unlessFull);
    }
  }
}
