// The operator's page: nothing without the token, a thousand sessions with it, and what can be done to one of them.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { realServer, TestServer } from '../support/server.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SESSIONS = 1000;
const idOf = (i: number): string => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function create(url: string, i: number): Promise<void> {
  const metadata = `chunkIndex ${base64('0')},totalChunks ${base64('2')},recordingName ${base64(`talk ${i}.webm`)}`;
  const answer = await fetch(`${url}/files/${idOf(i)}/chunks/`, {
    method: 'POST',
    headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': '5', 'Upload-Metadata': metadata, 'Content-Type': 'application/offset+octet-stream' },
    body: 'bytes',
  });
  expect(answer.status).toBe(201);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    test(`${SESSIONS} sessions: listed, found, told apart, deleted; axe finds nothing; no policy is broken`, async ({ page }) => {
      test.skip(!realServer, 'the stub has no operator');
      const file = path.join(os.tmpdir(), `wf-token-${process.pid}-${colorScheme}`);
      writeFileSync(file, 'a secret of some length\n', { mode: 0o600 });
      const server = await TestServer.start(['--operator-token-file', file]);
      const findings = async (): Promise<string[]> => {
        await page.evaluate(axe);
        return page.evaluate(async () => {
          const { violations } = await (window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run();
          return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
        });
      };
      const broken: string[] = [];
      page.on('console', (message) => { if (/content security policy/i.test(message.text())) broken.push(message.text()); });
      try {
        for (let i = 0; i < SESSIONS; i += 50) await Promise.all(Array.from({ length: 50 }, (_, k) => create(server.url, i + k)));
        await page.goto(`${server.url}/ops`);
        await expect(page.getByTestId('ready')).toHaveText('Ready');
        expect(await findings()).toEqual([]);
        await page.getByLabel('Operator token').fill('not the token');
        await page.getByRole('button', { name: 'Show the sessions' }).click();
        await expect(page.getByRole('alert')).toContainText('not the operator');
        await page.getByLabel('Operator token').fill('a secret of some length');
        await page.getByRole('button', { name: 'Show the sessions' }).click();
        await expect(page.getByTestId('ops-count')).toHaveText(`${SESSIONS} of ${SESSIONS} sessions`);
        expect(await findings()).toEqual([]);
        await expect(page.getByTestId('ops-row')).toHaveCount(200);
        await page.getByTestId('ops-state').selectOption('assembled');
        await expect(page.getByTestId('ops-count')).toHaveText(`0 of ${SESSIONS} sessions`);
        await page.getByTestId('ops-state').selectOption('');
        await page.getByTestId('ops-filter').fill('talk 777.webm');
        await expect(page.getByTestId('ops-row')).toHaveCount(1);
        await page.getByRole('button', { name: 'talk 777.webm' }).click();
        await expect(page.getByTestId('ops-detail')).toContainText('Missing chunks1');
        await page.getByRole('button', { name: 'Assemble now' }).click();
        await expect(page.getByTestId('ops-detail').getByRole('status')).toContainText('not every chunk has arrived');
        expect(await findings()).toEqual([]);
        await page.getByRole('button', { name: 'Delete…' }).click();
        await page.getByTestId('ops-delete').click();
        await expect(page.getByTestId('ops-row')).toHaveCount(0);
        expect((await fetch(`${server.url}/files/${idOf(777)}/status`)).status).toBe(410);
        // Everything is still there after a reload, the token too; at 320 px nothing is wider than the screen.
        await page.setViewportSize({ width: 320, height: 640 });
        await page.reload();
        await expect(page.getByTestId('ops-count')).toContainText(`of ${SESSIONS} sessions`);
        // What was deleted stays as a line without a name until its tombstone goes.
        await page.getByTestId('ops-state').selectOption('cancelled');
        await expect(page.getByTestId('ops-row')).toHaveCount(1);
        await expect(page.getByTestId('ops-row')).toContainText(idOf(777));
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
        expect(broken).toEqual([]);
      } finally {
        await page.close();
        await server.stop();
      }
    });
  });
}
