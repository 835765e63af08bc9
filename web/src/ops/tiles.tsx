import { useEffect, useState } from 'preact/hooks';
import { formatBytes } from '../shared/format.ts';
import { mean, parseMetrics, rate, type Reading } from './metrics.ts';
import { readMetrics, readReady, readVersion } from './server.ts';
import { Sparkline } from './sparkline.tsx';

const EVERY_MS = 2_000;
/** A quarter of an hour. */
const KEPT = (15 * 60_000) / EVERY_MS;

interface Node {
  readings: Reading[];
  trouble: string;
  version: string;
}

/** Asks again two seconds after each answer, so that a slow server is not asked twice at once; a hidden page does not ask. */
function useNode(): Node {
  const [node, setNode] = useState<Node>({ readings: [], trouble: '', version: '' });
  useEffect(() => {
    let timer = 0;
    let ended = false;
    void readVersion().then((version) => setNode((old) => ({ ...old, version })));
    const look = async (): Promise<void> => {
      if (!document.hidden) {
        const [metrics, ready] = await Promise.all([readMetrics(), readReady()]);
        const trouble = !metrics.ok ? metrics.problem.detail : !ready.ok ? ready.problem.detail : '';
        setNode((old) => ({
          ...old,
          trouble,
          readings: metrics.ok ? [...old.readings.slice(-KEPT), { at: performance.now(), values: parseMetrics(metrics.value) }] : old.readings,
        }));
      }
      if (!ended) timer = window.setTimeout(() => void look(), EVERY_MS);
    };
    void look();
    return () => { ended = true; clearTimeout(timer); };
  }, []);
  return node;
}

function Tile({ name, value, bad = false }: { name: string; value: string; bad?: boolean }) {
  return <div class={bad ? 'tile bad' : 'tile'}><dt>{name}</dt><dd>{value}</dd></div>;
}

const perSecond = (value: number | null): string => (value === null ? '–' : `${value < 10 ? value.toFixed(1) : Math.round(value)}/s`);
const bytesPerSecond = (value: number | null): string => (value === null ? '–' : `${formatBytes(Math.round(value))}/s`);
const milliseconds = (seconds: number | null): string => (seconds === null ? '–' : `${(seconds * 1000).toFixed(1)} ms`);

export function Tiles() {
  const { readings, trouble, version } = useNode();
  const last = readings.at(-1);
  // Five readings are ten seconds: a rate over two of them jumps with every PATCH.
  const before = readings.at(-6) ?? readings[0];
  const now = (name: string): string => (last ? String(last.values.get(name) ?? 0) : '–');
  const errors = rate(before, last, 'waveforge_responses_5xx_total');
  const inflow = readings.slice(1).map((reading, i) => rate(readings[i], reading, 'waveforge_body_bytes_received_total') ?? 0);
  return (
    <section class="card" aria-labelledby="node-title">
      <div class="card-head">
        <h2 id="node-title">Node {version}</h2>
        <p class={trouble === '' ? 'pill' : 'pill warn'} role="status" data-testid="ready"><span class="dot" />{trouble === '' ? 'Ready' : trouble}</p>
      </div>
      <dl class="tiles">
        <Tile name="Bytes in" value={bytesPerSecond(rate(before, last, 'waveforge_body_bytes_received_total'))} />
        <Tile name="Requests" value={perSecond(rate(before, last, 'waveforge_requests_total'))} />
        <Tile name="Mean answer" value={milliseconds(mean(before, last, 'waveforge_request_seconds'))} />
        <Tile name="Refused (4xx)" value={perSecond(rate(before, last, 'waveforge_responses_4xx_total'))} />
        <Tile name="Failed (5xx)" value={perSecond(errors)} bad={(errors ?? 0) > 0} />
        <Tile name="Mean sync" value={milliseconds(mean(before, last, 'waveforge_sync_seconds'))} />
        <Tile name="Connections" value={now('waveforge_connections_open')} />
        <Tile name="Sessions in memory" value={now('waveforge_sessions_loaded')} />
        <Tile name="Assemblies waiting" value={now('waveforge_assemblies_waiting')} />
        <Tile name="Recordings finished" value={now('waveforge_sessions_assembled_total')} />
        <Tile name="Assemblies failed" value={now('waveforge_assemblies_failed_total')} bad={(last?.values.get('waveforge_assemblies_failed_total') ?? 0) > 0} />
        <Tile name="Failed rounds" value={now('waveforge_round_failures_total')} bad={(last?.values.get('waveforge_round_failures_total') ?? 0) > 0} />
      </dl>
      <Sparkline values={inflow} length={KEPT} label="Bytes in per second, the last quarter of an hour" />
    </section>
  );
}
