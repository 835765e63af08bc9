// An upload longer than a browser lets a worker live goes on while a page is open. Nobody is attached meanwhile: a debugger keeps
// workers alive that would otherwise be stopped.
import { expect, test, type Page } from '@playwright/test';
import { MortalBrowser } from '../support/browser.ts';
import { noise, sha256 } from '../support/fixtures.ts';
import { FaultProxy } from '../support/proxy.ts';
import { TestServer } from '../support/server.ts';

/** Longer than the thirty seconds a worker lives that hears nothing; in the long form longer than the five minutes of one event. */
const MINUTES = Number(process.env['WF_MINUTES'] ?? 0.6);
const RATE = 200_000;

const ways = {
  'the page open': async () => {},
  'the page hidden behind another tab': async (_page: Page, browser: MortalBrowser) => { await (await browser.open('about:blank')).bringToFront(); },
  'the page closed': async (page: Page) => { await page.close(); },
} as const;
// With the page closed a message lasts five minutes and a sync three; what is left then goes on at the next sync the browser grants.
const wanted = MINUTES < 1 ? (['the page open'] as const) : (['the page open', 'the page hidden behind another tab', 'the page closed'] as const);
for (const way of wanted) test(`an upload of ${way === 'the page closed' ? Math.min(MINUTES, 4) : MINUTES} min at 200 KB/s, ${way}, nobody attached`, async () => {
  const minutes = way === 'the page closed' ? Math.min(MINUTES, 4) : MINUTES;
  test.setTimeout((minutes * 3 + 3) * 60_000);
  const server = await TestServer.start();
  const link = await FaultProxy.start(() => server.url);
  const browser = new MortalBrowser();
  try {
    const bytes = noise(Math.floor(RATE * 60 * minutes), 21);
    await browser.start();
    const page = await browser.open(link.url);
    await expect(page.getByTestId('record')).toBeEnabled({ timeout: 30_000 });
    // Three connections share it.
    link.bytesPerSecond = RATE / 3;
    await page.getByTestId('file-input').setInputFiles({ name: 'long.webm', mimeType: 'audio/webm', buffer: bytes });
    const row = page.getByTestId('session').first();
    await expect(row).toHaveAttribute('data-state', 'uploading', { timeout: 60_000 });
    const id = (await row.getAttribute('data-remote')) ?? '';
    await ways[way](page, browser);
    await browser.detach();
    await expect.poll(async () => (await fetch(`${server.url}/files/${id}/recording`, { method: 'HEAD' })).status, { timeout: (minutes * 3 + 1) * 60_000, intervals: [2_000] }).toBe(200);
    expect(sha256(Buffer.from(await (await fetch(`${server.url}/files/${id}/recording`)).arrayBuffer()))).toBe(sha256(bytes));
  } finally {
    await browser.stop();
    await link.stop();
    await server.stop();
  }
});
