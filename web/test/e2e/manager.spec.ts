// TusUploadManager as another page of the same origin uses it: an ES module with the methods and events it always had.
import { download, expect, newest, noise, open, sha256, test, upload } from '../support/fixtures.ts';

const MiB = 1024 * 1024;

interface Manager {
  init(): Promise<void>;
  getUploadMethod(): string;
  setUploadMethod(method: string): void;
  uploadChunk(sessionId: string, chunkIndex: number, blob: Blob, options: object): Promise<void>;
  getUploadStatus(sessionId: string): Promise<{ kind: string; status?: { state: string } }>;
  cancelSession(sessionId: string): Promise<void>;
  retryFailedUploads(): Promise<void>;
  on(event: string, callback: (data: object) => void): () => void;
  emit(event: string, data: object): void;
}

test('chunks handed over one by one become one recording; the last one tells the total', async ({ page, server }) => {
  await page.goto(`${server.url}/icon.svg`);
  const sessionId = crypto.randomUUID();
  const chunks = [noise(MiB, 1), noise(MiB, 2), noise(5_000, 3)];
  const heard = await page.evaluate(async ({ id, texts }) => {
    const { TusUploadManager } = (await import(/* @vite-ignore */ `${location.origin}/tus-upload-manager.js`)) as { TusUploadManager: new () => Manager };
    const manager = new TusUploadManager();
    await manager.init();
    const seen: Record<string, object[]> = { progress: [], chunkUploaded: [], sessionComplete: [] };
    const done = new Promise<void>((resolve) => { manager.on('sessionComplete', () => resolve()); });
    for (const name of Object.keys(seen)) manager.on(name, (data) => seen[name]?.push(data));
    for (const [i, text] of texts.entries()) {
      const blob = new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]);
      await manager.uploadChunk(id, i, blob, { totalChunks: i === texts.length - 1 ? texts.length : null, recordingName: 'other page', format: 'webm' });
    }
    await done;
    const status = await manager.getUploadStatus(id);
    return { seen, state: status.status?.state, method: manager.getUploadMethod() };
  }, { id: sessionId, texts: chunks.map((chunk) => chunk.toString('base64')) });
  expect(sha256(await download(server, sessionId))).toBe(sha256(Buffer.concat(chunks)));
  expect(heard.state).toBe('assembled');
  expect(heard.method).toBe('tus');
  expect(heard.seen['chunkUploaded']).toHaveLength(3);
  expect(heard.seen['chunkUploaded']?.[0]).toMatchObject({ sessionId, chunkIndex: expect.any(Number) });
  expect(heard.seen['sessionComplete']).toEqual([{ sessionId }]);
  expect(heard.seen['progress']?.at(-1)).toMatchObject({ bytesUploaded: 2 * MiB + 5_000, bytesTotal: 2 * MiB + 5_000 });
});

test('what the worker does can be read in its console', async ({ page, server, context }) => {
  const lines: string[] = [];
  context.on('console', (message) => lines.push(message.text()));
  await open(page, server.url);
  await upload(page, noise(1000, 4));
  const id = await newest(page, 'complete');
  const session = (await page.getByTestId('session').first().getAttribute('data-session')) ?? '';
  expect(sha256(await download(server, id))).toBe(sha256(noise(1000, 4)));
  await expect.poll(() => lines).toContain(`[SW] Uploading chunk 0 for session ${session} via tus`);
  await expect.poll(() => lines).toContain(`[SW] ✓ Chunk 0 uploaded successfully (session: ${session})`);
});

test('a cancelled session leaves nothing here and on the server', async ({ page, server }) => {
  await page.goto(`${server.url}/icon.svg`);
  const sessionId = crypto.randomUUID();
  const left = await page.evaluate(async (id) => {
    const { TusUploadManager } = (await import(/* @vite-ignore */ `${location.origin}/tus-upload-manager.js`)) as { TusUploadManager: new () => Manager };
    const manager = new TusUploadManager();
    await manager.init();
    const uploaded = new Promise<void>((resolve) => { manager.on('chunkUploaded', () => resolve()); });
    await manager.uploadChunk(id, 0, new Blob(['abc']), {});
    await uploaded;
    await manager.cancelSession(id);
    return (await manager.getUploadStatus(id)).kind;
  }, sessionId);
  expect(['unknown', 'gone']).toContain(left);
});
