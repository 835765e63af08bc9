// tus-js-client and Uppy, unmodified, in Chromium on a page of another origin: the same matrix, the same bytes.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { after, before, test } from 'node:test';

import { build } from 'esbuild';
import { chromium } from 'playwright-core';

import { checkOutcome } from '../support/outcome.mjs';
import { startProxy } from '../support/proxy.mjs';
import { scenarios } from '../support/scenarios.mjs';
import { startServer } from '../support/server.mjs';

let pages;
let server;
let proxy;
let browser;
let page;

const here = new URL('..', import.meta.url);

async function bundle(source) {
  const made = await build({
    stdin: { contents: source, resolveDir: here.pathname },
    bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'silent',
  });
  return made.outputFiles[0].text;
}

/** Serves the page and what it loads; an origin of its own, so that CORS is looked at too. */
async function servePages() {
  const files = new Map([
    ['/', ['text/html', '<!doctype html><title>clients</title><script src="/tus.js"></script>']],
    ['/tus.js', ['text/javascript', await readFile(new URL('node_modules/tus-js-client/dist/tus.js', here), 'utf8')]],
    ['/bytes.mjs', ['text/javascript', await readFile(new URL('support/bytes.mjs', here), 'utf8')]],
    ['/scenarios.mjs', ['text/javascript', await readFile(new URL('support/scenarios.mjs', here), 'utf8')]],
    ['/uppy.mjs', ['text/javascript', await bundle("export { default as Uppy } from '@uppy/core'; export { default as Tus } from '@uppy/tus';")]],
  ]);
  const listener = http.createServer((request, answer) => {
    const file = files.get(request.url);
    answer.writeHead(file ? 200 : 404, file ? { 'Content-Type': `${file[0]}; charset=utf-8` } : {});
    answer.end(file?.[1]);
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return listener;
}

before(async () => {
  pages = await servePages();
  const origin = `http://127.0.0.1:${pages.address().port}`;
  server = await startServer(['--cors-origin', origin]);
  proxy = await startProxy(server.port);
  browser = await chromium.launch({
    executablePath: process.env.WF_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  page = await browser.newPage();
  await page.exposeFunction('cutAfter', (bytes) => proxy.cutAfter(bytes));
  await page.exposeFunction('counts', () => proxy.counts());
  await page.goto(origin);
});

after(async () => {
  await browser?.close();
  await proxy?.stop();
  await server?.stop();
  pages?.close();
});

const endpoint = () => `http://127.0.0.1:${proxy.port}/tus/`;

let seed = 100;
for (const name of Object.keys(scenarios)) {
  seed += 1;
  const mine = seed;
  test(name, { timeout: 60_000 }, async () => {
    const outcome = await page.evaluate(async ([which, number, where]) => {
      const [{ scenarios: all }, { bytesOf }] = await Promise.all([import('/scenarios.mjs'), import('/bytes.mjs')]);
      const blob = (size, from) => new Blob([bytesOf(size, from)]);
      return all[which]({
        tus: window.tus,
        endpoint: where,
        file: blob,
        stream: (size, from) => blob(size, from).stream().getReader(),
        cutAfter: window.cutAfter,
        counts: window.counts,
        sendsAgain: true,
      }, number);
    }, [name, mine, endpoint()]);
    await checkOutcome(outcome);
  });
}

test("Uppy's Tus plugin", { timeout: 60_000 }, async () => {
  const size = 2_500_000;
  proxy.cutAfter(1_000_000);
  const outcome = await page.evaluate(async ([bytes, number, where]) => {
    const [{ Uppy, Tus }, { bytesOf }] = await Promise.all([import('/uppy.mjs'), import('/bytes.mjs')]);
    const uppy = new Uppy();
    uppy.use(Tus, { endpoint: where, retryDelays: [0, 20, 100, 500, 1000] });
    uppy.addFile({ name: 'aufnahme für uppy.webm', type: 'audio/webm', data: new Blob([bytesOf(bytes, number)], { type: 'audio/webm' }) });
    const { successful, failed } = await uppy.upload();
    return { url: successful?.[0]?.uploadURL, failed: failed?.map((file) => file.error) };
  }, [size, 200, endpoint()]);
  assert.deepEqual(outcome.failed, []);
  assert.equal(proxy.counts().cuts, 1);
  await checkOutcome({ url: outcome.url, size, seed: 200 });
});
