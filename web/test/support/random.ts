// Random tests print their seed when they fail and take one from WF_SEED.

export interface Random {
  seed: number;
  /** 0 … 1 */
  next(): number;
  /** low … high, both included */
  int(low: number, high: number): number;
}

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { seed, next, int: (low, high) => low + Math.floor(next() * (high - low + 1)) };
}

/** Runs `body` with many seeds; the error of a failing run names its seed. */
export async function property(runs: number, body: (random: Random) => void | Promise<void>): Promise<void> {
  const given = process.env['WF_SEED'];
  const first = given ? Number(given) : Math.floor(Math.random() * 2 ** 31);
  for (let i = 0; i < (given ? 1 : runs); ++i) {
    try {
      await body(seeded(first + i));
    } catch (error) {
      throw new Error(`seed ${first + i}: ${String(error)}`, { cause: error });
    }
  }
}
