import { useState } from 'preact/hooks';
import { savedToken, saveToken } from './server.ts';
import { SessionTable } from './session-table.tsx';
import { Tiles } from './tiles.tsx';

/** Asked once a tab: whoever opens a page of a node should not see its recordings' names. */
function TokenForm({ onToken, refusal }: { onToken(token: string): void; refusal: string }) {
  const [text, setText] = useState('');
  return (
    <form class="token" onSubmit={(event) => { event.preventDefault(); onToken(text.trim()); }}>
      <label for="token">Operator token</label>
      <p class="lead">The one in the file that the server was started with: <code>--operator-token-file</code>.</p>
      {refusal !== '' && <p class="error" role="alert">{refusal}</p>}
      <div class="actions">
        <input id="token" type="password" autocomplete="off" required value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <button type="submit" class="primary">Show the sessions</button>
      </div>
    </form>
  );
}

export function App() {
  const [token, setToken] = useState(savedToken());
  const [refusal, setRefusal] = useState('');
  const take = (text: string): void => { saveToken(text); setToken(text); setRefusal(''); };
  const refuse = (detail: string): void => { saveToken(''); setToken(''); setRefusal(detail); };
  return (
    <>
      <header class="top">
        <div class="brand"><img src="/icon.svg" alt="" width="36" height="36" /><h1>WaveForge: operations</h1></div>
        <a class="button" href="/">Recorder</a>
      </header>
      <main>
        <Tiles />
        <section class="card" aria-labelledby="sessions-title">
          <h2 id="sessions-title">Sessions</h2>
          {token === '' ? <TokenForm onToken={take} refusal={refusal} /> : <SessionTable token={token} onRefused={refuse} />}
        </section>
      </main>
    </>
  );
}
