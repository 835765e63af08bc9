// The small pure parts: what people read, what the strip shows, who hears an event.
import { expect, test, vi } from 'vitest';
import { Emitter } from '../../src/shared/emitter.ts';
import { formatBytes, formatDuration, formatOf } from '../../src/shared/format.ts';
import { cellsOf } from '../../src/page/ui/chunk-strip.tsx';
import { meterPosition, peakDb, peaksDb } from '../../src/page/level-meter.ts';
import { Base64 } from '../../src/sw/native-base64.ts';
import { property } from '../support/random.ts';

test.each([[0, '0 B'], [999, '999 B'], [1000, '1.0 kB'], [9960, '10 kB'], [999_499, '999 kB'], [999_600, '1.0 MB'], [1_500_000_000, '1.5 GB']])('%i bytes read %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
test.each([[0, '0:00'], [7_999, '0:07'], [754_000, '12:34'], [3_723_000, '1:02:03'], [-5, '0:00']])('%i ms read %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
test.each([['audio/webm;codecs=opus', '', 'webm'], ['audio/ogg', '', 'ogg'], ['audio/mp4', '', 'mp4'], ['', 'x.FLAC', 'flac'], ['', 'noextension', 'bin'], ['audio/x-wav', 'a.b', 'wav']])('%s %s is %s', (type, name, format) => {
  expect(formatOf(type, name)).toBe(format);
});

test('more chunks than cells: the worst state of a bin is seen', () => property(50, (random) => {
  const total = random.int(1, 2000);
  const bad = random.int(0, total - 1);
  const items = Array.from({ length: total }, (_, chunkIndex) => ({ chunkIndex, status: chunkIndex === bad ? 'dead' as const : 'acked' as const }));
  const cells = cellsOf(items, total, 300);
  expect(cells).toHaveLength(Math.min(total, 300));
  expect(cells.filter((cell) => cell === 'dead')).toHaveLength(1);
}));

test('a listener that throws keeps nobody from hearing', () => {
  const emitter = new Emitter();
  const heard = vi.fn();
  const complain = vi.spyOn(console, 'error').mockImplementation(() => {});
  emitter.on('offline', () => { throw new Error('mine'); });
  const off = emitter.on('offline', heard);
  emitter.dispatch({ type: 'offline' });
  off();
  emitter.emit('offline', {});
  expect(heard).toHaveBeenCalledTimes(1);
  expect(complain).toHaveBeenCalledTimes(2);
});

test('metadata is base64 of UTF-8', () => property(100, (random) => {
  const text = String.fromCodePoint(...Array.from({ length: random.int(0, 60) }, () => random.int(0x20, 0xd7ff)));
  expect(Base64.encode(text)).toBe(Buffer.from(text, 'utf8').toString('base64'));
  expect(Base64.encode('0')).toBe('MA==');
}));

test('the meter goes from silence to full scale', () => {
  expect(meterPosition(peakDb(new Float32Array(8)))).toBe(0);
  expect(meterPosition(peakDb(Float32Array.of(0, -1)))).toBe(1);
  expect(meterPosition(-30)).toBeCloseTo(0.5);
});

test('peaks are those of the newest stretches, oldest first', () => {
  const samples = Float32Array.of(1, 0, 0.1, 0, 0, -0.01);
  expect(peaksDb(samples, 2, 2).map(Math.round)).toEqual([-20, -40]);
  expect(peaksDb(samples, 2, 100).map(Math.round)).toEqual([0, -40]);
});
