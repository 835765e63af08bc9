// What a scenario left behind on the server, fetched without any client library.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { bytesOf } from './bytes.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

export async function checkOutcome({ url, size, seed, gone }) {
  if (gone) {
    const answer = await fetch(url, { method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } });
    assert.ok([404, 410].includes(answer.status), `HEAD of what was terminated is ${answer.status}`);
    return;
  }
  const answer = await fetch(url);
  assert.equal(answer.status, 200, `GET of the finished upload is ${answer.status}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  assert.equal(bytes.length, size);
  assert.equal(sha256(bytes), sha256(bytesOf(size, seed)));
}
