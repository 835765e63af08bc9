// Recordings outlive their tab.
import { download, expect, newest, open, recorded, sha256, spyOnRecorder, test } from '../support/fixtures.ts';

test('the tab is closed while recording: another tab recovers what was recorded', async ({ page, context, server }) => {
  await open(page, server.url);
  const recording = await context.newPage();
  await recording.goto(server.url);
  await recording.getByTestId('record').click();
  await expect(recording.getByTestId('saved')).toContainText('Saved on this device');
  await recording.waitForTimeout(2_500);
  await recording.close({ runBeforeUnload: false });
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(page.getByTestId('recovered-banner')).toBeVisible({ timeout: 45_000 });
  await page.reload();
  await expect(page.getByTestId('recovered-banner')).toBeVisible();
  await page.getByRole('button', { name: 'Got it' }).click();
  await expect(page.getByTestId('recovered-banner')).toHaveCount(0);
  const bytes = await download(server, await newest(page, 'complete'));
  expect(bytes.length).toBeGreaterThan(16_000);
  expect(bytes.subarray(0, 4).toString('hex')).toBe('1a45dfa3');
});

test('two tabs record at once; neither closes the other’s recording', async ({ page, context, server }) => {
  const second = await context.newPage();
  for (const tab of [page, second]) {
    await spyOnRecorder(tab);
    await open(tab, server.url);
    await tab.getByTestId('record').click();
  }
  await page.bringToFront();
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await page.waitForTimeout(7_000);
  const told: string[] = [];
  for (const tab of [page, second]) {
    await expect(tab.getByTestId('timer')).toBeVisible();
    await tab.getByTestId('stop').click();
    await expect(tab.getByTestId('record')).toBeVisible();
    told.push(sha256(await recorded(tab)));
  }
  await expect(page.locator('[data-state=complete]')).toHaveCount(2, { timeout: 30_000 });
  const ids = await page.getByTestId('session').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-remote') ?? ''));
  const held = await Promise.all(ids.map(async (id) => sha256(await download(server, id))));
  expect(held.sort()).toEqual(told.sort());
});

test('a recording stopped at once is either whole or not there', async ({ page, server }) => {
  await spyOnRecorder(page);
  await open(page, server.url);
  await page.getByTestId('record').click();
  await page.getByTestId('stop').click();
  await expect(page.getByTestId('record')).toBeVisible();
  const bytes = await recorded(page);
  if (bytes.length === 0) await expect(page.getByTestId('session')).toHaveCount(0);
  else expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(bytes));
});

test('pause leaves no gap in the bytes', async ({ page, server }) => {
  await spyOnRecorder(page);
  await open(page, server.url);
  await page.getByTestId('record').click();
  await expect(page.getByTestId('saved')).toContainText('Saved on this device');
  await page.getByTestId('pause').click();
  await expect(page.getByTestId('saved')).toContainText('Paused');
  const shown = await page.getByTestId('timer').textContent();
  await page.waitForTimeout(1_500);
  expect(await page.getByTestId('timer').textContent()).toBe(shown);
  await page.getByTestId('pause').click();
  await page.waitForTimeout(1_500);
  await page.getByTestId('stop').click();
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(await recorded(page)));
});
