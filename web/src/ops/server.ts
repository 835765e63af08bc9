// The requests of the operator's page. The token lives as long as the tab and goes to this server only.
export interface SessionLine {
  session_id: string;
  state: string;
  uploaded_chunks: number;
  total_chunks: number | null;
  bytes_received: number;
  recording_name: string;
  created_at: string;
  updated_at: string;
}

export interface Problem {
  status: number;
  detail: string;
}

export type Answer<T> = { ok: true; value: T } | { ok: false; problem: Problem };

const TOKEN = 'wf-operator-token';
const PAGE = 1000;
/** More than this is a question for `wfctl ls`: the page says so instead of taking minutes and hundreds of megabytes. */
export const SESSIONS_MAX = 10_000;

export const savedToken = (): string => sessionStorage.getItem(TOKEN) ?? '';
export const saveToken = (token: string): void => sessionStorage.setItem(TOKEN, token);

async function ask(path: string, init: RequestInit = {}): Promise<Answer<Response>> {
  try {
    const response = await fetch(path, { cache: 'no-store', ...init, signal: AbortSignal.timeout(10_000) });
    if (response.ok) return { ok: true, value: response };
    const body = (await response.json().catch(() => ({}))) as { detail?: string };
    return { ok: false, problem: { status: response.status, detail: body.detail ?? `The server answered ${response.status}.` } };
  } catch {
    return { ok: false, problem: { status: 0, detail: 'The server does not answer.' } };
  }
}

/** Every session up to SESSIONS_MAX, newest change first; `more` when there are others. */
export async function listSessions(token: string): Promise<Answer<{ lines: SessionLine[]; more: boolean }>> {
  const lines: SessionLine[] = [];
  let after: string | null = '';
  while (after !== null && lines.length < SESSIONS_MAX) {
    const answer = await ask(`/files?limit=${PAGE}&after=${encodeURIComponent(after)}`, { headers: { Authorization: `Bearer ${token}` } });
    if (!answer.ok) return answer;
    const page = (await answer.value.json()) as { sessions: SessionLine[]; next: string | null };
    lines.push(...page.sessions);
    after = page.next;
  }
  lines.sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
  return { ok: true, value: { lines, more: after !== null } };
}

async function textOf(path: string): Promise<Answer<string>> {
  const answer = await ask(path);
  return answer.ok ? { ok: true, value: await answer.value.text() } : answer;
}

export const readMetrics = (): Promise<Answer<string>> => textOf('/metrics');
export const readReady = (): Promise<Answer<string>> => textOf('/ready');

export async function readVersion(): Promise<string> {
  const answer = await ask('/version');
  return answer.ok ? ((await answer.value.json()) as { version: string }).version : '';
}

export interface SessionStatus {
  missing_chunks: number[];
  partial_chunks: Record<string, number>;
  error?: string;
}

export async function readStatus(id: string): Promise<Answer<SessionStatus>> {
  const answer = await ask(`/files/${id}/status`);
  return answer.ok ? { ok: true, value: (await answer.value.json()) as SessionStatus } : answer;
}

export const assemble = (id: string): Promise<Answer<Response>> => ask(`/files/${id}/assemble`, { method: 'POST' });
export const remove = (id: string): Promise<Answer<Response>> => ask(`/files/${id}`, { method: 'DELETE' });
