// Little room and long sessions.
import { expect, noise, open, test, upload } from '../support/fixtures.ts';

const MiB = 1024 * 1024;

test('the storage is full and the server away: the page says so, and what is there is kept', async ({ page, link, context }) => {
  test.setTimeout(120_000);
  const cdp = await context.newCDPSession(page);
  await cdp.send('Storage.overrideQuotaForOrigin', { origin: link.url, quotaSize: 12 * MiB });
  await open(page, link.url);
  link.setMode('down');
  await upload(page, noise(20 * MiB, 4));
  await expect(page.getByTestId('notice')).toContainText('storage is full', { timeout: 60_000 });
  await expect(page.getByTestId('session').first()).toHaveAttribute('data-state', 'failed');
});

test('five thousand chunks are listed in under ten milliseconds', async ({ page, server }) => {
  await open(page, server.url);
  await page.evaluate(() => new Promise<void>((resolve, reject) => {
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
      tx.oncomplete = () => resolve();
      tx.onerror = () => reject(tx.error ?? new Error('failed'));
    };
  }));
  await page.reload();
  await expect(page.getByRole('button', { name: '5000 chunks' })).toBeVisible();
  const row = page.getByTestId('session').first();
  for (let i = 0; i < 4; ++i) {
    await row.getByRole('button', { name: i % 2 === 0 ? 'Go on' : 'Pause' }).click();
    await page.waitForTimeout(800);
  }
  const times = await page.evaluate(() => performance.getEntriesByName('list chunks').map(({ duration }) => duration));
  console.log(`listing 5000 chunks: ${times.map((ms) => ms.toFixed(1)).join(', ')} ms`);
  expect(Math.min(...times)).toBeLessThan(10);
});
