/** How late this machine wakes whoever sleeps: what no program here can be better than. */

import { run } from "./process.ts";

export interface Noise {
  p50: number;
  p99: number;
  max: number;
}

const INTERVAL_US = 10_000;
const MAX_US = 20_000;

/** By cyclictest, with nothing else of the bench running; nothing where there is none. */
export async function noise(seconds: number): Promise<Noise | undefined> {
  const loops = Math.ceil(seconds * 1e6 / INTERVAL_US);
  const text = await run([
    "cyclictest",
    "-q",
    "-t1",
    `-i${INTERVAL_US}`,
    `-l${loops}`,
    `-h${MAX_US}`,
  ])
    .catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
  if (text === undefined) return undefined;
  const rows = [...text.matchAll(/^(\d+)\s+(\d+)$/gm)].map((row) => row.slice(1).map(Number));
  function at(percent: number): number {
    let left = loops * percent / 100;
    return rows.find(([, count]) => (left -= count) <= 0)?.[0] ?? MAX_US;
  }
  return { p50: at(50), p99: at(99), max: Number(/^# Max Latencies: (\d+)/m.exec(text)![1]) };
}
