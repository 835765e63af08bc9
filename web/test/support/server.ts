// Starts the server under test: the real binary when WF_SERVER_BIN names one, else the stub.
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const STUB = fileURLToPath(new URL('../stub/server.mjs', import.meta.url));

export const realServer = Boolean(process.env['WF_SERVER_BIN']);

export class TestServer {
  url = '';
  private child: ChildProcess | null = null;
  readonly dataDir: string;

  private constructor(private readonly flags: string[]) {
    this.dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'wf-e2e-'));
  }

  static async start(flags: string[] = [], listen = '127.0.0.1:0'): Promise<TestServer> {
    const server = new TestServer(flags);
    await server.launch(listen);
    return server;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  private launch(listen: string): Promise<void> {
    const binary = process.env['WF_SERVER_BIN'];
    const args = ['serve', '--listen', listen, '--data-dir', this.dataDir, ...(binary ? this.flags : [])];
    const child = binary ? spawn(binary, args) : spawn(process.execPath, [STUB, ...args]);
    this.child = child;
    return new Promise((resolve, reject) => {
      let text = '';
      const timer = setTimeout(() => reject(new Error(`the server did not start: ${text}`)), 20_000);
      const onData = (piece: Buffer): void => {
        text += piece.toString();
        const match = /listening on (https?:\/\/[0-9.:]+)/.exec(text);
        if (!match) return;
        clearTimeout(timer);
        this.url = match[1] ?? '';
        resolve();
      };
      child.stdout?.on('data', onData);
      child.stderr?.on('data', onData);
      child.once('exit', (code) => { clearTimeout(timer); reject(new Error(`the server ended with ${code}: ${text}`)); });
    });
  }

  /** SIGKILL, as a crash. */
  async crash(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** Starts again on the same port and data. */
  restart(): Promise<void> {
    return this.launch(new URL(this.url).host);
  }

  async stop(): Promise<void> {
    await this.crash();
    fs.rmSync(this.dataDir, { recursive: true, force: true });
  }
}
