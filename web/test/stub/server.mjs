// A small server that answers like `waveforge serve`: session API, fallback API, status, recording, health and the built page.
// It exists so that the page can be tested alone; it takes the same flags and prints the same "listening on" line.
import http from 'node:http';
import fs from 'node:fs';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at > 0 ? process.argv[at + 1] : fallback;
};
const [host, port] = option('listen', '127.0.0.1:0').split(':');
const dataDir = path.resolve(option('data-dir', './uploaded_data'));
const webDir = path.resolve(option('web-dir', fileURLToPath(new URL('../../dist', import.meta.url))));
const MAX_CHUNK = 5 * 1024 * 1024;
fs.mkdirSync(dataDir, { recursive: true });

const SID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const CID = /^(0|[1-9][0-9]{0,5})$/;
const MEDIA = { webm: 'audio/webm', ogg: 'audio/ogg', mp4: 'audio/mp4', m4a: 'audio/mp4', wav: 'audio/wav', mp3: 'audio/mpeg', flac: 'audio/flac' };
const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml', '.png': 'image/png', '.webmanifest': 'application/manifest+json', '.json': 'application/json',
};

class HttpError extends Error {
  constructor(status, title, extra = {}, headers = {}) {
    super(title);
    Object.assign(this, { status, title, extra, headers });
  }
}

const sessions = new Map();
const dirOf = (sid) => path.join(dataDir, sid);
const chunkFile = (sid, cid) => path.join(dirOf(sid), `${cid}.chunk`);
const offsetOf = (sid, cid) => { try { return fs.statSync(chunkFile(sid, cid)).size; } catch { return 0; } };

function load(sid) {
  const known = sessions.get(sid);
  if (known) return known;
  try {
    const read = JSON.parse(fs.readFileSync(path.join(dirOf(sid), 'session.json'), 'utf8'));
    sessions.set(sid, read);
    return read;
  } catch { return undefined; }
}
function save(session) {
  session.updated_at = new Date().toISOString();
  fs.mkdirSync(dirOf(session.sid), { recursive: true });
  const file = path.join(dirOf(session.sid), 'session.json');
  fs.writeFileSync(`${file}.new`, JSON.stringify(session));
  fs.renameSync(`${file}.new`, file);
}
function open(sid) {
  const known = load(sid);
  if (known) return known;
  const now = new Date().toISOString();
  const session = { sid, state: 'open', total: null, chunks: {}, name: null, format: null, durationMs: null, chunkSize: null, meta: {}, created_at: now, updated_at: now, recording: null };
  sessions.set(sid, session);
  return session;
}
function known(sid) {
  const session = load(sid);
  if (!session) throw new HttpError(404, 'no such session');
  if (session.state === 'cancelled' || session.state === 'expired') throw new HttpError(410, `session ${session.state}`, { type: session.state });
  return session;
}

function parseMetadata(header) {
  const pairs = {};
  if (!header) return pairs;
  if (header.length > 1024) throw new HttpError(431, 'metadata over 1 KiB');
  for (const part of header.split(',')) {
    const [key, value = ''] = part.trim().split(/ +/);
    if (key in pairs) throw new HttpError(400, `duplicate metadata key ${key}`);
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4) throw new HttpError(400, `bad base64 in ${key}`);
    pairs[key] = Buffer.from(value, 'base64').toString('utf8');
  }
  return pairs;
}
const count = (text, what) => {
  if (!/^[0-9]+$/.test(text ?? '')) throw new HttpError(400, `${what} is not a number`);
  return Number(text);
};

function body(req, limit) {
  return new Promise((resolve, reject) => {
    const pieces = [];
    let size = 0;
    req.on('data', (piece) => {
      size += piece.length;
      if (size > limit) { reject(new HttpError(413, 'too large')); req.resume(); } else pieces.push(piece);
    });
    req.on('end', () => resolve(Buffer.concat(pieces)));
    req.on('aborted', () => reject(new HttpError(499, 'cut')));
    req.on('error', reject);
  });
}

const missing = (session) => {
  const indices = Object.keys(session.chunks).map(Number);
  const end = session.total ?? (indices.length ? Math.max(...indices) + 1 : 0);
  const out = [];
  for (let i = 0; i < end; ++i) if (!complete(session, i)) out.push(i);
  return out;
};
const complete = (session, cid) => session.recording !== null || (cid in session.chunks && offsetOf(session.sid, cid) === session.chunks[cid].length);

function takeTotal(session, total) {
  if (session.total !== null && session.total !== total) throw new HttpError(409, 'another total');
  if (Object.keys(session.chunks).some((i) => Number(i) >= total)) throw new HttpError(409, 'a chunk beyond this total exists');
  session.total = total;
  if (session.state === 'open') session.state = 'sealed';
}

function assembleIfComplete(session) {
  if (session.state === 'assembled' || session.total === null || missing(session).length) return false;
  const out = path.join(dirOf(session.sid), 'recording');
  const hash = createHash('sha256');
  const fd = fs.openSync(out, 'w');
  let size = 0;
  for (let i = 0; i < session.total; ++i) {
    const bytes = fs.readFileSync(chunkFile(session.sid, i));
    hash.update(bytes);
    fs.writeSync(fd, bytes);
    size += bytes.length;
  }
  fs.closeSync(fd);
  session.recording = { size, sha256: hash.digest('hex') };
  session.state = 'assembled';
  save(session);
  for (let i = 0; i < session.total; ++i) fs.rmSync(chunkFile(session.sid, i), { force: true });
  return true;
}

function statusBody(session) {
  const indices = Object.keys(session.chunks).map(Number).sort((a, b) => a - b);
  const partial = {};
  let bytes = 0;
  for (const i of indices) {
    const offset = session.recording ? session.chunks[i].length : offsetOf(session.sid, i);
    bytes += offset;
    if (offset < session.chunks[i].length) partial[i] = offset;
  }
  const done = indices.filter((i) => complete(session, i)).length;
  return {
    session_id: session.sid, state: session.state, total_chunks: session.total, uploaded_chunks: done,
    missing_chunks: session.recording ? [] : missing(session), partial_chunks: partial, bytes_received: bytes,
    assembled: session.state === 'assembled', assembling: session.state === 'assembling',
    progress: session.total ? done / session.total : 0, recording_name: session.name, format: session.format,
    created_at: session.created_at, updated_at: session.updated_at,
    expires_at: new Date(Date.parse(session.updated_at) + 7 * 86400e3).toISOString(), recording: session.recording,
  };
}

const writers = new Map(); // chunk -> the request that writes to it; a later one displaces it
function displace(key) {
  const earlier = writers.get(key);
  if (earlier) earlier.destroy();
  writers.delete(key);
}

async function createChunk(req, sid) {
  const pairs = parseMetadata(req.headers['upload-metadata']);
  if (!CID.test(pairs.chunkIndex ?? '')) throw new HttpError(400, 'chunkIndex is required');
  const cid = Number(pairs.chunkIndex);
  const length = count(req.headers['upload-length'], 'Upload-Length');
  if (length > MAX_CHUNK) throw new HttpError(413, 'longer than --max-chunk-size');
  if (load(sid)) known(sid);
  const session = open(sid);
  if (pairs.chunkSize) {
    const size = count(pairs.chunkSize, 'chunkSize');
    if (session.chunkSize !== null && session.chunkSize !== size) throw new HttpError(409, 'another chunkSize');
    session.chunkSize = size;
  }
  const have = session.chunks[cid];
  if (have && have.length !== length) throw new HttpError(409, 'same index with another length');
  if (!have && session.state === 'assembled') throw new HttpError(409, 'already assembled');
  if (pairs.totalChunks) {
    const total = count(pairs.totalChunks, 'totalChunks');
    if (cid >= total) throw new HttpError(400, 'index is not below the total');
    takeTotal(session, total);
  } else if (session.total !== null && cid >= session.total) throw new HttpError(400, 'index is not below the total');
  if (!have) session.chunks[cid] = { length, metadata: req.headers['upload-metadata'] };
  session.name ??= pairs.recordingName ?? null;
  session.format ??= pairs.format ?? null;
  session.durationMs ??= pairs.durationMs ?? null;
  save(session);
  const offset = session.recording ? length : offsetOf(sid, cid);
  return { status: 201, headers: { Location: `/files/${sid}/chunks/${cid}`, 'Upload-Offset': String(offset) } };
}

async function patchChunk(req, sid, cid) {
  const session = known(sid);
  const chunk = session.chunks[cid];
  if (!chunk) throw new HttpError(404, 'no such chunk');
  if (req.headers['content-type'] !== 'application/offset+octet-stream') throw new HttpError(415, 'application/offset+octet-stream is expected');
  const offset = count(req.headers['upload-offset'], 'Upload-Offset');
  const key = `${sid}/${cid}`;
  displace(key);
  const present = session.recording ? chunk.length : offsetOf(sid, cid);
  if (offset !== present) throw new HttpError(409, 'the offset differs', {}, { 'Upload-Offset': String(present) });
  if (offset + Number(req.headers['content-length'] ?? 0) > chunk.length) throw new HttpError(413, 'past Upload-Length');
  writers.set(key, req);
  const file = chunkFile(sid, cid);
  const checksum = req.headers['upload-checksum'];
  try {
    if (checksum) {
      const bytes = await body(req, chunk.length - offset);
      const [algorithm, told] = checksum.split(' ');
      if (createHash(algorithm).update(bytes).digest('base64') !== told) throw new HttpError(460, 'checksum mismatch');
      if (offsetOf(sid, cid) !== offset) throw new HttpError(409, 'the offset differs', {}, { 'Upload-Offset': String(offsetOf(sid, cid)) });
      fs.appendFileSync(file, bytes);
    } else {
      for await (const piece of req) fs.appendFileSync(file, piece);
    }
  } finally {
    if (writers.get(key) === req) writers.delete(key);
  }
  session.updated_at = new Date().toISOString();
  assembleIfComplete(session);
  return { status: 204, headers: { 'Upload-Offset': String(session.recording ? chunk.length : offsetOf(sid, cid)) } };
}

function headChunk(sid, cid) {
  const session = known(sid);
  const chunk = session.chunks[cid];
  if (!chunk) throw new HttpError(404, 'no such chunk');
  displace(`${sid}/${cid}`);
  return {
    status: 200,
    headers: {
      'Upload-Offset': String(session.recording ? chunk.length : offsetOf(sid, cid)), 'Upload-Length': String(chunk.length),
      'Upload-Metadata': chunk.metadata ?? '', 'Cache-Control': 'no-store',
    },
  };
}

async function readForm(req) {
  const type = req.headers['content-type'] ?? '';
  const bytes = await body(req, MAX_CHUNK + 65536);
  return new Response(bytes, { headers: { 'Content-Type': type } }).formData();
}

async function uploadChunk(req, url) {
  const form = await readForm(req);
  const field = (name) => form.get(name) ?? url.searchParams.get(name);
  const sid = String(field('session_id') ?? '').toLowerCase();
  if (!SID.test(sid)) throw new HttpError(400, 'session_id is not a UUID');
  const cid = count(field('chunk_index'), 'chunk_index');
  const file = form.get('file');
  if (!(file instanceof Blob)) throw new HttpError(400, 'file is missing');
  const bytes = Buffer.from(await file.arrayBuffer());
  if (bytes.length > MAX_CHUNK) throw new HttpError(413, 'longer than --max-chunk-size');
  if (load(sid)) known(sid);
  const session = open(sid);
  if (session.recording) {
    if (session.chunks[cid]?.length !== bytes.length) throw new HttpError(409, 'already assembled');
  } else {
    if (complete(session, cid) && !fs.readFileSync(chunkFile(sid, cid)).equals(bytes)) throw new HttpError(409, 'other bytes are there');
    fs.mkdirSync(dirOf(sid), { recursive: true });
    displace(`${sid}/${cid}`);
    fs.writeFileSync(`${chunkFile(sid, cid)}.new`, bytes);
    fs.renameSync(`${chunkFile(sid, cid)}.new`, chunkFile(sid, cid));
    session.chunks[cid] = { length: bytes.length, metadata: session.chunks[cid]?.metadata ?? '' };
    const total = field('total_chunks');
    if (total !== null) takeTotal(session, count(total, 'total_chunks'));
    session.name ??= field('file_name');
    session.format ??= field('format');
    save(session);
    assembleIfComplete(session);
  }
  return { status: 200, json: { status: 'chunk_received', session_id: sid, chunk_index: cid, size: bytes.length } };
}

async function recordingComplete(req, url) {
  const type = req.headers['content-type'] ?? '';
  let fields = Object.fromEntries(url.searchParams);
  if (type.startsWith('application/json')) fields = { ...fields, ...JSON.parse((await body(req, 65536)).toString('utf8')) };
  else if (type) fields = { ...fields, ...Object.fromEntries((await readForm(req)).entries()) };
  const session = known(String(fields.session_id).toLowerCase());
  if (fields.file_name) session.name = fields.file_name;
  if (fields.metadata) session.meta = { ...session.meta, ...(typeof fields.metadata === 'string' ? JSON.parse(fields.metadata) : fields.metadata) };
  return finish(session, fields.total_chunks === undefined ? null : Number(fields.total_chunks));
}

function finish(session, total) {
  if (session.recording) { save(session); return { status: 200, json: { status: 'assembled', session_id: session.sid } }; }
  const before = session.total;
  session.total = total ?? session.total ?? Math.max(-1, ...Object.keys(session.chunks).map(Number)) + 1;
  const gaps = missing(session);
  if (gaps.length || session.total === 0) {
    session.total = before;
    throw new HttpError(409, 'chunks are missing', { missing_chunks: gaps });
  }
  assembleIfComplete(session);
  return { status: 200, json: { status: 'assembled', session_id: session.sid } };
}

function download(req, sid) {
  const session = known(sid);
  if (!session.recording) throw new HttpError(404, 'not assembled');
  const file = path.join(dirOf(sid), 'recording');
  const size = session.recording.size;
  const etag = `"${session.recording.sha256.slice(0, 32)}"`;
  const base = {
    'Content-Type': MEDIA[session.format] ?? 'application/octet-stream', 'Accept-Ranges': 'bytes', ETag: etag, 'X-Content-Type-Options': 'nosniff',
    'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(session.name ?? 'recording')}`, 'Content-Security-Policy': "default-src 'none'; sandbox",
  };
  const range = /^bytes=(\d*)-(\d*)$/.exec(req.headers.range ?? '');
  if (!range || req.method === 'HEAD') return { status: 200, headers: { ...base, 'Content-Length': String(size) }, stream: () => fs.createReadStream(file) };
  const from = range[1] === '' ? Math.max(0, size - Number(range[2])) : Number(range[1]);
  const to = range[1] === '' || range[2] === '' ? size - 1 : Math.min(size - 1, Number(range[2]));
  if (from > to) throw new HttpError(416, 'outside the recording', {}, { 'Content-Range': `bytes */${size}` });
  return {
    status: 206, headers: { ...base, 'Content-Range': `bytes ${from}-${to}/${size}`, 'Content-Length': String(to - from + 1) },
    stream: () => fs.createReadStream(file, { start: from, end: to }),
  };
}

function asset(pathname) {
  const name = pathname === '/' ? '/index.html' : pathname;
  const file = path.join(webDir, path.normalize(name));
  if (!file.startsWith(webDir + path.sep) || !fs.existsSync(file) || fs.statSync(file).isDirectory()) throw new HttpError(404, 'no such page');
  const headers = {
    'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream', 'X-Content-Type-Options': 'nosniff',
    'Cache-Control': name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    'Content-Security-Policy': "default-src 'self'; connect-src 'self'; worker-src 'self'; media-src 'self' blob:; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    'Permissions-Policy': 'microphone=(self)',
  };
  return { status: 200, headers, stream: () => fs.createReadStream(file) };
}

async function route(req) {
  const url = new URL(req.url, 'http://stub');
  const { pathname } = url;
  const method = req.method;
  if (pathname === '/health' || pathname === '/ready') return { status: 200, json: { status: 'ok' } };
  if (pathname === '/upload/chunk' && method === 'POST') return uploadChunk(req, url);
  if (pathname === '/recording/complete' && method === 'POST') return recordingComplete(req, url);
  const match = /^\/files\/([^/]+)(\/.*)?$/.exec(pathname);
  if (!match) {
    if (method === 'GET' || method === 'HEAD') return asset(pathname);
    throw new HttpError(405, 'GET or HEAD');
  }
  const sid = match[1].toLowerCase();
  const rest = match[2] ?? '';
  if (!SID.test(sid)) throw new HttpError(400, 'the session id is not a UUID');
  const chunk = /^\/chunks\/([^/]+)$/.exec(rest);
  const tus = rest === '/chunks/' || chunk;
  if (tus && req.headers['tus-resumable'] !== '1.0.0') throw new HttpError(412, 'Tus-Resumable: 1.0.0', {}, { 'Tus-Version': '1.0.0' });
  if (rest === '/chunks/' && method === 'POST') return createChunk(req, sid);
  if (chunk) {
    if (!CID.test(chunk[1])) throw new HttpError(400, 'bad chunk index');
    if (method === 'PATCH') return patchChunk(req, sid, Number(chunk[1]));
    if (method === 'HEAD') return headChunk(sid, Number(chunk[1]));
  }
  if (rest === '/status') return { status: 200, json: statusBody(known(sid)) };
  if (rest === '/assemble' && method === 'POST') {
    const text = (await body(req, 4096)).toString('utf8');
    return finish(known(sid), text ? JSON.parse(text).total_chunks ?? null : null);
  }
  if (rest === '/recording') return download(req, sid);
  if (rest === '' && method === 'DELETE') {
    const session = load(sid);
    if (!session) throw new HttpError(404, 'no such session');
    for (const cid of Object.keys(session.chunks)) displace(`${sid}/${cid}`);
    fs.rmSync(dirOf(sid), { recursive: true, force: true });
    const tombstone = { ...open(sid), chunks: {}, recording: null, state: 'cancelled' };
    sessions.set(sid, tombstone);
    save(tombstone);
    return { status: 204 };
  }
  throw new HttpError(405, 'method not allowed here');
}

const server = http.createServer(async (req, res) => {
  const send = (status, headers, text) => {
    if (res.headersSent || res.destroyed) return;
    res.writeHead(status, { 'Content-Length': text === null ? 0 : Buffer.byteLength(text), ...headers });
    res.end(req.method === 'HEAD' || text === null ? undefined : text);
  };
  const tus = req.url.includes('/chunks/') ? { 'Tus-Resumable': '1.0.0' } : {};
  try {
    const answer = await route(req);
    if (answer.stream) {
      res.writeHead(answer.status, answer.headers);
      if (req.method === 'HEAD') res.end();
      else answer.stream().on('error', () => res.destroy()).pipe(res);
    } else if (answer.json) send(answer.status, { 'Content-Type': 'application/json', ...tus, ...answer.headers }, JSON.stringify(answer.json));
    else if (answer.status === 204) { res.writeHead(204, { ...tus, ...answer.headers }); res.end(); } else send(answer.status, { ...tus, ...answer.headers }, null);
  } catch (error) {
    if (!(error instanceof HttpError)) { if (!res.destroyed && !req.aborted) console.error(error); }
    const status = error instanceof HttpError ? error.status : 500;
    const title = error instanceof HttpError ? error.title : 'internal error';
    send(status, { 'Content-Type': 'application/problem+json', ...tus, ...(error.headers ?? {}) }, JSON.stringify({ type: 'about:blank', title, status, detail: title, ...(error.extra ?? {}) }));
    req.resume();
  }
});
server.keepAliveTimeout = 75_000;
server.listen(Number(port), host, () => console.log(`listening on http://${host}:${server.address().port}`));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
