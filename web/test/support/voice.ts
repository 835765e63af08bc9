// Something like a voice for the fake microphone: the one built into the browser beeps, which makes a poor picture.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { seeded } from './random.ts';

const RATE = 48_000;
const SECONDS = 12;

/** Writes a mono 16-bit WAV file once and returns its path. */
export function voiceFile(): string {
  const file = path.join(os.tmpdir(), 'wf-voice-1.wav');
  if (fs.existsSync(file)) return file;
  const random = seeded(7);
  const samples = Buffer.alloc(44 + RATE * SECONDS * 2);
  samples.write('RIFF', 0);
  samples.writeUInt32LE(samples.length - 8, 4);
  samples.write('WAVEfmt ', 8);
  samples.writeUInt32LE(16, 16);
  samples.writeUInt16LE(1, 20);
  samples.writeUInt16LE(1, 22);
  samples.writeUInt32LE(RATE, 24);
  samples.writeUInt32LE(RATE * 2, 28);
  samples.writeUInt16LE(2, 32);
  samples.writeUInt16LE(16, 34);
  samples.write('data', 36);
  samples.writeUInt32LE(samples.length - 44, 40);
  // Syllables of a fifth of a second, words of a few, a breath between sentences.
  let loudness = 0;
  let aim = 0;
  let pitch = 120;
  let phase = 0;
  for (let i = 0; i < RATE * SECONDS; ++i) {
    if (i % (RATE / 5) === 0) {
      aim = random.next() < 0.22 ? 0.01 : 0.12 + random.next() ** 2 * 0.5;
      pitch = 105 + random.next() * 60;
    }
    const within = (i % (RATE / 5)) / (RATE / 5);
    loudness += (aim * Math.sin(Math.PI * within) ** 0.7 - loudness) * 0.002;
    phase += (2 * Math.PI * pitch) / RATE;
    const voiced = Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.3 * Math.sin(5 * phase) + 0.25 * (random.next() - 0.5);
    samples.writeInt16LE(Math.round(Math.max(-1, Math.min(1, voiced * loudness * 0.7)) * 32_000), 44 + i * 2);
  }
  const written = `${file}.${process.pid}`;
  fs.writeFileSync(written, samples);
  fs.renameSync(written, file);
  return file;
}
