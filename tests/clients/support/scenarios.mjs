// What an unmodified tus-js-client is asked to do; the same in Node and in a browser. `world` brings
//   tus                     the library
//   endpoint                where uploads are created, behind a proxy that can cut
//   file(size, seed)        what this side calls a file
//   stream(size, seed)      the same as something that is read once and does not tell its length
//   cutAfter(bytes)         break the connection after so many more body bytes
//   counts()                body bytes and cuts since then
//   sendsAgain              below the client something repeats a broken request by itself, as browsers do
// Each returns {url, size, seed} of a finished upload, which the caller fetches and compares, or throws.

/** Starts the upload; resolves when it has ended, with the client's error if there was one. */
function ended(world, file, options) {
  return new Promise((resolve) => {
    const upload = new world.tus.Upload(file, {
      endpoint: world.endpoint,
      storeFingerprintForResuming: false,
      ...options,
      onError: (error) => resolve({ upload, error }),
      onSuccess: () => resolve({ upload, error: null }),
    });
    upload.start();
  });
}

async function finished(world, file, options) {
  const { upload, error } = await ended(world, file, options);
  if (error) throw error;
  return upload;
}

function check(holds, what) {
  if (!holds) throw new Error(what);
}

const size = 3_000_000;

/** One request is cut; the client comes back by itself, and sends nothing twice that the server has told. */
function resumedByItself(at, more = {}) {
  return async (world, seed) => {
    await world.cutAfter(at);
    const upload = await finished(world, world.file(size, seed), { retryDelays: [0, 20, 100, 500, 1000], ...more });
    const { bodyBytes, cuts } = await world.counts();
    check(cuts === 1, `the connection was cut ${cuts} times`);
    check(world.sendsAgain || bodyBytes <= size + at, `${bodyBytes} bytes of bodies for ${size}`);
    return { url: upload.url, size, seed };
  };
}

/** One request is cut and the page is gone; another page, which only knows the URL, goes on. */
function resumedByAnother(at) {
  return async (world, seed) => {
    await world.cutAfter(at);
    const broken = await ended(world, world.file(size, seed), { retryDelays: null });
    const url = broken.upload.url;
    check(broken.error && url, 'the upload was to break after it had a URL');
    const first = await world.counts();
    check(first.cuts === 1, `the connection was cut ${first.cuts} times`);
    const upload = await finished(world, world.file(size, seed), { uploadUrl: url, retryDelays: [0, 20, 100, 500, 1000] });
    check(upload.url === url, `the client went on at ${upload.url}, not at ${url}`);
    const second = await world.counts();
    check(world.sendsAgain || second.bodyBytes === size - at, `${at} bytes had arrived, and ${second.bodyBytes} of ${size} were sent again`);
    return { url, size, seed };
  };
}

export const scenarios = {
  async 'a plain upload'(world, seed) {
    const upload = await finished(world, world.file(size, seed), { metadata: { filename: 'grüße.webm', filetype: 'audio/webm' } });
    return { url: upload.url, size, seed };
  },
  async 'nothing at all'(world, seed) {
    const upload = await finished(world, world.file(0, seed), {});
    return { url: upload.url, size: 0, seed };
  },
  async 'in pieces'(world, seed) {
    const upload = await finished(world, world.file(size, seed), { chunkSize: 700_001 });
    return { url: upload.url, size, seed };
  },

  'cut after 1 byte': resumedByItself(1),
  'cut in the middle': resumedByItself(size / 2),
  'cut before the last byte': resumedByItself(size - 1),
  'cut after the last byte, so that the answer is lost': resumedByItself(size),
  'cut after 1 byte, resumed by another page': resumedByAnother(1),
  'cut in the middle, resumed by another page': resumedByAnother(size / 2),
  'cut before the last byte, resumed by another page': resumedByAnother(size - 1),

  async 'four parallel uploads'(world, seed) {
    const upload = await finished(world, world.file(size, seed), { parallelUploads: 4, metadata: { filename: 'four.bin' } });
    return { url: upload.url, size, seed };
  },
  'four parallel uploads, one of them cut': resumedByItself(size / 3, { parallelUploads: 4 }),

  async 'a deferred length from a stream'(world, seed) {
    const upload = await finished(world, world.stream(size, seed), { uploadLengthDeferred: true, chunkSize: 800_000 });
    return { url: upload.url, size, seed };
  },
  async 'a deferred length that ends with a whole piece'(world, seed) {
    const upload = await finished(world, world.stream(1_600_000, seed), { uploadLengthDeferred: true, chunkSize: 800_000 });
    return { url: upload.url, size: 1_600_000, seed };
  },

  async 'data with the creation'(world, seed) {
    const upload = await finished(world, world.file(size, seed), { uploadDataDuringCreation: true });
    return { url: upload.url, size, seed };
  },
  async 'data with the creation, in pieces'(world, seed) {
    const upload = await finished(world, world.file(size, seed), { uploadDataDuringCreation: true, chunkSize: 900_000 });
    return { url: upload.url, size, seed };
  },
  async 'data with the creation, of a deferred length'(world, seed) {
    const upload = await finished(world, world.stream(size, seed), { uploadDataDuringCreation: true, uploadLengthDeferred: true, chunkSize: 900_000 });
    return { url: upload.url, size, seed };
  },
  'data with the creation, cut in the middle': resumedByItself(size / 2, { uploadDataDuringCreation: true }),

  async 'PATCH as an overridden POST'(world, seed) {
    const upload = await finished(world, world.file(size, seed), { overridePatchMethod: true, chunkSize: 1_000_000 });
    return { url: upload.url, size, seed };
  },

  /** The one that leaves nothing: the caller looks for a URL that is gone. */
  async 'aborted and terminated'(world, seed) {
    const url = await new Promise((resolve, reject) => {
      const upload = new world.tus.Upload(world.file(size, seed), {
        endpoint: world.endpoint,
        storeFingerprintForResuming: false,
        chunkSize: 200_000,
        onError: reject,
        onChunkComplete: (_chunk, accepted) => {
          if (accepted < 400_000) return;
          upload.abort(true).then(() => resolve(upload.url), reject);
        },
        onSuccess: () => reject(new Error('the upload succeeded before it was aborted')),
      });
      upload.start();
    });
    return { url, gone: true };
  },
};
