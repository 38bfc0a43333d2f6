/** Which paths are ill, and whether that is a server's doing or a route's. */

import { largestFirst } from "../report/text/peers.ts";
import { lossOf, type Path } from "./path.ts";

/** What is wrong with a path, the worst first. */
export type Illness = "no ticks" | "outage" | "loss" | "slow";

/** A path is slow where its median is twice that of the median path, and more above it than this. */
const SLOW_TIMES = 2;
const SLOW_US = 1000;

/** What is so now, the worst first. */
const OUT: (Illness | undefined)[] = ["no ticks", "outage"];

/** What is ill, by the indices of servers. */
export interface Verdict {
  /** By path, as {@linkcode keyOf} has it. */
  ill: ReadonlyMap<string, Illness>;
  /** Servers all of whose paths are ill. */
  servers: number[];
  /** Ill paths of other servers. */
  routes: Path[];
}

export function keyOf({ from, to }: Pick<Path, "from" | "to">): string {
  return `${from} ${to}`;
}

export function verdictOf(paths: readonly Path[], count: number): Verdict {
  const usualUs = usualDelayUs(paths);
  const ill = new Map<string, Illness>();
  for (const path of paths) {
    const illness = illnessOf(path, usualUs);
    if (illness) ill.set(keyOf(path), illness);
  }
  const isIll = (path: Path) => ill.has(keyOf(path));
  const isOut = (path: Path) => OUT.includes(ill.get(keyOf(path)));
  // One that is gone is told apart though all others have lost something, too.
  const named = [isIll, isOut].map((isSo) => wholeServers(paths, count, isSo))
    .find((servers) => servers.length > 0 && servers.length < count) ?? [];
  const isNamed = ({ from, to }: Path) => named.includes(from) || named.includes(to);
  return { ill, servers: named, routes: paths.filter((path) => isIll(path) && !isNamed(path)) };
}

/** Servers with all of their paths so; with two of them, a path is as much the one's as the other's. */
function wholeServers(
  paths: readonly Path[],
  count: number,
  isSo: (path: Path) => boolean,
): number[] {
  if (count < 3) return [];
  return [...Array(count).keys()].filter((server) =>
    paths.filter(({ from, to }) => from === server || to === server).every(isSo)
  );
}

/** The median of the paths' medians. */
function usualDelayUs(paths: readonly Path[]): number {
  const all = paths.map(medianUs).filter((us) => us !== undefined).sort((a, b) => a - b);
  return all.length === 0 ? Infinity : all[Math.floor((all.length - 1) / 2)];
}

function illnessOf(path: Path, usualUs: number): Illness | undefined {
  if (!path.peer) return path.lost > 0 || path.slots === 0 ? "no ticks" : undefined;
  if (path.peer.outages.openUs !== undefined) return "outage";
  if (path.lost > 0) return "loss";
  const us = medianUs(path);
  const isSlow = us !== undefined && us > SLOW_TIMES * usualUs && us > usualUs + SLOW_US;
  return isSlow ? "slow" : undefined;
}

function medianUs({ peer }: Path): number | undefined {
  return peer?.delay?.percentilesUs[50];
}

/** Without ticks, then in an outage, then by loss, total outage and delay. */
export function worstFirst(paths: readonly Path[], { ill }: Verdict): Path[] {
  const keysOf = (path: Path) => {
    const at = OUT.indexOf(ill.get(keyOf(path)));
    const { peer } = path;
    return [
      at < 0 ? 0 : OUT.length - at,
      lossOf(path),
      peer?.outages.totalUs ?? 0,
      peer?.delay?.percentilesUs[99] ?? 0,
    ];
  };
  return largestFirst(paths, keysOf);
}
