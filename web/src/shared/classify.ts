// What an error means for the chunk and its session. Pure; the table in its test is the specification.
import { CONFLICT_DELAY_MS, CONFLICTS_MAX, retryDelay } from './retry.ts';
import type { UploadMethod } from './protocol.ts';

export interface Failure {
  kind: 'network' | 'timeout' | 'http' | 'protocol';
  status: number;
  /** Of the request that failed. */
  verb: string;
  retryAfterMs: number | null;
  problem: string;
  message: string;
}

export interface Circumstances {
  method: UploadMethod;
  retryCount: number;
  conflicts: number;
  /** 502, 503 and 504 in a row on this session while /health answered. */
  serverErrors: number;
  random: number;
}

export type Verdict =
  | { action: 'retry'; delayMs: number; checkHealth: boolean }
  | { action: 'recheck'; delayMs: number }
  | { action: 'hold'; delayMs: number }
  | { action: 'fallback' }
  | { action: 'dead'; code: string }
  | { action: 'ask' };

const DEAD: Record<number, string> = {
  400: 'refused', 401: 'not-allowed', 403: 'not-allowed', 413: 'too-large', 416: 'refused', 431: 'refused',
};

export function judge(failure: Failure, now: Circumstances): Verdict {
  const backOff = (checkHealth: boolean): Verdict => ({
    action: 'retry',
    delayMs: Math.max(failure.retryAfterMs ?? 0, retryDelay(now.retryCount, now.random)),
    checkHealth,
  });
  if (failure.kind === 'network' || failure.kind === 'timeout') return backOff(true);
  if (failure.kind === 'protocol') return now.method === 'tus' ? { action: 'fallback' } : backOff(true);

  const { status } = failure;
  if (status === 429) return { action: 'hold', delayMs: failure.retryAfterMs || retryDelay(now.retryCount, now.random) };
  if (status === 409 || status === 423) {
    if (now.method === 'custom' || failure.verb === 'POST') return status === 423 ? backOff(false) : { action: 'ask' };
    return now.conflicts < CONFLICTS_MAX ? { action: 'recheck', delayMs: CONFLICT_DELAY_MS } : { action: 'ask' };
  }
  if (status === 410) return { action: 'ask' };
  if (status === 460) return backOff(false);
  if (now.method === 'tus') {
    // The collection itself is missing or does not speak tus: that is a server without tus, not a lost session.
    if (failure.verb === 'POST' && (status === 404 || status === 405 || status === 415 || status === 501)) return { action: 'fallback' };
    if (status === 404) return { action: 'ask' };
    if (status === 405 || status === 412 || status === 415 || status === 500 || status === 501) return { action: 'fallback' };
    if ((status === 502 || status === 503 || status === 504) && failure.retryAfterMs === null && now.serverErrors >= 3) return { action: 'fallback' };
  }
  const dead = DEAD[status];
  if (dead !== undefined) return { action: 'dead', code: dead };
  return backOff(status >= 500);
}
