// The worker may be stopped, replaced and given a wrong clock; the upload goes on.
import type { BrowserContext, Worker } from '@playwright/test';
import { download, expect, newest, noise, open, sha256, test, upload } from '../support/fixtures.ts';
import type { Seen } from '../support/proxy.ts';

const MiB = 1024 * 1024;
const STOPS = Number(process.env['WF_STOPS'] ?? 3);
const bytes = noise(2 * MiB + 999, 61);
const create = (seen: Seen): boolean => seen.method === 'POST' && seen.path.endsWith('/chunks/');
const patch = (seen: Seen): boolean => seen.method === 'PATCH';

async function workerOf(context: BrowserContext): Promise<Worker> {
  return context.serviceWorkers()[0] ?? context.waitForEvent('serviceworker');
}

test(`the worker is stopped ${STOPS} times in the middle of PATCHes`, async ({ page, server, link, context }) => {
  test.setTimeout(60_000 + STOPS * 15_000);
  await open(page, link.url);
  link.bytesPerSecond = MiB / 2;
  const long = noise((STOPS + 1) * MiB, 62);
  await upload(page, long);
  const cdp = await context.newCDPSession(page);
  await cdp.send('ServiceWorker.enable');
  for (let stop = 0; stop < STOPS; ++stop) {
    const before = link.seen.filter(patch).length;
    await expect.poll(() => link.seen.filter(patch).length, { timeout: 30_000 }).toBeGreaterThan(before);
    await page.waitForTimeout(150);
    await cdp.send('ServiceWorker.stopAllWorkers');
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  }
  link.bytesPerSecond = Infinity;
  expect(sha256(await download(server, await newest(page, 'complete', 60_000)))).toBe(sha256(long));
});

test('the worker is stopped while the server is away: the page says that it is back, though nobody is left who said that it was gone', async ({ page, server, link, context }) => {
  await open(page, link.url);
  link.setMode('down');
  await upload(page, bytes);
  await expect(page.getByTestId('offline-banner')).toBeVisible({ timeout: 20_000 });
  const cdp = await context.newCDPSession(page);
  await cdp.send('ServiceWorker.enable');
  await cdp.send('ServiceWorker.stopAllWorkers');
  link.setMode('open');
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(page.getByTestId('offline-banner')).toHaveCount(0, { timeout: 20_000 });
  expect(sha256(await download(server, await newest(page, 'complete', 40_000)))).toBe(sha256(bytes));
});

test('a new worker arrives in the middle of an upload: it waits, nothing is cut, then it takes over', async ({ page, server, link }) => {
  let version = 1;
  link.editScript = (path, text) => (path === '/sw.js' ? `${text}\n;self.__version=${version};` : text);
  await open(page, link.url);
  const first = await page.evaluate(() => navigator.serviceWorker.controller !== null || navigator.serviceWorker.ready.then(() => true));
  expect(first).toBe(true);
  link.bytesPerSecond = MiB;
  await upload(page, bytes);
  await expect.poll(() => link.seen.filter(patch).length).toBeGreaterThan(0);
  version = 2;
  await page.evaluate(async () => { await (await navigator.serviceWorker.ready).update(); });
  await expect.poll(() => page.evaluate(async () => (await navigator.serviceWorker.ready).waiting?.state)).toBe('installed');
  expect(sha256(await download(server, await newest(page, 'complete', 40_000)))).toBe(sha256(bytes));
  expect(link.seen.filter((seen) => seen.status === 409 || seen.status === 423)).toEqual([]);
  expect(link.seen.filter(patch).reduce((sum, seen) => sum + seen.forwarded, 0)).toBe(bytes.length);
  // With nothing pending the page lets it in at its next sign, every 15 s.
  await expect.poll(() => page.evaluate(async () => (await navigator.serviceWorker.ready).waiting === null), { timeout: 25_000 }).toBe(true);
  const again = noise(1_000_001, 63);
  await upload(page, again, 'after.webm');
  await expect(page.getByTestId('session')).toHaveCount(2);
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(again));
});

const DAY = 86_400_000;
for (const [name, shift] of [['a day ahead', DAY], ['a day back', -DAY], ['five minutes back', -300_000]] as const) {
  test(`the clock is set ${name} while chunks wait: no stall, no storm`, async ({ page, server, link, context }) => {
    await open(page, link.url);
    // The wait ends at once instead of in 100 s, because the clock no longer makes sense of it; ten minutes is the longest wait there is.
    link.inject(create, { kind: 'answer', status: 503, headers: { 'Retry-After': '100' } }, 2);
    link.inject(create, { kind: 'answer', status: 429, headers: { 'Retry-After': '100' } }, 1);
    await upload(page, bytes);
    await expect(page.getByTestId('next-try')).toBeVisible();
    await expect.poll(() => link.seen.filter(create).length).toBe(3);
    // The worker has noted all three answers by its old clock.
    await expect(page.getByRole('img', { name: /, 3 waiting/ })).toBeVisible();
    await (await workerOf(context)).evaluate((ms) => {
      const real = Date.now.bind(Date);
      Date.now = () => real() + ms;
    }, shift);
    const from = link.seen.length;
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    expect(sha256(await download(server, await newest(page, 'complete', 60_000)))).toBe(sha256(bytes));
    expect(link.seen.slice(from).filter((seen) => create(seen) || patch(seen)).length).toBeLessThan(20);
  });
}

test('the clock is set back over a restart of the worker: what waits goes on', async ({ page, server, link, context }) => {
  await open(page, link.url);
  await (await workerOf(context)).evaluate((ms) => {
    const real = Date.now.bind(Date);
    Date.now = () => real() + ms;
  }, DAY);
  link.inject(create, { kind: 'answer', status: 503, headers: { 'Retry-After': '100' } }, 3);
  await upload(page, bytes);
  await expect.poll(() => link.seen.filter(create).length).toBe(3);
  await page.waitForTimeout(500);
  const cdp = await context.newCDPSession(page);
  await cdp.send('ServiceWorker.enable');
  await cdp.send('ServiceWorker.stopAllWorkers');
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  expect(sha256(await download(server, await newest(page, 'complete', 60_000)))).toBe(sha256(bytes));
});
