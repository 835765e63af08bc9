/** 0–3, 7, 9–12: sorted indices as people write them; after twenty ranges the number of those left out. */
export function ranges(indices: readonly number[]): string {
  const found: [number, number][] = [];
  for (const index of indices) {
    const last = found.at(-1);
    if (last && last[1] + 1 === index) last[1] = index;
    else found.push([index, index]);
  }
  const text = found.slice(0, 20).map(([from, to]) => (from === to ? String(from) : `${from}–${to}`)).join(', ');
  return found.length > 20 ? `${text} and ${found.length - 20} more ranges` : text;
}
