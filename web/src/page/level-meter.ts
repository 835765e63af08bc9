// Loudness of a stream, read from an AnalyserNode.

/** Peak of the samples in dBFS, -Infinity for silence. */
export function peakDb(samples: Float32Array): number {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return 20 * Math.log10(peak);
}

/** -60 dBFS and below is 0, full scale is 1. */
export const meterPosition = (db: number): number => Math.min(1, Math.max(0, (db + 60) / 60));

export class LevelMeter {
  private readonly context = new AudioContext();
  private readonly analyser = this.context.createAnalyser();
  private readonly samples: Float32Array<ArrayBuffer>;

  constructor(stream: MediaStream) {
    this.analyser.fftSize = 4096;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    void this.context.resume();
  }

  readDb(): number {
    this.analyser.getFloatTimeDomainData(this.samples);
    return peakDb(this.samples);
  }

  close(): void {
    void this.context.close();
  }
}
