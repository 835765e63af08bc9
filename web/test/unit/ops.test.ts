// What the operator's page makes of /metrics and of the list of sessions.
import { describe, expect, it } from 'vitest';
import { mean, parseMetrics, rate } from '../../src/ops/metrics.ts';
import { ranges } from '../../src/shared/ranges.ts';
import { matches } from '../../src/ops/session-table.tsx';

const text = `# HELP waveforge_requests_total Requests whose head was understood.
# TYPE waveforge_requests_total counter
waveforge_requests_total 12
waveforge_split_total{way="a"} 3
waveforge_split_total{way="b"} 4.5
waveforge_request_seconds_bucket{le="0.1"} 9
waveforge_request_seconds_sum 2.5
waveforge_request_seconds_count 10
waveforge_odd NaN
`;

describe('metrics', () => {
  it('adds the series of a name up, and leaves buckets and what is no number out', () => {
    expect([...parseMetrics(text)]).toEqual([
      ['waveforge_requests_total', 12], ['waveforge_split_total', 7.5], ['waveforge_request_seconds_sum', 2.5], ['waveforge_request_seconds_count', 10],
    ]);
  });
  it('rates are per second, never negative, and unknown with one reading', () => {
    const from = { at: 1_000, values: new Map([['a', 10], ['t_sum', 1], ['t_count', 4]]) };
    const to = { at: 3_000, values: new Map([['a', 30], ['t_sum', 2], ['t_count', 8]]) };
    expect(rate(from, to, 'a')).toBe(10);
    expect(rate(to, { at: 4_000, values: new Map([['a', 1]]) }, 'a')).toBe(0);
    expect(rate(undefined, to, 'a')).toBeNull();
    expect(rate(to, to, 'a')).toBeNull();
    expect(mean(from, to, 't')).toBe(0.25);
    expect(mean(to, { ...to, at: 9_000 }, 't')).toBeNull();
  });
});

describe('sessions', () => {
  it('indices are told as ranges, twenty at most', () => {
    expect(ranges([])).toBe('');
    expect(ranges([0, 1, 2, 7, 9, 10])).toBe('0–2, 7, 9–10');
    expect(ranges(Array.from({ length: 25 }, (_, i) => i * 2))).toMatch(/, 38 and 5 more ranges$/);
  });
  it('are found by name, id and state', () => {
    const line = { session_id: 'ab12', state: 'open', uploaded_chunks: 0, total_chunks: null, bytes_received: 0, recording_name: 'Morning Talk', created_at: '', updated_at: '' };
    expect(matches(line, ' talk ', '')).toBe(true);
    expect(matches(line, 'AB1', 'open')).toBe(true);
    expect(matches(line, 'talk', 'failed')).toBe(false);
    expect(matches(line, 'evening', '')).toBe(false);
  });
});
