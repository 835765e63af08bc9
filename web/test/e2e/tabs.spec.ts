// Any number of tabs share one queue and one uploader, and a tab that sleeps is not taken for dead.
import { download, expect, newest, noise, open, recorded, sha256, spyOnRecorder, test, upload } from '../support/fixtures.ts';
import type { Seen } from '../support/proxy.ts';

const MiB = 1024 * 1024;
const patch = (seen: Seen): boolean => seen.method === 'PATCH';

test('two tabs add files at once: one uploader, three PATCHes at most, nothing sent twice', async ({ page, context, server, link }) => {
  const second = await context.newPage();
  await open(page, link.url);
  await open(second, link.url);
  link.bytesPerSecond = 4 * MiB;
  const files = [noise(3 * MiB + 1, 51), noise(3 * MiB + 2, 52)];
  await Promise.all([upload(page, files[0] ?? Buffer.alloc(0), 'one.webm'), upload(second, files[1] ?? Buffer.alloc(0), 'two.webm')]);
  await expect(page.locator('[data-state=complete]')).toHaveCount(2, { timeout: 30_000 });
  const ids = await page.getByTestId('session').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-remote') ?? ''));
  const held = await Promise.all(ids.map(async (id) => sha256(await download(server, id))));
  expect(held.sort()).toEqual(files.map((file) => sha256(file)).sort());
  expect(link.most.PATCH).toBeLessThanOrEqual(3);
  expect(link.seen.filter(patch).reduce((sum, seen) => sum + seen.forwarded, 0)).toBe(6 * MiB + 3);
});

test('two tabs press Retry now at once, then Cancel at once: done once, and nothing is left', async ({ page, context, server, link }) => {
  const second = await context.newPage();
  await open(page, link.url);
  await open(second, link.url);
  link.inject((seen) => seen.method === 'POST' && seen.path.endsWith('/chunks/'), { kind: 'answer', status: 503, headers: { 'Retry-After': '300' } }, 3);
  const bytes = noise(2 * MiB + 5, 53);
  // What one tab does takes the button away in the other, so both are taken hold of first.
  const pressInBoth = async (testId: string): Promise<void> => {
    const buttons = await Promise.all([page, second].map((tab) => tab.getByTestId(testId).elementHandle()));
    await Promise.all(buttons.map((button) => button?.evaluate((element) => (element as HTMLElement).click())));
  };
  await upload(page, bytes);
  await expect(second.getByTestId('retry')).toBeVisible();
  // A chunk that is imported or answered after the press would wait its 300 s.
  await expect(page.getByRole('img', { name: /, 3 waiting/ })).toBeVisible();
  await pressInBoth('retry');
  const id = await newest(page, 'complete');
  expect(sha256(await download(server, id))).toBe(sha256(bytes));
  expect(link.seen.filter(patch).reduce((sum, seen) => sum + seen.forwarded, 0)).toBe(bytes.length);
  for (const tab of [page, second]) await tab.getByTestId('delete').click();
  await pressInBoth('confirm-delete');
  for (const tab of [page, second]) {
    await expect(tab.getByTestId('session')).toHaveCount(0);
    await expect(tab.getByTestId('notice')).toHaveCount(0);
  }
  expect([404, 410]).toContain((await fetch(`${server.url}/files/${id}/status`)).status);
});

test('a tab frozen while it records is not closed by another one, and goes on when it wakes', async ({ page, context, server }) => {
  const recording = await context.newPage();
  await spyOnRecorder(recording);
  await open(recording, server.url);
  await recording.getByTestId('record').click();
  await expect(recording.getByTestId('saved')).toContainText('Saved on this device');
  const cdp = await context.newCDPSession(recording);
  await cdp.send('Page.setWebLifecycleState', { state: 'frozen' });
  await open(page, server.url);
  await page.bringToFront();
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await page.waitForTimeout(8_000);
  await expect(page.getByTestId('session').first()).toHaveAttribute('data-state', 'recording');
  await expect(page.getByTestId('recovered-banner')).toHaveCount(0);
  await cdp.send('Page.setWebLifecycleState', { state: 'active' });
  await recording.bringToFront();
  await recording.getByTestId('stop').click();
  const id = await newest(page, 'complete');
  expect(sha256(await download(server, id))).toBe(sha256(await recorded(recording)));
});
