import { useEffect, useRef } from 'preact/hooks';
import { meterPosition, type LevelMeter } from '../level-meter.ts';
import { everyTick, TICK_MS } from './ticker.ts';

const SECONDS = 30;
const BAR_MS = 100;
const BARS_A_TICK = TICK_MS / BAR_MS;
const BARS = (SECONDS * 1000) / BAR_MS;
const STILL_TICKS = 1000 / TICK_MS;
const BAR_WIDTH_MIN = 2;
const CLIP_DB = -0.3;
const CLIP_SHOWN_MS = 2_000;

/**
 * The last half minute as bars, and the level now as a meter. Ticks and not animation frames: sixty of those a second cost a tenth of
 * a core for hours.
 */
export function Waveform({ meter, running }: { meter: LevelMeter; running: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const level = useRef<HTMLMeterElement>(null);
  const clip = useRef<HTMLSpanElement>(null);
  const bars = useRef<number[]>([]);
  const taken = useRef(0);
  useEffect(() => {
    let clippedAt = -Infinity;
    let tick = 0;
    let shown = 0;
    let painted = false;
    const showEvery = matchMedia('(prefers-reduced-motion: reduce)').matches ? STILL_TICKS : 1;
    return everyTick(() => {
      const db = meter.readDb(BARS_A_TICK, BAR_MS);
      const peaks = db.map(meterPosition);
      if (Math.max(...db) > CLIP_DB) clippedAt = performance.now();
      if (running) {
        bars.current.push(...peaks);
        taken.current += peaks.length;
        bars.current.splice(0, Math.max(0, bars.current.length - BARS));
      }
      tick += 1;
      shown = Math.max(shown, ...peaks);
      if (document.hidden || tick % showEvery !== 0) return;
      if (level.current) level.current.value = shown;
      shown = 0;
      if (clip.current) clip.current.hidden = performance.now() - clippedAt > CLIP_SHOWN_MS;
      if (canvas.current && (running || !painted)) paint(canvas.current, bars.current, taken.current, running);
      painted = true;
    });
  }, [meter, running]);
  return (
    <div class="wave">
      <canvas ref={canvas} aria-hidden="true" />
      <div class="level">
        <meter ref={level} min={0} max={1} low={0.1} high={0.95} optimum={0.6} value={0} aria-label="Input level" />
        <span ref={clip} class="clip" hidden>too loud</span>
      </div>
    </div>
  );
}

function paint(canvas: HTMLCanvasElement, bars: readonly number[], taken: number, running: boolean): void {
  const ratio = devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext('2d');
  if (!context) return;
  const style = getComputedStyle(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const step = width / BARS;
  const middle = height / 2;
  context.fillStyle = style.getPropertyValue('--line');
  context.fillRect(0, middle - 0.5, width, 1);
  context.fillStyle = running ? style.getPropertyValue('--accent') : style.getPropertyValue('--muted');
  // On a narrow screen several share a bar. Which ones does not change while they move, so that no bar flickers.
  const share = Math.ceil(BAR_WIDTH_MIN / step);
  const first = taken - bars.length;
  context.beginPath();
  for (let group = Math.floor(first / share); group * share < taken; ++group) {
    const from = Math.max(0, group * share - first);
    const bar = Math.max(...bars.slice(from, (group + 1) * share - first), 0);
    const size = Math.max(1, bar ** 1.6 * (height - 4));
    context.rect(width - (taken - group * share) * step, middle - size / 2, Math.max(1, step * share - 0.8), size);
  }
  context.fill();
}
