// The same page in Firefox: no Background Sync there, everything else the same. Driven by WebDriver BiDi, because Playwright's own
// protocol needs a Firefox of its own making.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test as base } from '@playwright/test';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { download, noise, sha256 } from '../support/fixtures.ts';
import { FaultProxy } from '../support/proxy.ts';
import { TestServer } from '../support/server.ts';

const binary = process.env['WF_FIREFOX'] ?? '/usr/bin/firefox-esr';

/** A first start on a new profile, two of them at once on two busy cores. */
const LAUNCH_MS = 120_000;

const preferences = {
  'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true, 'media.autoplay.default': 0, 'dom.webnotifications.enabled': false,
  'browser.sessionstore.resume_from_crash': false, 'toolkit.startup.max_resumed_crashes': -1, 'dom.disable_beforeunload': true,
};

const test = base.extend<{ server: TestServer; link: FaultProxy; firefox: Browser }>({
  // eslint-disable-next-line no-empty-pattern
  server: async ({}, use) => {
    const server = await TestServer.start();
    await use(server);
    await server.stop();
  },
  link: async ({ server }, use) => {
    const link = await FaultProxy.start(() => server.url);
    await use(link);
    await link.stop();
  },
  firefox: async ({ link: _link }, use) => {
    const browser = await puppeteer.launch({
      browser: 'firefox', executablePath: binary, headless: true,
      extraPrefsFirefox: preferences, timeout: LAUNCH_MS,
    });
    await use(browser);
    await browser.close();
  },
});
test.skip(!fs.existsSync(binary), `no Firefox at ${binary}; WF_FIREFOX names another`);
test.setTimeout(180_000);

async function open(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(() => {
    const blobs: Blob[] = [];
    Object.assign(window, { __recorded: blobs });
    const Original = MediaRecorder;
    window.MediaRecorder = class extends Original {
      constructor(stream: MediaStream, options?: MediaRecorderOptions) {
        super(stream, options);
        this.addEventListener('dataavailable', ({ data }) => blobs.push(data));
      }
    };
  });
  await page.goto(url);
  await page.waitForSelector('[data-testid=record]:enabled', { timeout: 60_000 });
  return page;
}

async function complete(page: Page): Promise<string> {
  const row = await page.waitForSelector('[data-testid=session][data-state=complete]', { timeout: 90_000 });
  return (await row?.evaluate((element) => element.getAttribute('data-remote'))) ?? '';
}

async function choose(page: Page, bytes: Buffer, name: string): Promise<void> {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'wf-file-')), name);
  fs.writeFileSync(file, bytes);
  const input = await page.waitForSelector('[data-testid=file-input]');
  await (input as unknown as { uploadFile(file: string): Promise<void> }).uploadFile(file);
}

test('records, uploads, and the server has what was recorded', async ({ server, link, firefox }) => {
  const page = await open(firefox, link.url);
  await page.click('[data-testid=record]');
  await page.waitForFunction(() => document.querySelector('[data-testid=saved]')?.textContent?.includes('Saved on this device'), { timeout: 30_000 });
  await new Promise((resolve) => { setTimeout(resolve, 3_000); });
  await page.click('[data-testid=stop]');
  const id = await complete(page);
  const told = await page.evaluate(async () => {
    const bytes = await new Blob((window as unknown as { __recorded: Blob[] }).__recorded).arrayBuffer();
    return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  });
  expect(sha256(await download(server, id))).toBe(told);
});

test('resumes PATCHes that were cut', async ({ server, link, firefox }) => {
  const page = await open(firefox, link.url);
  link.inject((seen) => seen.method === 'PATCH', { kind: 'cut', afterBytes: 200_000 }, 2);
  const bytes = noise(2_500_000, 8);
  await choose(page, bytes, 'cut.webm');
  expect(sha256(await download(server, await complete(page)))).toBe(sha256(bytes));
});

test('falls back when tus fails', async ({ server, link, firefox }) => {
  const page = await open(firefox, link.url);
  link.inject((seen) => seen.path.includes('/chunks/'), { kind: 'answer', status: 500 }, 1000);
  const bytes = noise(2_500_000, 9);
  await choose(page, bytes, 'fallback.webm');
  expect(sha256(await download(server, await complete(page)))).toBe(sha256(bytes));
  expect(link.seen.filter((seen) => seen.path.startsWith('/upload/chunk')).length).toBeGreaterThanOrEqual(3);
});

test('the server goes away in the middle: said once, and everything arrives when it is back', async ({ server, link, firefox }) => {
  const page = await open(firefox, link.url);
  link.bytesPerSecond = 100_000;
  const bytes = noise(3_000_000, 10);
  await choose(page, bytes, 'away.webm');
  await expect.poll(() => link.of('PATCH', /chunks/).length, { timeout: 30_000, intervals: [50] }).toBeGreaterThan(0);
  link.setMode('down');
  await page.waitForSelector('[data-testid=offline-banner]', { timeout: 30_000 });
  link.setMode('open');
  link.bytesPerSecond = Infinity;
  await page.waitForFunction(() => !document.querySelector('[data-testid=offline-banner]'), { timeout: 30_000 });
  expect(sha256(await download(server, await complete(page)))).toBe(sha256(bytes));
});

test('the tab is closed while recording: the next visit recovers what was recorded', async ({ server, link, firefox }) => {
  const page = await open(firefox, link.url);
  await page.click('[data-testid=record]');
  await page.waitForFunction(() => document.querySelector('[data-testid=saved]')?.textContent?.includes('Saved on this device'), { timeout: 30_000 });
  await new Promise((resolve) => { setTimeout(resolve, 3_000); });
  const told = Buffer.from(await page.evaluate(async () => {
    const blobs = (window as unknown as { __recorded: Blob[] }).__recorded;
    const bytes = new Uint8Array(await new Blob(blobs).arrayBuffer());
    let out = '';
    for (let i = 0; i < bytes.length; i += 0x8000) out += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
    return btoa(out);
  }), 'base64');
  await page.close();
  const next = await open(firefox, link.url);
  const recovered = await download(server, await complete(next));
  await next.waitForSelector('[data-testid=recovered-banner]', { timeout: 30_000 });
  // The last second before the closing may be missing in either.
  const both = Math.min(told.length, recovered.length);
  expect(sha256(recovered.subarray(0, both))).toBe(sha256(told.subarray(0, both)));
  expect(both).toBeGreaterThan(told.length - 60_000);
  expect(both).toBeGreaterThan(5_000);
});

test('kill -9 in the middle of an upload: the next visit sends the rest', async ({ server, link }) => {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'wf-firefox-'));
  const launch = (): Promise<Browser> => puppeteer.launch({ browser: 'firefox', executablePath: binary, headless: true, userDataDir: profile, extraPrefsFirefox: preferences, timeout: LAUNCH_MS });
  const bytes = noise(4_000_000, 11);
  try {
    const first = await launch();
    const page = await open(first, link.url);
    link.bytesPerSecond = 200_000;
    await choose(page, bytes, 'killed.webm');
    await page.waitForSelector('[data-testid=session][data-state=uploading]', { timeout: 60_000 });
    await expect.poll(() => link.of('PATCH', /chunks/).length, { timeout: 30_000 }).toBeGreaterThan(0);
    const child = first.process();
    const gone = new Promise((resolve) => child?.once('exit', resolve));
    child?.kill('SIGKILL');
    await gone;
    link.bytesPerSecond = Infinity;
    const second = await launch();
    try {
      const again = await second.newPage();
      await again.goto(link.url);
      expect(sha256(await download(server, await complete(again)))).toBe(sha256(bytes));
    } finally {
      await second.close();
    }
  } finally {
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
