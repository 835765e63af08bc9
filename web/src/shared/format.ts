// Numbers as people read them.

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = -1;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    ++unit;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** 0:07, 12:34, 1:02:03. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

const EXTENSIONS: [RegExp, string][] = [
  [/webm/, 'webm'], [/ogg/, 'ogg'], [/mp4|m4a|aac/, 'mp4'], [/wav/, 'wav'], [/mpeg|mp3/, 'mp3'], [/flac/, 'flac'],
];

/** The `format` metadata value: from the media type, else from the name, else bin. */
export function formatOf(mimeType: string, name = ''): string {
  for (const [pattern, format] of EXTENSIONS) if (pattern.test(mimeType)) return format;
  return /\.([A-Za-z0-9]{1,8})$/.exec(name)?.[1]?.toLowerCase() ?? 'bin';
}
