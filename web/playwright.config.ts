import { defineConfig } from '@playwright/test';
import { voiceFile } from './test/support/voice.ts';

const browser = {
  executablePath: process.env['WF_CHROMIUM'] ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required',
  ],
};

// The browser is the system's. WF_SERVER_BIN names the server to test against; without it test/stub stands in.
export default defineConfig({
  projects: [
    { name: 'e2e', testDir: 'test/e2e' },
    { name: 'chaos', testDir: 'test/chaos' },
    { name: 'firefox', testDir: 'test/firefox' },
    { name: 'screens', testDir: 'test/screens', use: { launchOptions: { ...browser, args: [...browser.args, `--use-file-for-fake-audio-capture=${voiceFile()}`] } } },
  ],
  outputDir: 'test-results',
  fullyParallel: true,
  workers: Number(process.env['WF_WORKERS'] ?? 2),
  timeout: 120_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  // A second chance in CI, where a stalled machine can cost a page its deadline; what needed it is reported as flaky.
  retries: process.env['CI'] ? 1 : 0,
  reporter: [['list']],
  use: { browserName: 'chromium', headless: true, launchOptions: browser, trace: 'off' },
});
