// What /metrics says, as numbers and as rates between two readings. Pure: no clock, no network.

/** Values by name; series of one name that differ in their labels are added up. Buckets of histograms are left out. */
export type Sample = ReadonlyMap<string, number>;

/** Reads Prometheus' text format (version 0.0.4). Lines that are not samples are skipped. */
export function parseMetrics(text: string): Sample {
  const sample = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z_:][A-Za-z0-9_:]*)(\{[^}]*\})? (\S+)/.exec(line);
    if (!match || match[1] === undefined || match[1].endsWith('_bucket')) continue;
    const value = Number(match[3]);
    if (Number.isFinite(value)) sample.set(match[1], (sample.get(match[1]) ?? 0) + value);
  }
  return sample;
}

export interface Reading {
  at: number;
  values: Sample;
}

/** A counter's growth per second; 0 when the server was restarted in between, null before there are two readings. */
export function rate(from: Reading | undefined, to: Reading | undefined, name: string): number | null {
  if (!from || !to || to.at <= from.at) return null;
  const grown = (to.values.get(name) ?? 0) - (from.values.get(name) ?? 0);
  return grown < 0 ? 0 : (grown * 1000) / (to.at - from.at);
}

/** Mean of a histogram's observations between two readings, in its own unit; null when there were none. */
export function mean(from: Reading | undefined, to: Reading | undefined, name: string): number | null {
  const count = rate(from, to, `${name}_count`);
  const sum = rate(from, to, `${name}_sum`);
  return count === null || sum === null || count === 0 ? null : sum / count;
}
