// A long recording costs the page and the worker no memory: blobs come as fast as they are saved, hours pass in minutes.
import { expect, test, type CDPSession } from '@playwright/test';
import { newest, open, sha256, download } from '../support/fixtures.ts';
import { TestServer } from '../support/server.ts';

const HOURS = Number(process.env['WF_HOURS'] ?? 0.25);
const BLOB = 16_489;

async function heapBytes(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0;
}

test(`${HOURS} h of recording: less than 50 MB an hour more, and the same bytes`, async ({ page }) => {
  test.setTimeout(60_000 + HOURS * 1_200_000);
  const server = await TestServer.start(['--session-rate', '0']);
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
    await cdp.send('Performance.enable');
    await page.getByTestId('record').click();
    await expect(page.getByTestId('stop')).toBeVisible();
    const run = (seconds: number): Promise<void> => page.evaluate(async (until) => {
      const recorder = (window as unknown as { __recorders: { count: number; next(): void }[] }).__recorders[0];
      if (!recorder) throw new Error('not recording');
      const database = await new Promise<IDBDatabase>((resolve) => { const opening = indexedDB.open('WaveForgeDB_V4'); opening.onsuccess = () => resolve(opening.result); });
      const saved = (): Promise<number> => new Promise((resolve) => {
        const all = database.transaction('sessions').objectStore('sessions').getAll();
        all.onsuccess = () => resolve((all.result as { bytes: number }[])[0]?.bytes ?? 0);
      });
      while (recorder.count < until) {
        for (let i = 0; i < 8 && recorder.count < until; ++i) recorder.next();
        while ((await saved()) < (recorder.count - 1) * 16_489) await new Promise((resolve) => { setTimeout(resolve, 2); });
      }
      database.close();
    }, seconds);
    const seconds = Math.floor(HOURS * 3600);
    await run(Math.floor(seconds / 4));
    const before = await heapBytes(cdp);
    await run(seconds);
    const grown = (await heapBytes(cdp)) - before;
    console.log(`heap grew by ${(grown / 1e6).toFixed(1)} MB in ${(HOURS * 0.75).toFixed(2)} h of recording`);
    expect(grown).toBeLessThan(50e6 * HOURS * 0.75);
    await page.getByTestId('stop').click();
    const bytes = await download(server, await newest(page, 'complete', 120_000));
    const expected = Buffer.concat(Array.from({ length: seconds }, (_, i) => Buffer.from(new Uint32Array(Math.ceil(BLOB / 4)).fill(i * 2654435761).buffer, 0, BLOB)));
    expect(sha256(bytes)).toBe(sha256(expected));
  } finally {
    await page.close();
    await server.stop();
  }
});
