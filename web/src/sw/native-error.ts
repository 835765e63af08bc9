// Stands in for `DetailedError` inside tus-js-client, whose message repeats the whole answer; the fields say it all.
export default class TusError extends Error {
  constructor(message: string, readonly causingError: unknown = null, readonly originalRequest: unknown = null, readonly originalResponse: unknown = null) {
    super(message);
  }
}
