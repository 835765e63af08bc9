// Pictures of every state of the page, for the documents: docs/screens/<state>-<look>.png.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, newest, noise, open, test, upload } from '../support/fixtures.ts';
import { TestServer } from '../support/server.ts';

const folder = fileURLToPath(new URL('../../../docs/screens/', import.meta.url));
const MiB = 1024 * 1024;

const looks = {
  light: { colorScheme: 'light', viewport: { width: 960, height: 720 } },
  dark: { colorScheme: 'dark', viewport: { width: 960, height: 720 } },
  phone: { colorScheme: 'light', viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
} as const;

for (const [look, use] of Object.entries(looks)) {
  test.describe(look, () => {
    test.use(use);
    // On a phone the picture is as long as the page.
    const picture = async (page: Page, state: string): Promise<void> => {
      if (look === 'phone') await page.setViewportSize({ width: use.viewport.width, height: Math.max(use.viewport.height, await page.evaluate(() => document.documentElement.scrollHeight)) });
      await page.screenshot({ path: `${folder}${state}-${look}.png` });
      if (look === 'phone') await page.setViewportSize(use.viewport);
    };

    test('idle, denied', async ({ page, server }) => {
      await page.addInitScript(() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('denied', 'NotAllowedError'));
      });
      await open(page, server.url);
      await picture(page, 'idle');
      await page.getByTestId('record').click();
      await expect(page.getByTestId('trouble')).toBeVisible();
      await picture(page, 'denied');
    });

    test('recording, uploading, complete', async ({ page, link }) => {
      await open(page, link.url);
      await page.getByTestId('name').fill('Interview with the lighthouse keeper');
      await page.getByTestId('record').click();
      await expect(page.getByTestId('saved')).toContainText('Saved on this device');
      await page.waitForTimeout(11_000);
      await picture(page, 'recording');
      await page.getByTestId('stop').click();
      await newest(page, 'complete');
      link.bytesPerSecond = MiB;
      await upload(page, noise(24 * MiB), 'field-recording.wav');
      await expect.poll(() => link.of('PATCH', /chunks/).filter((seen) => seen.status === 204).length, { timeout: 30_000 }).toBeGreaterThan(16);
      await page.waitForTimeout(300);
      await picture(page, 'uploading');
      link.bytesPerSecond = Infinity;
      await newest(page, 'complete');
      await picture(page, 'complete');
    });

    test('operations', async ({ page }) => {
      const token = join(tmpdir(), `wf-screens-token-${look}`);
      writeFileSync(token, 'lighthouse keeper\n', { mode: 0o600 });
      const server = await TestServer.start(['--operator-token-file', token]);
      try {
        for (const [i, name] of ['Morning briefing', 'Choir rehearsal', 'Interview with the lighthouse keeper'].entries()) {
          const pairs = Object.entries({ chunkIndex: '0', totalChunks: String(i + 1), recordingName: `${name}.webm` }).map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`);
          const id = `00000000-0000-4000-8000-00000000000${i}`;
          await fetch(`${server.url}/files/${id}/chunks/`, {
            method: 'POST',
            headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': String(MiB), 'Content-Type': 'application/offset+octet-stream', 'Upload-Metadata': pairs.join(',') },
            body: new Uint8Array(noise(MiB)),
          });
        }
        await page.goto(`${server.url}/ops`);
        await page.getByLabel('Operator token').fill('lighthouse keeper');
        await page.getByRole('button', { name: 'Show the sessions' }).click();
        await page.getByRole('button', { name: 'Interview with the lighthouse keeper.webm' }).click();
        await expect(page.getByTestId('ops-detail')).toContainText('1–2');
        await picture(page, 'operations');
      } finally {
        await page.close();
        await server.stop();
      }
    });

    test('failed, offline', async ({ page, link }) => {
      await open(page, link.url);
      link.inject((seen) => seen.method === 'POST' && link.of('POST', /chunks/).length % 4 === 0, { kind: 'answer', status: 413, body: JSON.stringify({ title: 'too large', detail: 'a chunk may have 5242880 bytes' }) }, 1000);
      await upload(page, noise(9 * MiB), 'choir-rehearsal.webm');
      await expect(page.getByTestId('state').first()).toHaveText('Needs you', { timeout: 30_000 });
      await page.waitForTimeout(5_000);
      await picture(page, 'failed');
      link.clear();
      link.setMode('down');
      await upload(page, noise(3 * MiB), 'evening-news.webm');
      await expect(page.getByTestId('offline-banner')).toBeVisible({ timeout: 15_000 });
      await picture(page, 'offline');
    });

    test('recovered', async ({ page, context, server }) => {
      await open(page, server.url);
      const lost = await context.newPage();
      await lost.goto(server.url);
      await lost.getByTestId('name').fill('Morning walk');
      await lost.getByTestId('record').click();
      await expect(lost.getByTestId('saved')).toContainText('Saved on this device');
      await lost.waitForTimeout(2_500);
      await lost.close({ runBeforeUnload: false });
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
      await expect(page.getByTestId('recovered-banner')).toBeVisible({ timeout: 45_000 });
      await picture(page, 'recovered');
    });
  });
}
