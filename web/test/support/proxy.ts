// A proxy that does to requests what bad networks and bad servers do. The page is opened through it, so every fault can be tested
// against any server.
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Seen {
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  at: number;
  /** Bytes of the body that went on to the server. */
  forwarded: number;
  status: number | null;
  /** As what it is counted in `running`. */
  counts: 'PATCH' | 'form' | null;
}

export type Fault =
  | { kind: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  | { kind: 'cut'; afterBytes: number }
  | { kind: 'loseAnswer' }
  | { kind: 'rewrite'; headers: Record<string, string | null> }
  /** Like a link that died without a word: after so many bytes nothing comes or goes, and the server's side stays open. */
  | { kind: 'stall'; afterBytes: number }
  | { kind: 'hold'; until: () => boolean };

interface Rule {
  matches(seen: Seen): boolean;
  fault: Fault;
  times: number;
}

export class FaultProxy {
  readonly seen: Seen[] = [];
  url = '';
  /** open: pass on. down: every connection is reset. dark: connections are accepted and nothing comes back, as on a dead link. */
  mode: 'open' | 'down' | 'dark' = 'open';
  bytesPerSecond = Infinity;
  most = { PATCH: 0, form: 0 };
  /** Connections reset because the link was down. */
  refused = 0;
  /** Changes the text of a script on its way to the browser. */
  editScript: ((path: string, text: string) => string) | null = null;
  private running = { PATCH: 0, form: 0 };
  private rules: Rule[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly stalled = new Set<http.ClientRequest>();
  private readonly server: http.Server;

  private constructor(private readonly target: () => string) {
    this.server = http.createServer((request, response) => void this.handle(request, response).catch(() => response.destroy()));
    this.server.keepAliveTimeout = 60_000;
    this.server.requestTimeout = 0;
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => {});
      if (this.mode !== 'down') return;
      this.refused += 1;
      socket.resetAndDestroy();
    });
  }

  static async start(target: () => string): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    await new Promise<void>((resolve) => { proxy.server.listen(0, '127.0.0.1', resolve); });
    proxy.url = `http://127.0.0.1:${(proxy.server.address() as AddressInfo).port}`;
    return proxy;
  }

  /** The next `times` requests that match meet this fault. */
  inject(matches: (seen: Seen) => boolean, fault: Fault, times = 1): void {
    this.rules.push({ matches, fault, times });
  }

  clear(): void {
    this.rules = [];
  }

  setMode(mode: 'open' | 'down' | 'dark'): void {
    this.mode = mode;
    if (mode === 'down' || mode === 'open') this.dropConnections();
  }

  dropConnections(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  stop(): Promise<void> {
    this.dropConnections();
    for (const upstream of this.stalled) upstream.destroy();
    return new Promise((resolve) => { this.server.close(() => resolve()); });
  }

  of(method: string, pattern: RegExp): Seen[] {
    return this.seen.filter((seen) => seen.method === method && pattern.test(seen.path));
  }

  /** Once for each request: it is not on its way any more. */
  private ended(seen: Seen): void {
    if (seen.counts) this.running[seen.counts] -= 1;
    seen.counts = null;
  }

  private async handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const seen: Seen = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, at: performance.now(), forwarded: 0, status: null, counts: null };
    this.seen.push(seen);
    if (this.mode === 'down') { request.socket.resetAndDestroy(); return; }
    const kind = seen.method === 'PATCH' ? 'PATCH' : seen.path.startsWith('/upload/chunk') ? 'form' : null;
    if (kind) {
      this.running[kind] += 1;
      this.most[kind] = Math.max(this.most[kind], this.running[kind]);
      seen.counts = kind;
      response.on('close', () => this.ended(seen));
    }
    const rule = this.rules.find(({ matches, times }) => times > 0 && matches(seen));
    if (rule) rule.times -= 1;
    const fault = rule?.fault;
    if (fault?.kind === 'answer') {
      request.resume();
      await new Promise((resolve) => { request.on('end', resolve); request.on('close', resolve); });
      seen.status = fault.status;
      response.writeHead(fault.status, { 'Content-Type': 'application/problem+json', 'Tus-Resumable': '1.0.0', ...fault.headers });
      response.end(seen.method === 'HEAD' ? undefined : (fault.body ?? JSON.stringify({ type: 'about:blank', title: 'injected', status: fault.status, detail: 'injected' })));
      return;
    }
    while (fault?.kind === 'hold' && !fault.until()) {
      if (request.socket.destroyed) return;
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    await this.forward(request, response, seen, fault);
  }

  private async forward(request: http.IncomingMessage, response: http.ServerResponse, seen: Seen, fault: Fault | undefined): Promise<void> {
    const { hostname, port } = new URL(this.target());
    const told: http.OutgoingHttpHeaders = { ...request.headers, host: `${hostname}:${port}` };
    if (this.editScript) for (const name of ['accept-encoding', 'if-none-match']) delete told[name];
    const upstream = http.request({ host: hostname, port, method: seen.method, path: seen.path, headers: told, agent: false });
    const client = request.socket;
    upstream.setMaxListeners(0);
    upstream.on('error', () => client.destroy());
    request.on('aborted', () => { if (fault?.kind !== 'stall') upstream.destroy(); });
    if (fault?.kind === 'stall') this.stalled.add(upstream);
    upstream.on('response', (answer) => {
      seen.status = answer.statusCode ?? null;
      if (fault?.kind === 'loseAnswer' || this.mode === 'down') { this.ended(seen); client.resetAndDestroy(); return; }
      const headers: http.OutgoingHttpHeaders = { ...answer.headers };
      if (fault?.kind === 'rewrite') {
        for (const [name, value] of Object.entries(fault.headers)) {
          if (value === null) delete headers[name.toLowerCase()];
          else headers[name.toLowerCase()] = value;
        }
      }
      const send = (): void => {
        if (this.mode === 'dark') { setTimeout(send, 100).unref(); return; }
        const { editScript } = this;
        if (!editScript || !seen.path.endsWith('.js')) {
          response.writeHead(seen.status ?? 502, headers);
          answer.pipe(response);
          return;
        }
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece));
        answer.on('end', () => {
          for (const name of ['content-length', 'etag']) delete headers[name];
          response.writeHead(seen.status ?? 502, headers);
          response.end(editScript(seen.path, Buffer.concat(pieces).toString('utf8')));
        });
      };
      send();
    });
    for await (const piece of request as AsyncIterable<Buffer>) {
      while (this.mode === 'dark') await new Promise((resolve) => { setTimeout(resolve, 50); });
      let part = piece;
      const cut = fault?.kind === 'cut' || fault?.kind === 'stall' ? fault.afterBytes - seen.forwarded : Infinity;
      if (part.length >= cut) part = part.subarray(0, cut);
      seen.forwarded += part.length;
      if (part.length > 0 && !upstream.write(part)) await new Promise((resolve) => { upstream.once('drain', resolve); upstream.once('close', resolve); });
      if (part.length === cut && fault?.kind === 'stall') {
        // Leaving the loop would close the connection.
        await new Promise((resolve) => { client.once('close', resolve); });
        return;
      }
      if (part.length === cut) {
        // The server shall have what was let through before the connection breaks.
        await new Promise((resolve) => { setTimeout(resolve, 50); });
        upstream.destroy();
        // Before the reset: the browser sends it again at once, and that may be seen before this connection's own end.
        this.ended(seen);
        client.resetAndDestroy();
        return;
      }
      if (this.bytesPerSecond !== Infinity) await new Promise((resolve) => { setTimeout(resolve, (part.length * 1000) / this.bytesPerSecond); });
    }
    upstream.end();
  }
}
