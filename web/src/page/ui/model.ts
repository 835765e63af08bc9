// What the page shows, gathered from the database and the uploader's events.
import { useEffect, useState } from 'preact/hooks';
import type { SessionRecord } from '../../shared/protocol.ts';
import { updateSession } from '../../shared/queue.ts';
import { TusUploadManager } from '../tus-upload-manager.ts';
import { withNextTick } from './ticker.ts';

export interface Flow {
  uploaded: number;
  total: number;
  /** Bytes per second over the last ten seconds; null before there are two readings. */
  rate: number | null;
}

export interface Model {
  ready: boolean;
  failure: string | null;
  sessions: SessionRecord[];
  flows: Map<string, Flow>;
  /** How often the uploader has said that chunks of a session changed. */
  changes: ReadonlyMap<string, number>;
  offline: boolean;
  pending: number;
  /** Complete recordings the server no longer has. */
  gone: ReadonlySet<string>;
  recovered: SessionRecord | null;
  announcement: string;
}

export const manager = new TusUploadManager();

const RATE_WINDOW_MS = 10_000;
const ANNOUNCE_EVERY_MS = 10_000;
const ASK_MAX = 25;
const ASK_AGAIN_MS = 10_000;

export class ModelStore {
  model: Model = { ready: false, failure: null, sessions: [], flows: new Map(), changes: new Map(), offline: false, pending: 0, gone: new Set(), recovered: null, announcement: '' };
  private readonly samples = new Map<string, { at: number; bytes: number }[]>();
  private listener: (model: Model) => void = () => {};
  private reading = false;
  private stale = false;
  private asking = false;
  private announcedAt = -Infinity;
  private nextAnnouncement: string | null = null;

  subscribe(listener: (model: Model) => void): void {
    this.listener = listener;
  }

  async start(): Promise<void> {
    manager.on('sessionChanged', ({ sessionId }) => {
      this.set({ changes: new Map(this.model.changes).set(sessionId, (this.model.changes.get(sessionId) ?? 0) + 1) });
      void this.refresh();
    });
    manager.on('chunkUploaded', () => void this.refresh());
    manager.on('progress', ({ sessionId, bytesUploaded, bytesTotal }) => this.progress(sessionId, bytesUploaded, bytesTotal));
    manager.on('offline', () => {
      this.set({ offline: true });
      this.announce('The server is out of reach. Recording goes on; uploads wait.');
    });
    manager.on('online', () => {
      this.set({ offline: false });
      void this.askServer();
      this.announce('Connected again. Uploads go on.');
    });
    manager.on('chunkFailed', ({ permanent }) => { if (permanent) this.announce('Part of a recording could not be uploaded.'); });
    manager.on('recovered', () => {
      void this.refresh();
      this.announce('An interrupted recording was recovered.');
    });
    manager.on('sessionComplete', ({ sessionId }) => {
      void this.refresh();
      const session = this.model.sessions.find(({ id }) => id === sessionId);
      this.announce(`${session?.name ?? 'The recording'} is complete on the server.`);
    });
    document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') void this.askServer(); });
    if (!isSecureContext) {
      this.set({ failure: `it was opened over plain HTTP from another machine, where browsers give pages neither a microphone nor a store that lasts. Open it as https://${location.host}/, or on this machine as http://localhost` });
      return;
    }
    try {
      await manager.init();
      const state = await manager.state();
      this.set({ ready: true, offline: state.offline });
      await this.refresh();
      await this.askServer();
    } catch (error) {
      this.set({ failure: error instanceof Error ? error.message : String(error) });
    }
  }

  set(change: Partial<Model>): void {
    this.model = { ...this.model, ...change };
    withNextTick(this.publish);
  }

  private readonly publish = (): void => this.listener(this.model);

  /** At most one sentence in ten seconds; of several that come together the last one is said. */
  announce(sentence: string): void {
    const wait = this.announcedAt + ANNOUNCE_EVERY_MS - performance.now();
    if (wait > 0) {
      if (this.nextAnnouncement === null) {
        setTimeout(() => {
          const next = this.nextAnnouncement;
          this.nextAnnouncement = null;
          if (next !== null) this.announce(next);
        }, wait);
      }
      this.nextAnnouncement = sentence;
      return;
    }
    this.announcedAt = performance.now();
    this.set({ announcement: sentence });
  }

  async refresh(): Promise<void> {
    if (this.reading) {
      this.stale = true;
      return;
    }
    this.reading = true;
    try {
      do {
        this.stale = false;
        const db = await manager.database();
        const sessions = await db.getAll('sessions');
        sessions.sort((a, b) => b.startedAt - a.startedAt);
        const pending = sessions.reduce((sum, session) => sum + (session.state === 'complete' ? 0 : session.chunks - session.ackedChunks - session.deadChunks), 0);
        // Also one recovered while no page was open.
        const recovered = sessions.find(({ interrupted, noticed }) => interrupted && !noticed) ?? null;
        this.set({ sessions, pending, recovered });
      } while (this.stale);
    } finally {
      // A connection closed under one reading must not be the last thing this page ever shows.
      this.reading = false;
    }
  }

  /** Asks after the newest complete recordings: they may have been deleted elsewhere. Silence of the server changes nothing; it is asked again. */
  private async askServer(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    const complete = this.model.sessions.filter(({ state }) => state === 'complete').slice(0, ASK_MAX);
    for (const { id } of complete) {
      const remote = await manager.getUploadStatus(id).catch(() => null);
      if (remote === null) {
        setTimeout(() => void this.askServer(), ASK_AGAIN_MS);
        break;
      }
      const gone = new Set(this.model.gone);
      if (remote.kind === 'known') gone.delete(id);
      else gone.add(id);
      if (gone.size !== this.model.gone.size) this.set({ gone });
    }
    this.asking = false;
  }

  async notice(sessionId: string): Promise<void> {
    await updateSession(await manager.database(), sessionId, (session) => { session.noticed = true; });
    await this.refresh();
  }

  private progress(sessionId: string, uploaded: number, total: number): void {
    const now = performance.now();
    const samples = [...(this.samples.get(sessionId) ?? []).filter(({ at }) => now - at < RATE_WINDOW_MS), { at: now, bytes: uploaded }];
    this.samples.set(sessionId, samples);
    const first = samples[0];
    const rate = first && now - first.at > 500 ? Math.max(0, ((uploaded - first.bytes) * 1000) / (now - first.at)) : null;
    this.set({ flows: new Map(this.model.flows).set(sessionId, { uploaded, total, rate }) });
  }
}

export const store = new ModelStore();

export function useModel(): Model {
  const [model, setModel] = useState(store.model);
  useEffect(() => {
    store.subscribe(setModel);
    void store.start();
  }, []);
  return model;
}
