// Over HTTPS everything works on any host; over plain HTTP from another machine the page says what is wrong.
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium, type Browser } from '@playwright/test';
import { expect, newest, noise, open, recorded, sha256, spyOnRecorder, test, upload } from '../support/fixtures.ts';
import { realServer, TestServer } from '../support/server.ts';
import settings from '../../playwright.config.ts';

/** The system's browser, for which wf.test is this machine. */
function browserFor(more: string[]): Promise<Browser> {
  const options = settings.use?.launchOptions;
  return chromium.launch({ ...options, args: [...(options?.args ?? []), '--host-resolver-rules=MAP wf.test 127.0.0.1', ...more] });
}

test('HTTPS with a certificate of our own: the worker registers, a recording and a file arrive', async () => {
  test.skip(!realServer, 'the stub speaks no TLS');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wf-tls-'));
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=wf.test',
    '-addext', 'subjectAltName=DNS:wf.test', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const spki = createHash('sha256').update(new X509Certificate(fs.readFileSync(cert)).publicKey.export({ type: 'spki', format: 'der' })).digest('base64');
  const server = await TestServer.start(['--tls-cert', cert, '--tls-key', key]);
  const browser = await browserFor([`--ignore-certificate-errors-spki-list=${spki}`]);
  try {
    expect(server.url).toContain('https://');
    const page = await browser.newPage();
    const url = `https://wf.test:${server.port}`;
    const foreign: string[] = [];
    page.context().on('request', (request) => { if (!request.url().startsWith(url) && !request.url().startsWith('blob:')) foreign.push(request.url()); });
    await spyOnRecorder(page);
    await open(page, url);
    expect(await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.scriptURL)).toBe(`${url}/sw.js`);
    const held = async (id: string): Promise<string> => page.evaluate(async (remote) => {
      const bytes = await (await fetch(`/files/${remote}/recording`)).arrayBuffer();
      return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    }, id);
    await page.getByTestId('record').click();
    await expect(page.getByTestId('saved')).toContainText('Saved on this device');
    await page.waitForTimeout(1_500);
    await page.getByTestId('stop').click();
    expect(await held(await newest(page, 'complete'))).toBe(sha256(await recorded(page)));
    const bytes = noise(2_300_000, 81);
    await upload(page, bytes);
    await expect(page.getByTestId('session')).toHaveCount(2);
    expect(await held(await newest(page, 'complete'))).toBe(sha256(bytes));
    expect(foreign).toEqual([]);
  } finally {
    await browser.close();
    await server.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test('plain HTTP from another host: the page says that it needs HTTPS, and takes nothing it could lose', async ({ server }) => {
  const browser = await browserFor([]);
  try {
    const page = await browser.newPage();
    await page.goto(`http://wf.test:${server.port}`);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await expect(page.getByTestId('failure')).toContainText('https://wf.test');
    await expect(page.getByTestId('record')).toBeDisabled();
    await expect(page.getByTestId('file-input')).toBeDisabled();
  } finally {
    await browser.close();
  }
});
