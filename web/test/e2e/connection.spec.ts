// Without a network or a server nothing is lost, the page says so once, and everything goes on by itself.
import { download, events, expect, newest, noise, open, recorded, sha256, spyOnRecorder, test, upload } from '../support/fixtures.ts';

const MiB = 1024 * 1024;
const bytes = noise(2 * MiB + 77, 12);

test('a link that goes dark in the middle of a chunk: offline once, online once, asked every 5 s, then complete', async ({ page, server, link }) => {
  await open(page, link.url);
  link.bytesPerSecond = MiB / 2;
  await upload(page, bytes);
  await expect.poll(() => link.of('PATCH', /chunks/).length).toBeGreaterThan(0);
  link.setMode('down');
  await expect(page.getByTestId('connection')).toHaveText('Server not answering');
  await expect(page.getByTestId('offline-banner')).toBeVisible();
  // Nobody can read a request that is reset with its connection: a probe is one attempt to connect.
  const from = link.refused;
  await page.waitForTimeout(13_000);
  const attempts = link.refused - from;
  link.setMode('open');
  link.bytesPerSecond = Infinity;
  await expect(page.getByTestId('connection')).toHaveText('Online', { timeout: 10_000 });
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(bytes));
  const heard = await events(page);
  expect(heard.filter((type) => type === 'offline')).toHaveLength(1);
  expect(heard.filter((type) => type === 'online')).toHaveLength(1);
  expect(attempts).toBeGreaterThanOrEqual(2);
  expect(attempts).toBeLessThanOrEqual(4);
});

test('the browser says offline, then online: uploads resume within two seconds', async ({ page, server, context, link }) => {
  await open(page, link.url);
  await context.setOffline(true);
  await upload(page, bytes);
  await expect(page.getByTestId('connection')).toHaveText('Offline', { timeout: 15_000 });
  await page.waitForTimeout(1_000);
  await context.setOffline(false);
  // Playwright lifts it from the page before the worker, whose first question may still have met it: the sign comes when both are back.
  await page.evaluate(() => { dispatchEvent(new Event('online')); });
  await expect(page.getByTestId('connection')).toHaveText('Online', { timeout: 2_000 });
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(bytes));
});

test('the server is down when the page is opened: the page comes from the cache, records, and uploads later', async ({ page, server }) => {
  await spyOnRecorder(page);
  await open(page, server.url);
  await server.crash();
  await page.goto(server.url);
  await expect(page.getByTestId('record')).toBeEnabled({ timeout: 15_000 });
  await page.getByTestId('record').click();
  await expect(page.getByTestId('saved')).toContainText('Saved on this device');
  await page.waitForTimeout(1_500);
  await page.getByTestId('stop').click();
  await expect(page.getByTestId('connection')).toHaveText('Server not answering', { timeout: 15_000 });
  const told = sha256(await recorded(page));
  await server.restart();
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(told);
});

test('a form of the fallback cut in the middle is sent whole again', async ({ page, server, link }) => {
  await open(page, link.url);
  await page.locator('#uploadMethodSelect').selectOption('custom');
  link.inject((seen) => seen.path.startsWith('/upload/chunk'), { kind: 'cut', afterBytes: 300_000 }, 2);
  await upload(page, bytes);
  expect(sha256(await download(server, await newest(page, 'complete', 45_000)))).toBe(sha256(bytes));
});

test('the worker is stopped in the middle of a PATCH and the upload goes on from the page’s next sign', async ({ page, server, link, context }) => {
  await open(page, link.url);
  link.bytesPerSecond = MiB / 2;
  await upload(page, bytes);
  await expect.poll(() => link.of('PATCH', /chunks/).length).toBeGreaterThan(0);
  const cdp = await context.newCDPSession(page);
  await cdp.send('ServiceWorker.enable');
  await cdp.send('ServiceWorker.stopAllWorkers');
  link.bytesPerSecond = Infinity;
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  expect(sha256(await download(server, await newest(page, 'complete', 45_000)))).toBe(sha256(bytes));
});

test('the page is closed while it uploads: the worker finishes', async ({ page, server, link, context }) => {
  const other = await context.newPage();
  await open(page, link.url);
  link.bytesPerSecond = MiB / 8;
  await upload(page, bytes);
  const row = page.getByTestId('session').first();
  await expect(row).toHaveAttribute('data-state', 'uploading');
  const id = (await row.getAttribute('data-remote')) ?? '';
  await page.close();
  link.bytesPerSecond = Infinity;
  await expect.poll(async () => (await fetch(`${server.url}/files/${id}/recording`)).status, { timeout: 30_000 }).toBe(200);
  expect(sha256(await download(server, id))).toBe(sha256(bytes));
  await other.close();
});
