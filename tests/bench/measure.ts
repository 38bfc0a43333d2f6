/** One pair, measured once. */

import { barePeer } from "../support/bare_peer.ts";
import type { Pair } from "./peers.ts";
import { costOf, cpuMsBetween, type Program, start } from "./process.ts";
import { percentile } from "./statistics.ts";
import { until, wait } from "./wait.ts";

/** The figures of one pair in one round; those of its two ends as one. Times in µs, start in ms. */
export interface Figures {
  startMs?: number;
  dtP50?: number;
  dtP99?: number;
  dtMax?: number;
  /** Of its magnitude. */
  timerP50?: number;
  timerP99?: number;
  /** Of one core, for each end. */
  cpuPercent?: number;
  rssMb?: number;
  /** Received by each end. */
  perSecond?: number;
  /** Share of the slots at 10,000 a second each way. */
  sentPercent?: number;
}

export interface MeasureOptions {
  /** Of the NATS server. */
  server: string;
  /** Host and port at which it is monitored. */
  monitor: string;
  seconds: number;
}

const SUBJECTS = ["bench1_tick", "bench2_tick"];
const INTERVAL_US = 10_000;
const FLOOD_INTERVAL_US = 100;
const STARTS = 3;
/** Until a pair is steady; less where the whole is to be short. */
const MAX_WARM_UP_S = 5;

export async function measure(pair: Pair, options: MeasureOptions): Promise<Figures> {
  await using own = pair.server ? await startServer(pair.server) : undefined;
  const { server, ...others } = { ...options, ...own && { server: own.address } };
  const figures: Figures = {};
  for (const part of pair.parts) {
    if (part === "start") figures.startMs = await startMs(pair, server);
    else if (part === "steady") Object.assign(figures, await steady(pair, server, others.seconds));
    else figures.sentPercent = await flood(pair, { server, ...others });
  }
  return figures;
}

/** One that prints where it listens. */
async function startServer(command: string[]) {
  const program = start(command);
  await until(`address of ${command[0]}`, () => program.output.length > 0);
  const address = program.output[0].text.trim();
  return { address, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

/** From starting a process to its first tick on the bus. */
async function startMs(pair: Pair, server: string): Promise<number> {
  const tookMs: number[] = [];
  while (tookMs.length < STARTS) {
    using listener = await barePeer(server, [SUBJECTS[0]]);
    const fromMs = performance.now();
    await using _end = startEnd(pair, server, 0, INTERVAL_US);
    await listener.messages.reach(1, `first tick of ${pair.name}`);
    tookMs.push(listener.messages.items[0].atMs - fromMs);
  }
  return percentile(tookMs, 50);
}

function startEnd(pair: Pair, server: string, end: number, intervalUs: number): Program {
  const command = pair.command(server, SUBJECTS[end], SUBJECTS[1 - end], intervalUs);
  return start(command, pair.cwd);
}

async function steady(pair: Pair, server: string, seconds: number): Promise<Figures> {
  await using one = startEnd(pair, server, 0, INTERVAL_US);
  await using two = startEnd(pair, server, 1, INTERVAL_US);
  const ends = [one, two];
  await until(`dt of ${pair.name}`, () => ends.every(({ output }) => output.length > 0));
  const costs = () => Promise.all(ends.map(({ pid }) => costOf(pid)));
  await wait(Math.min(MAX_WARM_UP_S, seconds / 2));
  const before = await costs();
  const fromMs = performance.now();
  await wait(seconds);
  const toMs = performance.now();
  const after = await costs();
  const onTheWire = pair.timerOnTheWire ? await timerErrorsOnTheWire(server) : undefined;
  await Promise.all(ends.map((end) => end.end()));
  const dtUs = ends.flatMap((end) => valuesUs(end, "dt", fromMs, toMs));
  // A peer without a header prints them at its end: the last ones are of when it was steady.
  const printed = ends.flatMap((end) =>
    valuesUs(end, "timer error").slice(-Math.round(seconds * 1e6 / INTERVAL_US))
  );
  const timer = (onTheWire ?? printed).map(Math.abs);
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
  return {
    dtP50: percentile(dtUs, 50),
    dtP99: percentile(dtUs, 99),
    dtMax: percentile(dtUs, 100),
    timerP50: percentile(timer, 50),
    timerP99: percentile(timer, 99),
    cpuPercent: mean(after.map((cost, end) => cpuMsBetween(before[end], cost))) / (toMs - fromMs) *
      100,
    rssMb: mean(after.map(({ rssMb }) => rssMb)),
    perSecond: dtUs.length / ends.length / ((toMs - fromMs) / 1000),
  };
}

/** The values of a kind that came in a time, printed in seconds. */
function valuesUs({ output }: Program, name: string, fromMs = 0, toMs = Infinity): number[] {
  const text = output.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ text }) => text);
  return [...text.join("").matchAll(new RegExp(`^${name} = (-?\\d+\\.\\d{6})$`, "gm"))]
    .map(([, seconds]) => Number(seconds) * 1e6);
}

/** For so long, after what else is measured, as listening costs something itself. */
const LISTEN_S = 2;

/** What tick reports of its own timer, which rides on its ticks. */
async function timerErrorsOnTheWire(server: string): Promise<number[]> {
  using listener = await barePeer(server, SUBJECTS, { headers: true });
  await wait(LISTEN_S);
  return listener.messages.items.flatMap(({ headers }) => {
    const [, us] = /[;\s]late=(-?\d+)/.exec(headers) ?? [];
    return us === undefined ? [] : [Number(us)];
  });
}

/** Two ends that try for 10,000 a second each: how many of them the server gets. */
async function flood(pair: Pair, { server, monitor, seconds }: MeasureOptions): Promise<number> {
  const startedAt = await received();
  await using _one = startEnd(pair, server, 0, FLOOD_INTERVAL_US);
  await using _two = startEnd(pair, server, 1, FLOOD_INTERVAL_US);
  async function received(): Promise<number> {
    const answer = await fetch(`http://${monitor}/varz`);
    return (await answer.json()).in_msgs;
  }
  await until(`ticks of ${pair.name}`, async () => await received() > startedAt);
  await wait(Math.min(MAX_WARM_UP_S, seconds / 2));
  const before = await received();
  const fromMs = performance.now();
  await wait(seconds);
  const perSecond = (await received() - before) / ((performance.now() - fromMs) / 1000);
  return perSecond / (2 * 1e6 / FLOOD_INTERVAL_US) * 100;
}
