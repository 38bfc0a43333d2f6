/**
 * Hours of many senders in minutes: one observer's statistics, page and metrics on a simulated clock, with losses,
 * copies, ticks that overtake, outages, restarts and clocks that drift. Each count must be what was made, and memory
 * may not grow. Run with `--v8-flags=--expose-gc`; arguments: `--senders N --interval TIME --hours N --seed N`.
 */

import { parseArgs } from "node:util";
import { Feed } from "../../lib/live/feed.ts";
import { metricsText } from "../../lib/report/prometheus.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import { summaryOf } from "../../lib/stats/summary.ts";
import { readDurationUs } from "../../lib/text/duration.ts";
import type { Clock, MonoUs, WallUs } from "../../lib/time/clock.ts";
import type { Echo } from "../../lib/wire.ts";
import type { ReceivedTick } from "../../lib/arrival.ts";
import { EPOCH_US, type Random, seeded } from "../support/simulation.ts";

const { values } = parseArgs({
  options: {
    senders: { type: "string", default: "500" },
    interval: { type: "string", default: "10s" },
    hours: { type: "string", default: "12" },
    seed: { type: "string", default: "1" },
  },
});
const SENDERS = Number(values.senders);
const INTERVAL_US = readDurationUs(values.interval);
const END_US = Number(values.hours) * 3600e6;

const OWN_RUN = "aaaaaaaa";
/** How often the local app ticks, so that its ticks can be echoed. */
const OWN_US = Math.max(INTERVAL_US / 10, 10_000);
const CHECK_US = 1e6;
/** Columns are closed so often where no page is open. */
const TAKE_US = 1e6;
const LOOK_US = 600e6;
/** A day, of each sender: as often that all that is kept of runs is full within the warm-up. */
const RESTARTS = 192;
/** Of each kind. */
const FAULTS = 24;
/** What the heap takes to find its size isn't growth. */
const WARM_UP = 1 / 4;
const SAMPLES = 24;

let nowUs = 0;
const clock: Clock = { wallUs: () => EPOCH_US + nowUs as WallUs, monoUs: () => nowUs as MonoUs };
const recorder = new Recorder({
  ...{ run: OWN_RUN, intervalUs: OWN_US, lossTimeoutUs: 1e6, subscribe: "*_tick" },
});
const feed = new Feed(clock);
recorder.follow(feed, clock.monoUs());
using intervals = recorder.intervals(60e6, clock.monoUs());
let events = 0;

/** What was made, which has to be counted. */
const made = { received: 0, lost: 0, unsent: 0, skipped: 0, duplicate: 0, reordered: 0, runs: 0 };
let echoed: { seq: number; signUs: WallUs } | undefined;

/** One sender, on a clock of its own. */
class Sender {
  readonly #subject: string;
  readonly #random: Random;
  readonly #shiftUs: number;
  readonly #ppm: number;
  #run = "";
  #seq = -1;
  #runs = 0;
  #left = { unsent: 0, skipped: 0 };
  /** Slots of a fault that are still to come, and what becomes of them. */
  #fault: { kind: "lost" | "unsent" | "skipped" | "none"; left: number } = {
    kind: "none",
    left: 0,
  };
  #overtaken: ReceivedTick | undefined;
  /** The slot before. */
  #hasSent = false;

  constructor(number: number, seed: number) {
    this.#subject = `${String(number).padStart(4, "0")}_tick`;
    this.#random = seeded(seed * 100_000 + number);
    this.#shiftUs = Math.round((this.#random() - 0.5) * 20e6);
    this.#ppm = (this.#random() - 0.5) * 100;
  }

  /** Its next slot, which is due now; at the end of each run, what is under way has come. */
  tick(isLast: boolean) {
    const random = this.#random;
    const perDay = INTERVAL_US / 86400e6;
    const isEdge = this.#seq < 2 || isLast || this.#overtaken !== undefined;
    // It restarts without a word, but with nothing under way: what it had lost last could not be known.
    const isStart = this.#runs === 0 ||
      (!isEdge && this.#hasSent && this.#fault.left === 0 && random() < RESTARTS * perDay);
    if (isStart) this.#start();
    this.#seq++;
    if (!isEdge && !isStart && this.#fault.left === 0) this.#fault = this.#faultOf(perDay);
    if (this.#fault.left > 0 && !isLast) {
      this.#fault.left--;
      const { kind } = this.#fault;
      if (kind !== "none") made[kind]++;
      if (kind === "unsent" || kind === "skipped") this.#left[kind]++;
      this.#hasSent = false;
      return;
    }
    this.#fault.left = 0;
    this.#hasSent = true;
    const tick = this.#tickOf();
    made.received++;
    if (!isEdge && !isStart && random() < 1e-4) {
      this.#overtaken = tick;
      made.reordered++;
      return;
    }
    this.#receive(tick);
    if (this.#overtaken) this.#receive(this.#overtaken);
    this.#overtaken = undefined;
    if (random() < 1e-4) {
      made.duplicate++;
      this.#receive({ ...tick });
    }
  }

  #start() {
    this.#run = `${this.#subject.slice(0, 4)}${String(this.#runs++).padStart(4, "0")}`;
    this.#seq = -1;
    this.#left = { unsent: 0, skipped: 0 };
    made.runs++;
  }

  /** One tick in a thousand is lost, and there are longer stretches of one kind or the other. */
  #faultOf(perDay: number): { kind: "lost" | "unsent" | "skipped" | "none"; left: number } {
    const chance = this.#random();
    const left = Math.ceil(this.#random() * 5e6 / INTERVAL_US);
    if (chance < FAULTS * perDay) return { kind: "lost", left };
    if (chance < 2 * FAULTS * perDay) return { kind: "unsent", left };
    if (chance < 3 * FAULTS * perDay) return { kind: "skipped", left };
    return chance < 0.001 ? { kind: "lost", left: 1 } : { kind: "none", left: 0 };
  }

  #tickOf(): ReceivedTick {
    const wayUs = 200 + Math.round(100 * this.#random() + (this.#random() < 0.01 ? 5000 : 0));
    const signUs = this.#wallUs(nowUs - wayUs);
    const header = { run: this.#run, seq: this.#seq, timerErrorUs: 20, ...this.#left };
    const { monoUs, wallUs: realUs } = { monoUs: nowUs as MonoUs, wallUs: clock.wallUs() };
    const echo = this.#echo();
    return {
      subject: this.#subject,
      signUs,
      realUs,
      monoUs,
      header: echo ? { ...header, echo } : header,
    };
  }

  /** Of the local tick before, a moment after it was sent. */
  #echo(): Echo | undefined {
    if (!echoed || this.#seq % 10 > 0) return undefined;
    const { seq, signUs } = echoed;
    return { run: OWN_RUN, seq, signUs, realUs: this.#wallUs(signUs - EPOCH_US + 250) };
  }

  #wallUs(atUs: number): WallUs {
    return Math.round(EPOCH_US + this.#shiftUs + atUs * (1 + this.#ppm * 1e-6)) as WallUs;
  }

  #receive(tick: ReceivedTick) {
    for (
      const event of recorder.received({ ...tick, monoUs: nowUs as MonoUs, realUs: clock.wallUs() })
    ) {
      events++;
      feed.event(event);
    }
  }
}

interface Memory {
  atHours: number;
  heapMb: number;
  rssMb: number;
}

function memory(): Memory {
  (globalThis as unknown as { gc(): void }).gc();
  const { heapUsed, external, rss } = Deno.memoryUsage();
  return { atHours: nowUs / 3600e6, heapMb: (heapUsed + external) / 1e6, rssMb: rss / 1e6 };
}

/** Least squares, in MB an hour. */
function slope(samples: Memory[], of: "heapMb" | "rssMb"): number {
  const mean = (all: number[]) => all.reduce((a, b) => a + b, 0) / all.length;
  const [x, y] = [
    mean(samples.map(({ atHours }) => atHours)),
    mean(samples.map((each) => each[of])),
  ];
  const covered = samples.reduce((sum, s) => sum + (s.atHours - x) * (s[of] - y), 0);
  return covered / samples.reduce((sum, s) => sum + (s.atHours - x) ** 2, 0);
}

const senders = Array.from({ length: SENDERS }, (_, n) => new Sender(n, Number(values.seed)));
const samples: Memory[] = [];
let [ownSeq, checkUs, takeUs, lookUs, sampleUs, metricsBytes] = [0, 0, 0, 0, 0, 0];
const facts = (ended: boolean) => summaryOf({ name: "app1", startUs: 0, recorder, clock, ended });

/** What an app does beside receiving: its own ticks, its checks, its page, whoever asks for the metrics. */
function beside() {
  while (ownSeq * OWN_US <= nowUs) {
    const moment = { monoUs: nowUs as MonoUs, wallUs: clock.wallUs() };
    recorder.about({ ...moment, seq: ownSeq });
    const { wallUs: signUs, monoUs } = moment;
    const counts = { unsent: 0, skipped: 0 };
    recorder.sent({
      ...{ run: OWN_RUN, seq: ownSeq, signUs, monoUs, timerErrorUs: 15, last: false, sent: true },
      ...counts,
    });
    echoed = { seq: ownSeq++, signUs };
  }
  if (nowUs >= checkUs) {
    checkUs += CHECK_US;
    events += recorder.check(nowUs as MonoUs).length;
    intervals.next(nowUs - 200_000 as MonoUs);
  }
  if (nowUs >= takeUs) {
    takeUs += TAKE_US;
    feed.take(nowUs as MonoUs);
  }
  if (nowUs >= lookUs) {
    lookUs += LOOK_US;
    metricsBytes = metricsText(facts(false), "0", {
      totalsOf: (subject) => feed.totalsOf(subject),
      isNamed: (subject) => feed.isNamed(subject),
      delays: feed.delays,
    }).length;
  }
  if (nowUs >= sampleUs) {
    sampleUs += END_US / SAMPLES;
    const sample = memory();
    samples.push(sample);
    // A run that is broken off has something to say.
    const { atHours, heapMb, rssMb } = sample;
    const tookS = ((performance.now() - startMs) / 1000).toFixed(0);
    console.log(
      `${atHours.toFixed(1)} h, after ${tookS} s: heap ${heapMb.toFixed(1)} MB, memory ` +
        `${rssMb.toFixed(1)} MB, ${made.received} received`,
    );
  }
}

const startMs = performance.now();
const rounds = Math.floor(END_US / INTERVAL_US);
for (let round = 0; round < rounds; round++) {
  for (const [n, sender] of senders.entries()) {
    nowUs = Math.round((round + n / SENDERS) * INTERVAL_US) + 300;
    beside();
    sender.tick(round === rounds - 1);
  }
}
const tookS = (performance.now() - startMs) / 1000;
samples.push(memory());
recorder.end(nowUs as MonoUs);
const { peers } = facts(true);

const sum = (of: (peer: typeof peers[number]) => number) =>
  peers.reduce((all, p) => all + of(p), 0);
const counted = {
  received: sum(({ sequence }) => sequence.received),
  lost: sum(({ sequence }) => sequence.lost),
  unsent: sum(({ sequence }) => sequence.unsent),
  skipped: sum(({ sequence }) => sequence.skipped),
  duplicate: sum(({ sequence }) => sequence.duplicate),
  reordered: sum(({ sequence }) => sequence.reordered),
  runs: sum(({ runs }) => runs),
};
const slots = sum(({ sequence }) => sequence.slots);
const steady = samples.slice(Math.ceil(samples.length * WARM_UP));
const isExact = JSON.stringify(counted) === JSON.stringify(made) &&
  slots === counted.received + counted.lost + counted.unsent + counted.skipped;
console.log(
  `${SENDERS} senders, a tick every ${values.interval} each, ${values.hours} h of a simulated clock`,
);
console.log(
  `took ${tookS.toFixed(0)} s, ${
    (tookS * 1e6 / made.received).toFixed(2)
  } µs a tick, ${events} events`,
);
console.log(`made    ${JSON.stringify(made)}`);
console.log(
  `counted ${JSON.stringify(counted)}; slots ${slots}: ${isExact ? "exact" : "NOT EXACT"}`,
);
console.log(
  `outages ${sum(({ outages }) => outages.count)}, metrics ${(metricsBytes / 1e6).toFixed(1)} MB`,
);
for (const kind of ["heapMb", "rssMb"] as const) {
  const [first, last] = [steady[0], steady.at(-1)!];
  const name = kind === "heapMb" ? "heap after gc" : "memory";
  const from = `${first[kind].toFixed(1)} MB at ${first.atHours.toFixed(1)} h`;
  const growth = `${slope(steady, kind).toFixed(2)} MB an hour`;
  console.log(`${name}: ${from}, ${last[kind].toFixed(1)} MB at the end, ${growth}`);
}
const course = samples.filter((_, n) => n % 2 === 0).map(({ heapMb }) => heapMb.toFixed(0));
console.log(`heap in MB, from the start to the end: ${course.join(" ")}`);
Deno.exit(isExact ? 0 : 1);
