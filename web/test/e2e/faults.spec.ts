// Whatever the network or the server does to requests, the assembled file is what was given, and little is sent twice.
import fs from 'node:fs';
import path from 'node:path';
import { configure, download, events, expect, give, newest, noise, open, scriptRecorder, sha256, test, upload } from '../support/fixtures.ts';
import type { Fault, FaultProxy, Seen } from '../support/proxy.ts';

const MiB = 1024 * 1024;
const SIZE = 2 * MiB + 345_678;
const bytes = noise(SIZE, 99);
const patch = (seen: Seen): boolean => seen.method === 'PATCH';
const create = (seen: Seen): boolean => seen.method === 'POST' && seen.path.endsWith('/chunks/');
const form = (seen: Seen): boolean => seen.path.startsWith('/upload/chunk');
const tus = (seen: Seen): boolean => seen.path.includes('/chunks/');
const sent = (link: FaultProxy): number => link.seen.filter((seen) => patch(seen) || form(seen)).reduce((sum, seen) => sum + seen.forwarded, 0);

const cases: [string, (seen: Seen) => boolean, Fault, number][] = [
  ['a PATCH cut after one byte', patch, { kind: 'cut', afterBytes: 1 }, 1],
  ['a PATCH cut in the middle', patch, { kind: 'cut', afterBytes: 262_144 }, 2],
  ['a PATCH cut before its last byte', patch, { kind: 'cut', afterBytes: 524_287 }, 1],
  ['the answer to a PATCH lost', patch, { kind: 'loseAnswer' }, 1],
  ['the answer to a creation lost', create, { kind: 'loseAnswer' }, 2],
  ['409 though the offset was right', patch, { kind: 'answer', status: 409 }, 2],
  ['423 three times', patch, { kind: 'answer', status: 423 }, 3],
  ['460 once', patch, { kind: 'answer', status: 460 }, 1],
  ['503 with Retry-After', create, { kind: 'answer', status: 503, headers: { 'Retry-After': '1' } }, 2],
  ['429 without Retry-After', create, { kind: 'answer', status: 429 }, 1],
  ['502 now and then', (seen) => patch(seen) && Number(seen.headers['upload-offset']) > 0, { kind: 'answer', status: 502 }, 2],
  ['404 for one chunk of a session that is there', patch, { kind: 'answer', status: 404 }, 1],
  ['204 without Upload-Offset', patch, { kind: 'rewrite', headers: { 'Upload-Offset': null } }, 1],
  ['an offset beyond the chunk', patch, { kind: 'rewrite', headers: { 'Upload-Offset': '99999999' } }, 1],
  ['a portal answers with a page', create, { kind: 'answer', status: 200, headers: { 'Content-Type': 'text/html' }, body: '<h1>Log in</h1>' }, 2],
  ['a redirect', create, { kind: 'answer', status: 302, headers: { Location: 'http://127.0.0.1:9/' } }, 1],
];
for (const [name, matches, fault, times] of cases) {
  test(`${name}: complete and equal`, async ({ page, server, link }) => {
    await open(page, link.url);
    link.inject(matches, fault, times);
    await upload(page, bytes);
    expect(sha256(await download(server, await newest(page, 'complete', 45_000)))).toBe(sha256(bytes));
    expect(sent(link)).toBeLessThan(SIZE + 3 * MiB);
  });
}

const forms: [string, Fault, number][] = [
  ['cut in the middle', { kind: 'cut', afterBytes: 300_000 }, 2],
  ['with the answer lost', { kind: 'loseAnswer' }, 1],
  ['refused by 503 with Retry-After', { kind: 'answer', status: 503, headers: { 'Retry-After': '1' } }, 2],
  ['refused by 429', { kind: 'answer', status: 429, headers: { 'Retry-After': '1' } }, 1],
  ['answered by a portal', { kind: 'answer', status: 200, headers: { 'Content-Type': 'text/html' }, body: '<h1>Log in</h1>' }, 1],
];
for (const [name, fault, times] of forms) {
  test(`a form ${name}: complete and equal`, async ({ page, server, link }) => {
    await open(page, link.url);
    await page.locator('#uploadMethodSelect').selectOption('custom');
    link.inject(form, fault, times);
    await upload(page, bytes);
    expect(sha256(await download(server, await newest(page, 'complete', 45_000)))).toBe(sha256(bytes));
    expect(link.most.form).toBe(1);
  });
}

test('a browser that sends a request again by itself leaves one copy', async ({ page, server, link }) => {
  await open(page, link.url);
  link.inject(create, { kind: 'loseAnswer' }, 3);
  link.inject(patch, { kind: 'loseAnswer' }, 3);
  await upload(page, bytes);
  const id = await newest(page, 'complete', 45_000);
  // Chromium repeats what a kept connection swallowed, without a word to the page: more creations than chunks.
  expect(link.seen.filter(create).length).toBeGreaterThan(3);
  expect(sha256(await download(server, id))).toBe(sha256(bytes));
  expect((await (await fetch(`${server.url}/files/${id}/status`)).json()) as object).toMatchObject({ total_chunks: 3, uploaded_chunks: 3, recording: { size: SIZE } });
});

for (const status of [400, 403]) {
  test(`${status}: not sent again until the user says so`, async ({ page, server, link }) => {
    await open(page, link.url);
    link.inject(create, { kind: 'answer', status }, 1000);
    await upload(page, bytes);
    const row = page.getByTestId('session').first();
    await expect(row.getByTestId('state')).toHaveText('Needs you');
    await expect.poll(() => link.seen.filter(create).length).toBeGreaterThanOrEqual(3);
    await page.waitForTimeout(2_500);
    expect(link.seen.filter(create)).toHaveLength(3);
    link.clear();
    await row.getByTestId('retry').click();
    expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(bytes));
  });
}

test('another length under the same index is told to the user, not overwritten', async ({ page, server, link }) => {
  await open(page, link.url);
  let made: Response | null = null;
  link.inject(create, { kind: 'hold', until: () => made !== null }, 3);
  await upload(page, bytes);
  const row = page.getByTestId('session').first();
  await expect(row).toHaveAttribute('data-remote', /./);
  const id = (await row.getAttribute('data-remote')) ?? '';
  const metadata = `chunkIndex ${Buffer.from('1').toString('base64')}`;
  made = await fetch(`${server.url}/files/${id}/chunks/`, { method: 'POST', headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': '5', 'Upload-Metadata': metadata } });
  expect(made.status).toBe(201);
  await expect(row.getByTestId('state')).toHaveText('Needs you', { timeout: 20_000 });
  const [saved] = await Promise.all([page.waitForEvent('download'), row.getByTestId('save-copy').click()]);
  expect(sha256(fs.readFileSync(await saved.path()))).toBe(sha256(bytes));
});

test('deleted elsewhere while it uploads: said so, and sent again as a new recording when asked', async ({ page, server, link }) => {
  await open(page, link.url);
  // Slow enough that most of it is still to come whenever the first answer is noticed.
  link.bytesPerSecond = MiB / 8;
  await upload(page, bytes);
  const row = page.getByTestId('session').first();
  await expect.poll(() => link.seen.filter((seen) => patch(seen) && seen.status === 204).length, { intervals: [50] }).toBeGreaterThan(0);
  const id = (await row.getAttribute('data-remote')) ?? '';
  expect((await fetch(`${server.url}/files/${id}`, { method: 'DELETE' })).status).toBe(204);
  link.bytesPerSecond = Infinity;
  await expect(row).toHaveAttribute('data-state', 'failed', { timeout: 20_000 });
  await expect(row).toContainText('cancelled on the server');
  await row.getByTestId('send-again').click();
  const again = await newest(page, 'complete');
  expect(again).not.toBe(id);
  expect(sha256(await download(server, again))).toBe(sha256(bytes));
});

test('deleted elsewhere while it records: what is recorded from then on is kept, and all of it sent again when asked', async ({ page, server, link }) => {
  await scriptRecorder(page);
  await open(page, link.url);
  const whole = noise(3.5 * MiB, 83);
  await page.getByTestId('record').click();
  await expect(page.getByTestId('stop')).toBeVisible();
  await give(page, whole.subarray(0, 1.5 * MiB));
  await expect.poll(async () => (await events(page)).filter((type) => type === 'chunkUploaded').length).toBe(1);
  const row = page.getByTestId('session').first();
  const first = await row.getAttribute('data-remote');
  expect((await fetch(`${server.url}/files/${first}`, { method: 'DELETE' })).status).toBe(204);
  for (const from of [1.5, 2, 2.5]) await give(page, whole.subarray(from * MiB, (from + 0.5) * MiB));
  await expect(row.getByTestId('send-again')).toBeVisible();
  await expect(row).toHaveAttribute('data-state', 'recording');
  await give(page, whole.subarray(3 * MiB));
  await page.getByTestId('stop').click();
  await expect(row).toHaveAttribute('data-state', 'failed');
  await row.getByTestId('send-again').click();
  const remoteId = await newest(page, 'complete');
  expect(remoteId).not.toBe(first);
  expect(sha256(await download(server, remoteId))).toBe(sha256(whole));
});

test('Retry now ends a wait the server asked for', async ({ page, server, link }) => {
  await open(page, link.url);
  link.inject(create, { kind: 'answer', status: 503, headers: { 'Retry-After': '300' } }, 3);
  await upload(page, bytes);
  const row = page.getByTestId('session').first();
  await expect(row.getByTestId('next-try')).toContainText(/next try in (29|30)\d s/);
  // A chunk that is imported or answered after the press would wait its 300 s.
  await expect(page.getByRole('img', { name: /, 3 waiting/ })).toBeVisible();
  await row.getByTestId('retry').click();
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(bytes));
});

test('progress makes the next wait short again', async ({ page, server, link }) => {
  await open(page, link.url);
  const one = noise(MiB - 1, 42);
  // Three failures before anything is kept, then one after half the chunk is.
  link.inject(create, { kind: 'answer', status: 504, headers: { 'Retry-After': '0' } }, 2);
  link.inject((seen) => patch(seen) && Number(seen.headers['upload-offset']) > 0, { kind: 'answer', status: 504, headers: { 'Retry-After': '0' } }, 1);
  await upload(page, one);
  const counts: number[] = [];
  await expect.poll(async () => {
    counts.push(...(await page.evaluate(async () => {
      const opening = indexedDB.open('WaveForgeDB_V4');
      await new Promise((resolve) => { opening.onsuccess = resolve; });
      const rows = opening.result.transaction('upload_queue').objectStore('upload_queue').getAll();
      await new Promise((resolve) => { rows.onsuccess = resolve; });
      opening.result.close();
      return (rows.result as { status: string; retryCount: number }[]).filter(({ status }) => status === 'waiting').map(({ retryCount }) => retryCount);
    })));
    return page.getByTestId('session').first().getAttribute('data-state');
  }, { timeout: 40_000, intervals: [100] }).toBe('complete');
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(one));
  expect(Math.max(...counts)).toBe(2);
  expect(counts.at(-1)).toBe(1);
});

test('the method switched while it uploads: both ways in one recording', async ({ page, server, link }) => {
  await open(page, link.url);
  link.bytesPerSecond = MiB / 4;
  const many = noise(8 * MiB, 41);
  await upload(page, many);
  await expect.poll(() => link.seen.filter(patch).length).toBeGreaterThan(2);
  await page.locator('#uploadMethodSelect').selectOption('custom');
  await expect.poll(() => link.seen.filter(form).length, { timeout: 30_000 }).toBeGreaterThan(0);
  link.bytesPerSecond = Infinity;
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(many));
});

test('PATCHes are as long as configured, and half of that after a cut that left nothing', async ({ page, server, link }) => {
  await open(page, link.url);
  await configure(page, { patchSize: 128 * 1024 });
  // The browser itself sends them again for as long as it has kept connections; the worker hears of the last one only. So they
  // are cut until a shorter one comes.
  const long = (seen: Seen): boolean => patch(seen) && Number(seen.headers['content-length']) > 64 * 1024;
  const short = (seen: Seen): boolean => patch(seen) && Number(seen.headers['content-length']) === 64 * 1024;
  link.inject((seen) => long(seen) && !link.seen.some(short), { kind: 'cut', afterBytes: 1000 }, 1000);
  const one = noise(MiB - 7, 43);
  await upload(page, one);
  expect(sha256(await download(server, await newest(page, 'complete', 40_000)))).toBe(sha256(one));
  const lengths = link.seen.filter(patch).map((seen) => Number(seen.headers['content-length']));
  expect(lengths[0]).toBe(128 * 1024);
  expect(Math.max(...lengths)).toBe(128 * 1024);
  expect(lengths).toContain(64 * 1024);
});

test('never more than three PATCHes at once', async ({ page, server, link }) => {
  const many = noise(8 * MiB, 5);
  await open(page, link.url);
  link.bytesPerSecond = 4 * MiB;
  await upload(page, many);
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(many));
  expect(link.most.PATCH).toBe(3);
  expect(sent(link)).toBe(many.length);
  expect(link.seen.filter(patch).every((seen) => String(seen.headers['upload-checksum']).startsWith('sha256 '))).toBe(true);
  expect(Math.max(...link.seen.filter(patch).map((seen) => seen.forwarded))).toBe(512 * 1024);
});

test('429 holds the whole session for as long as the server said', async ({ page, server, link }) => {
  await open(page, link.url);
  link.inject(create, { kind: 'answer', status: 429, headers: { 'Retry-After': '3' } });
  await upload(page, bytes);
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(bytes));
  const refused = link.seen.find((seen) => seen.status === 429)?.at ?? 0;
  const next = link.seen.filter((seen) => create(seen) && seen.at > refused + 500)[0]?.at ?? 0;
  expect(next - refused).toBeGreaterThan(2_900);
});

test('413: the chunk is not sent again unchanged, and its bytes can be saved', async ({ page, link }) => {
  await open(page, link.url);
  link.inject(create, { kind: 'answer', status: 413 }, 1000);
  await upload(page, noise(1000, 3));
  const row = page.getByTestId('session').first();
  await expect(row.getByTestId('state')).toHaveText('Needs you');
  const before = link.seen.length;
  await page.waitForTimeout(3_000);
  expect(link.seen.slice(before).filter(create)).toHaveLength(0);
  const [saved] = await Promise.all([page.waitForEvent('download'), row.getByTestId('save-copy').click()]);
  expect(sha256(fs.readFileSync(await saved.path()))).toBe(sha256(noise(1000, 3)));
  link.clear();
  await row.getByTestId('retry').click();
  await newest(page, 'complete');
});

test('500 on tus: everything goes by the fallback, which is tried first from then on', async ({ page, server, link }) => {
  await open(page, link.url);
  link.inject(tus, { kind: 'answer', status: 500 }, 1000);
  await upload(page, bytes);
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(bytes));
  expect(link.seen.filter(form)).toHaveLength(3);
  expect(link.seen.filter(tus).length).toBeLessThanOrEqual(3);
  expect(link.most.form).toBe(1);
});

test('500 on both ways, then well again', async ({ page, server, link }) => {
  await open(page, link.url);
  link.inject((seen) => tus(seen) || form(seen), { kind: 'answer', status: 500 }, 6);
  await upload(page, bytes);
  expect(sha256(await download(server, await newest(page, 'complete', 55_000)))).toBe(sha256(bytes));
});

test('half a chunk by tus, the rest of the recording by the fallback', async ({ page, server, link }) => {
  await open(page, link.url);
  link.inject((seen) => patch(seen) && seen.headers['upload-offset'] === '524288', { kind: 'answer', status: 500 }, 1000);
  await upload(page, bytes);
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(bytes));
  expect(link.seen.filter(form).length).toBeGreaterThan(0);
});

test('the fallback chosen by hand is kept over a reload and sends one form at a time', async ({ page, server, link }) => {
  await open(page, link.url);
  await page.locator('#uploadMethodSelect').selectOption('custom');
  await page.reload();
  await open(page, link.url);
  await expect(page.locator('#uploadMethodSelect')).toHaveValue('custom');
  expect(await page.evaluate(() => localStorage.getItem('uploadMethod'))).toBe('custom');
  await upload(page, bytes);
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(bytes));
  expect(link.seen.filter(tus)).toHaveLength(0);
  expect(link.most.form).toBe(1);
});

test('the server forgot a session of which chunks were acknowledged: everything is sent again', async ({ page, server, link }) => {
  await open(page, link.url);
  link.inject((seen) => create(seen) && link.seen.filter(create).length > 2, { kind: 'answer', status: 503, headers: { 'Retry-After': '2' } }, 3);
  await upload(page, bytes);
  await expect.poll(async () => (await events(page)).filter((type) => type === 'chunkUploaded').length).toBeGreaterThan(0);
  await server.crash();
  for (const name of fs.readdirSync(server.dataDir)) fs.rmSync(path.join(server.dataDir, name), { recursive: true, force: true });
  await server.restart();
  expect(sha256(await download(server, await newest(page, 'complete', 45_000)))).toBe(sha256(bytes));
});

test('410 expired: everything is sent again as a new session', async ({ page, server, link }) => {
  await open(page, link.url);
  let first = '';
  link.inject((seen) => {
    const id = /^\/files\/([^/]+)\//.exec(seen.path)?.[1];
    if (!id || (first !== '' && id !== first)) return false;
    first = id;
    return link.seen.filter(create).length > 1;
  }, { kind: 'answer', status: 410, body: JSON.stringify({ type: 'expired', title: 'expired', status: 410, detail: 'the session expired' }) }, 1000);
  await upload(page, bytes);
  const remoteId = await newest(page, 'complete', 45_000);
  expect(remoteId).not.toBe(first);
  expect(sha256(await download(server, remoteId))).toBe(sha256(bytes));
});

test('the server is killed in the middle of PATCHes and comes back', async ({ page, server, link }) => {
  await open(page, link.url);
  link.bytesPerSecond = 2 * MiB;
  await upload(page, bytes);
  await expect.poll(() => link.seen.filter(patch).length).toBeGreaterThan(1);
  await server.crash();
  await page.waitForTimeout(2_000);
  await server.restart();
  link.bytesPerSecond = Infinity;
  expect(sha256(await download(server, await newest(page, 'complete', 45_000)))).toBe(sha256(bytes));
});
