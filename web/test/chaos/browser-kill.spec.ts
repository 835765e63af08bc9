// kill -9 of the browser at any moment loses at most the last second: what was on the disk is sent after a restart, page or no page,
// and the device's own list is right afterwards.
import { expect, test, type Page } from '@playwright/test';
import { MortalBrowser } from '../support/browser.ts';
import { noise, sha256 } from '../support/fixtures.ts';
import { FaultProxy } from '../support/proxy.ts';
import { seeded } from '../support/random.ts';
import { TestServer } from '../support/server.ts';

const MiB = 1024 * 1024;
const RUNS = Number(process.env['WF_RUNS'] ?? 3);
const FIRST_SEED = Number(process.env['WF_SEED'] ?? 1);

const moments = [
  { what: 'recording', withPage: false }, { what: 'uploading', withPage: true }, { what: 'assembling', withPage: false },
  { what: 'recording', withPage: true }, { what: 'uploading', withPage: false }, { what: 'assembling', withPage: true },
] as const;

/** Hands every blob of MediaRecorder out of the page at once: the page will not live to tell. */
async function collectBlobs(page: Page): Promise<Buffer[]> {
  const blobs: Buffer[] = [];
  await page.exposeFunction('__blob', (text: string) => { blobs.push(Buffer.from(text, 'base64')); });
  await page.addInitScript(() => {
    const Original = MediaRecorder;
    window.MediaRecorder = class extends Original {
      constructor(stream: MediaStream, options?: MediaRecorderOptions) {
        super(stream, options);
        this.addEventListener('dataavailable', ({ data }) => {
          const reader = new FileReader();
          reader.onload = () => (window as unknown as { __blob(text: string): void }).__blob(String(reader.result).split(',')[1] ?? '');
          reader.readAsDataURL(data);
        });
      }
    };
  });
  return blobs;
}

for (let run = 0; run < RUNS; ++run) {
  const seed = FIRST_SEED + run;
  const { what, withPage } = moments[(seed - 1) % moments.length] ?? moments[0];
  test(`seed ${seed}: killed while ${what}, restarted ${withPage ? 'with' : 'without'} a page`, async () => {
    test.setTimeout(300_000);
    const random = seeded(seed);
    const server = await TestServer.start();
    const link = await FaultProxy.start(() => server.url);
    const browser = new MortalBrowser();
    try {
      const file = noise((what === 'assembling' ? 1 : 4) * MiB + random.int(1, MiB), seed);
      await browser.start();
      const page = await browser.open('about:blank');
      const blobs = await collectBlobs(page);
      await page.goto(link.url);
      await expect(page.getByTestId('record')).toBeEnabled({ timeout: 20_000 });
      const isStatus = (seen: { path: string }): boolean => seen.path.endsWith('/status');
      let killed = false;
      if (what === 'assembling') link.inject(isStatus, { kind: 'hold', until: () => killed }, 1000);
      else link.bytesPerSecond = MiB / 4;
      await page.getByTestId('file-input').setInputFiles({ name: 'file.webm', mimeType: 'audio/webm', buffer: file });
      const row = page.getByTestId('session').first();
      await expect(row).toHaveAttribute('data-state', what === 'assembling' ? 'assembling' : 'uploading', { timeout: 30_000 });
      const fileId = (await row.getAttribute('data-remote')) ?? '';
      let recordingId = '';
      if (what === 'recording') {
        await page.getByTestId('record').click();
        await expect(page.getByTestId('saved')).toContainText('Saved on this device');
        recordingId = (await page.locator('[data-state=recording][data-remote]').getAttribute('data-remote')) ?? '';
        await page.waitForTimeout(random.int(1_000, 5_000));
      } else {
        await page.waitForTimeout(random.int(0, 2_500));
      }
      const before = blobs.length;
      await browser.kill();
      killed = true;

      link.bytesPerSecond = Infinity;
      link.clear();
      const asked = link.seen.filter(isStatus).length;
      await browser.start();
      if (withPage) await browser.open(link.url);
      const fetched = async (id: string): Promise<Buffer | null> => {
        const response = await fetch(`${server.url}/files/${id}/recording`);
        return response.status === 200 ? Buffer.from(await response.arrayBuffer()) : null;
      };
      const complete = (id: string): Promise<void> =>
        expect.poll(async () => (await fetched(id)) !== null, { message: `${id} is complete`, timeout: 90_000, intervals: [500] }).toBe(true);
      await complete(fileId);
      if (what === 'assembling') await expect.poll(() => link.seen.filter(isStatus).length, { timeout: 60_000 }).toBeGreaterThan(asked);
      expect(sha256((await fetched(fileId)) ?? Buffer.alloc(0))).toBe(sha256(file));
      if (recordingId) {
        await complete(recordingId);
        const recovered = (await fetched(recordingId)) ?? Buffer.alloc(0);
        // The last piece may have come to the disk, and from there to the server, before the page could hand it to us.
        const known = Buffer.concat(blobs);
        const both = Math.min(known.length, recovered.length);
        expect(sha256(recovered.subarray(0, both))).toBe(sha256(known.subarray(0, both)));
        expect(recovered.length - known.length, 'a piece is a second of sound, some 16 KiB').toBeLessThanOrEqual(2 * 16_384 + 4_096);
        const certain = Buffer.concat(blobs.slice(0, Math.max(0, before - 2))).length;
        expect(recovered.length).toBeGreaterThanOrEqual(certain);
      }
      const after = await browser.open(link.url);
      await expect(after.locator('[data-state=complete]')).toHaveCount(recordingId ? 2 : 1, { timeout: 60_000 });
    } finally {
      await browser.stop();
      await link.stop();
      await server.stop();
    }
  });
}
