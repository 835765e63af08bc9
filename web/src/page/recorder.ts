// One recording: microphone → MediaRecorder → database. Every blob is on the disk before the next one is taken.
import { EVENTS_CHANNEL, recordingLock } from '../shared/protocol.ts';
import type { UploadMethod } from '../shared/protocol.ts';
import { formatOf } from '../shared/format.ts';
import type { Database } from '../shared/db.ts';
import { appendPart, createSession, dropAcknowledged, finishRecording, isFull } from '../shared/queue.ts';

const TYPES = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4;codecs=opus', 'audio/mp4', 'audio/webm'];
const TIMESLICE_MS = 1_000;
const HELD_IN_MEMORY_MAX_MS = 30_000;

/** The first media type this browser records; none of them is everywhere. */
export const chooseType = (): string => TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? '';

/** Blobs that are not on the disk, by session: for a moment each, for good when the storage stayed full. */
export const unsaved = new Map<string, Blob[]>();

export interface RecorderEvents {
  /** A blob reached the disk. */
  saved(info: { bytes: number; durationMs: number }): void;
  /** A chunk was cut and can be sent. */
  cut(): void;
  /** The disk is full; the tail is held in memory. */
  storageFull(): void;
  stopped(info: { sessionId: string; kept: boolean; reason: 'user' | 'unplugged' | 'storage' | 'error' }): void;
}

export class Recorder {
  readonly sessionId = crypto.randomUUID();
  private readonly media: MediaRecorder;
  private chain: Promise<void> = Promise.resolve();
  private releaseLock: () => void = () => {};
  private elapsedMs = 0;
  private resumedAt: number | null = null;
  private bytes = 0;
  private failingSince: number | null = null;
  private reason: 'user' | 'unplugged' | 'storage' | 'error' = 'user';

  private constructor(private readonly db: Database, private readonly stream: MediaStream, private readonly events: RecorderEvents) {
    const mimeType = chooseType();
    this.media = new MediaRecorder(stream, mimeType ? { mimeType } : {});
  }

  /** The stream stays the caller's; the recorder does not stop its tracks. */
  static async start(db: Database, stream: MediaStream, name: string, uploadMethod: UploadMethod, events: RecorderEvents): Promise<Recorder> {
    const recorder = new Recorder(db, stream, events);
    await recorder.takeLock();
    const mimeType = recorder.media.mimeType || chooseType();
    await createSession(db, {
      id: recorder.sessionId, name, format: formatOf(mimeType), mimeType, kind: 'microphone', state: 'recording', uploadMethod,
    });
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

  stop(reason: 'user' | 'unplugged' | 'storage' | 'error' = 'user'): void {
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
    const waiting: Blob[] = [];
    unsaved.set(this.sessionId, waiting);
    this.media.addEventListener('dataavailable', ({ data }) => { waiting.push(data); this.chain = this.chain.then(() => this.save(data)); });
    this.media.addEventListener('stop', () => { this.chain = this.chain.then(() => this.finish()); });
    this.media.addEventListener('error', () => this.stop('error'));
    for (const track of this.stream.getAudioTracks()) track.addEventListener('ended', () => this.stop('unplugged'));
    this.media.start(TIMESLICE_MS);
    this.resumedAt = performance.now();
  }

  private async save(blob: Blob): Promise<void> {
    if (blob.size === 0) {
      unsaved.get(this.sessionId)?.shift();
      return;
    }
    const data = await blob.arrayBuffer();
    for (;;) {
      try {
        const made = await appendPart(this.db, this.sessionId, data, this.durationMs);
        this.failingSince = null;
        this.bytes += data.byteLength;
        unsaved.get(this.sessionId)?.shift();
        this.events.saved({ bytes: this.bytes, durationMs: this.durationMs });
        if (made) this.events.cut();
        return;
      } catch (error) {
        if (!(await this.makeRoom(error))) return;
      }
    }
  }

  /** False: give up on this blob. Waits here keep the order of the blobs, which pile up in memory meanwhile. */
  private async makeRoom(error: unknown): Promise<boolean> {
    if (!isFull(error)) {
      console.error(error);
      this.stop('error');
      return false;
    }
    if ((await dropAcknowledged(this.db, 16 * 1024 * 1024)) > 0) return true;
    this.failingSince ??= performance.now();
    this.events.storageFull();
    if (performance.now() - this.failingSince > HELD_IN_MEMORY_MAX_MS && this.media.state !== 'inactive') this.stop('storage');
    if (performance.now() - this.failingSince > 2 * HELD_IN_MEMORY_MAX_MS) return false;
    await new Promise((resolve) => { setTimeout(resolve, 1_000); });
    return true;
  }

  private async finish(): Promise<void> {
    let kept: boolean | null = null;
    while (kept === null) {
      try {
        kept = (await finishRecording(this.db, this.sessionId, false)) !== null;
      } catch (error) {
        // A full storage refuses the last chunk, too, until what the server has makes room for it.
        if (isFull(error) && await this.makeRoom(error)) continue;
        // Its parts are on the disk all the same; whoever finds the recording without a tab closes it.
        console.error(error);
        kept = true;
      }
    }
    this.releaseLock();
    this.events.stopped({ sessionId: this.sessionId, kept, reason: this.reason });
  }
}

export const announce = (sessionId: string): void => {
  const channel = new BroadcastChannel(EVENTS_CHANNEL);
  channel.postMessage({ type: 'sessionChanged', sessionId });
  channel.close();
};
