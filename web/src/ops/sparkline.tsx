import { useEffect, useRef } from 'preact/hooks';

/** Draws values against the largest of them; the newest is at the right, `length` fill the width. */
export function Sparkline({ values, length, label }: { values: readonly number[]; length: number; label: string }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = ref.current;
    const context = canvas?.getContext('2d');
    if (!canvas || !context) return;
    const ratio = devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = canvas;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(canvas);
    const step = width / length;
    const top = Math.max(...values, 1);
    context.fillStyle = style.getPropertyValue('--line');
    context.fillRect(0, height - 1, width, 1);
    context.fillStyle = style.getPropertyValue('--accent');
    values.slice(-length).forEach((value, i, shown) => {
      const size = (value / top) * (height - 2);
      context.fillRect(width - (shown.length - i) * step, height - 1 - size, Math.max(1, step), size);
    });
  }, [values, length]);
  return <canvas ref={ref} class="sparkline" role="img" aria-label={label} />;
}
