// Measures what the build made and refuses more than the page and the worker may weigh: gzip bytes of the script a visitor loads
// first (the entry and what it imports statically), and of the worker.
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';

const LIMITS = { page: 30 * 1024, worker: 15 * 1024 };
const dist = fileURLToPath(new URL('../dist', import.meta.url));
const html = fs.readFileSync(path.join(dist, 'index.html'), 'utf8');

function closure(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = fs.readFileSync(path.join(dist, file), 'utf8');
  for (const [, target] of text.matchAll(/(?:^|[;}\s])(?:import|export)[^"'()]*["'](\.\/[^"']+\.js)["']/g)) closure(path.join(path.dirname(file), target), seen);
  return seen;
}
const entry = /<script[^>]+src="\/([^"]+)"/.exec(html)?.[1];
if (!entry) throw new Error('index.html has no script');
const weigh = (files) => [...files].reduce((sum, file) => sum + gzipSync(fs.readFileSync(path.join(dist, file)), { level: 9 }).length, 0);
const sizes = { page: weigh(closure(entry)), worker: fs.existsSync(path.join(dist, 'sw.js')) ? weigh(['sw.js']) : 0 };
let heavy = false;
for (const [name, bytes] of Object.entries(sizes)) {
  console.log(`${name}: ${bytes} bytes gzip of ${LIMITS[name]}`);
  heavy ||= bytes > LIMITS[name];
}
const foreign = fs.readdirSync(path.join(dist, 'assets')).concat('../sw.js').filter((name) => {
  const file = path.join(dist, 'assets', name);
  return name.endsWith('.js') && fs.existsSync(file) && /["'`]https?:\/\/(?!www\.w3\.org)/.test(fs.readFileSync(file, 'utf8'));
});
if (foreign.length) console.log(`addresses of other hosts in ${foreign.join(', ')}`);
process.exit(heavy ? 1 : 0);
