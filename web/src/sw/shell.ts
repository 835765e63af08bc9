// The page without the network: what it is made of is kept, so that a crash while the server is down leaves nobody without it.
declare const __SHELL_FILES__: string[];
declare const __SHELL_VERSION__: string;

const PREFIX = 'wf-shell-';
const NAVIGATION_TIMEOUT_MS = 3_000;
const cacheName = `${PREFIX}${__SHELL_VERSION__}`;
const files = new Set(__SHELL_FILES__);

export async function keepShell(): Promise<void> {
  const cache = await caches.open(cacheName);
  await cache.addAll([...files].map((file) => new Request(file, { cache: 'no-cache' })));
}

export async function dropOldShells(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== cacheName) await caches.delete(name);
}

async function navigate(request: Request): Promise<Response> {
  const kept = async (): Promise<Response> => (await (await caches.open(cacheName)).match('/')) ?? Response.error();
  const late = new Promise<null>((resolve) => { setTimeout(() => resolve(null), NAVIGATION_TIMEOUT_MS); });
  try {
    const response = await Promise.race([fetch(request), late]);
    return response?.ok ? response : await kept();
  } catch {
    return kept();
  }
}

async function asset(request: Request, pathname: string): Promise<Response> {
  return (await (await caches.open(cacheName)).match(pathname)) ?? fetch(request);
}

/** The answer to a request of the page for itself; null for everything that is not part of it, which goes to the network untouched. */
export function answer(request: Request): Promise<Response> | null {
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || !files.has(url.pathname)) return null;
  return request.mode === 'navigate' ? navigate(request) : asset(request, url.pathname);
}
