// The service worker: events to the engine, and nothing else.
import { after } from '../shared/after.ts';
import { SYNC_TAG, type Command } from '../shared/protocol.ts';
import { keepEngine } from './engine.ts';
import { answer, dropOldShells, keepShell } from './shell.ts';

declare const self: ServiceWorkerGlobalScope;

interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

// A browser ends an event that lasts longer than five minutes, a sync after three. Ending it ourselves a little earlier leaves the
// next event to go on where this one stopped.
const MESSAGE_BUDGET_MS = 270_000;
const SYNC_BUDGET_MS = 150_000;
const LOOK_AGAIN_MS = 3_000;

const engine = keepEngine();

async function processUploads(): Promise<void> {
  await (await engine()).processUploads();
}

self.addEventListener('install', (event) => event.waitUntil(keepShell()));

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOldShells().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const response = answer(event.request);
  if (response) event.respondWith(response);
});

self.addEventListener('message', (event) => {
  const data = event.data as Command | { type: 'activate' };
  if (data.type === 'activate') {
    event.waitUntil(self.skipWaiting());
    return;
  }
  const reply = event.ports[0];
  event.waitUntil((async () => {
    try {
      const state = await (await engine()).handle(data);
      reply?.postMessage({ state });
    } catch (error) {
      reply?.postMessage({ error: error instanceof Error ? error.message : String(error) });
    }
    await Promise.race([processUploads(), after(MESSAGE_BUDGET_MS)]);
  })());
});

// A sync lasts as long as there is work or a recording from which work will come. A browser killed meanwhile calls it again when it
// is started, without any page. Rejecting asks to be called again later.
self.addEventListener('sync', ((event: SyncEvent) => {
  if (event.tag !== SYNC_TAG) return;
  event.waitUntil((async () => {
    const over = after(SYNC_BUDGET_MS).then(() => { throw new Error('uploads remain'); });
    await Promise.race([over, processUntilIdle()]);
  })());
}) as EventListener);

async function processUntilIdle(): Promise<void> {
  for (;;) {
    await processUploads();
    if (!(await (await engine()).hasWork())) return;
    await after(LOOK_AGAIN_MS);
  }
}

// `online` is never fired in a worker; a change of the connection is.
const connection = (navigator as { connection?: EventTarget }).connection;
connection?.addEventListener('change', () => {
  void engine().then(({ pump }) => pump.wake());
});
