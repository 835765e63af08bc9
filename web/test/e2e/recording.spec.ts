// A recording goes in through the page and comes out of the server unchanged.
import { download, expect, give, newest, noise, open, recorded, scriptRecorder, sha256, spyOnRecorder, test } from '../support/fixtures.ts';

/** Three minutes in the long form. */
const SECONDS = Number(process.env['WF_RECORD_SECONDS'] ?? 4);

test('what the microphone gave is what the server assembled, and it plays @acceptance', async ({ page, server }) => {
  test.setTimeout(60_000 + SECONDS * 2_000);
  await spyOnRecorder(page);
  await page.goto(server.url);
  await page.getByTestId('record').click();
  await expect(page.getByTestId('saved')).toContainText('Saved on this device');
  await page.waitForTimeout(SECONDS * 1_000);
  await page.getByTestId('stop').click();
  const remoteId = await newest(page, 'complete');
  const bytes = await recorded(page);
  expect(bytes.length).toBeGreaterThan(10_000);
  expect(sha256(await download(server, remoteId))).toBe(sha256(bytes));

  const status = (await (await fetch(`${server.url}/files/${remoteId}/status`)).json()) as Record<string, unknown>;
  expect(status).toMatchObject({ state: 'assembled', format: 'webm', recording: { size: bytes.length } });
  const told = Number(await page.evaluate(async () => {
    const all = indexedDB.open('WaveForgeDB_V4');
    await new Promise((resolve) => { all.onsuccess = resolve; });
    const rows = all.result.transaction('sessions').objectStore('sessions').getAll();
    await new Promise((resolve) => { rows.onsuccess = resolve; });
    return (rows.result as { durationMs: number }[])[0]?.durationMs ?? 0;
  }));
  const decoded = await page.evaluate(async (id) => {
    const answer = await fetch(`/files/${id}/recording`);
    const audio = await new OfflineAudioContext(1, 48_000, 48_000).decodeAudioData(await answer.arrayBuffer());
    return audio.duration * 1000;
  }, remoteId);
  // An encoder keeps the last packet or two to itself.
  console.log(`recorded ${(told / 1000).toFixed(2)} s, decoded ${(decoded / 1000).toFixed(2)} s`);
  expect(Math.abs(decoded - told)).toBeLessThan(400);

  const player = page.getByTestId('player').first();
  await player.evaluate((element) => (element as HTMLAudioElement).play());
  await expect.poll(() => player.evaluate((element) => (element as HTMLAudioElement).currentTime)).toBeGreaterThan(0.5);
  expect(await player.evaluate((element) => (element as HTMLAudioElement).error?.message ?? null)).toBeNull();
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

test('files chosen while others are still being taken: none is left out', async ({ page, server }) => {
  await open(page, server.url);
  await page.getByTestId('file-input').evaluate((element) => {
    const input = element as HTMLInputElement;
    const choose = (...names: string[]): void => {
      const chosen = new DataTransfer();
      for (const name of names) chosen.items.add(new File([crypto.getRandomValues(new Uint8Array(60_000))], `${name}.webm`, { type: 'audio/webm' }));
      input.files = chosen.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    };
    choose('first');
    choose('a', 'b', 'c', 'd', 'e', 'f');
  });
  await expect(page.locator('[data-testid=session][data-state=complete]')).toHaveCount(7, { timeout: 60_000 });
});

test('blobs of any size, empty ones too, whose end falls on a chunk’s; the last chunk arrives first', async ({ page, server, link }) => {
  await scriptRecorder(page);
  await open(page, link.url);
  const MiB = 1024 * 1024;
  const whole = noise(3 * MiB, 17);
  // All but the last chunk are held back until that one has arrived.
  const late = (index: number) => (seen: { method: string; headers: Record<string, unknown> }): boolean =>
    seen.method === 'POST' && String(seen.headers['upload-metadata']).includes(`chunkIndex ${Buffer.from(String(index)).toString('base64')}`);
  const last = (): boolean => link.seen.some((seen) => seen.method === 'PATCH' && seen.path.endsWith('/2') && seen.status === 204);
  for (const index of [0, 1]) link.inject(late(index), { kind: 'hold', until: last });
  await page.getByTestId('record').click();
  await expect(page.getByTestId('stop')).toBeVisible();
  for (const [from, to] of [[0, 1], [1, 1], [1, 700_001], [700_001, 700_001], [700_001, 2 * MiB + 9], [2 * MiB + 9, 3 * MiB]] as const) await give(page, whole.subarray(from, to));
  await page.getByTestId('stop').click();
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(whole));
  const done = link.seen.filter((seen) => seen.method === 'PATCH' && seen.status === 204).map((seen) => seen.path.slice(-1));
  expect(done[0]).toBe('2');
  expect(done.filter((index) => index === '2')).toHaveLength(2);
});
