// tus-js-client's way to the network. Its own uses XMLHttpRequest, which a service worker has not. Of its interface only what the library
// calls by itself is here.
import { Aborted, httpError, UploadError } from './upload-error.ts';

export const REQUEST_TIMEOUT_MS = 60_000;

let requestTimeoutMs = REQUEST_TIMEOUT_MS;
/** For every request that names no deadline of its own. */
export function setRequestTimeout(ms: number): void {
  requestTimeoutMs = ms;
}

/** A slice of a chunk on its way; `size` is what tus-js-client reads, `bytes` what is sent. */
export interface Piece {
  size: number;
  bytes: Uint8Array<ArrayBuffer>;
}

const base64 = (digest: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(digest)));

/** Names of files may have tabs and line ends in them, which no server takes. The row keeps the name as it was given. */
export const printable = (name: string): string => name.replace(/\p{Cc}/gu, ' ');

export interface Answer {
  response: Response;
  body: string;
}

/**
 * fetch with a deadline. Rejects with Aborted when `signal` fires, else with UploadError network | timeout. Redirects are
 * refused: a captive portal's page must not pass for an answer of ours.
 */
export async function request(url: string, init: RequestInit, signal: AbortSignal, timeoutMs = requestTimeoutMs): Promise<Answer> {
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  if (signal.aborted) throw new Aborted('aborted');
  signal.addEventListener('abort', onAbort);
  let late = false;
  const timer = setTimeout(() => { late = true; stop.abort(); }, timeoutMs);
  try {
    const response = await fetch(url, { cache: 'no-store', redirect: 'error', credentials: 'same-origin', ...init, signal: stop.signal });
    return { response, body: await response.text() };
  } catch (error) {
    if (signal.aborted) throw new Aborted('aborted');
    const verb = init.method ?? 'GET';
    if (late) throw new UploadError({ kind: 'timeout', verb, message: `no answer in ${timeoutMs / 1000} s` });
    throw new UploadError({ kind: 'network', verb, message: error instanceof Error ? error.message : 'network error' });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

export const refused = (verb: string, { response, body }: Answer): UploadError =>
  httpError(verb, { status: response.status, header: (name) => response.headers.get(name), body });

/** A portal's page may come with a status of success; it is no answer of ours. */
export function parsed<T>(verb: string, { response, body }: Answer): T {
  try {
    return JSON.parse(body) as T;
  } catch {
    throw new UploadError({ kind: 'protocol', status: response.status, verb, message: 'the answer is not JSON' });
  }
}

/** For what may come too early: 409 says that chunks are missing, which the session's status tells in full. */
export async function postJson(url: string, value: unknown, signal: AbortSignal, timeoutMs?: number): Promise<void> {
  const answer = await request(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) }, signal, timeoutMs);
  if (!answer.response.ok && answer.response.status !== 409) throw refused('POST', answer);
}

class FetchResponse {
  constructor(private readonly response: Response, private readonly body: string) {}
  getStatus(): number { return this.response.status; }
  getHeader(name: string): string | undefined { return this.response.headers.get(name) ?? undefined; }
  getBody(): string { return this.body; }
}

class FetchRequest {
  private readonly headers: Record<string, string> = {};
  private readonly own = new AbortController();

  constructor(private readonly method: string, private readonly url: string, private readonly signal: AbortSignal) {
    signal.addEventListener('abort', () => this.own.abort(), { once: true });
  }

  getMethod(): string { return this.method; }
  setHeader(name: string, value: string): void { this.headers[name] = value; }
  setProgressHandler(): void { /* fetch tells nothing while it sends */ }
  abort(): Promise<void> { this.own.abort(); return Promise.resolve(); }

  async send(piece?: Piece): Promise<FetchResponse> {
    const init: RequestInit = { method: this.method, headers: this.headers };
    if (piece) {
      init.body = piece.bytes;
      // The server keeps nothing of a body whose digest differs, so a byte damaged on the way cannot become part of the file.
      if (this.method === 'PATCH' && globalThis.crypto?.subtle) {
        this.headers['Upload-Checksum'] = `sha256 ${base64(await crypto.subtle.digest('SHA-256', piece.bytes))}`;
      }
    }
    if (this.signal.aborted) throw new Aborted('aborted');
    const { response, body } = await request(this.url, init, this.own.signal);
    return new FetchResponse(response, body);
  }
}

export class FetchStack {
  constructor(private readonly signal: AbortSignal) {}
  createRequest(method: string, url: string): FetchRequest { return new FetchRequest(method, url, this.signal); }
}
