// An upload longer than a browser lets a worker live goes on while a page is open. Nobody is attached meanwhile: a debugger keeps
// workers alive that would otherwise be stopped.
import { expect, test } from '@playwright/test';
import { MortalBrowser } from '../support/browser.ts';
import { noise, sha256 } from '../support/fixtures.ts';
import { FaultProxy } from '../support/proxy.ts';
import { TestServer } from '../support/server.ts';

const MINUTES = Number(process.env['WF_MINUTES'] ?? 1);
const RATE = 200_000;

test(`an upload of ${MINUTES} min at 200 KB/s, page open, nobody attached`, async () => {
  test.setTimeout((MINUTES * 3 + 3) * 60_000);
  const server = await TestServer.start();
  const link = await FaultProxy.start(() => server.url);
  const browser = new MortalBrowser();
  try {
    const bytes = noise(Math.floor(RATE * 60 * MINUTES), 21);
    await browser.start();
    const page = await browser.open(link.url);
    await expect(page.getByTestId('record')).toBeEnabled({ timeout: 30_000 });
    link.bytesPerSecond = RATE / 3;
    await page.getByTestId('file-input').setInputFiles({ name: 'long.webm', mimeType: 'audio/webm', buffer: bytes });
    const row = page.getByTestId('session').first();
    await expect(row).toHaveAttribute('data-state', 'uploading', { timeout: 60_000 });
    const id = (await row.getAttribute('data-remote')) ?? '';
    await browser.detach();
    await expect.poll(async () => (await fetch(`${server.url}/files/${id}/recording`, { method: 'HEAD' })).status, { timeout: (MINUTES * 3 + 1) * 60_000, intervals: [2_000] }).toBe(200);
    expect(sha256(Buffer.from(await (await fetch(`${server.url}/files/${id}/recording`)).arrayBuffer()))).toBe(sha256(bytes));
  } finally {
    await browser.stop();
    await link.stop();
    await server.stop();
  }
});
