// Stands in for `js-base64` inside tus-js-client: RFC 4648 section 4 with padding, of UTF-8.
export const Base64 = {
  encode(text: string): string {
    return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  },
};
