// A long recording costs the page and the worker no memory and hardly any time: blobs come as fast as they are saved, hours pass in
// minutes.
import { createHash } from 'node:crypto';
import { expect, test } from '@playwright/test';
import { newest, open } from '../support/fixtures.ts';
import { pageHeap, rendererSeconds, workerHeap } from '../support/heap.ts';
import { TestServer } from '../support/server.ts';

const HOURS = Number(process.env['WF_HOURS'] ?? 0.25);
/** One second: Opus at 128 kb/s; in the long form uncompressed, so that four hours are five thousand chunks. */
const BLOB = Number(process.env['WF_BLOB'] ?? 16_489);
const CPU_SECONDS = Number(process.env['WF_CPU_SECONDS'] ?? 0);
const blobOf = (i: number): Buffer => Buffer.from(new Uint32Array(Math.ceil(BLOB / 4)).fill(i * 2654435761).buffer, 0, BLOB);

test(`${HOURS} h of recording in blobs of ${BLOB} bytes: less than 50 MB an hour more, and the same bytes`, async ({ page, browser }) => {
  test.setTimeout(60_000 + HOURS * 1_200_000);
  const server = await TestServer.start();
  try {
    await page.addInitScript((size) => {
      // Gives the next blob when the one before reached the disk, each different from the others.
      class FastRecorder extends EventTarget {
        static isTypeSupported = (): boolean => true;
        mimeType = 'audio/webm;codecs=opus';
        state = 'inactive';
        count = 0;
        start(): void { this.state = 'recording'; this.next(); }
        next(): void {
          const bytes = new Uint32Array(Math.ceil(size / 4)).fill(this.count * 2654435761);
          this.count += 1;
          this.dispatchEvent(Object.assign(new Event('dataavailable'), { data: new Blob([new Uint8Array(bytes.buffer, 0, size)]) }));
        }
        requestData(): void {}
        stop(): void { this.state = 'inactive'; this.dispatchEvent(new Event('stop')); }
      }
      const recorders: FastRecorder[] = [];
      Object.assign(window, { MediaRecorder: class extends FastRecorder { constructor() { super(); recorders.push(this); } }, __recorders: recorders });
    }, BLOB);
    await open(page, server.url);
    const cdp = await page.context().newCDPSession(page);
    await page.getByTestId('record').click();
    await expect(page.getByTestId('stop')).toBeVisible();
    const run = (seconds: number): Promise<void> => page.evaluate(async ([until, size]) => {
      const recorder = (window as unknown as { __recorders: { count: number; next(): void }[] }).__recorders[0];
      if (!recorder) throw new Error('not recording');
      const database = await new Promise<IDBDatabase>((resolve) => { const opening = indexedDB.open('WaveForgeDB_V4'); opening.onsuccess = () => resolve(opening.result); });
      const saved = (): Promise<number> => new Promise((resolve) => {
        const all = database.transaction('sessions').objectStore('sessions').getAll();
        all.onsuccess = () => resolve((all.result as { bytes: number }[])[0]?.bytes ?? 0);
      });
      while (recorder.count < until) {
        for (let i = 0; i < 8 && recorder.count < until; ++i) recorder.next();
        while ((await saved()) < (recorder.count - 1) * size) await new Promise((resolve) => { setTimeout(resolve, 2); });
      }
      database.close();
    }, [seconds, BLOB] as const);
    const seconds = Math.floor(HOURS * 3600);
    await run(Math.floor(seconds / 4));
    const before = { page: await pageHeap(cdp), worker: await workerHeap(browser, server.url) };
    await run(seconds);
    const grown = { page: (await pageHeap(cdp)) - before.page, worker: (await workerHeap(browser, server.url)) - before.worker };
    const hours = (HOURS * 0.75).toFixed(2);
    console.log(`${Math.ceil((seconds * BLOB) / 1048576)} chunks; in ${hours} h the page grew by ${(grown.page / 1e6).toFixed(1)} MB, the worker by ${(grown.worker / 1e6).toFixed(1)} MB`);
    expect(grown.page).toBeLessThan(50e6 * HOURS * 0.75);
    expect(grown.worker).toBeLessThan(50e6 * HOURS * 0.75);
    await page.getByTestId('stop').click();
    const id = await newest(page, 'complete', 120_000 + HOURS * 600_000);
    const expected = createHash('sha256');
    for (let i = 0; i < seconds; ++i) expected.update(blobOf(i));
    const held = createHash('sha256');
    const answer = await fetch(`${server.url}/files/${id}/recording`);
    for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>) held.update(piece);
    expect(held.digest('hex')).toBe(expected.digest('hex'));
  } finally {
    await page.close();
    await server.stop();
  }
});

test(`page and worker add less than a twentieth of a core to the browser’s own recorder, over ${CPU_SECONDS} s`, async ({ page, browser }) => {
  test.skip(CPU_SECONDS === 0, 'a measurement that other work on the machine spoils: WF_CPU_SECONDS=60, or ./dev soak browser_long');
  test.setTimeout(90_000 + CPU_SECONDS * 2_000);
  const server = await TestServer.start();
  const share = async (): Promise<number> => {
    await page.waitForTimeout(2_000);
    const from = { cpu: await rendererSeconds(browser), at: performance.now() };
    await page.waitForTimeout(CPU_SECONDS * 1_000);
    return ((await rendererSeconds(browser)) - from.cpu) / ((performance.now() - from.at) / 1000);
  };
  try {
    // Capturing and encoding in a page that does nothing else.
    await page.goto(`${server.url}/icon.svg`);
    await page.evaluate(async () => {
      const media = new MediaRecorder(await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false } }));
      media.ondataavailable = () => {};
      media.start(1_000);
      Object.assign(window, { __media: media });
    });
    const bare = await share();
    await open(page, server.url);
    await page.getByTestId('record').click();
    await expect(page.getByTestId('saved')).toContainText('Saved on this device');
    const ours = await share();
    console.log(`${(bare * 100).toFixed(1)} % of a core for the browser's recorder alone, ${(ours * 100).toFixed(1)} % with page and worker`);
    expect(ours - bare).toBeLessThan(0.05);
    await page.getByTestId('stop').click();
    await newest(page, 'complete');
  } finally {
    await page.close();
    await server.stop();
  }
});
