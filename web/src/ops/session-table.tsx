import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatBytes } from '../shared/format.ts';
import { SESSIONS_MAX, listSessions, type SessionLine } from './server.ts';
import { SessionDetail } from './session-detail.tsx';

const EVERY_MS = 10_000;
/** Rows laid out at once; more come with a button, so that ten thousand sessions do not become ten thousand rows. */
const SHOWN = 200;

const STATES = ['open', 'sealed', 'assembling', 'assembled', 'failed', 'damaged', 'cancelled', 'expired'] as const;

export function matches(line: SessionLine, text: string, state: string): boolean {
  if (state !== '' && line.state !== state) return false;
  const wanted = text.trim().toLowerCase();
  return wanted === '' || line.session_id.includes(wanted) || line.recording_name.toLowerCase().includes(wanted);
}

const timeOf = (text: string): string => new Date(text).toLocaleString([], { dateStyle: 'short', timeStyle: 'medium' });
const chunksOf = (line: SessionLine): string => `${line.uploaded_chunks} of ${line.total_chunks ?? '?'}`;

function Row({ line, open, onToggle, onChanged }: { line: SessionLine; open: boolean; onToggle(): void; onChanged(): void }) {
  return (
    <>
      <tr data-testid="ops-row" data-state={line.state}>
        <td><button type="button" class="link" aria-expanded={open} onClick={onToggle}>{line.recording_name === '' ? line.session_id : line.recording_name}</button></td>
        <td class={`state-${line.state}`}>{line.state}</td>
        <td>{chunksOf(line)}</td>
        <td>{formatBytes(line.bytes_received)}</td>
        <td>{timeOf(line.updated_at)}</td>
      </tr>
      {open && <tr><td colSpan={5}><SessionDetail line={line} onChanged={onChanged} /></td></tr>}
    </>
  );
}

export function SessionTable({ token, onRefused }: { token: string; onRefused(detail: string): void }) {
  const [lines, setLines] = useState<SessionLine[] | null>(null);
  const [more, setMore] = useState(false);
  const [trouble, setTrouble] = useState('');
  const [text, setText] = useState('');
  const [state, setState] = useState('');
  const [shown, setShown] = useState(SHOWN);
  const [open, setOpen] = useState('');

  const asked = useRef(0);
  const load = useCallback(async (): Promise<void> => {
    asked.current += 1;
    const turn = asked.current;
    const answer = await listSessions(token);
    if (turn !== asked.current) return;  // an older list may name what was deleted since
    if (answer.ok) {
      setLines(answer.value.lines);
      setMore(answer.value.more);
      setTrouble('');
    } else if (answer.problem.status === 401 || answer.problem.status === 403) {
      onRefused(answer.problem.detail);
    } else {
      setTrouble(answer.problem.detail);
    }
  }, [token, onRefused]);
  useEffect(() => {
    let ended = false;
    let timer = 0;
    const again = async (): Promise<void> => {
      if (!document.hidden) await load();
      if (!ended) timer = window.setTimeout(() => void again(), EVERY_MS);
    };
    void again();
    return () => { ended = true; clearTimeout(timer); };
  }, [token]);

  const found = useMemo(() => (lines ?? []).filter((line) => matches(line, text, state)), [lines, text, state]);
  if (lines === null) return trouble === '' ? <p class="empty" role="status">Reading the sessions…</p> : <p class="error" role="alert">{trouble}</p>;
  return (
    <>
      {trouble !== '' && <p class="error" role="alert">{trouble} What is below is older.</p>}
      <div class="filters">
        <label>Name or id<input type="text" value={text} onInput={(event) => { setText(event.currentTarget.value); setShown(SHOWN); }} data-testid="ops-filter" /></label>
        <label>State
          <select value={state} onChange={(event) => { setState(event.currentTarget.value); setShown(SHOWN); }} data-testid="ops-state">
            <option value="">any</option>
            {STATES.map((name) => <option key={name} value={name}>{name}</option>)}
          </select>
        </label>
        <button type="button" onClick={() => void load()}>Read again</button>
      </div>
      <p class="lead" role="status" data-testid="ops-count">{found.length} of {lines.length} sessions{more ? `; only the first ${SESSIONS_MAX} are read, wfctl ls has all` : ''}</p>
      <div class="table wide" tabIndex={0} role="region" aria-label="All sessions">
        <table>
          <thead><tr><th scope="col">Recording</th><th scope="col">State</th><th scope="col">Chunks</th><th scope="col">Size</th><th scope="col">Last change</th></tr></thead>
          <tbody>
            {found.slice(0, shown).map((line) => (
              <Row key={line.session_id} line={line} open={open === line.session_id} onToggle={() => setOpen(open === line.session_id ? '' : line.session_id)} onChanged={() => void load()} />
            ))}
          </tbody>
        </table>
      </div>
      {found.length > shown && <button type="button" onClick={() => setShown(shown + SHOWN)}>Show {Math.min(SHOWN, found.length - shown)} more</button>}
    </>
  );
}
