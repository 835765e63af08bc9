import { useEffect, useRef } from 'preact/hooks';
import { meterPosition, type LevelMeter } from '../level-meter.ts';

const SECONDS = 30;
const PER_SECOND = 12;
const CLIP_DB = -0.3;

/** The last half minute as bars, and the level now as a meter. Draws only while the page is seen. */
export function Waveform({ meter, running }: { meter: LevelMeter; running: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const level = useRef<HTMLMeterElement>(null);
  const clip = useRef<HTMLSpanElement>(null);
  const bars = useRef<number[]>([]);
  useEffect(() => {
    let frame = 0;
    let column = 0;
    let peak = 0;
    let clippedAt = -Infinity;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const draw = (now: number): void => {
      frame = requestAnimationFrame(draw);
      const db = meter.readDb();
      const position = meterPosition(db);
      peak = Math.max(peak, position);
      if (db > CLIP_DB) clippedAt = now;
      const due = Math.floor((now / 1000) * PER_SECOND);
      if (due === column) return;
      column = due;
      if (running) {
        bars.current.push(peak);
        if (bars.current.length > SECONDS * PER_SECOND) bars.current.shift();
      }
      if (level.current) level.current.value = peak;
      if (clip.current) clip.current.hidden = now - clippedAt > 2000;
      peak = 0;
      if (canvas.current && (!still || due % PER_SECOND === 0)) paint(canvas.current, bars.current, running);
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
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

function paint(canvas: HTMLCanvasElement, bars: readonly number[], running: boolean): void {
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
  const step = width / (SECONDS * PER_SECOND);
  const middle = height / 2;
  context.fillStyle = style.getPropertyValue('--line');
  context.fillRect(0, middle - 0.5, width, 1);
  context.fillStyle = running ? style.getPropertyValue('--accent') : style.getPropertyValue('--muted');
  bars.forEach((bar, i) => {
    const x = width - (bars.length - i) * step;
    const size = Math.max(1, bar ** 1.6 * (height - 4));
    context.fillRect(x, middle - size / 2, Math.max(1, step - 0.8), size);
  });
}
