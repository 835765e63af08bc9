import { defineConfig } from 'vite';
import { aliases } from './vite.aliases.ts';

// The page. The worker is a second build (vite.sw.config.ts): with both as inputs of one build the worker would import a
// hashed chunk, and /sw.js has to be one classic script.
export default defineConfig({
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  resolve: { alias: aliases },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: ['chrome111', 'firefox115', 'safari16.4'],
    assetsInlineLimit: 0,
    manifest: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: 'index.html', ops: 'ops.html', 'tus-upload-manager': 'src/page/tus-upload-manager.ts' },
      // The manager is for other pages too: it keeps its exports and a name without a hash.
      preserveEntrySignatures: 'strict',
      output: { entryFileNames: (chunk) => (chunk.name === 'tus-upload-manager' ? '[name].js' : 'assets/[name]-[hash].js') },
    },
  },
  server: { proxy: { '/files': 'http://127.0.0.1:8080', '/upload': 'http://127.0.0.1:8080', '/health': 'http://127.0.0.1:8080' } },
});
