// A TCP proxy that breaks one connection on purpose: after so many bytes of one request's body, or before its answer.
import net from 'node:net';

const bodyMethods = /^(PATCH|POST) /;

/** Follows the requests of one connection: heads with Content-Length, one after another. */
class RequestReader {
  #head = '';
  #bodyLeft = 0;

  /** Splits a piece into {bytes, body, begins}: `body` tells whether the bytes belong to a body. */
  *parts(piece) {
    let at = 0;
    while (at < piece.length) {
      if (this.#bodyLeft > 0) {
        const end = Math.min(piece.length, at + this.#bodyLeft);
        yield { bytes: piece.subarray(at, end), body: true };
        this.#bodyLeft -= end - at;
        at = end;
        continue;
      }
      const before = this.#head.length;
      this.#head += piece.latin1Slice(at);
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0) {
        yield { bytes: piece.subarray(at), body: false };
        return;
      }
      const head = this.#head.slice(0, end + 4);
      this.#head = '';
      const length = /\r\ncontent-length: *(\d+)/i.exec(head);
      this.#bodyLeft = bodyMethods.test(head) && length ? Number(length[1]) : 0;
      yield { bytes: piece.subarray(at, at + head.length - before), body: false };
      at += head.length - before;
    }
  }
}

/** @param {number} serverPort */
export async function startProxy(serverPort) {
  let cutAfter = null; // body bytes; null: no cut
  let bodyBytes = 0;
  let cuts = 0;
  const sockets = new Set();

  const server = net.createServer((client) => {
    const upstream = net.connect(serverPort, '127.0.0.1');
    const reader = new RequestReader();
    let deaf = false;
    for (const one of [client, upstream]) {
      one.setNoDelay(true);
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => sockets.delete(one));
    }
    const cut = () => {
      deaf = true;
      cutAfter = null;
      cuts += 1;
      // The server gets every byte that was let through and then the end. Only when it has closed does the client get a reset:
      // else it might ask how far the server came before the server has come so far.
      upstream.end();
    };
    client.on('data', (piece) => {
      if (deaf) return;
      for (const part of reader.parts(piece)) {
        let bytes = part.bytes;
        if (part.body && cutAfter !== null) bytes = bytes.subarray(0, Math.max(0, cutAfter - bodyBytes));
        if (part.body) bodyBytes += bytes.length;
        if (bytes.length > 0) upstream.write(bytes);
        if (part.body && cutAfter !== null && bodyBytes >= cutAfter) return cut();
      }
    });
    upstream.on('data', (piece) => deaf || client.write(piece));
    client.on('end', () => upstream.end());
    upstream.on('end', () => deaf || client.end());
    client.on('close', () => deaf || upstream.destroy());
    upstream.on('close', () => (deaf ? client.resetAndDestroy() : client.destroySoon()));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
    /** Break the next connection over which this many more bytes of bodies have gone. */
    cutAfter(bytes) {
      bodyBytes = 0;
      cutAfter = bytes;
    },
    /** Bytes of bodies let through since the last call of cutAfter or this, and how often a connection was broken. */
    counts() {
      const told = { bodyBytes, cuts };
      bodyBytes = 0;
      cuts = 0;
      return told;
    },
    async stop() {
      for (const one of sockets) one.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
