import { useEffect, useRef, useState } from 'preact/hooks';
import { formatBytes, formatDuration } from '../../shared/format.ts';
import { registerSync } from '../background-sync.ts';
import { importFile } from '../import-file.ts';
import { MethodSelector } from './method-selector.tsx';
import { manager, store, useModel, type Model } from './model.ts';
import { RecordingCard } from './recording-card.tsx';
import { SessionRow } from './session-row.tsx';

function Header({ model }: { model: Model }) {
  const kept = model.sessions.reduce((sum, { state, bytes }) => sum + (state === 'complete' ? 0 : bytes), 0);
  return (
    <header class="top">
      <div class="brand">
        <img src="/icon.svg" alt="" width="36" height="36" />
        <h1>WaveForge</h1>
      </div>
      <div class="facts">
        {kept > 0 && <span class="kept" title="Recordings that are not complete on the server are kept on this device">{formatBytes(kept)} kept on this device</span>}
        <span class={`pill ${model.offline ? 'warn' : 'good'}`} data-testid="connection">
          <span class="dot" aria-hidden="true" />
          {model.offline ? (navigator.onLine ? 'Server not answering' : 'Offline') : 'Online'}
        </span>
      </div>
    </header>
  );
}

function Banners({ model, notice, dismiss }: { model: Model; notice: string | null; dismiss: () => void }) {
  const { recovered } = model;
  return (
    <section class="banners" aria-label="Notices">
      {model.failure && <div class="banner bad" role="alert" data-testid="failure"><p><strong>This page cannot record or upload here:</strong> {model.failure}.</p></div>}
      {model.offline && (
        <div class="banner warn" data-testid="offline-banner">
          <p><strong>{navigator.onLine ? 'The server is not answering.' : 'No network.'}</strong> You can go on recording. Everything is kept on this device and sent later; the server is asked every 5 seconds.</p>
          <button type="button" onClick={() => void manager.process()}>Try now</button>
        </div>
      )}
      {recovered && (
        <div class="banner info" data-testid="recovered-banner">
          <p><strong>Recovered recording, {formatDuration(recovered.durationMs)}.</strong> “{recovered.name}” was interrupted. What was recorded until then is safe{recovered.state === 'complete' ? ' on the server' : ' and on its way'}.</p>
          <button type="button" onClick={() => void store.notice(recovered.id)}>Got it</button>
        </div>
      )}
      {notice && (
        <div class="banner bad" data-testid="notice">
          <p>{notice}</p>
          <button type="button" onClick={dismiss}>Close</button>
        </div>
      )}
    </section>
  );
}

function FileDrop({ usable, onError }: { usable: boolean; onError: (message: string) => void }) {
  const [over, setOver] = useState(false);
  const take = async (files: File[]): Promise<void> => {
    for (const file of usable ? files : []) {
      try {
        const db = await manager.database();
        // Asked for before there is anything to send, a sync would be over at once.
        let asked = false;
        await importFile(db, file, manager.getUploadMethod(), () => {
          if (!asked) void registerSync();
          asked = true;
          void manager.process();
          void store.refresh();
        });
      } catch (error) {
        onError(error instanceof Error ? error.message : String(error));
      }
      void store.refresh();
    }
  };
  return (
    <label
      class={`drop ${over ? 'over' : ''}`}
      onDragOver={(event) => { event.preventDefault(); setOver(true); }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => { event.preventDefault(); setOver(false); void take([...(event.dataTransfer?.files ?? [])]); }}
    >
      <input type="file" multiple disabled={!usable} data-testid="file-input" accept="audio/*,video/*,.webm,.ogg,.opus,.wav,.flac,.mp3,.m4a,.mp4"
        onChange={(event) => {
          // Emptied at once, so that the same file can be chosen again; the input’s own list is emptied with it.
          const input = event.currentTarget;
          const files = [...(input.files ?? [])];
          input.value = '';
          void take(files);
        }} />
      <span><strong>Choose files</strong> or drop them here</span>
    </label>
  );
}

/** Its text is written only when the sentence changes: any other change of the element might be read out again. */
function LiveRegion({ sentence }: { sentence: string }) {
  const region = useRef<HTMLParagraphElement>(null);
  useEffect(() => { if (region.current && sentence !== '') region.current.textContent = sentence; }, [sentence]);
  return <p ref={region} class="visually-hidden" role="status" aria-live="polite" data-testid="live" />;
}

export function App() {
  const model = useModel();
  const [notice, setNotice] = useState<string | null>(null);
  return (
    <>
      <Header model={model} />
      <main>
        <Banners model={model} notice={notice} dismiss={() => setNotice(null)} />
        <RecordingCard ready={model.ready} onNotice={setNotice} />
        <section class="card uploads" aria-labelledby="uploads-title">
          <div class="card-head">
            <h2 id="uploads-title">Recordings of this device</h2>
            <FileDrop usable={model.failure === null} onError={setNotice} />
          </div>
          {model.sessions.length === 0
            ? <p class="empty">Nothing yet. What you record or choose appears here, with its way to the server.</p>
            : <ul class="sessions">{model.sessions.map((session) => <SessionRow key={session.id} session={session} flow={model.flows.get(session.id)} changes={model.changes.get(session.id) ?? 0} offline={model.offline} gone={model.gone.has(session.id)} onNotice={setNotice} />)}</ul>}
        </section>
        <LiveRegion sentence={model.announcement} />
      </main>
      <MethodSelector pending={model.pending} />
    </>
  );
}
