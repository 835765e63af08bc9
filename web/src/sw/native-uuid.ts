// Stands in for `uuid.js` inside tus-js-client, which names requests by it when asked to.
export default (): string => crypto.randomUUID();
