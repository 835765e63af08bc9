import { createHash } from 'node:crypto';
import { test as base, expect, type Page } from '@playwright/test';
import { FaultProxy } from './proxy.ts';
import { TestServer } from './server.ts';

export const test = base.extend<{ server: TestServer; link: FaultProxy }>({
  // eslint-disable-next-line no-empty-pattern
  server: async ({}, use) => {
    const server = await TestServer.start();
    await use(server);
    await server.stop();
  },
  link: async ({ server, page }, use) => {
    const proxy = await FaultProxy.start(() => server.url);
    await use(proxy);
    await page.close();
    await proxy.stop();
  },
});
export { expect };

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes that repeat nowhere, the same for the same seed. */
export function noise(size: number, seed = 1): Buffer {
  const out = Buffer.alloc(size);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < size; ++i) {
    state ^= state << 13; state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5; state >>>= 0;
    out[i] = state & 0xff;
  }
  return out;
}

/** Keeps a second copy of everything any MediaRecorder of the page produces, independent of the page's own code. */
export async function spyOnRecorder(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const blobs: Blob[] = [];
    Object.assign(window, { __recorded: blobs });
    const Original = MediaRecorder;
    window.MediaRecorder = class extends Original {
      constructor(stream: MediaStream, options?: MediaRecorderOptions) {
        super(stream, options);
        this.addEventListener('dataavailable', ({ data }) => blobs.push(data));
      }
    };
  });
}

export async function recorded(page: Page): Promise<Buffer> {
  const text = await page.evaluate(async () => {
    const blobs = (window as unknown as { __recorded: Blob[] }).__recorded;
    const bytes = new Uint8Array(await new Blob(blobs).arrayBuffer());
    let out = '';
    for (let i = 0; i < bytes.length; i += 0x8000) out += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
    return btoa(out);
  });
  return Buffer.from(text, 'base64');
}

export async function download(server: { url: string }, remoteId: string): Promise<Buffer> {
  const response = await fetch(`${server.url}/files/${remoteId}/recording`);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** The id the server knows the newest recording of the list by, once it has reached `state`. */
export async function newest(page: Page, state: string, timeout = 30_000): Promise<string> {
  const row = page.getByTestId('session').first();
  await expect(row).toHaveAttribute('data-state', state, { timeout });
  return (await row.getAttribute('data-remote')) ?? '';
}

/** Opens the page, waits until it can record and collects the uploader's events in `window.__events`. */
export async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(page.getByTestId('record')).toBeEnabled({ timeout: 15_000 });
  await page.evaluate(() => {
    const events: string[] = [];
    Object.assign(window, { __events: events });
    new BroadcastChannel('wf-events').onmessage = ({ data }: MessageEvent<{ type: string }>) => events.push(data.type);
  });
}

export const events = (page: Page): Promise<string[]> => page.evaluate(() => (window as unknown as { __events: string[] }).__events);

export async function upload(page: Page, bytes: Buffer, name = 'talk.webm'): Promise<void> {
  await page.getByTestId('file-input').setInputFiles({ name, mimeType: 'audio/webm', buffer: bytes });
}

/** What the page's own recorder gives instead of MediaRecorder: exactly these blobs, one after the other as each reaches the disk. */
export async function scriptRecorder(page: Page): Promise<void> {
  await page.addInitScript(() => {
    class Scripted extends EventTarget {
      static isTypeSupported = (): boolean => true;
      mimeType = 'audio/webm;codecs=opus';
      state = 'inactive';
      start(): void { this.state = 'recording'; }
      requestData(): void {}
      give(bytes: Uint8Array<ArrayBuffer>): void { this.dispatchEvent(Object.assign(new Event('dataavailable'), { data: new Blob([bytes]) })); }
      stop(): void { this.state = 'inactive'; this.dispatchEvent(new Event('stop')); }
    }
    Object.assign(window, { MediaRecorder: class extends Scripted { constructor() { super(); Object.assign(window, { __recorder: this }); } } });
  });
}

export async function give(page: Page, bytes: Buffer): Promise<void> {
  await page.evaluate((text) => {
    const recorder = (window as unknown as { __recorder: { give(bytes: Uint8Array): void } }).__recorder;
    recorder.give(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
  }, bytes.toString('base64'));
}

interface Settings {
  init(): Promise<void>;
  setRequestTimeout(ms: number): Promise<void>;
  setPatchSize(bytes: number): Promise<void>;
}

/** The uploader's own options, set the way another page would. */
export async function configure(page: Page, options: { requestTimeout?: number; patchSize?: number }): Promise<void> {
  await page.evaluate(async ({ requestTimeout, patchSize }) => {
    const { TusUploadManager } = (await import(/* @vite-ignore */ `${location.origin}/tus-upload-manager.js`)) as { TusUploadManager: new () => Settings };
    const manager = new TusUploadManager();
    await manager.init();
    if (requestTimeout !== undefined) await manager.setRequestTimeout(requestTimeout);
    if (patchSize !== undefined) await manager.setPatchSize(patchSize);
  }, options);
}
