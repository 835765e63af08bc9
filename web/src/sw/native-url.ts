// Stands in for `url-parse` inside tus-js-client, which resolves one address with it. Browsers do that themselves.
export default class NativeUrl extends URL {}
