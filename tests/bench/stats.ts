/**
 * What the statistics cost over a long run, in no real time: memory, and µs a tick for all statistics together.
 * A tick is one of ours and one received, at 10 ms: 100,000,000 of them are 11 days.
 *
 *     deno run --v8-flags=--expose-gc tests/bench/stats.ts [TICKS]
 */

import process from "node:process";
import { feed, feeder } from "../support/simulation.ts";

const ticks = Number(Deno.args[0] ?? 100_000_000);
const EARLY = 1_000_000;
if (!(ticks > EARLY)) throw new RangeError(`TICKS must be above ${EARLY}`);

function usedBytes(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** CPU time, as the machine may have other things to do; the garbage collector's threads are in it. */
function usATick(run: () => void, count: number): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** What making the ticks costs by itself. */
const none = { about: () => ({}), sent() {}, received: () => [], check: () => [], roundTrip() {} };
feed(none, 0, EARLY);
const makingUs = usATick(() => feed(none, EARLY, 6 * EARLY), 5 * EARLY);

const { recorder, feed: go } = feeder();
go(0, EARLY);
const earlyBytes = usedBytes();
const allUs = usATick(() => go(EARLY, ticks), ticks - EARLY);
const lateBytes = usedBytes();

const mb = (bytes: number) => (bytes / 2 ** 20).toFixed(2);
const millions = (count: number) => `${count / 1e6}M`;
console.log(`memory after ${millions(EARLY)} ticks: ${mb(earlyBytes)} MB`);
console.log(`memory after ${millions(ticks)} ticks: ${mb(lateBytes)} MB`);
console.log(`grown by ${mb(lateBytes - earlyBytes)} MB`);
console.log(`all statistics: ${(allUs - makingUs).toFixed(3)} µs of CPU a tick`);
console.log(
  `(with making the ticks ${allUs.toFixed(3)} µs, without them ${makingUs.toFixed(3)} µs)`,
);
const { dt, delay, sequence } = recorder.peers.get("app2_tick")!.statistics(0 as never);
console.log(`received ${sequence.received}, dt ${dt.count}, delay ${delay?.count}`);
