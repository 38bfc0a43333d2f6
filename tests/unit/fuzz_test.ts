/** Headers, bodies, what a server sends and options, each taken apart at random: 100,000 in all, the same each time. */

import assert from "node:assert/strict";
import { readOptions } from "../../lib/cli/options.ts";
import { ROWS } from "../../lib/cli/table.ts";
import { type GuardedHandler, GuardedParser } from "../../lib/jsr/transport-deno/handler.ts";
import { UsageError } from "../../lib/text/usage_error.ts";
import type { WallUs } from "../../lib/time/clock.ts";
import { headerOf, readBody, type TickHeader } from "../../lib/wire.ts";
import { readHeader } from "../../lib/wire/read_header.ts";
import { echoAmong } from "../../lib/wire/more_echoes.ts";
import { greeting } from "../support/fake_server.ts";
import { LONG } from "../support/long.ts";
import { type Random, seeded } from "../support/simulation.ts";

/** Of each kind; four kinds. */
const CASES = LONG ? 2_500_000 : 10_000;

function anyOf<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)];
}

const CHARACTERS = [
  ..."0123456789+-._eExX,;:= \t\r\n\0\x1b\x7f/@[]{}()<>=%\"'\\abcnaif",
  ...["\u202e", "\u200b", "٣", "１", "é", "💩", "\ud800", "\u3000", "\ufeff"],
];
const PIECES = [
  ...["999999999999", "9999999999999", "1e309", "-0", "0x1p3", "NaN", "Infinity", "__proto__"],
  ...[
    "constructor",
    "run=",
    "seq=",
    "echo=",
    "heard=",
    "last=1",
    "1;",
    "10ms",
    "100h",
    "1795503377",
  ],
  ...[
    "127.0.0.1",
    ":4222",
    "tls://",
    "user:pass@",
    "p99",
    "<",
    ">=",
    "--",
    "\r\n",
    "MSG a 1 ",
    "PING",
  ],
];

/** One that is right, with a few characters changed, left out, put in or doubled. */
function spoilt(random: Random, right: string): string {
  let text = right;
  for (let changes = Math.floor(random() * 5); changes > 0; changes--) {
    const at = Math.floor(random() * (text.length + 1));
    const put = random() < 0.3 ? anyOf(random, PIECES) : anyOf(random, CHARACTERS);
    const kind = random();
    if (kind < 0.35) text = text.slice(0, at) + put + text.slice(at);
    else if (kind < 0.7) text = text.slice(0, at) + put + text.slice(at + 1);
    else if (kind < 0.9) text = text.slice(0, at) + text.slice(at + 1 + Math.floor(random() * 8));
    else text += text.slice(at);
  }
  return text;
}

/** Names the case that fails, so that it can be looked at alone. */
async function each(seed: number, check: (random: Random) => void | Promise<void>) {
  for (let n = 0; n < CASES; n++) {
    try {
      const checked = check(seeded(seed + n));
      if (checked) await checked;
    } catch (error) {
      throw new Error(`seed ${seed + n}`, { cause: error });
    }
  }
}

const HEADER = headerOf({
  ...{ run: "3fa9c2d1", seq: 123, timerErrorUs: -12, unsent: 4, skipped: 5, steps: 6, rttUs: 789 },
  last: true,
  echo: {
    run: "-",
    seq: -1,
    signUs: 1_795_503_377_582_859,
    realUs: 1_795_503_377_582_999,
  } as never,
  received: { received: 1, lost: 2, late: 3, duplicate: 4, reordered: 5 },
  moreEchoes: "aaaaaaaa,12,48211,312 bbbbbbbb,13,48214,-313 cccccccc,14,48217,314",
});

Deno.test(`readHeader() reads ${CASES} spoilt headers as what is in them, or as a fault`, async () => {
  let read = 0;
  await each(1_000_000_000, (random) => {
    const { header, headerFault } = readHeader(spoilt(random, HEADER));
    assert.ok(header === undefined || headerFault === undefined);
    if (!header) return;
    read++;
    const { run, timerErrorUs, echo, received, moreEchoes = "", ...counts } = header;
    assert.match(run, /^[\w-]{1,32}$/);
    assert.ok(Number.isSafeInteger(timerErrorUs));
    const { last: _, ...numbers } = { ...counts, ...received };
    for (const count of Object.values(numbers)) {
      assert.ok(Number.isSafeInteger(count) && count >= 0);
    }
    const further = echoAmong(moreEchoes, "bbbbbbbb", 1_795_503_377_582_859 as WallUs);
    for (const { seq, signUs, realUs } of [echo, further].filter((each) => each !== undefined)) {
      for (const us of [seq, signUs, realUs]) assert.ok(Number.isSafeInteger(us));
    }
    // However it is spaced, it is the same: written as tick writes it, it is read in a shorter way.
    assert.deepEqual(readHeader(headerOf(header).replaceAll(";", " ;")).header, asWritten(header));
    // It is itself again once it is written.
    assert.deepEqual(readHeader(headerOf(header)).header, asWritten(header));
  });
  assert.ok(read > CASES / 10 && read < CASES, `${read} were read`);
});

/** A header writes steps of 0 as none, and -0 as 0. */
function asWritten(header: TickHeader): TickHeader {
  const { steps, echo, ...rest } = { ...header, timerErrorUs: header.timerErrorUs + 0 };
  const written: TickHeader = steps ? { ...rest, steps } : rest;
  if (!echo) return written;
  const [signUs, realUs] = [echo.signUs + 0 as WallUs, echo.realUs + 0 as WallUs];
  return { ...written, echo: { run: echo.run, seq: echo.seq + 0, signUs, realUs } };
}

Deno.test(`readBody() reads ${CASES} spoilt bodies as the number they are, or as a fault`, async () => {
  let read = 0;
  const encoder = new TextEncoder();
  await each(2_000_000_000, (random) => {
    const text = spoilt(random, (1_795_503_377.582859 * random()).toFixed(6));
    const bytes = encoder.encode(text);
    if (random() < 0.1 && bytes.length > 0) {
      bytes[Math.floor(random() * bytes.length)] = random() * 256;
    }
    const body = readBody(bytes);
    if (body.fault !== undefined) return;
    read++;
    assert.ok(Number.isSafeInteger(body.signUs));
    // What JavaScript reads as a number is that one; what it doesn't is written with underscores.
    const written = new TextDecoder().decode(bytes);
    const number = Number(written);
    if (written.includes("_")) assert.ok(Number.isNaN(number));
    else assert.equal(body.signUs, Math.round(number * 1e6));
  });
  assert.ok(read > CASES / 10 && read < CASES, `${read} were read`);
});

const LINES = [
  greeting({ connect_urls: ["127.0.0.1:4222"] }),
  "PING\r\n",
  "PONG\r\n",
  "+OK\r\n",
  `-ERR 'Permissions Violation for Publish to "a"'\r\n`,
  "MSG app2_tick 1 17\r\n1795503377.582859\r\n",
  `HMSG app2_tick 1 30 47\r\nNATS/1.0\r\nTick: 1; run=a; s\r\n1795503377.582859\r\n`,
  "MSG a 1 0\r\n\r\n",
];

/** What the parser makes of bytes that come in these pieces. */
function parsed(pieces: Uint8Array[]): { events: string[]; faults: string[] } {
  const [events, faults]: string[][] = [[], []];
  const decoder = new TextDecoder("latin1");
  const handler = {
    push(event: { kind: number; data?: Uint8Array; msg?: { subject: Uint8Array } }) {
      assert.equal(faults.length, 0, "something is taken after a fault");
      const { kind, data, msg } = event;
      const text = (bytes?: Uint8Array) => bytes ? decoder.decode(bytes) : "";
      events.push(`${kind} ${text(msg?.subject)} ${text(data)}`);
    },
    fault: (error: Error) => void faults.push(error.message),
  };
  const parser = new GuardedParser(handler as unknown as GuardedHandler);
  for (const piece of pieces) parser.parse(piece);
  assert.ok(faults.length <= 1, faults.join("\n"));
  return { events, faults };
}

Deno.test(`what a server sends, spoilt ${CASES} times, is the same in whatever pieces it comes`, async () => {
  let faults = 0;
  const encoder = new TextEncoder();
  await each(3_000_000_000, (random) => {
    const lines = Array.from({ length: 1 + random() * 4 }, () => anyOf(random, LINES)).join("");
    const sent = spoilt(random, lines);
    const bytes = encoder.encode(sent);
    const whole = parsed([bytes]);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + Math.floor(random() * 40);
      pieces.push(bytes.slice(at, end));
      at = end;
    }
    const inPieces = parsed(pieces);
    faults += whole.faults.length;
    if (/\r(?!\n)/.test(sent)) return; // the client takes a stray CR one way or the other
    assert.deepEqual(inPieces.events, whole.events);
    assert.equal(inPieces.faults.length, whole.faults.length);
  });
  assert.ok(faults > CASES / 20 && faults < CASES, `${faults} faults`);
});

const APP1 = { name: "app1", publish: "app1_tick", subscribe: "app2_tick" };
const NAMES = ROWS.map(([name]) => name).filter((name) => !/config/.test(name)); // no files here
const VALUES = [
  ...[
    "10ms",
    "100us",
    "1h",
    "5",
    "p99<5ms,loss=0",
    "loss<0.1%",
    "app2_tick",
    "a.*",
    "a.b.>",
    "bash",
  ],
  ...["127.0.0.1:4222", "nats://host:4222,tls://[::1]:4222", "jetstream://a", "3", "left"],
];

Deno.test(`readOptions() takes ${CASES} spoilt lists of options, or says in one line why not`, async () => {
  let taken = 0;
  await each(4_000_000_000, async (random) => {
    const args = Array.from({ length: 1 + random() * 4 }, () => {
      const value = spoilt(random, anyOf(random, VALUES));
      const name = spoilt(random, `--${anyOf(random, NAMES)}`);
      return random() < 0.5 ? [`${name}=${value}`] : [name, value];
    }).flat().filter((arg) => !/conf/.test(arg));
    try {
      const options = await readOptions(args, APP1, () => undefined);
      taken++;
      for (const us of [options.intervalUs, options.lossTimeoutUs, options.staleUs]) {
        assert.ok(us > 0, `${us}`);
      }
      for (const text of [options.name, options.publish, options.subscribe]) {
        assert.equal(typeof text, "string");
      }
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      assert.match(error.message, /^(--|NATS|.*--)/s); // it names the option, or what is none
    }
  });
  assert.ok(taken > CASES / 100 && taken < CASES, `${taken} were taken`);
});
