import { useEffect, useRef } from 'preact/hooks';
import type { ChunkStatus } from '../../shared/protocol.ts';
import type { ChunkStatusOf } from './use-chunks.ts';

const COLOURS: Record<ChunkStatus | 'none', string> = {
  acked: '--good', sending: '--accent', waiting: '--warn', queued: '--line-strong', dead: '--bad', none: '--line',
};
/** The worst state in a bin is the one shown. */
const ORDER: (ChunkStatus | 'none')[] = ['dead', 'waiting', 'sending', 'queued', 'none', 'acked'];
const CELLS_MAX = 300;

/** One status per cell; more chunks than cells share one. */
export function cellsOf(items: readonly ChunkStatusOf[], total: number, cellsMax = CELLS_MAX): (ChunkStatus | 'none')[] {
  const count = Math.min(Math.max(total, items.length), cellsMax);
  const seen: Set<ChunkStatus | 'none'>[] = Array.from({ length: count }, () => new Set());
  const chunks = Math.max(total, items.length);
  for (const item of items) seen[Math.min(count - 1, Math.floor((item.chunkIndex * count) / chunks))]?.add(item.status);
  return seen.map((set) => ORDER.find((status) => set.has(status)) ?? 'none');
}

function countOf(items: readonly ChunkStatusOf[]): Partial<Record<ChunkStatus, number>> {
  const counts: Partial<Record<ChunkStatus, number>> = {};
  for (const { status } of items) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

export function ChunkStrip({ items, total }: { items: ChunkStatusOf[]; total: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    const ratio = devicePixelRatio || 1;
    const width = element.clientWidth;
    const height = element.clientHeight;
    element.width = Math.round(width * ratio);
    element.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(element);
    const cells = cellsOf(items, total);
    const step = width / Math.max(cells.length, 1);
    cells.forEach((status, i) => {
      context.fillStyle = style.getPropertyValue(COLOURS[status]);
      context.fillRect(i * step, 0, Math.max(1, step - (step > 4 ? 1.5 : 0)), height);
      if (status === 'dead' && step > 5) {
        context.fillStyle = style.getPropertyValue('--card');
        context.fillRect(Math.round(i * step + step / 2) - 1, 2, 2, height - 6.5);
        context.fillRect(Math.round(i * step + step / 2) - 1, height - 3.5, 2, 2);
      }
    });
  }, [items, total]);
  const counts = countOf(items);
  const text = `${counts.acked ?? 0} of ${Math.max(total, items.length)} chunks confirmed, ${counts.sending ?? 0} on their way, ${counts.waiting ?? 0} waiting, ${counts.dead ?? 0} refused`;
  return <canvas ref={canvas} class="strip" role="img" aria-label={text} title={text} />;
}
