import type { Failure } from '../shared/classify.ts';
import { parseRetryAfter } from '../shared/retry.ts';

/** A request that did not do its work, described by what was seen and never by the text of a browser's message. */
export class UploadError extends Error {
  readonly failure: Failure;

  constructor(failure: Partial<Failure> & Pick<Failure, 'kind' | 'message'>) {
    super(failure.message);
    this.failure = { status: 0, verb: '', retryAfterMs: null, problem: '', ...failure };
  }
}

/** The session was cancelled or paused while a request was under way. */
export class Aborted extends Error {}

interface Answer {
  status: number;
  header(name: string): string | null | undefined;
  body: string;
}

export function problemOf(body: string): { type: string; detail: string } {
  try {
    const parsed = JSON.parse(body) as Record<string, unknown>;
    const text = (key: string): string => (typeof parsed[key] === 'string' ? parsed[key] : '');
    return { type: text('type'), detail: text('detail') || text('title') };
  } catch {
    return { type: '', detail: '' };
  }
}

export function httpError(verb: string, answer: Answer): UploadError {
  const problem = problemOf(answer.body);
  return new UploadError({
    kind: 'http', status: answer.status, verb, problem: problem.type, message: problem.detail || `the server answered ${answer.status}`,
    retryAfterMs: parseRetryAfter(answer.header('Retry-After'), Date.now()),
  });
}
