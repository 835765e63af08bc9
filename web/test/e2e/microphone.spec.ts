// The microphone: chosen, tried, missing, forbidden for a while; and the screen that stays on meanwhile.
import { download, expect, newest, noise, open, recorded, sha256, spyOnRecorder, test } from '../support/fixtures.ts';

test('a microphone is tried before it is used, and another one can be chosen', async ({ page, server }) => {
  await spyOnRecorder(page);
  await open(page, server.url);
  const choice = page.getByLabel('Microphone');
  await expect(choice).toBeDisabled();
  await page.getByTestId('test-microphone').click();
  const level = page.getByLabel('Input level');
  // Looked at in every frame: the fake microphone beeps twice a second for a moment, and once a second can always come between.
  await page.waitForFunction((meter) => (meter as HTMLMeterElement).value > 0.3, await level.elementHandle(), { timeout: 10_000 });
  await expect(page.getByTestId('session')).toHaveCount(0);
  await expect(choice).toBeEnabled();
  const names = await choice.locator('option').allTextContents();
  expect(names.length).toBeGreaterThan(2);
  await choice.selectOption({ label: names.at(-1) ?? '' });
  await expect(level).toBeVisible();
  await page.getByTestId('record').click();
  await expect(page.getByTestId('saved')).toContainText('Saved on this device');
  await page.getByTestId('stop').click();
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(await recorded(page)));
  await expect(level).toHaveCount(0);
});

test('recorded while another microphone is still being opened: no other one stays open', async ({ page, server }) => {
  await page.addInitScript(() => {
    const media = navigator.mediaDevices;
    const real = media.getUserMedia.bind(media);
    const opened: MediaStream[] = [];
    (window as unknown as { opened: MediaStream[] }).opened = opened;
    media.getUserMedia = async (constraints) => {
      const stream = await real(constraints);
      await new Promise((resolve) => { setTimeout(resolve, 1_000); });
      opened.push(stream);
      return stream;
    };
  });
  await open(page, server.url);
  await page.getByTestId('test-microphone').click();
  const choice = page.getByLabel('Microphone');
  await expect(choice).toBeEnabled();
  await choice.selectOption({ label: (await choice.locator('option').allTextContents()).at(-1) ?? '' });
  await page.getByTestId('record').click();
  await expect(page.getByTestId('saved')).toContainText('Saved on this device');
  const live = (): Promise<number> => page.evaluate(() => (window as unknown as { opened: MediaStream[] }).opened.filter((stream) => stream.active).length);
  expect(await page.evaluate(() => (window as unknown as { opened: MediaStream[] }).opened.length)).toBe(3);
  expect(await live()).toBe(1);
  await page.getByTestId('stop').click();
  await newest(page, 'complete');
  expect(await live()).toBe(0);
});

test('no microphone: said so, and forgotten when one is plugged in', async ({ page, server }) => {
  await page.addInitScript(() => {
    const media = navigator.mediaDevices;
    const real = media.getUserMedia.bind(media);
    let there = false;
    media.getUserMedia = (constraints) => (there ? real(constraints) : Promise.reject(new DOMException('none', 'NotFoundError')));
    Object.assign(window, { __plugIn: () => { there = true; media.dispatchEvent(new Event('devicechange')); } });
  });
  await open(page, server.url);
  await page.getByTestId('record').click();
  await expect(page.getByTestId('trouble')).toContainText('No microphone was found');
  await expect(page.locator('.record')).toHaveAttribute('data-state', 'missing');
  await page.evaluate(() => (window as unknown as { __plugIn(): void }).__plugIn());
  await expect(page.getByTestId('trouble')).toHaveCount(0);
  await page.getByTestId('record').click();
  await expect(page.getByTestId('saved')).toContainText('Saved on this device');
  await page.getByTestId('stop').click();
  await newest(page, 'complete');
});

test('the screen is kept on while recording, asked for again when the page comes back, and let go afterwards', async ({ page, server }) => {
  await page.addInitScript(() => {
    const locks = { asked: 0, released: 0 };
    Object.assign(window, { __locks: locks });
    Object.defineProperty(navigator, 'wakeLock', { value: { request: () => {
      locks.asked += 1;
      return Promise.resolve({ release: () => { locks.released += 1; return Promise.resolve(); } });
    } } });
  });
  await open(page, server.url);
  const locks = (): Promise<{ asked: number; released: number }> => page.evaluate(() => (window as unknown as { __locks: { asked: number; released: number } }).__locks);
  expect(await locks()).toEqual({ asked: 0, released: 0 });
  await page.getByTestId('record').click();
  await expect(page.getByTestId('saved')).toContainText('Saved on this device');
  expect((await locks()).asked).toBe(1);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect.poll(async () => (await locks()).asked).toBe(2);
  await page.getByTestId('stop').click();
  await expect.poll(async () => (await locks()).released).toBeGreaterThan(0);
});

test('files are dropped in, several at once', async ({ page, server }) => {
  await open(page, server.url);
  const files = [noise(1_200_000, 21), noise(300_000, 22)];
  const data = await page.evaluateHandle((texts) => {
    const transfer = new DataTransfer();
    texts.forEach((text, i) => transfer.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], `dropped-${i}.ogg`, { type: 'audio/ogg' })));
    return transfer;
  }, files.map((file) => file.toString('base64')));
  await page.locator('.drop').dispatchEvent('drop', { dataTransfer: data });
  await expect(page.locator('[data-state=complete]')).toHaveCount(2, { timeout: 30_000 });
  const ids = await page.getByTestId('session').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-remote') ?? ''));
  const held = await Promise.all(ids.map(async (id) => sha256(await download(server, id))));
  expect(held.sort()).toEqual(files.map((file) => sha256(file)).sort());
});
