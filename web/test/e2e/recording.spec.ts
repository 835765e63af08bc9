// A recording goes in through the page and comes out of the server unchanged.
import { download, expect, newest, noise, recorded, sha256, spyOnRecorder, test } from '../support/fixtures.ts';

test('what the microphone gave is what the server assembled, and it plays @acceptance', async ({ page, server }) => {
  await spyOnRecorder(page);
  await page.goto(server.url);
  await page.getByTestId('record').click();
  await expect(page.getByTestId('saved')).toContainText('Saved on this device');
  await page.waitForTimeout(3500);
  await page.getByTestId('stop').click();
  const remoteId = await newest(page, 'complete');
  const bytes = await recorded(page);
  expect(bytes.length).toBeGreaterThan(10_000);
  expect(sha256(await download(server, remoteId))).toBe(sha256(bytes));

  const player = page.getByTestId('player').first();
  const played = await player.evaluate(async (element) => {
    const audio = element as HTMLAudioElement;
    await audio.play();
    await new Promise((resolve) => { setTimeout(resolve, 1200); });
    return { at: audio.currentTime, error: audio.error?.message ?? null };
  });
  expect(played.error).toBeNull();
  expect(played.at).toBeGreaterThan(0.5);
});

test('a file of several chunks arrives unchanged, with its name and total @acceptance', async ({ page, server }) => {
  const bytes = noise(5 * 1024 * 1024 + 123_457);
  await page.goto(server.url);
  await page.getByTestId('file-input').setInputFiles({ name: 'talk.webm', mimeType: 'audio/webm', buffer: bytes });
  const remoteId = await newest(page, 'complete');
  expect(sha256(await download(server, remoteId))).toBe(sha256(bytes));
  const status = (await (await fetch(`${server.url}/files/${remoteId}/status`)).json()) as Record<string, unknown>;
  expect(status).toMatchObject({ assembled: true, total_chunks: 6, recording_name: 'talk.webm', format: 'webm' });
});

test('a file of exactly two chunks and one of a single byte @acceptance', async ({ page, server }) => {
  await page.goto(server.url);
  for (const [i, size] of [2 * 1024 * 1024, 1].entries()) {
    const bytes = noise(size, i + 7);
    await page.getByTestId('file-input').setInputFiles({ name: `f${i}.webm`, mimeType: 'audio/webm', buffer: bytes });
    await expect(page.getByTestId('session')).toHaveCount(i + 1);
    const remoteId = await newest(page, 'complete');
    expect(sha256(await download(server, remoteId))).toBe(sha256(bytes));
  }
});
