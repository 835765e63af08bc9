// Stands in for `DetailedError` inside tus-js-client, which repeats the whole answer in its message. Its fields say the same.
export default class DetailedError extends Error {
  constructor(message: string, readonly causingError: unknown = null, readonly originalRequest: unknown = null, readonly originalResponse: unknown = null) {
    super(message);
  }
}
