import { defineConfig } from 'vitest/config';
import { aliases } from './vite.aliases.ts';

// tus-js-client goes through vite here, too, so that the tests see it as it is built.
export default defineConfig({
  resolve: { alias: aliases },
  test: { include: ['test/unit/**/*.test.ts'], environment: 'node', server: { deps: { inline: ['tus-js-client'] } } },
});
