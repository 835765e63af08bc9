// A Recorder in Node: a MediaRecorder that gives what it is told to, and locks that are free.
import { vi } from 'vitest';
import { openDatabase, type Database } from '../../src/shared/db.ts';
import type { RecorderEvents, Recorder } from '../../src/page/recorder.ts';

export class ScriptedMedia extends EventTarget {
  static last: ScriptedMedia;
  static isTypeSupported = (): boolean => true;
  mimeType = 'audio/webm;codecs=opus';
  state = 'inactive';

  constructor() {
    super();
    ScriptedMedia.last = this;
  }

  start(): void { this.state = 'recording'; }

  give(bytes: Uint8Array<ArrayBuffer>): void {
    this.dispatchEvent(Object.assign(new Event('dataavailable'), { data: new Blob([bytes]) }));
  }

  stop(): void {
    this.state = 'inactive';
    this.dispatchEvent(new Event('stop'));
  }
}

/** Only the clock is replaced; the database goes on by itself. */
export function stubRecording(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  vi.stubGlobal('MediaRecorder', ScriptedMedia);
  vi.stubGlobal('navigator', { locks: { request: (_name: string, work: () => Promise<void>) => work() } });
  vi.stubGlobal('BroadcastChannel', class { postMessage(): void {} close(): void {} });
}

/** Turns of the event loop, enough for any work of the database that is under way. */
export async function turns(count = 60): Promise<void> {
  for (let i = 0; i < count; ++i) await new Promise((resolve) => { setImmediate(resolve); });
}

/** Lets time pass in steps of a second, the database's work done after each. */
export async function pass(seconds: number): Promise<void> {
  await turns();
  for (let i = 0; i < seconds; ++i) {
    await vi.advanceTimersByTimeAsync(1_000);
    await turns();
  }
}

export interface Recording {
  db: Database;
  recorder: Recorder;
  media: ScriptedMedia;
  events: { [K in keyof RecorderEvents]: ReturnType<typeof vi.fn<RecorderEvents[K]>> };
}

export async function record(database?: () => Promise<Database>): Promise<Recording> {
  const { Recorder } = await import('../../src/page/recorder.ts');
  const db = await openDatabase();
  const events = { saved: vi.fn(), cut: vi.fn(), storageFull: vi.fn(), stopped: vi.fn() };
  const stream = { getAudioTracks: () => [] } as unknown as MediaStream;
  const recorder = await Recorder.start(database ?? (() => Promise.resolve(db)), stream, 'talk', 'tus', events);
  return { db, recorder, media: ScriptedMedia.last, events };
}

/** Everything of the session that is on the disk, in the order in which it was recorded. */
export async function stored(db: Database, sessionId: string): Promise<Buffer> {
  const rows = (await db.getAllFromIndex('upload_queue', 'sessionId', sessionId)).sort((a, b) => a.chunkIndex - b.chunkIndex);
  const chunks = await Promise.all(rows.map((row) => db.get('chunk_data', row.id)));
  const parts = await db.getAll('parts', IDBKeyRange.bound([sessionId, 0], [sessionId, Number.MAX_SAFE_INTEGER]));
  return Buffer.concat([...chunks, ...parts].map((piece) => Buffer.from(piece ?? new ArrayBuffer(0))));
}
