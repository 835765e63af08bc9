// The network interface itself goes down in the middle of an upload: the browser sees it, says so once, and everything goes on
// by itself when it comes back.
import { chromium, expect, test } from '@playwright/test';
import { download, events, newest, noise, open, sha256, upload } from '../support/fixtures.ts';
import { Namespace } from '../support/namespace.ts';
import { realServer, TestServer } from '../support/server.ts';

const MiB = 1024 * 1024;

test('the interface goes down in mid-upload and comes back: offline once, online once, then everything by itself, the same bytes', async () => {
  test.skip(!realServer, 'the stub listens on loopback only');
  const host = Namespace.make();
  test.skip(typeof host === 'string', String(host));
  if (typeof host === 'string') return;
  // Plain HTTP, because a worker needs either TLS or a browser that was told to take this address for safe.
  const server = await TestServer.start(['--allow-plain-http', '--session-rate', '0'], `${host.address}:0`);
  const browser = await chromium.launch({
    executablePath: host.wrap(process.env['WF_CHROMIUM'] ?? '/usr/bin/chromium'),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      `--unsafely-treat-insecure-origin-as-secure=${server.url}`],
  });
  try {
    const page = await browser.newPage();
    await open(page, server.url);
    const bytes = noise(40 * MiB, 21);
    await upload(page, bytes, 'first.webm');
    await expect.poll(() => page.locator('#pendingUploadsBadge').textContent(), { intervals: [50] }).not.toBe('0 pending');
    host.link('down');
    await expect(page.getByTestId('connection')).toHaveText('Offline', { timeout: 15_000 });
    expect(await page.evaluate(() => navigator.onLine)).toBe(false);
    const state = await page.getByTestId('session').first().getAttribute('data-state');
    expect(state).not.toBe('complete');
    await page.waitForTimeout(6_000);
    host.link('up');
    await expect(page.getByTestId('connection')).toHaveText('Online', { timeout: 15_000 });
    const returned = performance.now();
    const pending = await page.locator('#pendingUploadsBadge').textContent();
    await expect.poll(() => page.locator('#pendingUploadsBadge').textContent(), { timeout: 30_000, intervals: [50] }).not.toBe(pending);
    console.log(`the next chunk was complete ${Math.round(performance.now() - returned)} ms after the page said Online`);
    expect(sha256(await download(server, await newest(page, 'complete', 60_000)))).toBe(sha256(bytes));
    const heard = await events(page);
    expect(heard.filter((type) => type === 'offline')).toHaveLength(1);
    expect(heard.filter((type) => type === 'online')).toHaveLength(1);
  } finally {
    await browser.close();
    await server.stop();
    host.remove();
  }
});
