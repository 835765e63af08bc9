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
      extraPrefsFirefox: { 'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true, 'media.autoplay.default': 0, 'dom.webnotifications.enabled': false },
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
