// The real server on a port of its choosing, with a data directory of its own.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const startPatienceMs = 60_000;

export async function startServer(flags = []) {
  const binary = process.env.WF_SERVER_BIN;
  if (!binary) throw new Error('WF_SERVER_BIN must name the server');
  const dataDir = await mkdtemp(join(tmpdir(), 'waveforge-clients-'));
  const child = spawn(binary, ['serve', '--data-dir', dataDir, '--listen', '127.0.0.1:0', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const port = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the server does not listen:\n${log}`)), startPatienceMs);
    const read = (piece) => {
      log += piece;
      const found = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(log);
      if (!found) return;
      clearTimeout(late);
      resolve(Number(found[1]));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${log}`)));
  });
  return {
    port,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const code = await ended;
      await rm(dataDir, { recursive: true, force: true });
      if (code !== 0) throw new Error(`the server ended with ${code}:\n${log}`);
    },
  };
}
