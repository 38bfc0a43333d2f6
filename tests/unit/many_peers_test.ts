/** One observer and a thousand senders, in no real time: their clocks, and the work that they make. */

import assert from "node:assert/strict";
import type { ReceivedTick } from "../../lib/arrival.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import { headerOf, type TickHeader } from "../../lib/wire.ts";
import { readHeader } from "../../lib/wire/read_header.ts";
import { EPOCH_US, loopbackUs, seeded } from "../support/simulation.ts";

const MS = 1000;
const S = 1000 * MS;

const nameOf = (n: number) => (0x10000000 + n).toString(16);

/** One end of the simulation, whose clock is ahead of a right one. */
function end(run: string, aheadUs: number, intervalUs: number) {
  const recorder = new Recorder({ run, intervalUs, lossTimeoutUs: S, maxPeers: 100_000 });
  let seq = 0;
  return {
    recorder,
    /** Its next tick, as it is written. */
    tick(atUs: number) {
      const signUs = EPOCH_US + atUs + aheadUs as WallUs;
      const header: TickHeader = { run, seq, timerErrorUs: 0, unsent: 0, skipped: 0 };
      const rides = recorder.about({ wallUs: signUs, monoUs: atUs as MonoUs, seq: seq++ });
      return { signUs, written: headerOf({ ...header, ...rides }) };
    },
    receive(
      subject: string,
      { signUs, written }: { signUs: WallUs; written: string },
      atUs: number,
    ) {
      const [realUs, monoUs] = [EPOCH_US + atUs + aheadUs as WallUs, atUs as MonoUs];
      recorder.received({ subject, signUs, realUs, monoUs, ...readHeader(written) });
    },
    boundUs(subject: string, atUs: number): number {
      const peer = recorder.peers.get(subject);
      return peer?.statistics(atUs as MonoUs).clock?.boundUs ?? Infinity;
    },
    offsetUs(subject: string, atUs: number): number {
      return recorder.peers.get(subject)!.statistics(atUs as MonoUs).clock!.offsetUs;
    },
  };
}

Deno.test("with 1,000 peers, each end knows the other's clock within 5 ms before 10 s are over", () => {
  const PEERS = 1000;
  const random = seeded(15);
  const way = () => Math.round(loopbackUs(random));
  const observer = end("0b5e7e70", 0, 10 * MS);
  const aheadUs = (n: number) => n * 7919 - 3_000_000;
  const senders = Array.from({ length: PEERS }, (_, n) => end(nameOf(n), aheadUs(n), 100 * MS));
  let longest = 0;
  let lastUs = Infinity;
  for (let slot = 0; slot < 1000 && lastUs > slot * 10 * MS; slot++) {
    const atUs = slot * 10 * MS;
    const tick = observer.tick(atUs);
    longest = Math.max(longest, tick.written.length);
    for (const [n, sender] of senders.entries()) {
      sender.receive("observer", tick, atUs + way());
      // A tenth of them in each slot, the first ones before they know of anybody.
      if (n % 10 !== slot % 10) continue;
      observer.receive(`tick.${n}`, sender.tick(atUs + 5 * MS), atUs + 5 * MS + way());
    }
    if (slot % 25 !== 24) continue;
    const nowUs = atUs + 9 * MS;
    const isKnown = senders.every((sender, n) =>
      sender.boundUs("observer", nowUs) < 5 * MS && observer.boundUs(`tick.${n}`, nowUs) < 5 * MS
    );
    if (!isKnown) continue;
    lastUs = nowUs;
    for (const [n, sender] of senders.entries()) {
      const [theirs, ours] = [
        sender.offsetUs("observer", nowUs),
        observer.offsetUs(`tick.${n}`, nowUs),
      ];
      assert.ok(Math.abs(theirs + aheadUs(n)) <= sender.boundUs("observer", nowUs));
      assert.ok(Math.abs(ours - aheadUs(n)) <= observer.boundUs(`tick.${n}`, nowUs));
    }
  }
  assert.ok(lastUs <= 10 * S, `${lastUs}`);
  assert.ok(longest <= 512, `${longest} characters`);
});

Deno.test("an observer's echoes take at most 256 characters, and reach each of its peers in turn", () => {
  const observer = end("0b5e7e70", 0, 10 * MS);
  const senders = Array.from({ length: 50 }, (_, n) => end(nameOf(n), n * 40 * S, 100 * MS));
  const echoed = new Map<string, number>();
  const heard = new Map<string, number>();
  for (let slot = 0; slot < 2000; slot++) {
    const atUs = slot * 10 * MS;
    if (slot % 10 === 0) {
      for (const [n, sender] of senders.entries()) {
        observer.receive(`tick.${n}`, sender.tick(atUs), atUs + MS);
      }
    }
    const { header } = readHeader(observer.tick(atUs + 5 * MS).written);
    const { echo, moreEchoes = "" } = header!;
    if (!echo) continue;
    const echoes = `; echo=${echo.run},${echo.seq},${echo.signUs / 1e6},${echo.realUs / 1e6}` +
      `; echoes=${moreEchoes}`;
    assert.ok(echoes.length <= 256, echoes);
    const runs = [echo.run, ...moreEchoes.split(" ").map((each) => each.split(",")[0])];
    assert.equal(new Set(runs).size, runs.length);
    for (const run of runs) echoed.set(run, (echoed.get(run) ?? 0) + 1);
    heard.set(echo.run, (heard.get(echo.run) ?? 0) + 1);
  }
  const counts = senders.map((_, n) => echoed.get(nameOf(n)) ?? 0);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  // Six or so on each of 2,000 ticks, shared by 50.
  assert.ok(least >= 200, `${least}`);
  assert.ok(most <= least + 2, `${least} to ${most}`);
  // What was received of it rides with one that comes first: each is that in its turn.
  const firsts = senders.map((_, n) => heard.get(nameOf(n)) ?? 0);
  assert.ok(Math.min(...firsts) >= 30, firsts.join());
});

Deno.test("a reader that knows of one echo only still reads that of a tick with many", () => {
  const observer = end("0b5e7e70", 0, 10 * MS);
  for (let n = 0; n < 5; n++) observer.receive(`tick.${n}`, end(nameOf(n), 0, 10 * MS).tick(0), MS);
  const { written } = observer.tick(10 * MS);
  assert.match(
    written,
    /; echo=10000000,0,[\d.]+,[\d.]+; heard=1,0,0,0,0; echoes=10000001,0,9000,1000 /,
  );
});

Deno.test("what a peer received of us is not taken from what it says of another", () => {
  const [observer, sender] = [end("0b5e7e70", 0, 10 * MS), end(nameOf(1), 0, 10 * MS)];
  observer.receive("tick.0", end(nameOf(0), 0, 10 * MS).tick(0), MS);
  for (let n = 0; n < 3; n++) observer.receive("tick.1", sender.tick(n * MS), (n + 1) * MS);
  const told = () => {
    const { clock, receivedOfUs } = sender.recorder.peers.get("observer")!.statistics(S as MonoUs);
    return [clock !== undefined, receivedOfUs?.received];
  };
  sender.receive("observer", observer.tick(10 * MS), 11 * MS);
  // Echoed behind the other one, which was received once.
  assert.deepEqual(told(), [true, undefined]);
  sender.receive("observer", observer.tick(20 * MS), 21 * MS);
  assert.deepEqual(told(), [true, 3]);
});

/** Counts the peers that are gone through while it does something. */
function goneThrough(recorder: Recorder, act: () => void): number {
  const { peers } = recorder;
  let count = 0;
  const values = peers.values.bind(peers);
  function* counted() {
    for (const peer of values()) {
      count++;
      yield peer;
    }
  }
  Object.assign(peers, { values: counted, [Symbol.iterator]: () => assert.fail("not by values") });
  act();
  delete (peers as Partial<typeof peers>).values;
  delete (peers as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  return count;
}

Deno.test("a tick of ours, and one that is received, go through no more of 3,000 peers than of 3", () => {
  for (const count of [3, 3000]) {
    const observer = end("0b5e7e70", 0, 10 * MS);
    const tick = (n: number, seq: number): ReceivedTick => {
      const monoUs = seq * 10 * MS as MonoUs;
      const wallUs = EPOCH_US + monoUs as WallUs;
      const header = { run: nameOf(n), seq, timerErrorUs: 0, unsent: 0, skipped: 0 };
      return { subject: `tick.${n}`, signUs: wallUs, realUs: wallUs, monoUs, header };
    };
    for (let n = 0; n < count; n++) observer.recorder.received(tick(n, 0));
    const through = goneThrough(observer.recorder, () => {
      for (let seq = 2; seq < 200; seq += 2) {
        observer.tick(seq * 10 * MS);
        for (let n = 0; n < 3; n++) observer.recorder.received(tick(n, seq));
      }
    });
    assert.equal(through, 0);
    assert.equal(
      goneThrough(observer.recorder, () => observer.recorder.check(2 * S as MonoUs)),
      count,
    );
  }
});
