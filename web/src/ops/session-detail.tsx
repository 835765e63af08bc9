import { useEffect, useState } from 'preact/hooks';
import { assemble, readStatus, remove, type Answer, type SessionLine, type SessionStatus } from './server.ts';
import { ranges } from '../shared/ranges.ts';

const missingOf = (status: SessionStatus): string => (status.missing_chunks.length === 0 ? 'none' : ranges(status.missing_chunks));
const partialOf = (status: SessionStatus): string => {
  const parts = Object.entries(status.partial_chunks).map(([index, offset]) => `${index} (${offset} bytes)`);
  return parts.length === 0 ? 'none' : parts.join(', ');
};

/** One session opened: what is missing, and what can be done about it. */
export function SessionDetail({ line, onChanged }: { line: SessionLine; onChanged(): void }) {
  const [status, setStatus] = useState<Answer<SessionStatus> | null>(null);
  const [asked, setAsked] = useState(false);
  const [said, setSaid] = useState('');
  useEffect(() => { void readStatus(line.session_id).then(setStatus); }, [line.session_id, line.updated_at, line.state]);
  const gone = line.state === 'cancelled' || line.state === 'expired';
  const act = async (what: Promise<Answer<Response>>, done: string): Promise<void> => {
    const answer = await what;
    setSaid(answer.ok ? done : answer.problem.detail);
    onChanged();
  };
  return (
    <div class="ops-detail" data-testid="ops-detail">
      <dl>
        <dt>Id</dt><dd><code>{line.session_id}</code></dd>
        {status?.ok === true && <><dt>Missing chunks</dt><dd>{missingOf(status.value)}</dd><dt>Half sent</dt><dd>{partialOf(status.value)}</dd></>}
        {status?.ok === true && status.value.error !== undefined && <><dt>Trouble</dt><dd class="error">{status.value.error}</dd></>}
        {status?.ok === false && <><dt>Status</dt><dd class="error">{status.problem.detail}</dd></>}
      </dl>
      {!gone && <div class="actions small">
        {line.state === 'assembled'
          ? <a class="button" href={`/files/${line.session_id}/recording`} download>Download</a>
          : <button type="button" onClick={() => void act(assemble(line.session_id), 'Assembly asked for.')}>Assemble now</button>}
        {!asked && <button type="button" onClick={() => setAsked(true)}>Delete…</button>}
      </div>}
      {asked && (
        <div class="confirm">
          <p>Delete this session with everything received of it? Nobody can bring it back.</p>
          <button type="button" class="danger" data-testid="ops-delete" onClick={() => void act(remove(line.session_id), 'Deleted.')}>Delete</button>
          <button type="button" onClick={() => setAsked(false)}>Keep</button>
        </div>
      )}
      <p role="status">{said}</p>
    </div>
  );
}
