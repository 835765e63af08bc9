// The tests would notice: each promise is taken away in turn, and what another test demands no longer holds.
import { expect as check, test as plain } from '@playwright/test';
import { MortalBrowser } from '../support/browser.ts';
import { configure, download, expect, give, newest, noise, open, scriptRecorder, sha256, test, upload } from '../support/fixtures.ts';
import { FaultProxy, type Seen } from '../support/proxy.ts';
import { TestServer } from '../support/server.ts';
import { durabilities, spyOnTransactions } from '../support/strict.ts';

const MiB = 1024 * 1024;
const MINUTES = Number(process.env['WF_MINUTES'] ?? 0);
const isChunk = (seen: Seen): boolean => /\/chunks\/\d+$/.test(seen.path);
const create = (seen: Seen): boolean => seen.method === 'POST' && seen.path.endsWith('/chunks/');

test('without strict durability the test of the transactions fails', async ({ page, server, link }) => {
  let changed = 0;
  link.editScript = (_path, text) => text.replace(/durability:([`"'])strict\1/g, () => { changed += 1; return 'durability:"relaxed"'; });
  await scriptRecorder(page);
  await spyOnTransactions(page);
  await open(page, link.url);
  await page.getByTestId('record').click();
  await expect(page.getByTestId('stop')).toBeVisible();
  const bytes = noise(50_000, 91);
  await give(page, bytes);
  await page.getByTestId('stop').click();
  expect(sha256(await download(server, await newest(page, 'complete')))).toBe(sha256(bytes));
  expect(changed).toBeGreaterThan(0);
  expect(await durabilities(page)).not.toContain('strict');
});

test('with a server that refuses a creation it has seen, a lost answer ends the upload', async ({ page, link }) => {
  const known = new Set<string>();
  link.inject(create, { kind: 'loseAnswer' }, 1);
  link.inject((seen) => {
    if (!create(seen)) return false;
    const index = /chunkIndex ([A-Za-z0-9+/=]+)/.exec(String(seen.headers['upload-metadata']))?.[1] ?? '';
    const again = known.has(index) || link.seen.filter((other) => create(other) && other !== seen && String(other.headers['upload-metadata']).includes(`chunkIndex ${index}`)).length > 0;
    known.add(index);
    return again;
  }, { kind: 'answer', status: 409 }, 1000);
  await open(page, link.url);
  await upload(page, noise(1000, 92));
  // The test of the lost answer wants `complete` here.
  await expect(page.getByTestId('session').first().getByTestId('state')).toHaveText('Needs you', { timeout: 20_000 });
});

test('with a server that lets a dead PATCH keep its chunk, answers 423 pile up', async ({ page, link }) => {
  const stalled = new Set<string>();
  link.inject((seen) => seen.method === 'PATCH' && stalled.size < 3 && !stalled.has(seen.path) && stalled.add(seen.path).size > 0, { kind: 'stall', afterBytes: 100_000 }, 3);
  link.inject((seen) => isChunk(seen) && stalled.has(seen.path), { kind: 'answer', status: 423 }, 1000);
  await open(page, link.url);
  await configure(page, { requestTimeout: 2_000 });
  await upload(page, noise(3 * MiB - 1, 93));
  // The test of the stall wants none, and `complete`.
  await expect.poll(() => link.seen.filter((seen) => seen.status === 423).length, { timeout: 20_000 }).toBeGreaterThan(5);
  await expect(page.getByTestId('session').first()).toHaveAttribute('data-state', 'uploading');
});

// Waits until a worker would surely be stopped: two minutes.
if (MINUTES >= 1) plain('without waitUntil an upload ends with the page that began it', async () => {
  plain.setTimeout(240_000);
  const server = await TestServer.start();
  const link = await FaultProxy.start(() => server.url);
  const browser = new MortalBrowser();
  let changed = 0;
  link.editScript = (path, text) => (path === '/sw.js' ? text.replace(/\b[\w$]+\.waitUntil\(/g, () => { changed += 1; return 'Promise.resolve('; }) : text);
  try {
    await browser.start();
    const page = await browser.open(link.url);
    await check(page.getByTestId('record')).toBeEnabled({ timeout: 30_000 });
    link.bytesPerSecond = MiB / 12;
    await page.getByTestId('file-input').setInputFiles({ name: 'long.webm', mimeType: 'audio/webm', buffer: noise(15 * MiB, 94) });
    const row = page.getByTestId('session').first();
    await check(row).toHaveAttribute('data-state', 'uploading', { timeout: 60_000 });
    const id = (await row.getAttribute('data-remote')) ?? '';
    await page.close();
    await browser.detach();
    // A minute at this speed would do. The worker hears nothing and is stopped long before.
    await new Promise((resolve) => { setTimeout(resolve, 120_000); });
    check((await fetch(`${server.url}/files/${id}/recording`, { method: 'HEAD' })).status).toBe(404);
    check(changed).toBeGreaterThan(2);
  } finally {
    await browser.stop();
    await link.stop();
    await server.stop();
  }
});
