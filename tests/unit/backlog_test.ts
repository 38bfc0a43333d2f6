/** Whether what comes is read in time, and if not, whose fault that is: a server, a link and a reader, simulated. */

import assert from "node:assert/strict";
import { Backlog } from "../../lib/bus/nats/backlog.ts";
import { fakeClock } from "../support/fakes.ts";

const BUFFER = 32 * 1024;
/** What the system keeps for one that doesn't read. */
const SOCKET = 512 * 1024;
const KB = 1024;

interface Story {
  /** What is sent, what the link carries, and what we can read and take in, in bytes a millisecond. */
  rate: number;
  link?: (ms: number) => number;
  capacity: number;
  /** Whether we stand still. */
  stalled?: (ms: number) => boolean;
  /** When the server ends the connection: what it still has for us is gone. */
  endMs: number;
  /** How often it is published, and the server asked. */
  awakeEveryMs?: number;
  askEveryMs?: number;
  /** How long an answer takes besides. */
  roundTripMs?: number;
}

/** Plays it to its end, and tells for how long we were behind then, what of it was gone, and what was told before. */
function play(story: Story) {
  const { rate, link = () => Infinity, capacity, stalled = () => false, endMs } = story;
  const { awakeEveryMs = 10, askEveryMs = 100, roundTripMs = 0 } = story;
  const clock = fakeClock();
  const told: string[] = [];
  const asked: { atMs: number; behind: number; answered: () => void }[] = [];
  let [ms, sent, carried, read, left] = [0, 0, 0, 0, 0];
  let [isWaiting, waitsSinceMs] = [true, 0];
  let askedMs = -Infinity;
  const backlog = new Backlog({
    clock,
    onBehind: (forMs) => told.push(`behind ${Math.round(forMs / 100) / 10}`),
    onCaughtUp: (forMs) => told.push(`caught up ${Math.round(forMs / 100) / 10}`),
    onDoubt: () => ask(),
  });
  function ask() {
    askedMs = ms;
    asked.push({ atMs: ms, behind: sent, answered: backlog.ask() });
  }
  function readOne(bytes: number) {
    backlog.read(bytes, ms - waitsSinceMs, clock.monoUs());
    waitsSinceMs = ms;
    read += bytes;
    left -= bytes;
    while (asked[0]?.behind <= read && ms - asked[0].atMs >= roundTripMs) asked.shift()!.answered();
  }
  for (; ms < endMs; ms++, clock.advance(1000)) {
    sent += rate;
    carried += Math.max(0, Math.min(link(ms), sent - carried, SOCKET - (carried - read)));
    if (stalled(ms)) {
      if (!isWaiting) waitsSinceMs = ms + 1; // it stands still before it reads on
      continue;
    }
    if (ms % awakeEveryMs === 0) backlog.awake();
    const everyMs = asked.length > 0 ? Math.max(500, askEveryMs) : askEveryMs;
    if (ms - askedMs >= everyMs) ask();
    left = Math.min(left, 0) + capacity;
    while (left > 0 && carried > read) readOne(Math.min(BUFFER, carried - read));
    isWaiting = left > 0;
    if (!isWaiting) waitsSinceMs = ms + 1; // what it read takes all of the millisecond, and more
  }
  const gone = sent - carried;
  while (carried > read) readOne(Math.min(BUFFER, carried - read));
  readOne(0);
  clock.advance(3e6); // it is asked later
  return { behindMs: backlog.behindMs, gone, told };
}

const OURS: [what: string, story: Story, fromMs: number, toMs: number][] = [
  ["more comes than it can take in", { rate: 18 * KB, capacity: 12 * KB, endMs: 8000 }, 2000, 8000],
  ["the same ends within a second", { rate: 24 * KB, capacity: 12 * KB, endMs: 900 }, 400, 900],
  [
    "it is put aside six tenths of the time",
    { rate: 6 * KB, capacity: 12 * KB, stalled: (ms) => ms % 100 < 60, endMs: 9000 },
    1000,
    9000,
  ],
  [
    "it is stopped, and the connection ended as it goes on",
    { rate: 2 * KB, capacity: 12 * KB, stalled: (ms) => ms > 4000, endMs: 6000 },
    1900,
    2200,
  ],
  [
    "it asks for an answer once in half a minute",
    { rate: 18 * KB, capacity: 12 * KB, askEveryMs: 30_000, endMs: 8000 },
    2000,
    8000,
  ],
  [
    "the server is far away",
    { rate: 18 * KB, capacity: 12 * KB, roundTripMs: 300, endMs: 8000 },
    2000,
    8000,
  ],
];

for (const [what, story, fromMs, toMs] of OURS) {
  Deno.test(`Backlog is behind at the end where ${what}`, () => {
    const { behindMs, gone } = play(story);
    assert.ok(gone > 0, "nothing is gone");
    assert.ok(behindMs >= fromMs && behindMs <= toMs, `behind by ${behindMs} ms`);
  });
}

const OTHERS: [what: string, story: Story][] = [
  ["the link is slow", { rate: 8 * KB, link: () => 1 * KB, capacity: 12 * KB, endMs: 8000 }],
  [
    "the link carries less than half of what it could take in",
    { rate: 18 * KB, link: () => 5 * KB, capacity: 12 * KB, endMs: 8000 },
  ],
  [
    "a proxy hands it 64 KiB at a time, late",
    {
      rate: 4 * KB,
      link: (ms) => ms % 50 === 0 ? 64 * KB : 0,
      capacity: 12 * KB,
      endMs: 8000,
    },
  ],
  [
    "the server stands still for three seconds, and ends while all of that comes at once",
    {
      rate: 8 * KB,
      link: (ms) => ms > 2000 && ms < 5000 ? 0 : Infinity,
      capacity: 12 * KB,
      endMs: 5500,
    },
  ],
  ["it has a lot to do, and reads in time", { rate: 9 * KB, capacity: 12 * KB, endMs: 8000 }],
  [
    "it has a lot to do, the server is far away, and it reads in time",
    { rate: 9 * KB, capacity: 12 * KB, roundTripMs: 400, endMs: 8050 },
  ],
  [
    "it has a lot to do, asks once in half a minute, and reads in time",
    { rate: 9 * KB, capacity: 12 * KB, askEveryMs: 30_000, endMs: 8000 },
  ],
  [
    "it publishes once a minute, and the link is slow",
    { rate: 4 * KB, link: () => 1 * KB, capacity: 12 * KB, awakeEveryMs: 60_000, endMs: 8000 },
  ],
];

for (const [what, story] of OTHERS) {
  Deno.test(`Backlog isn't behind where ${what}`, () => {
    const { behindMs, told } = play(story);
    assert.equal(behindMs, 0);
    assert.deepEqual(told, []);
  });
}

Deno.test("Backlog tells once that it is behind, and once that it has caught up", () => {
  const stalled = (ms: number) => ms > 1000 && ms < 3000;
  const { told, behindMs } = play({ rate: 10 * KB, capacity: 12 * KB, stalled, endMs: 20_000 });
  assert.equal(behindMs, 0);
  assert.equal(told.length, 2);
  assert.match(told[0], /^behind 2\.\d/);
  assert.match(told[1], /^caught up (9|1[0-2])/);
});

Deno.test("Backlog is none of a burst, however long nothing came before it", () => {
  const clock = fakeClock();
  const told: number[] = [];
  const backlog = new Backlog({
    clock,
    onBehind: (forMs) => told.push(forMs),
    onCaughtUp() {},
    onDoubt() {},
  });
  backlog.read(100, 0, clock.monoUs());
  clock.advance(60e6);
  for (let n = 0; n < 20; n++) backlog.read(BUFFER, n === 0 ? 60_000 : 0, clock.monoUs());
  backlog.read(100, 0, clock.monoUs());
  assert.deepEqual(told, []);
});

Deno.test("Backlog flows where most of what is read leaves more behind, however long that is waited for", () => {
  const clock = fakeClock();
  const backlog = new Backlog({ clock, onBehind() {}, onCaughtUp() {}, onDoubt() {} });
  function read(count: number, bytes: number) {
    for (let n = 0; n < count; n++) {
      clock.advance(10_000);
      backlog.awake();
      clock.advance(90_000);
      backlog.read(bytes, 90, clock.monoUs());
    }
  }
  read(1, 100);
  read(10, BUFFER);
  assert.deepEqual([backlog.isFlowing, backlog.behindMs], [true, 0]);
  read(BUFFER / 10, 100); // as much again
  assert.equal(backlog.isFlowing, false);
  read(10, BUFFER);
  assert.equal(backlog.isFlowing, true);
});

Deno.test("Backlog flows as before where little was read since the last answer", () => {
  const clock = fakeClock();
  const backlog = new Backlog({ clock, onBehind() {}, onCaughtUp() {}, onDoubt() {} });
  const read = (count: number, bytes: number) => {
    for (let n = 0; n < count; n++) backlog.read(bytes, 0, clock.monoUs());
  };
  read(10, BUFFER);
  backlog.ask()();
  read(1, BUFFER);
  assert.equal(backlog.isFlowing, true);
  backlog.ask()();
  assert.equal(backlog.isFlowing, false);
  read(1, BUFFER);
  assert.equal(backlog.isFlowing, false);
});

Deno.test("Backlog isn't behind where nobody tells of reads", () => {
  const events = { onBehind() {}, onCaughtUp() {}, onDoubt() {} };
  const backlog = new Backlog({ clock: fakeClock(), ...events });
  backlog.awake();
  backlog.ask()();
  assert.equal(backlog.behindMs, 0);
});
