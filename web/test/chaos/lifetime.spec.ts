// An upload longer than a browser lets a worker live goes on while a page is open. Nobody is attached meanwhile: a debugger keeps
// workers alive that would otherwise be stopped.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { MortalBrowser } from '../support/browser.ts';
import { noise, sha256 } from '../support/fixtures.ts';
import { FaultProxy } from '../support/proxy.ts';
import { TestServer } from '../support/server.ts';

/** Longer than the thirty seconds a worker lives that hears nothing; in the long form longer than the five minutes of one event. */
const MINUTES = Number(process.env['WF_MINUTES'] ?? 0.6);
const RATE = 200_000;

/** By the debugger itself, which takes a file of any length from the disk; Playwright passes 50 MB on at most. */
async function choose(page: Page, bytes: Buffer): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wf-file-'));
  fs.writeFileSync(path.join(folder, 'long.webm'), bytes);
  const cdp = await page.context().newCDPSession(page);
  const { result } = await cdp.send('Runtime.evaluate', { expression: "document.querySelector('[data-testid=file-input]')" });
  await cdp.send('DOM.setFileInputFiles', { files: [path.join(folder, 'long.webm')], objectId: result.objectId ?? '' });
  await cdp.detach();
  await expect(page.getByTestId('session').first()).toHaveAttribute('data-state', 'uploading', { timeout: 240_000 });
  fs.rmSync(folder, { recursive: true });
}

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
    await choose(page, bytes);
    const row = page.getByTestId('session').first();
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

// A sync may last three minutes. Ours ends itself before that and asks to be called again, which Chromium does after five.
if (MINUTES >= 10) test('the browser killed, started without a page: what one sync cannot send the next one does', async () => {
  test.setTimeout(25 * 60_000);
  const server = await TestServer.start();
  const link = await FaultProxy.start(() => server.url);
  const browser = new MortalBrowser();
  try {
    const bytes = noise(RATE * 60 * 4, 22);
    await browser.start();
    const page = await browser.open(link.url);
    await expect(page.getByTestId('record')).toBeEnabled({ timeout: 30_000 });
    link.bytesPerSecond = RATE / 3;
    await choose(page, bytes);
    const row = page.getByTestId('session').first();
    const id = (await row.getAttribute('data-remote')) ?? '';
    await page.waitForTimeout(3_000);
    await browser.kill();
    await browser.start();
    const from = performance.now();
    await expect.poll(async () => (await fetch(`${server.url}/files/${id}/recording`, { method: 'HEAD' })).status, { timeout: 20 * 60_000, intervals: [5_000] }).toBe(200);
    console.log(`complete ${((performance.now() - from) / 60_000).toFixed(1)} min after the start without a page`);
    expect(sha256(Buffer.from(await (await fetch(`${server.url}/files/${id}/recording`)).arrayBuffer()))).toBe(sha256(bytes));
  } finally {
    await browser.stop();
    await link.stop();
    await server.stop();
  }
});
