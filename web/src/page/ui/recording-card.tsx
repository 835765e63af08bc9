import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { formatBytes, formatDuration } from '../../shared/format.ts';
import { registerSync } from '../background-sync.ts';
import { LevelMeter } from '../level-meter.ts';
import { announce, held, Recorder, unsaved } from '../recorder.ts';
import { manager, store } from './model.ts';
import { everyTick, withNextTick } from './ticker.ts';
import { Waveform } from './waveform.tsx';

type Microphone = 'unknown' | 'ready' | 'denied' | 'missing' | 'unplugged' | 'unsupported';

const SAVED_LATE_MS = 5_000;
const TICKS_A_CLOCK = 2;

const HELP: Record<Exclude<Microphone, 'unknown' | 'ready'>, string> = {
  denied: 'The browser does not let this page use the microphone. Allow it in the address bar (the lock or the microphone sign), then try again.',
  missing: 'No microphone was found. Plug one in, then try again. Files can be uploaded all the same.',
  unplugged: 'The microphone was unplugged, so the recording was ended. Everything up to then is kept. Plug it in again or choose another one to go on.',
  unsupported: 'This page cannot reach a microphone here. Recording needs HTTPS or localhost, and a browser with MediaRecorder.',
};

const supported = (): boolean => typeof MediaRecorder !== 'undefined' && navigator.mediaDevices?.getUserMedia !== undefined;

function defaultName(): string {
  const now = new Date();
  const two = (n: number): string => String(n).padStart(2, '0');
  return `Recording ${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())} ${two(now.getHours())}.${two(now.getMinutes())}`;
}

/** The line people should trust: how long ago the last second reached this device's disk. */
function Saved({ recorder, savedAt, bytes }: { recorder: Recorder; savedAt: number; bytes: number }) {
  const [now, setNow] = useState(performance.now());
  useEffect(() => {
    let tick = 0;
    return everyTick(() => {
      tick += 1;
      if (!document.hidden && tick % TICKS_A_CLOCK === 0) setNow(performance.now());
    });
  }, []);
  const age = Math.max(0, now - savedAt);
  const late = age > SAVED_LATE_MS && !recorder.paused;
  return (
    <div class="clock">
      <output class="timer" aria-label="Recorded so far" data-testid="timer">{formatDuration(recorder.durationMs)}</output>
      <span class={`saved ${late ? 'late' : ''}`} data-testid="saved">
        {bytes === 0 ? 'Waiting for the first second' : recorder.paused ? `Paused, ${formatBytes(bytes)} saved on this device` : `Saved on this device ${(age / 1000).toFixed(1)} s ago, ${formatBytes(bytes)}`}
      </span>
    </div>
  );
}

export function RecordingCard({ ready, onNotice }: { ready: boolean; onNotice: (message: string) => void }) {
  const [microphone, setMicrophone] = useState<Microphone>(supported() ? 'unknown' : 'unsupported');
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  const [deviceId, setDeviceId] = useState('');
  const [name, setName] = useState('');
  const [recorder, setRecorder] = useState<Recorder | null>(null);
  const [paused, setPaused] = useState(false);
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState({ at: 0, bytes: 0 });
  const [meter, setMeter] = useState<LevelMeter | null>(null);
  const stream = useRef<MediaStream | null>(null);
  /** How often a microphone was asked for or let go: only the last one asked for may stay open. */
  const turns = useRef(0);
  const wakeLock = useRef<WakeLockSentinel | null>(null);

  const release = useCallback(() => {
    turns.current += 1;
    for (const track of stream.current?.getTracks() ?? []) track.stop();
    stream.current = null;
    setMeter((old) => { old?.close(); return null; });
    void wakeLock.current?.release();
    wakeLock.current = null;
  }, []);

  const openMicrophone = useCallback(async (wanted: string): Promise<MediaStream | null> => {
    turns.current += 1;
    const turn = turns.current;
    try {
      const audio: MediaTrackConstraints = wanted ? { deviceId: { exact: wanted } } : {};
      const opened = await navigator.mediaDevices.getUserMedia({ audio: { ...audio, echoCancellation: false, noiseSuppression: false } });
      if (turn !== turns.current) {
        for (const track of opened.getTracks()) track.stop();
        return null;
      }
      stream.current = opened;
      setMeter((old) => { old?.close(); return new LevelMeter(opened); });
      setDevices((await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === 'audioinput' && device.deviceId !== ''));
      setMicrophone('ready');
      return opened;
    } catch (error) {
      if (turn !== turns.current) return null;
      const kind = error instanceof DOMException ? error.name : '';
      setMicrophone(kind === 'NotAllowedError' || kind === 'SecurityError' ? 'denied' : 'missing');
      return null;
    }
  }, []);

  const start = useCallback(async () => {
    setBusy(true);
    try {
      const opened = stream.current ?? (await openMicrophone(deviceId));
      if (!opened) return;
      void navigator.storage?.persist?.();
      setSaved({ at: performance.now(), bytes: 0 });
      const title = name.trim() || defaultName();
      setName(title);
      const started = await Recorder.start(() => manager.database(), opened, title, manager.getUploadMethod(), {
        saved: ({ bytes }) => {
          const at = performance.now();
          withNextTick(() => setSaved({ at, bytes }));
          void store.refresh();
        },
        cut: () => { void manager.process(); void registerSync(); },
        storageFull: () => onNotice('This device’s storage is full. The newest seconds are held in memory only: free some space, or stop and save a copy.'),
        stopped: ({ sessionId, kept, reason }) => {
          setRecorder(null);
          setPaused(false);
          release();
          setMicrophone(reason === 'unplugged' ? 'unplugged' : 'unknown');
          setName('');
          if (reason === 'unplugged') store.announce('The microphone was unplugged. What was recorded is kept.');
          if (held.has(sessionId)) onNotice('The recording has ended, and its newest seconds are in this page’s memory only. Keep the page open until there is room for them, or save a copy below.');
          else if (reason === 'storage') onNotice('The recording was ended because this device’s storage is full. Save a copy of it below.');
          if (reason === 'closed') onNotice(kept ? 'This recording was ended elsewhere. Its newest seconds are in this page’s memory only: save a copy below.' : 'This recording was deleted, so it has ended.');
          if (reason === 'error') onNotice('The browser ended the recording. Everything up to then is kept.');
          if (!kept && reason === 'user') onNotice('Nothing was recorded.');
          announce(sessionId);
          void store.refresh();
          void manager.process();
          void registerSync();
        },
      });
      setRecorder(started);
      store.announce('Recording.');
      void store.refresh();
      void registerSync();
      void manager.process();
    } catch (error) {
      onNotice(error instanceof Error ? error.message : String(error));
      release();
    } finally {
      setBusy(false);
    }
  }, [deviceId, name, onNotice, openMicrophone, release]);

  // The screen stays on while recording. A hidden page loses that, so it is asked for again each time the page is shown.
  useEffect(() => {
    if (!recorder) return undefined;
    let over = false;
    const keepAwake = async (): Promise<void> => {
      if (document.visibilityState !== 'visible') return;
      const sentinel = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null;
      if (over) void sentinel?.release();
      else wakeLock.current = sentinel;
    };
    void keepAwake();
    document.addEventListener('visibilitychange', keepAwake);
    return () => { over = true; document.removeEventListener('visibilitychange', keepAwake); };
  }, [recorder]);

  // A microphone plugged in, or a permission given meanwhile, ends the trouble by itself.
  useEffect(() => {
    const media = navigator.mediaDevices;
    if (!supported() || !media.addEventListener) return undefined;
    const look = async (): Promise<void> => {
      const found = (await media.enumerateDevices()).filter((device) => device.kind === 'audioinput');
      setDevices(found.filter((device) => device.deviceId !== ''));
      setMicrophone((now) => (found.length > 0 && (now === 'missing' || now === 'unplugged') ? 'unknown' : now));
    };
    const changed = (): void => void look();
    media.addEventListener('devicechange', changed);
    let permission: PermissionStatus | null = null;
    const allowed = (): void => { if (permission?.state !== 'denied') setMicrophone((now) => (now === 'denied' ? 'unknown' : now)); };
    void navigator.permissions?.query({ name: 'microphone' as PermissionName }).then((status) => {
      permission = status;
      status.addEventListener('change', allowed);
    }, () => {});
    return () => { media.removeEventListener('devicechange', changed); permission?.removeEventListener('change', allowed); };
  }, []);

  const togglePause = useCallback(() => {
    if (!recorder) return;
    if (recorder.paused) recorder.resume();
    else recorder.pause();
    setPaused(recorder.paused);
  }, [recorder]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, select, textarea, [contenteditable]')) return;
      if (event.key === 'r' || event.key === 'R') { if (recorder) recorder.stop(); else if (ready && !busy) void start(); }
      if (event.key === 'p' || event.key === 'P') togglePause();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [recorder, ready, busy, start, togglePause]);

  // Not only while recording: what is in memory only goes with the page.
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent): void => { if (unsaved.size > 0) event.preventDefault(); };
    const hide = (): void => { if (unsaved.size > 0) void registerSync(); };
    addEventListener('beforeunload', warn);
    addEventListener('pagehide', hide);
    return () => { removeEventListener('beforeunload', warn); removeEventListener('pagehide', hide); };
  }, []);

  const trouble = microphone === 'unknown' || microphone === 'ready' ? null : HELP[microphone];
  const testing = microphone === 'ready' && recorder === null;
  return (
    <section class={`card record ${recorder ? 'live' : ''}`} aria-labelledby="record-title" data-state={recorder ? (paused ? 'paused' : 'recording') : microphone}>
      <div class="card-head">
        <h2 id="record-title">
          {recorder && <span class={`rec-dot ${paused ? 'paused' : ''}`} aria-hidden="true" />}
          {recorder ? (paused ? 'Paused' : 'Recording') : 'New recording'}
        </h2>
        {recorder && <span class="what">{name}</span>}
      </div>
      {!recorder && !trouble && <p class="lead">Saved on this device every second, and sent by itself whenever the server can be reached.</p>}
      {trouble && (
        <div class="trouble" role="alert" data-testid="trouble">
          <p>{trouble}</p>
        </div>
      )}
      {meter && <Waveform meter={meter} running={recorder !== null && !paused} />}
      {recorder && <Saved recorder={recorder} savedAt={saved.at} bytes={saved.bytes} />}
      {!recorder && (
        <div class="fields">
          <label>
            <span>Name</span>
            <input type="text" value={name} maxLength={120} placeholder={defaultName()} onInput={(event) => setName(event.currentTarget.value)} data-testid="name" />
          </label>
          <label>
            <span>Microphone</span>
            <select value={deviceId} disabled={devices.length === 0 || busy} onChange={(event) => { const id = event.currentTarget.value; setDeviceId(id); if (testing) { release(); void openMicrophone(id); } }}>
              <option value="">{devices.length === 0 ? 'The browser’s choice' : 'Default'}</option>
              {devices.map((device) => <option key={device.deviceId} value={device.deviceId}>{device.label || 'Microphone'}</option>)}
            </select>
          </label>
        </div>
      )}
      <div class="actions">
        {recorder
          ? (
            <>
              <button type="button" class="primary stop" onClick={() => recorder.stop()} data-testid="stop"><span class="glyph square" aria-hidden="true" />Stop <kbd>R</kbd></button>
              <button type="button" onClick={togglePause} data-testid="pause">{paused ? 'Resume' : 'Pause'} <kbd>P</kbd></button>
            </>
          )
          : (
            <>
              <button type="button" class="primary" disabled={!ready || busy || microphone === 'unsupported'} onClick={() => void start()} data-testid="record"><span class="glyph round" aria-hidden="true" />Record <kbd>R</kbd></button>
              {microphone !== 'unsupported' && (testing
                ? <button type="button" disabled={busy} onClick={() => { release(); setMicrophone('unknown'); }}>End test</button>
                : <button type="button" disabled={busy} onClick={() => void openMicrophone(deviceId)} data-testid="test-microphone">{trouble ? 'Try again' : 'Test microphone'}</button>)}
            </>
          )}
      </div>
    </section>
  );
}
