// From "every chunk acknowledged" to "the recording is there". The bytes stay on the device until then: if the server turns out
// to have lost something it is sent again.
import { after } from '../shared/after.ts';
import type { Database } from '../shared/db.ts';
import type { SessionRecord, UploadEvent } from '../shared/protocol.ts';
import * as queue from '../shared/queue.ts';
import { completeRecording } from './custom.ts';
import { getRemote, postAssemble, type Remote, type SessionStatus } from './remote.ts';
import { Aborted, UploadError } from './upload-error.ts';

const POLL_MS = [300, 500, 1_000, 2_000, 5_000];
const NUDGE_AFTER_POLLS = 3;
const UNEXPECTED_PAUSE_MS = 2_000;

/** So often a server that answers 429 or 5xx is told a name again. */
const TELL_POLLS = 4;

/** So often in a row a failed assembly is looked at again: the server tries it again after 1 s, 2 s, 4 s, … */
const FAILED_POLLS = 6;

interface Host {
  db: Database;
  emit(event: UploadEvent): void;
  log(line: string): void;
}

export class Completion {
  private readonly polling = new Map<string, AbortController>();

  constructor(private readonly host: Host, private readonly wake: () => void, private readonly lostContact: () => void) {}

  /** Starts watching every session whose chunks are all acknowledged. Resolves to whether any is being watched. */
  async start(): Promise<boolean> {
    for (const session of await this.host.db.getAll('sessions')) {
      const sent = session.totalChunks !== null && session.ackedChunks >= session.totalChunks && session.chunks === session.totalChunks;
      const due = session.state === 'assembling' || (session.state === 'uploading' && sent);
      if (!due || session.paused || this.polling.has(session.id)) continue;
      const stop = new AbortController();
      this.polling.set(session.id, stop);
      void this.watch(session.id, stop.signal)
        .catch((error: unknown) => {
          if (error instanceof Aborted) return undefined;
          this.host.log(`session ${session.id}: ${String(error)}`);
          return after(UNEXPECTED_PAUSE_MS);
        })
        .finally(() => {
          if (this.polling.get(session.id) === stop) this.polling.delete(session.id);
          this.wake();
        });
    }
    return this.polling.size > 0;
  }

  forget(sessionId: string): void {
    this.polling.get(sessionId)?.abort();
    this.polling.delete(sessionId);
  }

  private async watch(sessionId: string, signal: AbortSignal): Promise<void> {
    const { db } = this.host;
    await queue.updateSession(db, sessionId, (record) => { record.state = 'assembling'; }).catch(queue.unlessFull);
    this.changed(sessionId);
    let told: string | null = null;
    let failed = 0;
    for (let poll = 0; !signal.aborted; ++poll) {
      // Read again each time: it may be renamed meanwhile.
      const session = await db.get('sessions', sessionId);
      if (!session) return;
      try {
        if ((session.usedCustom || session.renamed) && told !== session.name) {
          await completeRecording(session, signal).catch((error: unknown) => {
            // A server in trouble is told again. One that refuses, or is in trouble for long, does not keep the recording from being complete.
            if (!(error instanceof UploadError) || error.failure.kind !== 'http' || (error.failure.status >= 429 && poll < TELL_POLLS)) throw error;
          });
          told = session.name;
        }
        const remote = await getRemote(session.remoteId, signal);
        if (signal.aborted) return;
        if (remote.kind !== 'known' || remote.status.state === 'damaged') return await this.startAnew(session, remote);
        failed = remote.status.state === 'failed' ? failed + 1 : 0;
        const waits = failed > 0 && failed <= FAILED_POLLS;
        if (!waits && await this.decide(session, remote.status, poll, signal)) return;
      } catch (error) {
        if (!(error instanceof UploadError)) throw error;
        if (error.failure.kind !== 'http') this.lostContact();
      }
      await after(POLL_MS[Math.min(poll, POLL_MS.length - 1)] ?? 5_000);
    }
  }

  /** True when there is nothing more to watch. */
  private async decide(session: SessionRecord, status: SessionStatus, poll: number, signal: AbortSignal): Promise<boolean> {
    const { db } = this.host;
    if (status.state === 'assembled') {
      if (status.recording && status.recording.size !== session.bytes) {
        await this.fail(session, 'size', `the server has ${status.recording.size} bytes, ${session.bytes} were recorded`);
        return true;
      }
      await queue.dropSession(db, session.id, (record) => Object.assign(record, { state: 'complete', tailBytes: 0, error: null }));
      this.host.log(`Session ${session.id} is assembled`);
      this.host.emit({ type: 'sessionComplete', sessionId: session.id });
      this.changed(session.id);
      return true;
    }
    if (status.state === 'failed') {
      await this.fail(session, 'assembly', status.error ?? 'the server could not put the recording together');
      return true;
    }
    if (status.state === 'assembling') return false;
    const missing = new Set(status.missing_chunks);
    // The last chunk carries the total; a server that does not know it lost that chunk or never heard of it.
    if (status.total_chunks === null && session.totalChunks !== null) missing.add(session.totalChunks - 1);
    if (missing.size > 0) {
      const found = await queue.requeue(db, session.id, (item) => missing.has(item.chunkIndex), true, (record) => { record.state = 'uploading'; });
      if (found < missing.size) await this.fail(session, 'lost', `${missing.size - found} chunks are neither here nor on the server`);
      this.changed(session.id);
      return true;
    }
    if (poll >= NUDGE_AFTER_POLLS) await postAssemble(session.remoteId, session.totalChunks, signal);
    return false;
  }

  /** The server forgot, expired or damaged the session: everything kept is sent again, under a new id where the old one is spent. */
  async startAnew(session: SessionRecord, remote: Remote): Promise<void> {
    if (remote.kind === 'gone' && remote.reason === 'cancelled') {
      await this.fail(session, 'cancelled', 'this recording was cancelled on the server');
      return;
    }
    const spent = remote.kind !== 'unknown';
    // Several chunks of a session learn of its end at the same time; the first one acts for all of them.
    const fresh = await this.host.db.get('sessions', session.id);
    if (!fresh || fresh.remoteId !== session.remoteId) return;
    this.host.log(`session ${session.id} is ${remote.kind === 'gone' ? remote.reason : spent ? 'damaged' : 'unknown'} on the server, sending everything again`);
    const dropped = (await this.host.db.getAllFromIndex('upload_queue', 'sessionId', session.id)).filter((item) => item.dropped).length;
    if (dropped > 0) {
      await this.fail(session, 'lost', `${dropped} chunks are neither here nor on the server`);
      return;
    }
    await queue.requeue(this.host.db, session.id, (item) => item.status !== 'dead', true, (record) => {
      if (spent) record.remoteId = crypto.randomUUID();
      if (record.state === 'assembling') record.state = 'uploading';
    });
    this.changed(session.id);
    this.wake();
  }

  private async fail(session: SessionRecord, code: string, message: string): Promise<void> {
    await queue.updateSession(this.host.db, session.id, (record) => queue.fail(record, code, message));
    this.changed(session.id);
  }

  private changed(sessionId: string): void {
    this.host.emit({ type: 'sessionChanged', sessionId });
  }
}
