// Little room and long sessions.
import fs from 'node:fs';
import { download, expect, give, newest, noise, open, scriptRecorder, sha256, test, upload } from '../support/fixtures.ts';
import { durabilities, spyOnTransactions } from '../support/strict.ts';

const MiB = 1024 * 1024;

test('the storage is full and the server away: the page says so, and what is there is kept', async ({ page, link, context }) => {
  test.setTimeout(120_000);
  const cdp = await context.newCDPSession(page);
  await cdp.send('Storage.overrideQuotaForOrigin', { origin: link.url, quotaSize: 12 * MiB });
  await open(page, link.url);
  link.setMode('down');
  await upload(page, noise(20 * MiB, 4));
  await expect(page.getByTestId('notice')).toContainText('storage is full', { timeout: 60_000 });
  const row = page.getByTestId('session').first();
  await expect(row).toHaveAttribute('data-state', 'failed');
  // Trying again cannot bring the rest of the file; deleting gives the room back.
  await expect(row.getByTestId('retry')).toHaveCount(0);
  link.setMode('open');
  await expect(page.getByTestId('connection')).toHaveText('Online', { timeout: 15_000 });
  await row.getByTestId('delete').click();
  await page.getByTestId('confirm-delete').click();
  await expect(page.getByTestId('session')).toHaveCount(0, { timeout: 20_000 });
  const small = noise(3 * MiB, 71);
  await upload(page, small, 'small.webm');
  expect(sha256(await download({ url: link.url }, await newest(page, 'complete')))).toBe(sha256(small));
});

test('a file larger than the storage passes through it: what is acknowledged makes room', async ({ page, server, link, context }) => {
  const cdp = await context.newCDPSession(page);
  await cdp.send('Storage.overrideQuotaForOrigin', { origin: link.url, quotaSize: 12 * MiB });
  await open(page, link.url);
  const large = noise(26 * MiB + 11, 72);
  await upload(page, large);
  expect(sha256(await download(server, await newest(page, 'complete', 60_000)))).toBe(sha256(large));
  await expect(page.getByTestId('notice')).toHaveCount(0);
});

test('recording into a full storage: told at once, held in memory, and whole when there is room again', async ({ page, server, link, context }) => {
  await scriptRecorder(page);
  const cdp = await context.newCDPSession(page);
  await cdp.send('Storage.overrideQuotaForOrigin', { origin: link.url, quotaSize: 10 * MiB });
  await open(page, link.url);
  link.setMode('down');
  await page.getByTestId('record').click();
  await expect(page.getByTestId('stop')).toBeVisible();
  const whole = noise(11 * MiB, 73);
  for (let at = 0; at < whole.length; at += MiB / 2) await give(page, whole.subarray(at, at + MiB / 2));
  await expect(page.getByTestId('notice')).toContainText('storage is full', { timeout: 20_000 });
  const row = page.getByTestId('session').first();
  const [saved] = await Promise.all([page.waitForEvent('download'), row.getByTestId('save-copy').click()]);
  // What is held in memory only is part of the copy.
  expect(sha256(fs.readFileSync(await saved.path()))).toBe(sha256(whole));
  link.setMode('open');
  await expect(page.getByTestId('connection')).toHaveText('Online', { timeout: 15_000 });
  await expect(page.getByTestId('saved')).toContainText(/(11|12) MB/, { timeout: 30_000 });
  await page.getByTestId('stop').click();
  expect(sha256(await download(server, await newest(page, 'complete', 40_000)))).toBe(sha256(whole));
});

test('every transaction that takes in recorded bytes asks for strict durability', async ({ page, server }) => {
  await scriptRecorder(page);
  await spyOnTransactions(page);
  await open(page, server.url);
  await page.getByTestId('record').click();
  await expect(page.getByTestId('stop')).toBeVisible();
  const whole = noise(MiB + 50_000, 74);
  await give(page, whole.subarray(0, 900_000));
  await give(page, whole.subarray(900_000));
  await page.getByTestId('stop').click();
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(whole));
  const taken = await durabilities(page);
  expect(taken.length).toBeGreaterThanOrEqual(3);
  expect(new Set(taken)).toEqual(new Set(['strict']));
});

test('five thousand chunks are listed in under ten milliseconds', async ({ page, server }) => {
  await open(page, server.url);
  const sessionId = await page.evaluate(() => new Promise<string>((resolve, reject) => {
    const opening = indexedDB.open('WaveForgeDB_V4');
    opening.onsuccess = () => {
      const tx = opening.result.transaction(['upload_queue', 'sessions'], 'readwrite');
      const id = crypto.randomUUID();
      tx.objectStore('sessions').put({
        id, remoteId: id, name: 'long', format: 'webm', mimeType: 'audio/webm', kind: 'microphone', state: 'uploading', startedAt: Date.now(), finishedAt: Date.now(),
        durationMs: 1, bytes: 5000 * 1048576, tailBytes: 0, nextPart: 0, chunks: 5000, totalChunks: 5000, ackedChunks: 4950, ackedBytes: 4950 * 1048576, deadChunks: 0,
        uploadMethod: 'tus', usedCustom: false, fallbackUntil: 0, heldUntil: 0, paused: true, interrupted: false, noticed: false, renamed: false, error: null,
      });
      for (let chunkIndex = 0; chunkIndex < 5000; ++chunkIndex) {
        tx.objectStore('upload_queue').put({
          id: `${id}_${chunkIndex}`, sessionId: id, chunkIndex, totalChunks: null, size: 1048576, uploadMethod: 'tus', status: chunkIndex < 4950 ? 'acked' : 'queued',
          retryCount: 0, nextRetryAt: 0, savedAt: 0, addedAt: 0, attempted: false, offset: 0, conflicts: 0, dropped: false, lastError: null, metadata: { recordingName: 'long', format: 'webm' },
        });
      }
      tx.oncomplete = () => resolve(id);
      tx.onerror = () => reject(tx.error ?? new Error('failed'));
    };
  }));
  await page.reload();
  await expect(page.getByRole('button', { name: '5000 chunks' })).toBeVisible();
  // Read again because the uploader says that something changed, and not by letting it send: it would find no bytes and give the chunks up.
  // The best of several: what else runs on the machine is none of the page's doing.
  const durations = (): Promise<number[]> => page.evaluate(() => performance.getEntriesByName('list chunks').map(({ duration }) => duration));
  let times = await durations();
  for (let i = 0; i < 16 && Math.min(...times) >= 10; ++i) {
    await page.evaluate((id) => { new BroadcastChannel('wf-events').postMessage({ type: 'sessionChanged', sessionId: id }); }, sessionId);
    await expect.poll(async () => (await durations()).length).toBeGreaterThan(times.length);
    times = await durations();
  }
  console.log(`listing 5000 chunks: ${times.map((ms) => ms.toFixed(1)).join(', ')} ms`);
  expect(Math.min(...times)).toBeLessThan(10);
});
