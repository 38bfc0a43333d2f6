import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import type { MonoUs } from "../../lib/time/clock.ts";
import type { Beat } from "../../lib/time/metronome.ts";
import type { ReceivedTick, RejectedMessage } from "../../lib/arrival.ts";
import { newRun, publishTicks, receiveTicks } from "../../lib/tick.ts";
import { headerOf } from "../../lib/wire.ts";
import { readHeader } from "../../lib/wire/read_header.ts";
import { fakeBus, fakeClock, take } from "../support/fakes.ts";

const WALL_US = 1_795_503_377_582_859;

async function* schedule(...given: Partial<Beat>[]) {
  for (const [slot, beat] of given.entries()) {
    await Promise.resolve();
    const slotUs = slot * 10_000 as MonoUs;
    yield { slot, slotUs, skipped: 0, last: false, ...beat } as Beat;
  }
}

Deno.test("publishTicks() publishes one tick a beat, and yields it", async () => {
  const bus = fakeBus();
  const ticks = await take(publishTicks(bus, { subject: "a", beats: schedule({}, {}, {}) }), 9);
  assert.deepEqual(bus.published.map(({ subject }) => subject), ["a", "a", "a"]);
  assert.deepEqual(ticks.map(({ seq }) => seq), [0, 1, 2]);
});

Deno.test("publishTicks() puts the wall time at the beat into the body", async () => {
  const bus = fakeBus();
  const clock = fakeClock({ wallUs: WALL_US });
  const [tick] = await take(publishTicks(bus, { subject: "a", beats: schedule({}), clock }), 1);
  assert.equal(tick.signUs, WALL_US);
  assert.equal(bus.published[0].body, "1795503377.582859");
});

Deno.test("publishTicks() says in the header which slot of which run it is, and how late", async () => {
  const bus = fakeBus();
  const clock = fakeClock({ monoUs: 70_250 });
  const beats = schedule({ slot: 7, slotUs: 70_000 as MonoUs });
  await take(publishTicks(bus, { subject: "a", beats, clock, run: "0badcafe" }), 1);
  const { run, seq, timerErrorUs } = readHeader(bus.published[0].header).header!;
  assert.deepEqual({ run, seq, timerErrorUs }, { run: "0badcafe", seq: 7, timerErrorUs: 250 });
});

Deno.test("publishTicks() keeps the sign of a tick that came early", async () => {
  const clock = fakeClock({ monoUs: 69_970 });
  const beats = schedule({ slot: 7, slotUs: 70_000 as MonoUs });
  const [tick] = await take(publishTicks(fakeBus(), { subject: "a", beats, clock }), 1);
  assert.equal(tick.timerErrorUs, -30);
});

Deno.test("publishTicks() counts as unsent what the bus didn't take", async () => {
  const bus = fakeBus();
  const stream = publishTicks(bus, { subject: "a", beats: schedule({}, {}, {}, {}) });
  bus.open = false;
  const disconnected = await take(stream, 2);
  bus.open = true;
  const bright = await take(stream, 2);
  assert.deepEqual(disconnected.map(({ sent, unsent }) => [sent, unsent]), [[false, 1], [
    false,
    2,
  ]]);
  assert.deepEqual(bright.map(({ sent, unsent }) => [sent, unsent]), [[true, 2], [true, 2]]);
  assert.equal(readHeader(bus.published[0].header).header!.unsent, 2);
});

Deno.test("publishTicks() adds up the slots that were skipped", async () => {
  const bus = fakeBus();
  const beats = schedule({}, { slot: 3, skipped: 2 }, { slot: 4 }, { slot: 9, skipped: 4 });
  const ticks = await take(publishTicks(bus, { subject: "a", beats }), 9);
  assert.deepEqual(ticks.map(({ seq, skipped }) => [seq, skipped]), [[0, 0], [3, 2], [4, 2], [
    9,
    6,
  ]]);
  const headers = bus.published.map(({ header }) => readHeader(header).header!.skipped);
  assert.deepEqual(headers, [0, 2, 2, 6]);
});

Deno.test("publishTicks() keeps one run from its start to its end", async () => {
  const bus = fakeBus();
  const ticks = await take(publishTicks(bus, { subject: "a", beats: schedule({}, {}) }), 9);
  const [first, second] = bus.published.map(({ header }) => readHeader(header).header!.run);
  assert.equal(first, second);
  assert.equal(ticks[0].run, first);
});

Deno.test("publishTicks() starts a new run each time", async () => {
  const [a] = await take(publishTicks(fakeBus(), { subject: "a", beats: schedule({}) }), 1);
  const [b] = await take(publishTicks(fakeBus(), { subject: "a", beats: schedule({}) }), 1);
  assert.notEqual(a.run, b.run);
});

Deno.test("publishTicks() asks at each tick what is to be said of the peer", async () => {
  const bus = fakeBus();
  let seq = 40;
  const about = () =>
    ({
      echo: { run: "0badcafe", seq: seq++, signUs: WALL_US, realUs: WALL_US + 70 },
    }) as ReturnType<NonNullable<Parameters<typeof publishTicks>[1]["about"]>>;
  await take(publishTicks(bus, { subject: "a", beats: schedule({}, {}), about }), 9);
  const echoes = bus.published.map(({ header }) => readHeader(header).header!.echo);
  assert.deepEqual(echoes.map((echo) => echo?.seq), [40, 41]);
  assert.equal(echoes[0]?.realUs, WALL_US + 70);
});

Deno.test("newRun() names a run with 8 hexadecimal digits", () => {
  assert.match(newRun(), /^[0-9a-f]{8}$/);
});

/** A receiver that is subscribed already, as a generator is only once it is asked. */
function receiving(options: Partial<Parameters<typeof receiveTicks>[1]> = {}) {
  const bus = fakeBus();
  const clock = fakeClock({ wallUs: WALL_US, monoUs: 1_000 });
  const rejected: RejectedMessage[] = [];
  const onReject = (message: RejectedMessage) => void rejected.push(message);
  const stream = receiveTicks(bus, { subject: "b", clock, onReject, ...options });
  const first = stream.next();
  const next = async (count: number) => {
    const { value, done } = await first;
    return done ? [] : [value, ...await take(stream, count - 1)];
  };
  return { bus, clock, rejected, stream, next };
}

Deno.test("receiveTicks() yields the time in the body and the time of arrival", async () => {
  const { bus, next } = receiving();
  bus.deliver("b", "1795503377.500000");
  const [tick] = await next(1);
  assert.equal(tick.signUs, 1_795_503_377_500_000);
  assert.equal(tick.realUs, WALL_US);
  assert.equal(tick.subject, "b");
});

Deno.test("receiveTicks() stamps a tick when it arrives, not when it is fetched", async () => {
  const { bus, clock, next } = receiving();
  bus.deliver("b", "1");
  clock.advance(10);
  bus.deliver("b", "2");
  clock.advance(1_000_000);
  const ticks = await next(2);
  assert.deepEqual(ticks.map(({ realUs }) => realUs), [WALL_US, WALL_US + 10]);
  assert.deepEqual(ticks.map(({ monoUs }) => monoUs), [1_000, 1_010]);
});

Deno.test("receiveTicks() yields ticks in the order of their arrival", async () => {
  const { bus, next } = receiving();
  for (const body of ["3", "1", "2"]) bus.deliver("b", body);
  assert.deepEqual((await next(3)).map(({ signUs }) => signUs / 1e6), [3, 1, 2]);
});

Deno.test("receiveTicks() yields ticks that arrive while others are fetched", async () => {
  const { bus, stream, next } = receiving();
  bus.deliver("b", "1");
  await next(1);
  bus.deliver("b", "2");
  assert.equal((await take(stream, 1))[0].signUs, 2_000_000);
});

Deno.test("receiveTicks() yields what the header says", async () => {
  const { bus, next } = receiving();
  const header = { run: "0badcafe", seq: 7, timerErrorUs: -3, unsent: 1, skipped: 2 };
  bus.deliver("b", "1", headerOf(header));
  assert.deepEqual((await next(1))[0].header, header);
});

Deno.test("receiveTicks() takes a tick without a header", async () => {
  const { bus, next } = receiving();
  bus.deliver("b", "1");
  const [tick] = await next(1);
  assert.equal(tick.header, undefined);
  assert.equal(tick.headerFault, undefined);
});

Deno.test("receiveTicks() uses the body of a tick whose header is broken", async () => {
  const { bus, next } = receiving();
  bus.deliver("b", "1", "9; run=a; seq=1");
  const [tick] = await next(1);
  assert.equal(tick.signUs, 1_000_000);
  assert.equal(tick.header, undefined);
  assert.ok(tick.headerFault);
});

Deno.test("receiveTicks() rejects a body that is no number", async () => {
  const { bus, rejected, next } = receiving();
  bus.deliver("b", "hello");
  bus.deliver("b", "1");
  assert.equal((await next(1))[0].signUs, 1_000_000);
  assert.equal(rejected.length, 1);
  assert.equal(rejected[0].subject, "b");
  assert.equal(new TextDecoder().decode(rejected[0].body), "hello");
  assert.ok(rejected[0].reason);
});

Deno.test("receiveTicks() lets nothing wait that is no tick, where hundreds wait already", async () => {
  const { bus, rejected, next } = receiving();
  for (let n = 0; n < 600; n++) bus.deliver("b", n === 599 ? "1" : "hello");
  assert.equal(rejected.length, 599 - 512);
  assert.equal((await next(1))[0].signUs, 1_000_000);
  assert.equal(rejected.length, 599);
});

Deno.test("receiveTicks() hands the oldest ticks on beside when too many wait", async () => {
  const overruns: number[] = [];
  const onOverrun = ({ signUs }: ReceivedTick) => overruns.push(signUs / 1e6);
  const { bus, rejected, next } = receiving({ limit: 2, onOverrun });
  for (const body of ["1", "2", "3", "4"]) bus.deliver("b", body);
  assert.deepEqual(overruns, [1, 2]);
  assert.deepEqual((await next(2)).map(({ signUs }) => signUs / 1e6), [3, 4]);
  assert.deepEqual(rejected, []);
});

Deno.test("receiveTicks() lets no more wait than what a minute brings", async () => {
  let overruns = 0;
  const { bus, next } = receiving({ onOverrun: () => overruns++ });
  for (let n = 0; n < 20_000; n++) bus.deliver("b", String(n));
  assert.equal(overruns, 20_000 - 8192);
  assert.equal((await next(1))[0].signUs / 1e6, overruns);
});

Deno.test("receiveTicks() lets ticks linger no longer than until hundreds wait", async () => {
  const { bus, next } = receiving({ lingerMs: 1e6 });
  for (let n = 0; n < 513; n++) bus.deliver("b", "1");
  assert.equal((await next(513)).length, 513);
});

Deno.test("receiveTicks() ends though more arrive without end, and loses none of what arrived", async () => {
  const end = new AbortController();
  const overruns: number[] = [];
  const onOverrun = ({ signUs }: ReceivedTick) => overruns.push(signUs / 1e6);
  const { bus, stream } = receiving({ signal: end.signal, onOverrun });
  for (let n = 0; n < 8000; n++) bus.deliver("b", String(n));
  const seen: number[] = [];
  for await (const { signUs } of stream) {
    seen.push(signUs / 1e6);
    bus.deliver("b", String(8000 + seen.length));
    if (seen.length === 100) end.abort();
  }
  const all = [...seen, ...overruns];
  assert.deepEqual(all, all.toSorted((a, b) => a - b));
  assert.ok(seen.length < 5000 && all.length >= 7999, `${seen.length} of ${all.length}`);
});

Deno.test("receiveTicks() lets a tick linger for those after it, but not the first one", async () => {
  const { bus, clock, stream, next } = receiving({ lingerMs: 100 });
  bus.deliver("b", "1");
  await next(1);
  const more = take(stream, 3);
  let yielded = false;
  more.then(() => yielded = true);
  for (const body of ["2", "3"]) {
    clock.advance(49_000);
    bus.deliver("b", body);
  }
  await new Promise((resolve) => setTimeout(resolve)); // a turn: whatever was awake has gone on
  assert.equal(yielded, false);
  clock.advance(2_000);
  bus.deliver("b", "4");
  assert.deepEqual((await more).map(({ signUs }) => signUs / 1e6), [2, 3, 4]);
});

Deno.test("receiveTicks() lets others have their turn while it yields thousands", async () => {
  const { bus, next } = receiving();
  for (let tick = 0; tick < 3000; tick++) bus.deliver("b", "1");
  let others = false;
  setImmediate(() => others = true);
  const ticks = next(3000);
  assert.equal((await ticks).length, 3000);
  assert.equal(others, true);
});

Deno.test("receiveTicks() yields a lingering tick that nothing comes after", async () => {
  const { bus, stream, next } = receiving({ lingerMs: 1 });
  bus.deliver("b", "1");
  await next(1);
  const second = take(stream, 1);
  bus.deliver("b", "2");
  assert.equal((await second)[0].signUs, 2_000_000);
  await stream.return();
});

Deno.test("receiveTicks() lets no tick linger that comes long after the one before", async () => {
  const { bus, clock, stream, next } = receiving({ lingerMs: 20 });
  bus.deliver("b", "1");
  await next(1);
  const second = take(stream, 1);
  clock.advance(15_000);
  bus.deliver("b", "2");
  await second; // by its timer, and late
  const third = take(stream, 1);
  let yielded = false;
  third.then(() => yielded = true);
  clock.advance(20_000); // since the second one came
  bus.deliver("b", "3");
  await new Promise<void>((resolve) => setImmediate(resolve));
  assert.equal(yielded, true);
});

Deno.test("receiveTicks() yields lingering ticks when the signal aborts", async () => {
  const end = new AbortController();
  const { bus, stream, next } = receiving({ lingerMs: 1e6, signal: end.signal });
  bus.deliver("b", "1");
  await next(1);
  const rest = take(stream, 9);
  bus.deliver("b", "2");
  end.abort();
  assert.deepEqual((await rest).map(({ signUs }) => signUs / 1e6), [2]);
});

Deno.test("receiveTicks() ends at once where the signal has aborted before", async () => {
  const { next } = receiving({ signal: AbortSignal.abort() });
  assert.deepEqual(await next(1), []);
});

Deno.test("receiveTicks() ends when the signal aborts", async () => {
  const end = new AbortController();
  const { bus, next } = receiving({ signal: end.signal });
  end.abort();
  assert.deepEqual(await next(9), []);
  assert.equal(bus.subscribers, 0);
});

Deno.test("receiveTicks() still yields what had arrived when the signal aborted", async () => {
  const end = new AbortController();
  const { bus, next } = receiving({ signal: end.signal });
  bus.deliver("b", "1");
  bus.deliver("b", "2");
  end.abort();
  assert.equal((await next(9)).length, 2);
});

Deno.test("receiveTicks() unsubscribes when its reader breaks off", async () => {
  const { bus, stream, next } = receiving();
  assert.equal(bus.subscribers, 1);
  bus.deliver("b", "1");
  await next(1);
  await stream.return();
  assert.equal(bus.subscribers, 0);
});
