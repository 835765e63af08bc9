// What a page is told of a worker that lives and dies apart from it.
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TusUploadManager } from '../../src/page/tus-upload-manager.ts';
import type { Command, EngineState, UploadEvent } from '../../src/shared/protocol.ts';

let broadcast: (event: UploadEvent) => void = () => {};
const state: EngineState = { offline: false, pending: 0 };
let told: string[];
let manager: TusUploadManager;

beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory();
  state.offline = false;
  told = [];
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {} });
  vi.stubGlobal('document', { addEventListener: () => {} });
  vi.stubGlobal('addEventListener', () => {});
  vi.stubGlobal('Worker', class { onmessage: unknown = null; });
  vi.stubGlobal('BroadcastChannel', class {
    addEventListener(_type: string, listener: (message: { data: UploadEvent }) => void): void { broadcast = (data) => listener({ data }); }
  });
  const active = { postMessage: (_command: Command, [port]: [MessagePort]) => { port.postMessage({ state: { ...state } }); } };
  vi.stubGlobal('navigator', { serviceWorker: { register: () => Promise.resolve(), ready: Promise.resolve({ active }) } });
  manager = new TusUploadManager();
  manager.on('offline', () => told.push('offline'));
  manager.on('online', () => told.push('online'));
  await manager.init();
});
afterEach(() => { vi.unstubAllGlobals(); });

test('a worker that is started anew while the page shows offline says with its first answer that it is not', async () => {
  broadcast({ type: 'offline' });
  await manager.process();
  expect(told).toEqual(['offline', 'online']);
});

test('what events and answers both say is told once', async () => {
  await manager.process();
  state.offline = true;
  broadcast({ type: 'offline' });
  await manager.process();
  await manager.state();
  state.offline = false;
  await manager.process();
  broadcast({ type: 'online' });
  expect(told).toEqual(['offline', 'online']);
});

test('a page that is opened while the worker is offline is told', async () => {
  state.offline = true;
  await manager.process();
  expect(told).toEqual(['offline']);
});
