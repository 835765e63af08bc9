// kill -9 of the server at random moments of an upload loses nothing it acknowledged and ends in the same recording.
import { expect, test } from '@playwright/test';
import { download, newest, noise, open, sha256, upload } from '../support/fixtures.ts';
import { FaultProxy } from '../support/proxy.ts';
import { seeded } from '../support/random.ts';
import { TestServer } from '../support/server.ts';

const MiB = 1024 * 1024;
const KILLS = Number(process.env['WF_RUNS'] ?? 3);
const SEED = Number(process.env['WF_SEED'] ?? 1);

test(`seed ${SEED}: ${KILLS} kills`, async ({ page }) => {
  test.setTimeout(120_000 + KILLS * 30_000);
  const random = seeded(SEED);
  const server = await TestServer.start();
  const link = await FaultProxy.start(() => server.url);
  try {
    await open(page, link.url);
    link.bytesPerSecond = MiB / 4;
    const bytes = noise(2 * MiB + KILLS * MiB, SEED);
    await upload(page, bytes);
    for (let kill = 0; kill < KILLS; ++kill) {
      const before = link.of('PATCH', /chunks/).length;
      await expect.poll(() => link.of('PATCH', /chunks/).length, { timeout: 60_000 }).toBeGreaterThan(before);
      await page.waitForTimeout(random.int(0, 900));
      await server.crash();
      await page.waitForTimeout(random.int(100, 1_500));
      await server.restart();
    }
    link.bytesPerSecond = Infinity;
    expect(sha256(await download(server, await newest(page, 'complete', 90_000)))).toBe(sha256(bytes));
  } finally {
    await page.close();
    await link.stop();
    await server.stop();
  }
});
