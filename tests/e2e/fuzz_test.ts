/** Ten thousand messages that are no ticks, or odd ones, among good ones, over a server. */

import assert from "node:assert/strict";
import { connectNats } from "../support/bus.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { exchange } from "../../lib/exchange.ts";
import { output } from "../../lib/report/output.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import { newRun } from "../../lib/tick.ts";
import { headerOf, TICK_HEADER } from "../../lib/wire.ts";
import { barePeer } from "../support/bare_peer.ts";
import { testOnEach } from "../support/nats_server.ts";
import { deadline } from "../support/deadline.ts";
import { Log } from "../support/log.ts";
import { type Random, seeded } from "../support/simulation.ts";

interface Message {
  body: Uint8Array;
  /** A block of headers as it is on the wire. */
  headers?: Uint8Array;
  /** What is to be said of it: of its body, or of its header. */
  rejected?: string;
  unused?: string;
  /** The run it is of, where nothing is wrong with it. */
  run?: string;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const block = (value: string) => bytes(`NATS/1.0\r\n${TICK_HEADER}: ${value}\r\n\r\n`);
const now = () => (systemClock.wallUs() / 1e6).toFixed(6);

const NO_NUMBERS = [
  ...["NaN", "nan", "inf", "-Infinity", "0x1p3", "0xffff", "0b1", "0o7", "1,5", "1.2.3", "--1"],
  ...["+-1", "1e", "e5", "1 2", "1_", "_1", "1__2", ".", "-", "+", "1.5s", "1n", "1f", "1;2"],
  ...["__proto__", "constructor", '{"__proto__":1}', "[1]", '"1"', "true", "null", "undefined"],
  ...["１２３", "١٢٣.٥", "१२३", "一二三", "Ⅷ", "½", "1٫5", "1\u22125", "\u202e1.5", "1\u200b5"],
  ...["\0", "1\x002", "1.5\x1b[2J", "\x07", "1\x7f", "\x9b31m", "[".repeat(500), "(".repeat(500)],
  ..."{".repeat(3).split("").map((brace) => brace.repeat(200)),
];
const OUT_OF_RANGE = ["1e309", "-1e309", "1e99999", "9007199255", "-9007199255", "1".repeat(300)];
const EMPTY = ["", " ", "\t\r\n", "\u3000", "\u00a0 \u2028", "\v\f"];
const ODD_NUMBERS = ["0", "-0", "-5", "1e3", ".5", "5.", "+7", "\t1.5\u3000", "1_0.2_5", "1e-400"];
const BROKEN_HEADERS = [
  ...["hello", "NaN", "1", "1;", "1;;;;;", "1; run=abc", "1; seq=5", "1; run=; seq=5", "v1; run=a"],
  ...["1; run=a; seq=-1", "1; run=a; seq=1e5", "1; run=a; seq=0x10", "1; run=a; seq=1.5"],
  ...["1; run=a; seq=٣", "1; run=a; seq=NaN", "1; run=a; seq=999999999999999", "1; run=a b; seq=1"],
  ...["1; run=../..; seq=1", "1; run=a\x1b[2J; seq=1", "1; run=é; seq=1", "1; __proto__=1"],
  ...[`1; run=${"a".repeat(33)}; seq=1`, "1; run=a; seq=1; late=x", "1; run=a; seq=1; unsent=-1"],
  ...["1; run=a; seq=1; echo=b", "1; run=a; seq=1; echo=b,1,2,3", "1; run=a; seq=1; heard=1,2,3"],
  ...["1; run=a; seq=1; heard=1,2,3,4,-5", "1; run=a; seq=1; steps=x", "1; run=a; seq=1; rtt=-1"],
  ...["1".repeat(40), "-1; run=a; seq=1", "1.0; run=a; seq=1", "=1", "{".repeat(900)],
];
const UNKNOWN_VERSIONS = ["0; run=a; seq=1", "2; run=a; seq=1", "99", "01; run=a; seq=1"];
const HOSTILE_RUNS = ["__proto__", "constructor", "toString", "hasOwnProperty", "-", "0"];

function anyOf<T>(random: Random, items: T[]): T {
  return items[Math.floor(random() * items.length)];
}

function noise(random: Random, max: number): Uint8Array {
  return Uint8Array.from({ length: Math.ceil(random() * max) }, () => random() * 256);
}

/** One that is wrong, or odd, in one of many ways. */
function wrong(random: Random, n: number): Message {
  const good = bytes(now());
  const kind = Math.floor(random() * 16);
  if (n % 1000 === 1) {
    return { body: new Uint8Array(1 << 20).fill(49), rejected: "too long" };
  }
  if (n % 1000 === 2) {
    // Headers by the ten thousand, which the client would read for a long time.
    const many = Array.from({ length: 50_000 }, (_, i) => `h${i}: 1\r\n`).join("");
    return { body: good, headers: bytes(`NATS/1.0\r\n${many}\r\n`), unused: "header too long" };
  }
  const no = "not a decimal number";
  switch (kind) {
    case 0:
    case 1:
    case 2:
      return { body: bytes(anyOf(random, NO_NUMBERS)), rejected: no };
    case 3:
      return { body: Uint8Array.from([0xff, ...noise(random, 200)]), rejected: no };
    case 4:
      return { body: bytes(anyOf(random, OUT_OF_RANGE)), rejected: "out of range" };
    case 5:
      return { body: bytes(anyOf(random, EMPTY)), rejected: "empty" };
    case 6:
      return { body: bytes("1".repeat(513 + random() * 2000)), rejected: "too long" };
    case 7:
      // A wrong body is no tick, whatever its header says.
      return { body: bytes("x"), headers: block(`1; run=good; seq=${n}`), rejected: no };
    case 8:
      return { body: bytes(anyOf(random, ODD_NUMBERS)) };
    case 9:
      return { body: good.subarray(0, 1 + Math.floor(random() * (good.length - 1))) };
    case 10:
    case 11:
      return { body: good, headers: block(anyOf(random, BROKEN_HEADERS)), unused: "broken header" };
    case 12:
      return {
        body: good,
        headers: block(anyOf(random, UNKNOWN_VERSIONS)),
        unused: "unknown header version",
      };
    case 13:
      return {
        body: good,
        headers: block(`1; run=a; seq=1; x=${"y".repeat(1100)}`),
        unused: "header too long",
      };
    case 14:
      // What isn't even a block of headers.
      return {
        body: good,
        headers: bytes("NATS/1.0\r\nT\x01ck: 1\r\n\r\n"),
        unused: "broken header",
      };
    default: {
      const run = anyOf(random, HOSTILE_RUNS);
      return { body: good, headers: block(`1; run=${run}; seq=${n}; unsent=0`), run };
    }
  }
}

function tally(items: (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) if (item !== undefined) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}

const MESSAGES = 10_000;

testOnEach("10,000 wrong messages cost no good tick, and each is counted", async (broker) => {
  await using server = await broker();
  const [mine, theirs] = [server.subject("mine"), server.subject("theirs")];
  using peer = await barePeer(server.address, [mine], { headers: true });
  await using bus = connectNats({ servers: [server.address], name: "test", silentMs: 60_000 });
  const run = newRun();
  const recorder = new Recorder({ run, intervalUs: 10_000, lossTimeoutUs: 600e6 });
  const lines: string[] = [];
  const writer = (line: (text: string) => void) => ({
    line,
    keep: line,
    ...{ dropped: 0, waiting: 0, taken: 0, failure: undefined },
    flush: async () => {},
  });
  using said = output({
    name: "test",
    out: writer(() => {}),
    err: writer((text) => void lines.push(text)),
    clock: systemClock,
    ...{ digits: 3, quiet: true, json: false, colour: false, manySubjects: false },
  });
  const received = new Log<string>();
  const end = new AbortController();
  const startUs = systemClock.monoUs();
  const ended = exchange(bus, {
    ...{ run, publish: mine, subscribe: theirs, intervalUs: 10_000, recorder },
    report: {
      tick(tick) {
        said.tick(tick);
        if (tick.header) received.push(`${tick.header.run} ${tick.header.seq}`);
      },
      event: (event) => said.event(event),
    },
    signal: end.signal,
  });
  await peer.messages.reach(1, "tick"); // so it has subscribed before

  const random = seeded(20_261_124);
  const sent: Message[] = [];
  let seq = 0;
  const sendGood = () => {
    const header = headerOf({ run: "good", seq: seq++, timerErrorUs: 0, unsent: 0, skipped: 0 });
    return peer.send(theirs, bytes(now()), block(header));
  };
  const allHeard = () => received.find("last good tick", (tick) => tick === `good ${seq - 1}`);
  await sendGood();
  for (let n = 0; n < MESSAGES; n++) {
    const message = wrong(random, n);
    sent.push(message);
    await peer.send(theirs, message.body, message.headers);
    if (random() < 0.3) await sendGood();
    // One process sends and receives: it is not to send so much at once that the server drops it as slow.
    if (n % 200 === 0) await allHeard();
  }
  await sendGood();
  await allHeard();
  end.abort();
  await deadline(10_000, "end", ended);
  recorder.check(systemClock.monoUs()).forEach((event) => said.event(event));
  const seconds = (systemClock.monoUs() - startUs) / 1e6;

  assert.deepEqual(Object.fromEntries(recorder.rejected), tally(sent.map((m) => m.rejected)));
  const { headerFaults, bare, sequence } = recorder.peers.get(theirs)!.statistics(
    systemClock.monoUs(),
  );
  assert.deepEqual({ ...headerFaults }, tally(sent.map((m) => m.unused)));
  assert.equal(bare, sent.filter((m) => m.rejected === undefined && m.run === undefined).length);
  const good = recorder.peers.get(theirs)!.sequences.account("good")!;
  assert.deepEqual(
    [good.slots, good.received, good.lost, good.duplicate, good.late, good.reordered],
    [seq, seq, 0, 0, 0, 0],
  );
  const { slots, lost, unsent, skipped, pending } = sequence;
  assert.equal(slots, sequence.received + lost + unsent + skipped + pending);

  const wrongLines = lines.filter((line) => /rejected|only the body|implausible/.test(line));
  assert.ok(wrongLines.length > 0 && wrongLines.length <= seconds + 1, wrongLines.join("\n"));
  assert.ok(lines.length <= 12 * (seconds + 1), lines.join("\n"));
  // deno-lint-ignore no-control-regex
  for (const line of lines) assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\u202e\u200b]/);
});
