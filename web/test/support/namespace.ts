// A host of its own: a network namespace with one link to this machine, which can be taken down as a cable is pulled. Needs root.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ip = (...args: string[]): void => { execFileSync('ip', args, { stdio: 'pipe' }); };

export class Namespace {
  /** Numbers of this process: two runs on one machine do not meet. */
  private readonly name = `wf${process.pid}`;
  private readonly near = `${this.name}a`;
  private readonly far = `${this.name}b`;
  private readonly net = `10.${100 + (process.pid % 100)}.${(process.pid >> 7) % 250}`;
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wf-netns-'));
  /** Where this machine is seen from there. */
  readonly address = `${this.net}.1`;

  private constructor() {}

  /** null, with the reason told, where namespaces cannot be made. */
  static make(): Namespace | string {
    const made = new Namespace();
    try {
      ip('netns', 'add', made.name);
      ip('link', 'add', made.near, 'type', 'veth', 'peer', 'name', made.far, 'netns', made.name);
      ip('addr', 'add', `${made.address}/24`, 'dev', made.near);
      ip('link', 'set', made.near, 'up');
      ip('-n', made.name, 'addr', 'add', `${made.net}.2/24`, 'dev', made.far);
      ip('-n', made.name, 'link', 'set', 'lo', 'up');
      made.link('up');
      return made;
    } catch (error) {
      made.remove();
      return `no network namespace can be made here: ${error instanceof Error ? (error.message.split('\n').at(-2) ?? error.message) : String(error)}`;
    }
  }

  link(state: 'up' | 'down'): void {
    ip('-n', this.name, 'link', 'set', this.far, state);
  }

  /** A command that runs `program` in there, with whatever arguments it gets. */
  wrap(program: string): string {
    const file = path.join(this.folder, 'run');
    fs.writeFileSync(file, `#!/bin/sh\nexec ip netns exec ${this.name} ${program} "$@"\n`, { mode: 0o755 });
    return file;
  }

  remove(): void {
    try { ip('netns', 'del', this.name); } catch { /* it was never made */ }
    try { ip('link', 'del', this.near); } catch { /* it went with the namespace */ }
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
