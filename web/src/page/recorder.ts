// One recording: microphone → MediaRecorder → database. Every blob is on the disk before the next one is taken.
import { EVENTS_CHANNEL, recordingLock } from '../shared/protocol.ts';
import type { UploadMethod } from '../shared/protocol.ts';
import { formatOf } from '../shared/format.ts';
import type { Database } from '../shared/db.ts';
import { appendPart, createSession, dropAcknowledged, finishRecording, isFull } from '../shared/queue.ts';

const TYPES = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4;codecs=opus', 'audio/mp4', 'audio/webm'];
const TIMESLICE_MS = 1_000;
const HELD_IN_MEMORY_MAX_MS = 30_000;
const ROOM_POLL_MS = 1_000;
const HELD_POLL_MS = 5_000;
const REOPEN_POLL_MS = 100;
const REOPEN_TRIES = 10;

/** The first media type this browser records; none of them is everywhere. */
export const chooseType = (): string => TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? '';

/** Blobs that are not on the disk, by session: for a moment each, for longer while the storage stays full. */
export const unsaved = new Map<string, Blob[]>();

/** Recordings that have ended and of which something is in memory only. They are tried until it is on the disk, or deleted. */
export const held = new Set<string>();

export interface RecorderEvents {
  /** A blob reached the disk. */
  saved(info: { bytes: number; durationMs: number }): void;
  /** A chunk was cut and can be sent. */
  cut(): void;
  /** The disk is full; the tail is held in memory. */
  storageFull(): void;
  stopped(info: { sessionId: string; kept: boolean; reason: StopReason }): void;
}

export type StopReason = 'user' | 'unplugged' | 'storage' | 'error' | 'closed';

const after = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

export class Recorder {
  readonly sessionId = crypto.randomUUID();
  private readonly media: MediaRecorder;
  /** What is not on the disk yet, in order; the first one is being written. */
  private readonly waiting: Blob[] = [];
  private chain: Promise<unknown> = Promise.resolve();
  private releaseLock: () => void = () => {};
  private elapsedMs = 0;
  private resumedAt: number | null = null;
  private bytes = 0;
  private failingSince: number | null = null;
  private reason: StopReason = 'user';
  /** The session was deleted, or ended by somebody else: it takes nothing more. */
  private closed = false;

  private constructor(private readonly database: () => Promise<Database>, private readonly stream: MediaStream, private readonly events: RecorderEvents) {
    const mimeType = chooseType();
    this.media = new MediaRecorder(stream, mimeType ? { mimeType } : {});
  }

  /**
   * The stream stays the caller's; the recorder does not stop its tracks. `database` is asked before each use and opens it again
   * where the browser has closed it.
   */
  static async start(database: () => Promise<Database>, stream: MediaStream, name: string, uploadMethod: UploadMethod, events: RecorderEvents): Promise<Recorder> {
    const recorder = new Recorder(database, stream, events);
    await recorder.takeLock();
    const mimeType = recorder.media.mimeType || chooseType();
    await recorder.inDatabase((db) => createSession(db, {
      id: recorder.sessionId, name, format: formatOf(mimeType), mimeType, kind: 'microphone', state: 'recording', uploadMethod,
    }));
    recorder.begin();
    return recorder;
  }

  get durationMs(): number {
    return this.elapsedMs + (this.resumedAt === null ? 0 : performance.now() - this.resumedAt);
  }

  get paused(): boolean {
    return this.media.state === 'paused';
  }

  pause(): void {
    if (this.media.state !== 'recording') return;
    this.media.requestData();
    this.media.pause();
    this.elapsedMs = this.durationMs;
    this.resumedAt = null;
  }

  resume(): void {
    if (this.media.state !== 'paused') return;
    this.media.resume();
    this.resumedAt = performance.now();
  }

  stop(reason: StopReason = 'user'): void {
    this.reason = reason;
    this.elapsedMs = this.durationMs;
    this.resumedAt = null;
    if (this.media.state !== 'inactive') this.media.stop();
  }

  /** The lock tells every other tab and the worker that this recording has a living tab. It goes when the tab goes. */
  private takeLock(): Promise<void> {
    return new Promise((taken) => {
      void navigator.locks.request(recordingLock(this.sessionId), () => new Promise<void>((release) => {
        this.releaseLock = release;
        taken();
      }));
    });
  }

  private begin(): void {
    unsaved.set(this.sessionId, this.waiting);
    this.media.addEventListener('dataavailable', ({ data }) => {
      if (data.size > 0) this.waiting.push(data);
      this.chain = this.chain.then(() => this.save());
    });
    this.media.addEventListener('stop', () => { this.chain = this.chain.then(() => this.finish()); });
    this.media.addEventListener('error', () => this.stop('error'));
    for (const track of this.stream.getAudioTracks()) track.addEventListener('ended', () => this.stop('unplugged'));
    this.media.start(TIMESLICE_MS);
    this.resumedAt = performance.now();
  }

  /** Again where the connection was closed: nothing of that time is in the database. A closing one may be handed out for a moment yet. */
  private async inDatabase<T>(work: (db: Database) => Promise<T>): Promise<T> {
    for (let tries = 1; ; ++tries) {
      try {
        return await work(await this.database());
      } catch (error) {
        const closed = error instanceof Error && (error.name === 'InvalidStateError' || error.name === 'AbortError');
        if (!closed || tries === REOPEN_TRIES) throw error;
        await after(REOPEN_POLL_MS);
      }
    }
  }

  /**
   * Writes what waits, the oldest first. One that cannot be written keeps its place and all behind it wait with it: left out, it
   * would be a hole nobody sees. False when some of it still waits; whoever comes next tries the same one again.
   */
  private async save(): Promise<boolean> {
    for (let blob = this.waiting[0]; blob; blob = this.waiting[0]) {
      try {
        const data = await blob.arrayBuffer();
        const made = await this.inDatabase((db) => appendPart(db, this.sessionId, data, this.durationMs, this.bytes));
        if (made === null) {
          this.closed = true;
          if (this.media.state !== 'inactive') this.stop('closed');
          return false;
        }
        this.waiting.shift();
        this.failingSince = null;
        this.bytes += data.byteLength;
        this.events.saved({ bytes: this.bytes, durationMs: this.durationMs });
        if (made) this.events.cut();
      } catch (error) {
        if (!(await this.makeRoom(error))) return false;
      }
    }
    return true;
  }

  /** False: it makes no sense to try again at once. */
  private async makeRoom(error: unknown): Promise<boolean> {
    if (!isFull(error)) {
      console.error(error);
      if (this.media.state !== 'inactive') this.stop('error');
      return false;
    }
    const freed = await this.inDatabase((db) => dropAcknowledged(db, 16 * 1024 * 1024)).catch((failure: unknown) => { console.error(failure); return 0; });
    if (freed > 0) return true;
    this.failingSince ??= performance.now();
    this.events.storageFull();
    if (performance.now() - this.failingSince > HELD_IN_MEMORY_MAX_MS && this.media.state !== 'inactive') this.stop('storage');
    if (performance.now() - this.failingSince > 2 * HELD_IN_MEMORY_MAX_MS) return false;
    await after(ROOM_POLL_MS);
    return true;
  }

  /** A recording is not closed before its last second: it would be put together without that. Memory lasts as long as this page. */
  private async finish(): Promise<void> {
    const late = !(await this.save()) && !this.closed;
    if (late) {
      held.add(this.sessionId);
      this.events.stopped({ sessionId: this.sessionId, kept: true, reason: this.reason });
      do await after(HELD_POLL_MS); while (!(await this.save()) && !this.closed);
      held.delete(this.sessionId);
    }
    const kept = await this.close();
    // What a session that is still there did not take can be part of a saved copy.
    if (!kept || !this.closed) unsaved.delete(this.sessionId);
    this.releaseLock();
    if (late) {
      announce(this.sessionId);
      this.events.cut();
    } else {
      this.events.stopped({ sessionId: this.sessionId, kept, reason: this.reason });
    }
  }

  /** False for a recording without a byte. */
  private async close(): Promise<boolean> {
    for (;;) {
      try {
        return (await this.inDatabase((db) => finishRecording(db, this.sessionId, false))) !== null;
      } catch (error) {
        // A full storage refuses the last chunk, too, until what the server has makes room for it.
        if (await this.makeRoom(error)) continue;
        // Its parts are on the disk all the same; whoever finds the recording without a tab closes it.
        return true;
      }
    }
  }
}

export const announce = (sessionId: string): void => {
  const channel = new BroadcastChannel(EVENTS_CHANNEL);
  channel.postMessage({ type: 'sessionChanged', sessionId });
  channel.close();
};
