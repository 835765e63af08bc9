// Where the uploader runs: in the service worker, else in this page.
import type { Command, EngineState, UploadEvent } from '../shared/protocol.ts';
import { registerSync } from './background-sync.ts';

export interface Uploader {
  send(command: Command): Promise<EngineState>;
}

const READY_TIMEOUT_MS = 10_000;
const REPLY_TIMEOUT_MS = 30_000;

async function inWorker(): Promise<{ uploader: Uploader; registration: ServiceWorkerRegistration } | null> {
  if (!('serviceWorker' in navigator)) return null;
  try {
    await navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' });
    const registration = await Promise.race([
      navigator.serviceWorker.ready,
      new Promise<null>((resolve) => { setTimeout(() => resolve(null), READY_TIMEOUT_MS); }),
    ]);
    if (!registration?.active) return null;
    return { registration, uploader: { send: (command) => ask(registration, command) } };
  } catch (error) {
    console.warn('no service worker, uploading from this page:', error);
    return null;
  }
}

function ask(registration: ServiceWorkerRegistration, command: Command): Promise<EngineState> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The uploader does not answer. Reload the page to start it again.')), REPLY_TIMEOUT_MS);
    port1.onmessage = ({ data }: MessageEvent<{ state?: EngineState; error?: string }>) => {
      clearTimeout(timer);
      port1.close();
      if (data.state) resolve(data.state);
      else reject(new Error(data.error));
    };
    registration.active?.postMessage(command, [port2]);
  });
}

/**
 * Starts the uploader. `onEvent` hears with every answer of a worker whether it is offline. While anything is pending the worker is called every 15 s: a browser stops a worker that hears nothing for
 * 30 s, a request in flight notwithstanding. A newer worker takes over when nothing is pending.
 */
export async function connectUploader(onEvent: (event: UploadEvent) => void, pendingWork: () => Promise<boolean>): Promise<Uploader> {
  const worker = await inWorker();
  if (!worker) return inPage(onEvent);
  // A worker that was stopped while it was offline never says that it is online again: every answer of its successor does.
  const uploader: Uploader = {
    send: async (command) => {
      const state = await worker.uploader.send(command);
      onEvent({ type: state.offline ? 'offline' : 'online' });
      return state;
    },
  };
  const tick = async (): Promise<void> => {
    if (await pendingWork()) {
      await uploader.send({ type: 'process' });
      await registerSync();
    } else worker.registration.waiting?.postMessage({ type: 'activate' });
  };
  new Worker(new URL('./ping-worker.ts', import.meta.url), { type: 'module' }).onmessage = () => { tick().catch(() => {}); };
  return uploader;
}

async function inPage(onEvent: (event: UploadEvent) => void): Promise<Uploader> {
  const { keepEngine } = await import('../sw/engine.ts');
  const kept = keepEngine({ onEvent, log: (line) => console.log(`[page] ${line}`) });
  await kept();
  return {
    send: async (command) => {
      const engine = await kept();
      const state = await engine.handle(command);
      void engine.processUploads();
      return state;
    },
  };
}
