/** Two simulated apps that exchange ticks in no real time; their clocks, their ways and their faults are known. */

import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import type { TickEvent } from "../../lib/stats/events.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import type { ReceivedTick } from "../../lib/arrival.ts";
import type { SentTick } from "../../lib/tick.ts";
import { bodyOf, headerOf, readBody, type TickHeader } from "../../lib/wire.ts";
import { readHeader } from "../../lib/wire/read_header.ts";

/** From 0 up to, but not including, 1. */
export type Random = () => number;

/** The same numbers for the same seed (mulberry32). */
export function seeded(seed: number): Random {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Of mean 0 and deviation 1 (Box and Muller 1958). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** One way over loopback in µs, as measured: about 0.3 ms, and one in a hundred up to 5 ms. */
export function loopbackUs(random: Random): number {
  const us = 300 * Math.exp(0.4 * normal(random));
  return random() < 0.01 ? us + random() * (5000 - us) : us;
}

/** Simulated time 0 by a wall clock that is right. */
export const EPOCH_US = 1_795_503_377_000_000;

export interface Stretch {
  fromUs: number;
  toUs: number;
}

export interface SimulatedApp {
  /** Its wall clock ahead of a right one, at the start. */
  shiftUs?: number;
  /** How fast its wall clock gains. */
  skewPpm?: number;
  steps?: { atUs: number; byUs: number }[];
  /** When it gains besides, as its monotonic clock doesn't. */
  slews?: (Stretch & { ppm: number })[];
  /** Slots before this are not its own. */
  startUs?: number;
  endUs?: number;
  /** It ends without saying so. */
  isKilled?: boolean;
  intervalUs?: number;
  /** When it had no connection; it receives nothing then, and sends nothing. */
  disconnected?: Stretch[];
  /** When its event loop stood still. */
  stalls?: Stretch[];
  /** How long each copy of a tick of its takes on its way: of a lost one, there is none. */
  wayUs?: (random: Random, atUs: number, seq: number) => number[];
}

export interface Simulated {
  run: string;
  subject: string;
  recorder: Recorder;
  events: (TickEvent & { atUs: number })[];
  /** Its wall and its monotonic clock at a moment of simulated time. */
  wallUs(atUs: number): WallUs;
  monoUs(atUs: number): MonoUs;
}

export interface SimulationOptions {
  seed: number;
  seconds: number;
  app1?: SimulatedApp;
  app2?: SimulatedApp;
  /** What comes in the place of app2 once that has ended: another run, on a clock of its own. */
  next?: SimulatedApp;
  /** Called before anything happens. */
  onStart?: (app1: Simulated, app2: Simulated) => void;
  /** Called for every slot that was ticked. */
  onSent?: (app: Simulated, atUs: number, tick: SentTick) => void;
  /** Called after every tick that was received. */
  onHeard?: (app: Simulated, atUs: number, tick: ReceivedTick) => void;
}

const CHECK_US = 250_000;
/** How long a break of a connection is taken for silence. */
const NOTICED_US = 20_000;

/** Lets two apps exchange ticks; returns what each has recorded of it. */
export function simulate(
  options: SimulationOptions,
): { app1: Simulated; app2: Simulated } {
  const { seed, seconds, app1 = {}, app2 = {}, next } = options;
  const { onStart = () => {}, onSent = () => {}, onHeard = () => {} } = options;
  const random = seeded(seed);
  const agenda = new Agenda();
  const endUs = seconds * 1e6;
  const one = simulated("app1_tick", "11111111", app1, 5_000_000);
  const two = simulated("app2_tick", "22222222", app2, 91_000_000);
  const three = simulated("app2_tick", "33333333", next ?? {}, 97_000_000);
  const isThree = (nowUs: number) => next !== undefined && nowUs >= next.startUs!;
  onStart(one, two);
  start(one, app1, (nowUs) => isThree(nowUs) ? [three, next!] : [two, app2], 0);
  start(two, app2, () => [one, app1], 3_700); // so that neither answers at once
  if (next) start(three, next, () => [one, app1], 3_700);
  for (let atUs = CHECK_US; atUs <= endUs; atUs += CHECK_US) {
    for (const app of [one, two]) agenda.add(atUs, () => check(app, atUs));
  }
  agenda.run(endUs);
  return { app1: one, app2: two };

  function start(
    app: Simulated,
    local: SimulatedApp,
    peerAt: (nowUs: number) => [Simulated, SimulatedApp],
    atUs: number,
  ) {
    const { startUs = 0, intervalUs = 10_000, disconnected = [], stalls = [] } = local;
    const { wayUs = (random) => [loopbackUs(random)] } = local;
    const { run } = app;
    const firstUs = startUs + atUs;
    const lastUs = Math.min(endUs, local.endUs ?? Infinity);
    let [unsent, skipped] = [0, 0];

    for (const { fromUs, toUs } of disconnected) {
      agenda.add(fromUs + Math.min(NOTICED_US, (toUs - fromUs) / 2), (nowUs) => {
        app.recorder.bus({ type: "disconnected", server: "simulated" }, app.monoUs(nowUs));
      });
      agenda.add(toUs, (nowUs) => {
        const afterMs = (toUs - fromUs) / 1000;
        app.recorder.bus(
          { type: "reconnected", server: "simulated", afterMs },
          app.monoUs(nowUs),
        );
      });
    }
    beat(0);

    function beat(next: number) {
      const dueUs = firstUs + next * intervalUs;
      if (dueUs >= lastUs) return;
      // Mostly within 50 µs, as a worker that sleeps on the grid makes it
      const wakesUs = dueUs + 50 * random();
      const stall = within(stalls, wakesUs);
      agenda.add(stall ? stall.toUs + 1 : wakesUs, (nowUs) => {
        const seq = Math.max(next, Math.floor((nowUs - firstUs) / intervalUs));
        skipped += seq - next;
        send(nowUs, seq);
        beat(seq + 1);
      });
    }

    function send(nowUs: number, seq: number) {
      const moment = { wallUs: app.wallUs(nowUs), monoUs: app.monoUs(nowUs) };
      const timerErrorUs = Math.round(nowUs - firstUs - seq * intervalUs);
      const last = local.endUs !== undefined && !local.isKilled &&
        firstUs + (seq + 1) * intervalUs >= local.endUs;
      const rides = app.recorder.about({ ...moment, seq });
      const header: TickHeader = { run, seq, timerErrorUs, unsent, skipped, last, ...rides };
      const [body, text] = [bodyOf(moment.wallUs), headerOf(header)];
      const sent = !within(disconnected, nowUs);
      if (!sent) unsent++;
      const { wallUs: signUs, monoUs } = moment;
      const tick = { run, seq, signUs, monoUs, timerErrorUs, last, sent, unsent, skipped };
      app.recorder.sent(tick);
      onSent(app, nowUs, tick);
      if (!sent) return;
      for (const us of wayUs(random, nowUs, seq)) {
        agenda.add(nowUs + us, (nowUs) => arrive(nowUs, body, text));
      }
    }

    function arrive(nowUs: number, body: string, text: string) {
      const [peer, theirs] = peerAt(nowUs);
      if (within(theirs.disconnected ?? [], nowUs)) return;
      const stall = within(theirs.stalls ?? [], nowUs);
      if (stall) return agenda.add(stall.toUs + 2, (nowUs) => arrive(nowUs, body, text));
      const read = readBody(new TextEncoder().encode(body));
      if (read.fault !== undefined) throw new Error(read.fault);
      const tick: ReceivedTick = {
        subject: app.subject,
        signUs: read.signUs,
        realUs: peer.wallUs(nowUs),
        monoUs: peer.monoUs(nowUs),
        ...readHeader(text),
      };
      keep(peer, nowUs, peer.recorder.received(tick));
      onHeard(peer, nowUs, tick);
    }
  }

  function check(app: Simulated, atUs: number) {
    keep(app, atUs, app.recorder.check(app.monoUs(atUs)));
  }
}

/** What one way takes, in whole µs, drawn beforehand so that it costs next to nothing. */
const WAYS_US = (() => {
  const random = seeded(100_000_000);
  return Float64Array.from({ length: 1 << 16 }, () => Math.round(loopbackUs(random)));
})();
const FEED_RUN = "11111111";

/** A recorder to feed, and what it is fed with: ticks of its own, and of one peer, each 10 ms. */
export function feeder(): { recorder: Recorder; feed(from: number, to: number): void } {
  const recorder = new Recorder({ run: FEED_RUN, intervalUs: 10_000, lossTimeoutUs: 1e6 });
  return { recorder, feed: (from, to) => feed(recorder, from, to) };
}

/** Ticks as the recorder gets them: one in a thousand is lost, one comes twice, and two come swapped. */
export function feed(
  recorder: Pick<Recorder, "about" | "sent" | "received" | "check" | "roundTrip">,
  from: number,
  to: number,
) {
  const received = { received: 0, lost: 0, late: 0, duplicate: 0, reordered: 0 };
  for (let n = from; n < to; n++) {
    const atUs = n * 10_000;
    const timerErrorUs = n % 47;
    const signUs = EPOCH_US + atUs + timerErrorUs as WallUs;
    const monoUs = atUs + timerErrorUs as MonoUs;
    const own = { run: FEED_RUN, seq: n, unsent: 0, skipped: 0, last: false };
    recorder.about({ wallUs: signUs, monoUs, seq: n });
    recorder.sent({ ...own, signUs, monoUs, timerErrorUs, sent: true });
    if (n % 10 === 0) recorder.roundTrip(WAYS_US[n & 0xffff] / 2);
    if (n % 25 === 0) recorder.check(monoUs);

    const kind = n % 1000;
    if (kind === 500) continue;
    const seq = kind === 600 ? n + 1 : kind === 601 ? n - 1 : n;
    // Received 3 ms after our own, of which it was the peer's to hold the echo for 2 ms and something
    const thereUs = WAYS_US[n * 7 & 0xffff];
    const backUs = WAYS_US[n * 13 & 0xffff];
    const receivedAtUs = EPOCH_US + atUs + 3000 + thereUs + backUs;
    const tick: ReceivedTick = {
      subject: "app2_tick",
      signUs: receivedAtUs - backUs as WallUs,
      realUs: receivedAtUs as WallUs,
      monoUs: atUs + 3000 + thereUs + backUs as MonoUs,
      header: {
        run: "22222222",
        seq,
        timerErrorUs,
        unsent: 0,
        skipped: 0,
        steps: 0,
        echo: { run: FEED_RUN, seq: n, signUs, realUs: signUs + thereUs as WallUs },
        received,
      },
    };
    recorder.received(tick);
    if (kind === 700) recorder.received(tick);
  }
}

function keep(app: Simulated, atUs: number, events: TickEvent[]) {
  for (const event of events) app.events.push({ ...event, atUs });
}

function simulated(
  subject: string,
  run: string,
  { shiftUs = 0, skewPpm = 0, steps = [], slews = [], intervalUs = 10_000 }: SimulatedApp,
  upUs: number,
): Simulated {
  return {
    run,
    subject,
    recorder: new Recorder({ run, intervalUs, lossTimeoutUs: 1e6 }),
    events: [],
    wallUs(atUs) {
      const steppedUs = steps.reduce((sum, step) => atUs >= step.atUs ? sum + step.byUs : sum, 0);
      const skewedUs = slews.reduce(
        (sum, { fromUs, toUs, ppm }) =>
          sum + Math.max(0, Math.min(atUs, toUs) - fromUs) * ppm / 1e6,
        atUs * skewPpm / 1e6,
      );
      return EPOCH_US + Math.floor(atUs + skewedUs + shiftUs + steppedUs) as WallUs;
    },
    monoUs: (atUs) => upUs + atUs as MonoUs,
  };
}

function within(stretches: Stretch[], atUs: number): Stretch | undefined {
  return stretches.find(({ fromUs, toUs }) => fromUs <= atUs && atUs < toUs);
}

/** What is to be done when, in the order of its time. */
class Agenda {
  /** The next one last: what is added is mostly due soon. */
  #entries: { atUs: number; act: (nowUs: number) => void }[] = [];

  add(atUs: number, act: (nowUs: number) => void) {
    let at = this.#entries.length;
    while (at > 0 && this.#entries[at - 1].atUs <= atUs) at--;
    this.#entries.splice(at, 0, { atUs, act });
  }

  run(endUs: number) {
    for (let next; (next = this.#entries.pop()) && next.atUs <= endUs;) next.act(next.atUs);
  }
}
