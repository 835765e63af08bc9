// A link that dies without a word: the client gives the request up, asks where the server stands, and is told the truth at once.
import { configure, download, expect, newest, noise, open, sha256, test, upload } from '../support/fixtures.ts';
import type { Seen } from '../support/proxy.ts';

const MiB = 1024 * 1024;
/** Two minutes in the long form: longer than the sixty seconds a request may take by default. */
const SECONDS = Number(process.env['WF_STALL_SECONDS'] ?? 4);
const bytes = noise(3 * MiB - 4321, 31);
const patch = (seen: Seen): boolean => seen.method === 'PATCH';
const isChunk = (seen: Seen): boolean => /\/chunks\/\d+$/.test(seen.path);

for (const afterBytes of [0, 200_000]) {
  test(`PATCHes stall for ${SECONDS} s after ${afterBytes} bytes: no stale offset, no 423, equal in the end`, async ({ page, server, link }) => {
    test.setTimeout(90_000 + SECONDS * 3_000);
    await open(page, link.url);
    if (SECONDS < 60) await configure(page, { requestTimeout: (SECONDS * 1000) / 2 });
    link.inject(patch, { kind: 'stall', afterBytes }, 3);
    await upload(page, bytes);
    const first = await newest(page, 'complete', 60_000 + SECONDS * 2_000);
    expect(sha256(await download(server, first))).toBe(sha256(bytes));
    expect(link.seen.filter((seen) => isChunk(seen) && seen.status === 423)).toEqual([]);
    // Three PATCHes stalled, each was asked after by one HEAD, and each answer was the offset the next PATCH went on at.
    const heads = link.seen.filter((seen) => seen.method === 'HEAD' && isChunk(seen));
    expect(heads.length).toBeGreaterThanOrEqual(3);
    expect(heads.length).toBeLessThanOrEqual(6);
    expect(link.seen.filter((seen) => patch(seen) && seen.status === 409)).toEqual([]);
  });
}

test('a dead link the browser does not notice, for a while, in the middle of chunks: nothing is sent anew that was kept', async ({ page, server, link }) => {
  test.setTimeout(120_000 + SECONDS * 2_000);
  await open(page, link.url);
  link.bytesPerSecond = MiB;
  await upload(page, bytes);
  await expect.poll(() => link.of('PATCH', /chunks/).length).toBeGreaterThan(1);
  link.setMode('dark');
  await page.waitForTimeout(SECONDS * 1_000);
  expect(await page.evaluate(() => navigator.onLine)).toBe(true);
  // A dead link that comes back goes on with the connections it had.
  link.mode = 'open';
  link.bytesPerSecond = Infinity;
  expect(sha256(await download(server, await newest(page, 'complete', 60_000)))).toBe(sha256(bytes));
  const sent = link.seen.filter(patch).reduce((sum, seen) => sum + seen.forwarded, 0);
  expect(sent).toBeLessThan(bytes.length + 2 * MiB);
});
