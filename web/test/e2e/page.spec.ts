// The page can be used by everybody: by keyboard, at 320 px, in both colour schemes, with a screen reader.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';
import { expect, newest, noise, open, test, upload } from '../support/fixtures.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** axe runs through the debugger, so the page's own content policy stays as it is. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    test('axe finds nothing: idle, recording, failed, offline, complete', async ({ page, link }) => {
      await open(page, link.url);
      expect(await findings(page)).toEqual([]);
      await page.getByTestId('record').click();
      await expect(page.getByTestId('saved')).toContainText('Saved');
      expect(await findings(page)).toEqual([]);
      await page.getByTestId('stop').click();
      await newest(page, 'complete');
      link.inject((seen) => seen.method === 'POST', { kind: 'answer', status: 413 }, 1000);
      await upload(page, noise(3000));
      await expect(page.getByTestId('state').first()).toHaveText('Needs you');
      await page.getByRole('button', { name: '1 chunk' }).click();
      expect(await findings(page)).toEqual([]);
      link.clear();
      link.setMode('down');
      await upload(page, noise(3000, 2));
      await expect(page.getByTestId('offline-banner')).toBeVisible({ timeout: 15_000 });
      await page.getByTestId('delete').first().click();
      expect(await findings(page)).toEqual([]);
    });
  });
}

test('nothing is wider than a screen of 320 px, and the selector hides no button at the end of the page', async ({ page, server }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await open(page, server.url);
  await upload(page, noise(2_500_000), 'a-very-long-file-name-without-any-space-in-it-at-all-which-has-to-be-broken.webm');
  await newest(page, 'complete');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  const box = await page.getByTestId('delete').last().boundingBox();
  const bar = await page.locator('.upload-method-selector').boundingBox();
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(bar?.y ?? 0);
});

test('with reduced motion nothing is animated and the waveform moves once a second', async ({ page, server }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page, server.url);
  await page.getByTestId('record').click();
  await expect(page.getByTestId('saved')).toContainText('Saved on this device');
  const seen = await page.evaluate(async () => {
    const canvas = document.querySelector<HTMLCanvasElement>('.wave canvas');
    const pictures = new Set<string>();
    const from = performance.now();
    for (let i = 0; i < 20; ++i) {
      pictures.add(canvas?.toDataURL() ?? '');
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
    return { pictures: pictures.size, animations: document.getAnimations().length, seconds: (performance.now() - from) / 1000 };
  });
  expect(seen.animations).toBe(0);
  expect(seen.pictures).toBeGreaterThan(1);
  expect(seen.pictures).toBeLessThanOrEqual(Math.floor(seen.seconds) + 3);
});

test('the whole way by keyboard alone', async ({ page, server }) => {
  await open(page, server.url);
  await page.keyboard.press('r');
  await expect(page.getByTestId('saved')).toContainText('Saved on this device');
  await page.keyboard.press('p');
  await expect(page.getByTestId('saved')).toContainText('Paused');
  await page.keyboard.press('p');
  await page.waitForTimeout(1_200);
  await page.keyboard.press('r');
  await newest(page, 'complete');
  for (let i = 0; i < 30; ++i) {
    await page.keyboard.press('Tab');
    if (await page.getByTestId('delete').evaluate((element) => element === document.activeElement)) break;
  }
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('confirm-delete')).toBeVisible();
  for (let i = 0; i < 30; ++i) {
    if (await page.getByTestId('confirm-delete').evaluate((element) => element === document.activeElement)) break;
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('session')).toHaveCount(0);
});

test('the live region says that a recording is complete, and no percentages', async ({ page, server }) => {
  await open(page, server.url);
  await page.evaluate(() => {
    const said: string[] = [];
    Object.assign(window, { __said: said });
    const region = document.querySelector('[data-testid=live]');
    if (region) new MutationObserver(() => said.push(region.textContent ?? '')).observe(region, { childList: true, characterData: true, subtree: true });
  });
  await upload(page, noise(4_000_000), 'lecture.webm');
  await newest(page, 'complete');
  await expect.poll(() => page.evaluate(() => (window as unknown as { __said: string[] }).__said)).toEqual(['lecture.webm is complete on the server.']);
});

test('the selector and badge have the names other pages and scripts use', async ({ page, link }) => {
  await open(page, link.url);
  await expect(page.locator('.upload-method-selector #uploadMethodSelect option')).toHaveText(['TUS (Resumable)', 'Custom (Fallback)']);
  link.setMode('down');
  await upload(page, noise(3 * 1024 * 1024));
  await expect(page.locator('.upload-method-selector #pendingUploadsBadge')).toHaveText('3 pending');
  await expect(page.getByTestId('offline-banner')).toBeVisible({ timeout: 15_000 });
  // While the link is down the button stays; once it is open, a health check may take it away before a click comes.
  await page.getByRole('button', { name: 'Try now', exact: true }).click();
  link.setMode('open');
  await expect(page.locator('#pendingUploadsBadge')).toHaveText('0 pending', { timeout: 15_000 });
});

test('deleting takes the recording from the server too', async ({ page, server }) => {
  await open(page, server.url);
  await upload(page, noise(100_000));
  const id = await newest(page, 'complete');
  await page.getByTestId('delete').click();
  await page.getByTestId('confirm-delete').click();
  await expect(page.getByTestId('session')).toHaveCount(0);
  expect([404, 410]).toContain((await fetch(`${server.url}/files/${id}/status`)).status);
});

test('a recording deleted elsewhere is shown as gone after a reload', async ({ page, server }) => {
  await open(page, server.url);
  await upload(page, noise(100_000));
  const id = await newest(page, 'complete');
  expect((await fetch(`${server.url}/files/${id}`, { method: 'DELETE' })).status).toBe(204);
  await page.reload();
  await expect(page.getByTestId('state')).toHaveText('No longer on the server', { timeout: 40_000 });
  await expect(page.getByTestId('player')).toHaveCount(0);
});

test('a new name reaches the server after assembly', async ({ page, server }) => {
  await open(page, server.url);
  await upload(page, noise(100_000), 'old.webm');
  const id = await newest(page, 'complete');
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByLabel('New name').fill('Grüße an alle');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Grüße an alle' })).toBeVisible();
  await expect.poll(async () => ((await (await fetch(`${server.url}/files/${id}/status`)).json()) as { recording_name: string }).recording_name).toBe('Grüße an alle');
});

test('without permission the page says what to do, and uploads files all the same', async ({ page, server }) => {
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('denied', 'NotAllowedError'));
  });
  await open(page, server.url);
  await page.getByTestId('record').click();
  await expect(page.getByTestId('trouble')).toContainText('does not let this page use the microphone');
  await upload(page, noise(1000));
  await newest(page, 'complete');
});

test('a microphone that goes away ends the recording and keeps it', async ({ page, server }) => {
  await page.addInitScript(() => {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      Object.assign(window, { __track: stream.getAudioTracks()[0] });
      return stream;
    };
  });
  await open(page, server.url);
  await page.getByTestId('record').click();
  await expect(page.getByTestId('saved')).toContainText('Saved on this device');
  await page.evaluate(() => (window as unknown as { __track: MediaStreamTrack }).__track.dispatchEvent(new Event('ended')));
  await expect(page.getByTestId('trouble')).toContainText('microphone was unplugged');
  await expect(page.locator('.record')).toHaveAttribute('data-state', 'unplugged');
  await newest(page, 'complete');
});

test('no request leaves the origin and the content policy is never broken', async ({ page, server }) => {
  const foreign: string[] = [];
  const broken: string[] = [];
  page.context().on('request', (request) => { if (!request.url().startsWith(server.url) && !request.url().startsWith('blob:')) foreign.push(request.url()); });
  page.on('console', (message) => { if (/content security policy/i.test(message.text())) broken.push(message.text()); });
  await open(page, server.url);
  await page.getByTestId('record').click();
  await expect(page.getByTestId('saved')).toContainText('Saved on this device');
  await page.getByTestId('stop').click();
  await newest(page, 'complete');
  expect(foreign).toEqual([]);
  expect(broken).toEqual([]);
});
