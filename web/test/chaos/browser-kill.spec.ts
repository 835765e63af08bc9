// kill -9 of the browser at any moment loses at most the last second: what was on the disk is sent after a restart, page or no page.
import { expect, test } from '@playwright/test';
import { MortalBrowser } from '../support/browser.ts';
import { noise, sha256 } from '../support/fixtures.ts';
import { FaultProxy } from '../support/proxy.ts';
import { seeded } from '../support/random.ts';
import { TestServer } from '../support/server.ts';

const MiB = 1024 * 1024;
const RUNS = Number(process.env['WF_RUNS'] ?? 2);
const FIRST_SEED = Number(process.env['WF_SEED'] ?? 1);

for (let run = 0; run < RUNS; ++run) {
  const seed = FIRST_SEED + run;
  const withPage = run % 2 === 0;
  test(`seed ${seed}: killed while recording and uploading, restarted ${withPage ? 'with' : 'without'} a page`, async () => {
    test.setTimeout(180_000);
    const random = seeded(seed);
    const server = await TestServer.start();
    const link = await FaultProxy.start(() => server.url);
    const browser = new MortalBrowser();
    try {
      const file = noise(4 * MiB + random.int(1, MiB), seed);
      const blobs: Buffer[] = [];
      await browser.start();
      const page = await browser.open('about:blank');
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
      await page.goto(link.url);
      await expect(page.getByTestId('record')).toBeEnabled({ timeout: 20_000 });
      link.bytesPerSecond = MiB;
      await page.getByTestId('file-input').setInputFiles({ name: 'file.webm', mimeType: 'audio/webm', buffer: file });
      await expect(page.getByTestId('session').first()).toHaveAttribute('data-state', 'uploading', { timeout: 30_000 });
      const fileId = (await page.getByTestId('session').first().getAttribute('data-remote')) ?? '';
      await page.getByTestId('record').click();
      await expect(page.getByTestId('saved')).toContainText('Saved on this device');
      const recordingId = (await page.locator('[data-state=recording][data-remote]').getAttribute('data-remote')) ?? '';
      await page.waitForTimeout(random.int(1_000, 5_000));
      const before = blobs.length;
      await browser.kill();

      link.bytesPerSecond = Infinity;
      await browser.start();
      if (withPage) await browser.open(link.url);
      const fetched = async (id: string): Promise<Buffer | null> => {
        const response = await fetch(`${server.url}/files/${id}/recording`);
        return response.status === 200 ? Buffer.from(await response.arrayBuffer()) : null;
      };
      for (const [what, id] of [['file', fileId], ['recording', recordingId]] as const) {
        await expect.poll(async () => (await fetched(id)) !== null, { message: `the ${what} is complete`, timeout: 90_000, intervals: [500] }).toBe(true);
      }
      expect(sha256((await fetched(fileId)) ?? Buffer.alloc(0))).toBe(sha256(file));

      const recovered = (await fetched(recordingId)) ?? Buffer.alloc(0);
      const whole = Buffer.concat(blobs);
      expect(whole.subarray(0, recovered.length).equals(recovered)).toBe(true);
      const certain = Buffer.concat(blobs.slice(0, Math.max(0, before - 2))).length;
      expect(recovered.length).toBeGreaterThanOrEqual(certain);
    } finally {
      await browser.stop();
      await link.stop();
      await server.stop();
    }
  });
}
