import { useEffect, useState } from 'preact/hooks';
import { formatBytes, formatDuration } from '../../shared/format.ts';
import type { QueueItem, SessionRecord } from '../../shared/protocol.ts';
import { held } from '../recorder.ts';
import { saveCopy } from '../save-copy.ts';
import { ChunkStrip } from './chunk-strip.tsx';
import { manager, type Flow } from './model.ts';
import { useChunks } from './use-chunks.ts';

const TABLE_MAX = 500;

interface Props {
  session: SessionRecord;
  flow: Flow | undefined;
  changes: number;
  offline: boolean;
  gone: boolean;
  onNotice: (message: string) => void;
}

function stateWord(session: SessionRecord, offline: boolean): string {
  if (session.deadChunks > 0 && session.state !== 'complete') return 'Needs you';
  if (session.paused) return 'Paused';
  switch (session.state) {
    case 'recording': return held.has(session.id) ? 'Waiting for room' : 'Recording';
    case 'importing': return 'Reading the file';
    case 'uploading': return offline ? 'Waiting for the server' : 'Uploading';
    case 'assembling': return 'Finishing';
    case 'complete': return 'Complete';
    case 'failed': return 'Failed';
    case 'cancelled': return 'Cancelled';
  }
}

/** Nothing while nothing moves: a speed of some time ago tells no one when it will be done. */
function remaining(session: SessionRecord, flow: Flow | undefined, offline: boolean): string {
  const moving = session.state === 'uploading' && !offline && !session.paused && session.ackedChunks + session.deadChunks < session.chunks;
  if (!moving || !flow?.rate || flow.rate < 1) return '';
  const left = Math.max(0, session.bytes - flow.uploaded);
  return `${formatBytes(Math.round(flow.rate))}/s, ${formatDuration((left / flow.rate) * 1000)} left`;
}

/** Where the bytes are. A recording sends nothing before its first chunk is full, which takes a minute and is no reason to worry. */
function placed(session: SessionRecord, uploaded: number): string {
  const all = formatBytes(session.bytes);
  if (session.state === 'complete') return all;
  if (session.state === 'recording' && session.chunks === 0) return `${all} safe on this device, sent in pieces of 1 MB`;
  return `${formatBytes(Math.min(uploaded, session.bytes))} of ${all}${session.state === 'recording' ? ' so far' : ''} on the server`;
}

/** What another attempt of the same cannot mend. */
const HOPELESS = new Set(['import', 'cancelled', 'size']);

function trouble(session: SessionRecord, attention: QueueItem[]): string {
  if (session.error) {
    const what = `${session.error.message.charAt(0).toUpperCase()}${session.error.message.slice(1)}.`.replace(/\.\.$/, '.');
    return session.state === 'recording' ? `${what} What is being recorded is kept on this device.` : what;
  }
  const why = attention.find((item) => item.status === 'dead')?.lastError?.message;
  const count = session.deadChunks === 1 ? 'One chunk was' : `${session.deadChunks} chunks were`;
  return `${count} refused by the server${why ? `: ${why}` : ''}. Nothing is lost: try again, or save a copy.`;
}

/** Counts down to the next attempt of what waits. */
function NextTry({ attention, heldUntil }: { attention: QueueItem[]; heldUntil: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const waiting = attention.filter((item) => item.status === 'waiting');
  const next = Math.max(heldUntil, Math.min(...waiting.map((item) => item.nextRetryAt)));
  if ((waiting.length === 0 && heldUntil <= now) || next <= now) return null;
  return <span class="next" data-testid="next-try">next try in {Math.ceil((next - now) / 1000)} s</span>;
}

function ChunkTable({ session }: { session: SessionRecord }) {
  const [items, setItems] = useState<QueueItem[]>([]);
  useEffect(() => {
    void manager.database().then((db) => db.getAllFromIndex('upload_queue', 'sessionId', session.id)).then((rows) => {
      setItems(rows.sort((a, b) => a.chunkIndex - b.chunkIndex).slice(0, TABLE_MAX));
    });
  }, [session]);
  return (
    <div class="table" role="region" aria-label="Chunks" tabIndex={0}>
      <table>
        <thead><tr><th scope="col">Chunk</th><th scope="col">Size</th><th scope="col">State</th><th scope="col">Tries</th><th scope="col">Last error</th></tr></thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.id}>
              <th scope="row">{item.chunkIndex}</th><td>{formatBytes(item.size)}</td><td>{item.status}</td><td>{item.retryCount}</td>
              <td>{item.lastError ? `${item.lastError.code}: ${item.lastError.message}` : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function SessionRow({ session, flow, changes, offline, gone, onNotice }: Props) {
  const { cells, attention } = useChunks(session, flow, changes, offline);
  const [open, setOpen] = useState(false);
  const [asking, setAsking] = useState(false);
  const [renaming, setRenaming] = useState<string | null>(null);
  const complete = session.state === 'complete';
  const live = session.state === 'recording' && !held.has(session.id);
  const uploaded = complete ? session.bytes : Math.max(session.ackedBytes, flow?.uploaded ?? 0);
  const share = session.bytes === 0 ? 0 : Math.min(1, uploaded / session.bytes);
  const broken = session.error !== null || session.deadChunks > 0;
  const stuck = session.state === 'failed' || (broken && session.ackedChunks + session.deadChunks === session.chunks);
  const chunks = Math.max(session.totalChunks ?? 0, cells.length);
  const word = gone ? 'No longer on the server' : stateWord(session, offline);
  const attempt = (work: Promise<unknown>): void => { work.catch((error: unknown) => onNotice(error instanceof Error ? error.message : String(error))); };
  const saveIt = async (): Promise<void> => {
    const said = await saveCopy(await manager.database(), session);
    if (said !== null) onNotice(said);
  };
  const url = `/files/${session.remoteId}/recording`;
  return (
    <li class="session" data-testid="session" data-session={session.id} data-remote={session.remoteId} data-state={session.state}>
      <div class="line">
        {renaming === null
          ? <h3>{session.name}</h3>
          : (
            <form onSubmit={(event) => { event.preventDefault(); if (renaming.trim()) attempt(manager.renameSession(session.id, renaming.trim())); setRenaming(null); }}>
              <input type="text" aria-label="New name" value={renaming} maxLength={120} onInput={(event) => setRenaming(event.currentTarget.value)} ref={(element) => element?.focus()} />
              <button type="submit">Save</button>
            </form>
          )}
        <span class={`state ${broken ? 'bad' : gone ? 'warn' : complete ? 'good' : offline ? 'warn' : ''}`} data-testid="state">{word}</span>
      </div>
      <p class="detail">
        {session.durationMs > 0 && <span>{formatDuration(session.durationMs)}</span>}
        <span>{placed(session, uploaded)}</span>
        {session.interrupted && <span>recovered</span>}
        {!complete && session.fallbackUntil > Date.now() && <span>by the fallback</span>}
        <span>{remaining(session, flow, offline)}</span>
        {!complete && <NextTry attention={attention} heldUntil={session.heldUntil} />}
      </p>
      {!complete && (
        <>
          <progress max={1} value={share} aria-label={`${session.name}: on the server`} data-testid="progress" />
          {cells.length > 0 && <ChunkStrip items={cells} total={session.totalChunks ?? session.chunks} />}
        </>
      )}
      {broken && <p class="error">{trouble(session, attention)}</p>}
      {complete && !gone && <audio controls preload="none" src={url} aria-label={session.name} data-testid="player" />}
      {asking
        ? (
          <div class="confirm" role="alertdialog" aria-label="Delete this recording?">
            <p>{complete ? 'The recording on the server is deleted.' : 'The copy on this device and everything already on the server are deleted.'} This cannot be undone.</p>
            <button type="button" class="danger" data-testid="confirm-delete" onClick={() => { setAsking(false); attempt(manager.cancelSession(session.id)); }}>Delete</button>
            <button type="button" onClick={() => setAsking(false)}>Keep</button>
          </div>
        )
        : (
          <div class="actions small">
            {complete && !gone && <a class="button" href={url} download={`${session.name}.${session.format}`} data-testid="download">Download</a>}
            {!HOPELESS.has(session.error?.code ?? '') && (broken || attention.some((item) => item.status === 'waiting')) && <button type="button" data-testid="retry" onClick={() => attempt(manager.retryFailedUploads(session.id))}>Retry now</button>}
            {broken && (session.error?.code === 'cancelled' || session.error?.code === 'size') && <button type="button" data-testid="send-again" onClick={() => attempt(manager.resendSession(session.id))}>Send again</button>}
            {!complete && !live && !stuck && <button type="button" onClick={() => attempt(manager.pauseSession(session.id, !session.paused))}>{session.paused ? 'Go on' : 'Pause'}</button>}
            {!complete && <button type="button" data-testid="save-copy" onClick={() => attempt(saveIt())}>Save a copy</button>}
            {!live && !gone && <button type="button" onClick={() => setRenaming(session.name)}>Rename</button>}
            {!live && <button type="button" data-testid="delete" onClick={() => setAsking(true)}>{complete ? 'Delete' : 'Cancel'}</button>}
            {!complete && cells.length > 0 && <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? 'Hide chunks' : chunks === 1 ? '1 chunk' : `${chunks} chunks`}</button>}
          </div>
        )}
      {open && !complete && <ChunkTable session={session} />}
    </li>
  );
}
