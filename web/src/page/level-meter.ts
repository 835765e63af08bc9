// Loudness of a stream, read from an AnalyserNode.

/** Peak of the samples in dBFS, -Infinity for silence. */
export function peakDb(samples: Float32Array): number {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return 20 * Math.log10(peak);
}

/** -60 dBFS and below is 0, full scale is 1. */
export const meterPosition = (db: number): number => Math.min(1, Math.max(0, (db + 60) / 60));

/** Peaks of the last `count` stretches of `size` samples, oldest first; shorter ones where there are not so many samples. */
export function peaksDb(samples: Float32Array, count: number, size: number): number[] {
  const each = Math.min(size, Math.floor(samples.length / count));
  return Array.from({ length: count }, (_, i) => peakDb(samples.subarray(samples.length - (count - i) * each, samples.length - (count - i - 1) * each)));
}

export class LevelMeter {
  private readonly context = new AudioContext();
  private readonly analyser = this.context.createAnalyser();
  private readonly samples: Float32Array<ArrayBuffer>;

  constructor(stream: MediaStream) {
    // A third of a second at 48 kHz: more than passes between two readings.
    this.analyser.fftSize = 16_384;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    void this.context.resume();
  }

  /** Peaks in dBFS of the last `count` stretches of `ms` milliseconds, oldest first. */
  readDb(count: number, ms: number): number[] {
    this.analyser.getFloatTimeDomainData(this.samples);
    return peaksDb(this.samples, count, Math.round((this.context.sampleRate * ms) / 1000));
  }

  close(): void {
    void this.context.close();
  }
}
