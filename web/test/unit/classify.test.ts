// What each failure means, as a table.
import { expect, test } from 'vitest';
import { judge, type Circumstances, type Failure } from '../../src/shared/classify.ts';

const failure = (part: Partial<Failure>): Failure => ({ kind: 'http', status: 0, verb: 'PATCH', retryAfterMs: null, problem: '', message: '', ...part });
const calm = (part: Partial<Circumstances> = {}): Circumstances => ({ method: 'tus', retryCount: 0, conflicts: 0, serverErrors: 0, random: 0.5, ...part });

const table: [string, Partial<Failure>, Partial<Circumstances>, object][] = [
  ['no network', { kind: 'network' }, {}, { action: 'retry', delayMs: 2000, checkHealth: true }],
  ['no answer in time', { kind: 'timeout' }, { retryCount: 3 }, { action: 'retry', delayMs: 16000, checkHealth: true }],
  ['no tus fields in the answer', { kind: 'protocol', status: 200 }, {}, { action: 'fallback' }],
  ['a page of a captive portal to a form', { kind: 'protocol', status: 200 }, { method: 'custom' }, { action: 'retry', delayMs: 2000, checkHealth: true }],
  ['wrong offset', { status: 409 }, {}, { action: 'recheck', delayMs: 500 }],
  ['wrong offset for the twentieth time', { status: 409 }, { conflicts: 20 }, { action: 'ask' }],
  ['locked', { status: 423, verb: 'HEAD' }, {}, { action: 'recheck', delayMs: 500 }],
  ['another length of the same chunk', { status: 409, verb: 'POST' }, {}, { action: 'ask' }],
  ['too many', { status: 429, verb: 'POST', retryAfterMs: 3000 }, {}, { action: 'hold', delayMs: 3000 }],
  ['too many, no time named', { status: 429, verb: 'POST' }, {}, { action: 'hold', delayMs: 2000 }],
  ['too many, come back at once', { status: 429, verb: 'POST', retryAfterMs: 0 }, { retryCount: 1 }, { action: 'hold', delayMs: 4000 }],
  ['too large', { status: 413, verb: 'POST' }, {}, { action: 'dead', code: 'too-large' }],
  ['refused', { status: 400, verb: 'POST' }, {}, { action: 'dead', code: 'refused' }],
  ['HTTPS required', { status: 403, verb: 'POST' }, {}, { action: 'dead', code: 'not-allowed' }],
  ['collection not found', { status: 404, verb: 'POST' }, {}, { action: 'fallback' }],
  ['chunk not found', { status: 404, verb: 'HEAD' }, {}, { action: 'ask' }],
  ['chunk not found while sending', { status: 404 }, {}, { action: 'ask' }],
  ['fallback not found', { status: 404, verb: 'POST' }, { method: 'custom' }, { action: 'retry', delayMs: 2000, checkHealth: false }],
  ['gone', { status: 410 }, {}, { action: 'ask' }],
  ['no such tus version', { status: 412 }, {}, { action: 'fallback' }],
  ['checksum differs', { status: 460 }, { retryCount: 1 }, { action: 'retry', delayMs: 4000, checkHealth: false }],
  ['tus broken', { status: 500 }, {}, { action: 'fallback' }],
  ['fallback broken', { status: 500, verb: 'POST' }, { method: 'custom' }, { action: 'retry', delayMs: 2000, checkHealth: true }],
  ['bad gateway', { status: 502 }, { serverErrors: 1 }, { action: 'retry', delayMs: 2000, checkHealth: true }],
  ['bad gateway three times though healthy', { status: 502 }, { serverErrors: 3 }, { action: 'fallback' }],
  ['busy until told', { status: 503, retryAfterMs: 7000 }, { serverErrors: 3 }, { action: 'retry', delayMs: 7000, checkHealth: true }],
  ['disk full', { status: 507, verb: 'POST' }, { serverErrors: 9 }, { action: 'retry', delayMs: 2000, checkHealth: true }],
];
test.each(table)('%s', (_name, what, when, expected) => expect(judge(failure(what), calm(when))).toEqual(expected));
