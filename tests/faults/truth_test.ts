/** The statistics against what is known to have been done to the ticks, on a server. */

import assert from "node:assert/strict";
import { connectNats } from "../support/bus.ts";
import { type MonoUs, systemClock as clock } from "../../lib/time/clock.ts";
import type { TickEvent } from "../../lib/stats/events.ts";
import type { Bus, BusEvent } from "../../lib/bus/bus.ts";
import { type Beat, beats as everyInterval } from "../../lib/time/metronome.ts";
import { exactSleeper } from "../../lib/time/exact_sleeper.ts";
import { DelayHistogram } from "../../lib/stats/delay/histogram.ts";
import type { Outage } from "../../lib/stats/outages.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import type { ReceivedTick } from "../../lib/arrival.ts";
import { newRun, publishTicks, receiveTicks, type SentTick } from "../../lib/tick.ts";
import { broker } from "../support/nats_server.ts";
import { deadline } from "../support/deadline.ts";
import { delayedLink } from "../support/delayed_link.ts";
import { type Fate, relay } from "../support/relay.ts";

const TICKS = 10_000;

/** Every 100th slot begins with one of these, in turn; all else is passed on. */
const PATTERNS: Fate[][] = [
  ["drop"],
  ["drop", "drop", "drop"],
  ["twice"],
  ["swap"],
  ["twice", "drop", "drop", "swap"],
  [],
];

function fateOf(seq: number): Fate {
  return PATTERNS[Math.floor(seq / 100) % PATTERNS.length][seq % 100] ?? "pass";
}

/** Beats as fast as they are received, none of them skipped. */
async function* beats(count: number, received: () => number): AsyncGenerator<Beat> {
  for (let slot = 0; slot < count; slot++) {
    if (slot % 50 === 0) {
      do await new Promise((resolve) => setTimeout(resolve)); while (slot - received() > 500);
    }
    yield { slot, slotUs: clock.monoUs(), skipped: 0, last: slot === count - 1 };
  }
}

/** A relay between two subjects of a server, and a bus to send to the one and receive the other. */
async function relayed(
  fateOf: (seq: number) => Fate,
): Promise<{ bus: Bus; from: string; to: string; events: BusEvent[] } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await broker());
  const [from, to] = [server.subject("from"), server.subject("to")];
  const events: BusEvent[] = [];
  const onEvent = (event: BusEvent) => void events.push(event);
  const bus = stack.use(connectNats({ servers: [server.address], name: "truth", onEvent }));
  await bus.ready;
  stack.use(await relay(server.address, from, to, fateOf));
  const all = stack.move();
  return { bus, from, to, events, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

Deno.test({
  name:
    "a relay's drops, duplicates and swaps are counted exactly, and each burst is placed exactly",
  async fn() {
    await using between = await relayed(fateOf);
    const { bus, from, to, events } = between;
    const recorder = new Recorder({ run: newRun(), intervalUs: 1000, lossTimeoutUs: 1e6 });
    const ended = new AbortController();
    const lost: string[] = [];
    let lastSeq = 0;
    async function send() {
      for await (
        const _ of publishTicks(bus, {
          subject: from,
          beats: beats(TICKS, () => lastSeq),
        })
      );
    }
    async function receive() {
      for await (const tick of receiveTicks(bus, { subject: to, signal: ended.signal })) {
        recorder.received(tick).forEach(keep);
        lastSeq = Math.max(lastSeq, tick.header!.seq);
        if (tick.header?.last) ended.abort();
      }
      const peer = recorder.peers.get(to)!;
      peer.sequences.settle(Infinity);
      recorder.check(clock.monoUs()).forEach(keep);
    }
    function keep(event: TickEvent) {
      if (event.type === "lost") lost.push(`${event.seq}+${event.length}`);
    }
    const receivedAll = receive();
    await bus.flush(1000);
    const all = Promise.all([send(), receivedAll]);
    await deadline(60_000, "end", all).catch((error) => {
      throw new Error(`${error.message}; received up to ${lastSeq}: ${JSON.stringify(events)}`);
    });

    // The list by itself, without the code under test.
    const fates = Array.from({ length: TICKS }, (_, seq) => fateOf(seq));
    const drops = fates.filter((fate) => fate === "drop").length;
    const bursts: string[] = [];
    fates.forEach((fate, seq) => {
      if (fate !== "drop" || fates[seq - 1] === "drop") return;
      bursts.push(`${seq}+${fates.slice(seq).findIndex((next) => next !== "drop")}`);
    });
    // The first slot is dropped: an account begins with the first tick that is received.
    assert.equal(bursts.shift(), "0+1");
    const { sequence } = recorder.peers.get(to)!.statistics(clock.monoUs());
    assert.equal(sequence.slots, TICKS - 1);
    assert.equal(sequence.lost, drops - 1);
    assert.equal(sequence.received, TICKS - drops);
    assert.equal(sequence.duplicate, fates.filter((fate) => fate === "twice").length);
    assert.equal(sequence.reordered, fates.filter((fate) => fate === "swap").length);
    assert.equal(sequence.maxExtent, 1);
    assert.equal(sequence.bursts, bursts.length);
    assert.deepEqual({ ...sequence.longestBurst, run: "" }, { seq: 100, length: 3, run: "" });
    assert.deepEqual([sequence.late, sequence.unsent, sequence.skipped, sequence.pending], [
      0,
      0,
      0,
      0,
    ]);
    assert.deepEqual(lost, bursts);
  },
});

/** Not 10 ms: whatever else on this machine comes every 10 ms is to meet all phases alike. */
const APART_US = 10_100;

/** Beats at a phase: what two apps in one process do is not to fall together, whatever the delay. */
async function* phasedBeats(count: number, phaseUs: number): AsyncGenerator<Beat> {
  using sleeper = exactSleeper(clock);
  const startUs = Math.ceil(clock.monoUs() / APART_US) * APART_US + phaseUs;
  for (let slot = 0; slot < count; slot++) {
    const slotUs = startUs + slot * APART_US as MonoUs;
    await sleeper.until(slotUs);
    yield { slot, slotUs, skipped: 0, last: slot === count - 1 };
  }
}

/** The standard error of a median, by the quartiles: more than a little only where the machine is busy. */
function errorOfMedianUs(stats: DelayHistogram): number {
  const deviationUs = (stats.percentileUs(75) - stats.percentileUs(25)) / 1.349;
  return 1.2533 * deviationUs / Math.sqrt(stats.count);
}

/** Not from 0: with a delay of its own, each tick passes the link alone, by the same steps as with more. */
const PLAIN_US = 3000;
const ADDED_US = 5000;

Deno.test({
  name: "a delay of 5 ms one way moves p50 that way only, and stays within the offset's bound",
  async fn() {
    await using server = await broker();
    using link = delayedLink(server.address);
    const [one, two] = [server.subject("app1"), server.subject("app2")];
    await using bus1 = connectNats({ servers: [server.address], name: "app1" });
    await using bus2 = connectNats({ servers: [link.address], name: "app2" });
    await Promise.all([bus1.ready, bus2.ready]);

    // The delay comes and goes within one run, so that whatever else happens meets both alike.
    const changes: { atUs: number; upUs: number }[] = [];
    function change() {
      link.upUs = changes.length % 2 === 0 ? PLAIN_US : PLAIN_US + ADDED_US;
      changes.push({ atUs: clock.wallUs(), upUs: link.upUs });
    }
    change();
    const changing = setInterval(change, 300);
    type Stats = Record<number, DelayHistogram>;
    const moved = (of: Stats) =>
      of[PLAIN_US + ADDED_US].percentileUs(50) - of[PLAIN_US].percentileUs(50);
    const stats = (): Stats => ({
      [PLAIN_US]: new DelayHistogram(),
      [PLAIN_US + ADDED_US]: new DelayHistogram(),
    });

    /** @param heldUs what the link added to the tick that has just arrived */
    async function run(
      bus: Bus,
      publish: string,
      subscribe: string,
      phaseUs: number,
      heldUs: (tick: ReceivedTick) => number,
    ) {
      const [dt, held, rest] = [stats(), stats(), stats()];
      const options = { run: newRun(), intervalUs: APART_US, lossTimeoutUs: 1e6 };
      const recorder = new Recorder(options);
      const ended = new AbortController();
      async function send() {
        const about = recorder.about.bind(recorder);
        const schedule = phasedBeats(400, phaseUs);
        const ticks = publishTicks(bus, {
          subject: publish,
          run: options.run,
          beats: schedule,
          about,
        });
        for await (const tick of ticks) recorder.sent(tick);
        await bus.flush(1000);
        ended.abort();
      }
      async function receive() {
        for await (const tick of receiveTicks(bus, { subject: subscribe, signal: ended.signal })) {
          recorder.received(tick);
          const { signUs, realUs } = tick;
          const then = changes.findLast(({ atUs }) => atUs <= signUs);
          const next = changes.find(({ atUs }) => atUs > signUs);
          // What was under way while it changed had neither the one nor the other.
          if (!then || (next && next.atUs < realUs + 20_000)) continue;
          const dtUs = realUs - signUs;
          const addedUs = Math.round(heldUs(tick));
          dt[then.upUs].record(dtUs);
          held[then.upUs].record(addedUs);
          rest[then.upUs].record(dtUs - addedUs);
        }
      }
      await Promise.all([send(), receive()]);
      return {
        movedUs: moved(dt),
        addedUs: moved(held),
        heldUs: held[PLAIN_US + ADDED_US].minUs,
        withinUs: Math.max(1000, 6 * Math.hypot(...Object.values(rest).map(errorOfMedianUs))),
        clock: recorder.peers.get(subscribe)!.statistics(clock.monoUs()).clock!,
      };
    }

    const [receivedBy1, receivedBy2] = await Promise.all([
      // app2 sits behind the link: what app1 receives of it came up through it.
      run(bus1, one, two, 5500, ({ monoUs }) => {
        return link.held.findLast(({ atUs }) => atUs <= monoUs)!.heldUs;
      }),
      run(bus2, two, one, 0, () => 0),
    ]);
    clearInterval(changing);
    const { movedUs, addedUs, withinUs } = receivedBy1;
    // It holds each piece for as long as it is told to, and as much longer as this machine wakes it late.
    assert.ok(receivedBy1.heldUs > PLAIN_US + ADDED_US / 2, `it held ${receivedBy1.heldUs} µs`);
    const statistics = `${movedUs} µs, where the link added ${addedUs}; to ${withinUs}`;
    assert.ok(Math.abs(movedUs - addedUs) <= withinUs, statistics);
    const { movedUs: otherUs, withinUs: otherWithinUs } = receivedBy2;
    assert.ok(Math.abs(otherUs) <= otherWithinUs, `the other way ${otherUs} µs`);
    // Both have one clock: the true offset is 0. Asymmetry can't be seen, but is within the bound.
    for (const { clock } of [receivedBy1, receivedBy2]) {
      assert.ok(Math.abs(clock.offsetUs) <= clock.boundUs, JSON.stringify(clock));
      assert.ok(Math.abs(clock.offsetUs) > PLAIN_US / 3, "half of it looks like an offset");
    }
  },
});

Deno.test({
  name: "a second lost on the way, and one held up on the way, are told as such, to the tick",
  async fn() {
    const isBetween = (seq: number, low: number, high: number) => low < seq && seq < high;
    await using between = await relayed((seq) =>
      isBetween(seq, 99, 199) ? "drop" : isBetween(seq, 249, 349) ? "hold" : "pass"
    );
    const { bus, from, to } = between;
    const recorder = new Recorder({ run: newRun(), intervalUs: 10_000, lossTimeoutUs: 1e6 });
    const sent: SentTick[] = [];
    const arrived: { seq: number; monoUs: number }[] = [];
    const outages: Outage[] = [];
    const ended = new AbortController();
    let [sending, lastSeq] = [true, -1];
    async function send() {
      const schedule = everyInterval({ intervalUs: 10_000, durationUs: 4e6 });
      for await (const tick of publishTicks(bus, { subject: from, beats: schedule })) {
        sent.push(tick);
      }
      sending = false;
      endOnceReceived();
    }
    async function receive() {
      for await (const tick of receiveTicks(bus, { subject: to, signal: ended.signal })) {
        for (const event of recorder.received(tick)) {
          if (event.type === "outage" && event.lengthUs > 500_000) outages.push(event);
        }
        lastSeq = tick.header!.seq;
        arrived.push({ seq: lastSeq, monoUs: tick.monoUs });
        endOnceReceived();
      }
    }
    /** The last slot may be one that this machine skips. */
    function endOnceReceived() {
      if (!sending && lastSeq === sent.at(-1)!.seq) ended.abort();
    }
    const receivedAll = receive();
    await bus.flush(1000);
    await Promise.all([send(), receivedAll]);

    /** From the arrival of the last tick up to a number to the next arrival. */
    function pauseUs(seq: number): number {
      const last = arrived.findLastIndex((tick) => tick.seq <= seq);
      return arrived[last + 1].monoUs - arrived[last].monoUs;
    }
    // A slot that this machine skipped is not among them.
    const dropped = sent.filter(({ seq }) => isBetween(seq, 99, 199)).length;
    const [lost, held] = outages;
    // On a busy machine, others may have a share in them.
    const causesOf = (outage: Outage) => outage.causes?.map(({ cause }) => cause) ?? [outage.cause];
    assert.ok(causesOf(lost).includes("lost on the way"), JSON.stringify(lost));
    assert.ok(causesOf(held).includes("held up on the way"), JSON.stringify(held));
    assert.ok(Math.abs(lost.lengthUs - pauseUs(99)) < 1000, JSON.stringify(lost));
    assert.equal(lost.missing - lost.unsent - lost.skipped, dropped);
    assert.ok(Math.abs(held.lengthUs - pauseUs(249)) < 1000, JSON.stringify(held));
    assert.equal(held.missing - held.unsent - held.skipped, 0);
    const peer = recorder.peers.get(to)!;
    peer.sequences.settle(Infinity);
    const { sequence } = peer.statistics(clock.monoUs());
    assert.equal(sequence.lost, dropped);
    assert.equal(sequence.received, sent.length - dropped);
  },
});
