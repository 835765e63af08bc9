// A browser that can be killed: the system's Chromium as a process of its own, on a profile that outlives it.
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium, type Browser, type Page } from '@playwright/test';

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--remote-debugging-port=0', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--hide-crash-restore-bubble',
];

export class MortalBrowser {
  readonly profile = fs.mkdtempSync(path.join(os.tmpdir(), 'wf-profile-'));
  private child: ChildProcess | null = null;
  private attached: Browser | null = null;

  /** Starts with no page of ours and nobody attached, as after a crash and a restart of the machine. */
  async start(): Promise<void> {
    const portFile = path.join(this.profile, 'DevToolsActivePort');
    fs.rmSync(portFile, { force: true });
    this.child = spawn(process.env['WF_CHROMIUM'] ?? '/usr/bin/chromium', [...FLAGS, `--user-data-dir=${this.profile}`, 'about:blank'], { detached: true, stdio: 'ignore' });
    // The file is there before its first line is.
    const started = (): boolean => fs.existsSync(portFile) && /^\d+\n/.test(fs.readFileSync(portFile, 'utf8'));
    for (let i = 0; i < 200 && !started(); ++i) await new Promise((resolve) => { setTimeout(resolve, 100); });
    if (!started()) throw new Error('the browser did not start');
  }

  /** Attaches and opens a page. */
  async open(url: string): Promise<Page> {
    const [port] = fs.readFileSync(path.join(this.profile, 'DevToolsActivePort'), 'utf8').split('\n');
    this.attached ??= await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    const context = this.attached.contexts()[0];
    if (!context) throw new Error('no context');
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  /** Leaves the browser and its pages to themselves. */
  async detach(): Promise<void> {
    await this.attached?.close();
    this.attached = null;
  }

  /** SIGKILL to every process of the browser at once. */
  async kill(): Promise<void> {
    const child = this.child;
    this.child = null;
    this.attached = null;
    if (!child?.pid || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    process.kill(-child.pid, 'SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    fs.rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
