// tus-js-client, unmodified, in Node: every way of uploading it has ends with the same bytes on the server.
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';

import * as tus from 'tus-js-client';

import { bytesOf } from '../support/bytes.mjs';
import { checkOutcome } from '../support/outcome.mjs';
import { startProxy } from '../support/proxy.mjs';
import { scenarios } from '../support/scenarios.mjs';
import { startServer } from '../support/server.mjs';

let server;
let proxy;
let world;

before(async () => {
  server = await startServer();
  proxy = await startProxy(server.port);
  world = {
    tus,
    endpoint: `http://127.0.0.1:${proxy.port}/tus/`,
    file: (size, seed) => Buffer.from(bytesOf(size, seed)),
    stream: (size, seed) => Readable.from(pieces(bytesOf(size, seed))),
    cutAfter: (bytes) => proxy.cutAfter(bytes),
    counts: () => proxy.counts(),
  };
});

after(async () => {
  await proxy?.stop();
  await server?.stop();
});

function* pieces(bytes) {
  for (let at = 0; at < bytes.length; at += 65_536) yield Buffer.from(bytes.subarray(at, at + 65_536));
}

let seed = 0;
for (const [name, run] of Object.entries(scenarios)) {
  seed += 1;
  const mine = seed;
  test(name, { timeout: 60_000 }, async () => checkOutcome(await run(world, mine)));
}
