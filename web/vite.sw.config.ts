import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vite';
import { aliases } from './vite.aliases.ts';

// The worker: one classic script at /sw.js. It is built after the page, because it carries the list of the page's files.
// The operator's page is not among them: it says nothing without the server.
const dist = path.resolve(import.meta.dirname, 'dist');
const files = fs.readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name !== 'sw.js' && !entry.name.startsWith('ops'))
  .map((entry) => path.join(entry.parentPath, entry.name))
  .sort();
const version = createHash('sha256');
for (const file of files) version.update(file.slice(dist.length)).update(fs.readFileSync(file));
const shell = files.map((file) => `/${path.relative(dist, file).replaceAll(path.sep, '/')}`.replace(/\/index\.html$/, '/'));

export default defineConfig({
  publicDir: false,
  define: { __SHELL_FILES__: JSON.stringify(shell), __SHELL_VERSION__: JSON.stringify(version.digest('hex').slice(0, 16)) },
  resolve: { alias: aliases },
  build: {
    outDir: 'dist',
    emptyOutDir: false,
    target: ['chrome111', 'firefox115', 'safari16.4'],
    reportCompressedSize: false,
    lib: { entry: 'src/sw/sw.ts', formats: ['iife'], name: 'waveforge', fileName: () => 'sw.js' },
  },
});
