import assert from "node:assert/strict";
import type { MonoUs } from "../../lib/time/clock.ts";
import {
  type Arrived,
  type Burst,
  SequenceAccount,
  type Slot,
} from "../../lib/stats/sequence/account.ts";
import { SequenceAccounts } from "../../lib/stats/sequence/accounts.ts";
import { seeded } from "../support/simulation.ts";

const TIMEOUT_US = 1e6;
const INTERVAL_US = 10_000;
/** How far back a number is still known; see lib/stats/sequence.ts. */
const WINDOW = 1 << 14;

function setup(timeoutUs = TIMEOUT_US) {
  const bursts: Burst[] = [];
  const account = new SequenceAccount(timeoutUs, ({ seq, lost }) => {
    if (lost > 0) bursts.push({ seq, length: lost });
  });
  let nowUs = 0;
  function arrive(slot: number | Slot, afterUs = 1000): Arrived {
    nowUs += afterUs;
    const arrived = account.arrive(slotOf(slot), nowUs as MonoUs);
    adds(account);
    return arrived;
  }
  return { account, bursts, arrive, settle: () => account.settle(Infinity) };
}

function slotOf(slot: number | Slot): Slot {
  return typeof slot === "number" ? { seq: slot, unsent: 0, skipped: 0 } : slot;
}

/** Every slot is something, at any time. */
function adds({ slots, received, lost, unread, unsent, skipped, pending }: SequenceAccount) {
  assert.equal(received + lost + unread + unsent + skipped + pending, slots);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

Deno.test("SequenceAccount receives what comes in order", () => {
  const { account, arrive } = setup();
  for (const seq of range(0, 9)) assert.equal(arrive(seq), "in order");
  assert.deepEqual([account.slots, account.received, account.pending], [10, 10, 0]);
});

Deno.test("SequenceAccount begins with the first number it receives", () => {
  const { account, arrive } = setup();
  assert.equal(arrive({ seq: 41, unsent: 7, skipped: 3 }), "in order");
  assert.deepEqual([account.firstSeq, account.slots, account.received], [41, 1, 1]);
  assert.deepEqual([account.unsent, account.skipped, account.lost], [0, 0, 0]);
});

Deno.test("SequenceAccount holds what is missing as pending until the loss timeout", () => {
  const { account, arrive } = setup();
  arrive(0);
  assert.equal(arrive(3), "after a gap");
  assert.deepEqual([account.pending, account.lost], [2, 0]);
  arrive(4, TIMEOUT_US); // just as long as it may be missing
  assert.deepEqual([account.pending, account.lost], [2, 0]);
  arrive(5, 1);
  assert.deepEqual([account.pending, account.lost], [0, 2]);
});

Deno.test("SequenceAccount.settle() gives up without another arrival", () => {
  const { account, arrive } = setup();
  arrive(0, 0);
  arrive(2, 0);
  account.settle(TIMEOUT_US);
  assert.equal(account.lost, 0);
  account.settle(TIMEOUT_US + 1);
  assert.equal(account.lost, 1);
  adds(account);
});

// RFC 4737 §7: arrivals, and the extent that §4.2.2 gives each reordered one
for (
  const [what, arrivals, extents] of [
    ["packet 4 reordered", [1, 2, 3, 5, 6, 7, 8, 4, 9, 10], [[4, 4]]],
    ["packets 5 and 6 reordered", [1, 2, 3, 4, 7, 5, 6, 8, 9, 10], [[5, 1], [6, 2]]],
    ["packets 4, 5 and 6 reordered", [1, 2, 3, 7, 8, 9, 10, 4, 5, 6, 11], [[4, 4], [5, 5], [6, 6]]],
  ] as [string, number[], [number, number][]][]
) {
  Deno.test(`SequenceAccount gives the extents of RFC 4737's example: ${what}`, () => {
    const { account, arrive } = setup();
    const found: [number, number][] = [];
    for (const seq of arrivals) {
      // In these the extents only grow, so that the largest one so far is this one's.
      if (arrive(seq) === "reordered") found.push([seq, account.maxExtent]);
    }
    assert.deepEqual(found, extents);
    assert.equal(account.reordered, extents.length);
    assert.equal(account.received, arrivals.length);
    assert.deepEqual([account.lost, account.duplicate, account.late], [0, 0, 0]);
  });
}

Deno.test("SequenceAccount counts an extent from the first greater number, not from the next", () => {
  const { account, arrive } = setup();
  // 2 comes after 5, 6, 3 and 4; the first of them that is greater is 5, four arrivals before.
  for (const seq of [1, 5, 6, 3, 4, 2]) arrive(seq);
  assert.equal(account.reordered, 3);
  assert.equal(account.maxExtent, 4);
});

Deno.test("SequenceAccount counts an extent without duplicates, as RFC 4737 asks", () => {
  const { account, arrive } = setup();
  for (const seq of [1, 3, 3, 3, 2]) arrive(seq);
  assert.equal(account.duplicate, 2);
  assert.equal(account.maxExtent, 1);
});

Deno.test("SequenceAccount knows two swapped ticks at its very beginning", () => {
  const { account, arrive } = setup();
  arrive(1);
  assert.equal(arrive(0), "reordered");
  assert.deepEqual([account.slots, account.received, account.late], [2, 2, 0]);
});

Deno.test("SequenceAccount counts a number given up before as late, and leaves it lost", () => {
  const { account, arrive } = setup();
  for (const seq of [0, 2]) arrive(seq);
  arrive(3, TIMEOUT_US + 1);
  assert.equal(arrive(1), "late");
  assert.deepEqual([account.lost, account.late, account.received], [1, 1, 3]);
});

Deno.test("SequenceAccount counts a second copy of a late tick as a duplicate (RFC 5560)", () => {
  const { account, arrive } = setup();
  for (const seq of [0, 2]) arrive(seq);
  arrive(3, TIMEOUT_US + 1);
  arrive(1);
  assert.equal(arrive(1), "duplicate");
  assert.deepEqual([account.late, account.duplicate], [1, 1]);
});

Deno.test("SequenceAccount counts every copy beyond the first, at once or later", () => {
  const { account, arrive } = setup();
  for (const seq of [0, 0, 1, 2, 2, 2, 3, 0]) arrive(seq);
  assert.deepEqual([account.received, account.duplicate, account.reordered], [4, 4, 0]);
});

Deno.test("SequenceAccount tells bursts by consecutive numbers lost (RFC 3357)", () => {
  const { account, arrive, settle, bursts } = setup();
  for (const seq of [0, 2, 3, 7, 8, 10, 20]) arrive(seq);
  settle();
  assert.deepEqual(bursts, [
    { seq: 1, length: 1 },
    { seq: 4, length: 3 },
    { seq: 9, length: 1 },
    { seq: 11, length: 9 },
  ]);
  assert.equal(account.bursts, 4);
  assert.deepEqual(account.longestBurst, { seq: 11, length: 9 });
  assert.equal(account.lost, 14);
});

Deno.test("SequenceAccount keeps the first of two longest bursts", () => {
  const { account, arrive, settle } = setup();
  for (const seq of [0, 3, 6]) arrive(seq);
  settle();
  assert.deepEqual(account.longestBurst, { seq: 1, length: 2 });
});

Deno.test("SequenceAccount ends a burst where a tick came after all", () => {
  const { arrive, settle, bursts } = setup();
  for (const seq of [0, 9, 4, 5]) arrive(seq); // of 1 to 8, 4 and 5 came behind 9
  settle();
  assert.deepEqual(bursts, [{ seq: 1, length: 3 }, { seq: 6, length: 3 }]);
});

Deno.test("SequenceAccount ends no burst where a tick came too late", () => {
  const { arrive, settle, bursts } = setup();
  for (const seq of [0, 4]) arrive(seq);
  arrive(5, TIMEOUT_US + 1);
  arrive(2);
  settle();
  assert.deepEqual(bursts, [{ seq: 1, length: 3 }]);
});

Deno.test("SequenceAccount tells unsent and skipped slots apart from lost ones", () => {
  const { account, arrive, settle, bursts } = setup();
  arrive({ seq: 0, unsent: 0, skipped: 0 });
  arrive({ seq: 5, unsent: 4, skipped: 0 });
  arrive({ seq: 8, unsent: 4, skipped: 2 });
  arrive({ seq: 10, unsent: 4, skipped: 2 });
  arrive({ seq: 20, unsent: 6, skipped: 5 });
  settle();
  assert.deepEqual([account.unsent, account.skipped, account.lost], [6, 5, 5]);
  assert.equal(account.received, 5);
  // Of the last gap four are lost, only not known is which.
  assert.deepEqual(bursts.map(({ length }) => length), [1, 4]);
});

Deno.test("SequenceAccount gives up nothing as lost where all was left out", () => {
  const { account, arrive, settle, bursts } = setup();
  arrive(0);
  arrive({ seq: 4, unsent: 2, skipped: 1 });
  settle();
  assert.deepEqual([account.lost, account.unsent, account.skipped, bursts.length], [0, 2, 1, 0]);
});

Deno.test("SequenceAccount receives a reordered tick from between slots left out", () => {
  const { account, arrive, settle } = setup();
  arrive(0);
  arrive({ seq: 4, unsent: 2, skipped: 0 }); // 1 and 3 are unsent, 2 is under way
  assert.equal(arrive({ seq: 2, unsent: 1, skipped: 0 }), "reordered");
  settle();
  assert.deepEqual([account.received, account.unsent, account.lost], [3, 2, 0]);
});

Deno.test("SequenceAccount places a burst by what the reordered tick behind it says", () => {
  const { arrive, settle, bursts } = setup();
  arrive(0);
  arrive({ seq: 5, unsent: 1, skipped: 0 });
  arrive({ seq: 2, unsent: 1, skipped: 0 }); // so that 1 is the unsent one
  settle();
  assert.deepEqual(bursts, [{ seq: 3, length: 2 }]);
});

Deno.test("SequenceAccount takes what an unsent slot would be for a foreign tick", () => {
  const { account, arrive, settle } = setup();
  arrive(0);
  arrive({ seq: 2, unsent: 1, skipped: 0 });
  assert.equal(arrive({ seq: 1, unsent: 0, skipped: 0 }), "late");
  settle();
  assert.deepEqual([account.received, account.unsent, account.lost], [2, 1, 0]);
});

for (
  const [what, slot] of [
    ["more slots left out than are missing", { seq: 3, unsent: 9, skipped: 9 }],
    ["fewer slots unsent than before", { seq: 3, unsent: 1, skipped: 2 }],
    ["fewer slots skipped than before", { seq: 3, unsent: 2, skipped: 1 }],
    ["slots left out where none is missing", { seq: 1, unsent: 3, skipped: 2 }],
  ] as [string, Slot][]
) {
  Deno.test(`SequenceAccount counts a misreport: ${what}`, () => {
    const { account, arrive, settle } = setup();
    arrive({ seq: 0, unsent: 2, skipped: 2 });
    arrive(slot);
    settle();
    adds(account);
    assert.equal(account.misreported, 1);
  });
}

Deno.test("SequenceAccount counts a gap larger than its window in full", () => {
  const { account, arrive, settle, bursts } = setup();
  arrive(0);
  arrive(100_000);
  arrive(100_001);
  assert.equal(account.pending, 99_999); // until the loss timeout, like any other
  assert.equal(arrive(3), "reordered");
  arrive(100_002, TIMEOUT_US);
  assert.equal(account.lost, 99_998);
  settle();
  assert.deepEqual(bursts, [{ seq: 1, length: 2 }, { seq: 4, length: 99_996 }]);
});

Deno.test("SequenceAccount counts a tick from before its window as too old", () => {
  const { account, arrive } = setup();
  for (const seq of range(0, WINDOW)) arrive(seq, 10);
  assert.equal(arrive(0), "too old");
  assert.equal(arrive(1), "duplicate");
  assert.deepEqual([account.late, account.duplicate, account.received], [1, 1, WINDOW + 1]);
});

Deno.test("SequenceAccount keeps a loss that leaves the window before the timeout", () => {
  const { account, arrive, settle, bursts } = setup(60e6);
  arrive(0);
  for (const seq of range(2, WINDOW + 10)) arrive(seq);
  assert.deepEqual([account.lost, account.pending], [0, 1]);
  settle();
  assert.deepEqual(bursts, [{ seq: 1, length: 1 }]);
});

Deno.test("SequenceAccount keeps what it knows of a gap when a jump follows", () => {
  const { account, arrive, settle, bursts } = setup();
  for (const seq of [0, 5, 3]) arrive(seq); // 1, 2 and 4 are missing
  arrive(WINDOW * 3);
  arrive(WINDOW * 3 + 1);
  settle();
  assert.deepEqual(bursts.slice(0, 2), [{ seq: 1, length: 2 }, { seq: 4, length: 1 }]);
  assert.equal(bursts.reduce((sum, { length }) => sum + length, 0), account.lost);
});

Deno.test("SequenceAccount stays exact and quick over hostile jumps", () => {
  const { account, arrive, settle } = setup();
  const largest = 999_999_999_999_999; // what a header can hold
  for (const seq of [0, 1, largest - 2, 5, largest, 2, largest - 1, 0, largest]) arrive(seq);
  settle();
  adds(account);
  assert.equal(account.slots, largest + 1);
  assert.equal(account.lost, largest + 1 - 7);
  assert.deepEqual([account.received, account.reordered, account.duplicate], [7, 3, 1]);
  assert.equal(account.late, 1); // the second 0, which may be a copy or not: that is too long ago
});

Deno.test("SequenceAccount adds up over random numbers", () => {
  const random = seeded(4737);
  const { account, arrive, settle } = setup(20_000);
  let [seq, unsent, skipped] = [0, 0, 0];
  for (let n = 0; n < 20_000; n++) {
    const kind = random();
    if (kind < 0.6) seq++;
    else if (kind < 0.8) seq += Math.floor(40 * random());
    else if (kind < 0.98) seq = Math.max(0, seq - Math.floor(60 * random()));
    else seq = Math.max(0, seq + Math.floor((random() - 0.4) * 3 * WINDOW));
    if (random() < 0.1) unsent += Math.floor(20 * random());
    if (random() < 0.1) skipped += Math.floor(20 * random()) - 5;
    arrive({ seq, unsent, skipped: Math.max(0, skipped) }); // which checks that it adds up
  }
  settle();
  adds(account);
  assert.equal(account.pending, 0);
});

/** What becomes of a slot. */
type Fate = "received" | "dropped" | "late" | "unsent" | "skipped" | "twice" | "swapped";

interface Arrival extends Slot {
  atUs: number;
}

/** A list of what becomes of each slot, and the arrivals that come of it. */
function stream(slots: number, seed: number, mixed: boolean) {
  const random = seeded(seed);
  const fates: Fate[] = ["received"];
  const add = (fate: Fate, length: number) => {
    for (let n = 0; n < length; n++) fates.push(fate);
  };
  while (fates.length < slots - 50) {
    const kind = random();
    const length = 1 + Math.floor(random() ** 3 * 12);
    if (kind < 0.05) add("dropped", length);
    else if (kind < 0.07) add("unsent", length);
    else if (kind < 0.09) add("skipped", length);
    else if (kind < 0.11) add("twice", 1);
    else if (kind < 0.13) fates.push("swapped", "received");
    else if (kind < 0.15) add("late", 1);
    // Where lost slots and ones left out are neighbours, nobody can say which is which.
    if (!mixed || kind >= 0.15) add("received", 1 + Math.floor(4 * random()));
  }
  add("received", slots - fates.length);

  const arrivals: Arrival[] = [];
  let [unsent, skipped] = [0, 0];
  fates.forEach((fate, seq) => {
    const slot = { seq, unsent, skipped };
    const atUs = seq * INTERVAL_US;
    if (fate === "unsent") unsent++;
    if (fate === "skipped") skipped++;
    if (["received", "twice"].includes(fate)) arrivals.push({ ...slot, atUs });
    if (fate === "swapped") arrivals.push({ ...slot, atUs: atUs + INTERVAL_US + 1 });
    if (fate === "late") arrivals.push({ ...slot, atUs: atUs + 2 * TIMEOUT_US });
    if (fate === "twice") {
      arrivals.push({ ...slot, atUs: atUs + 2 + Math.floor(random() * 30) * INTERVAL_US });
    }
  });
  arrivals.sort((a, b) => a.atUs - b.atUs);
  const count = (...of: Fate[]) => fates.filter((fate) => of.includes(fate)).length;
  return { fates, arrivals, count };
}

/** RFC 4737 §4.2.2 to the letter: i - j for the least j whose number is greater, copies left out. */
function mostExtentOf(arrivals: Arrival[], isLate: (seq: number) => boolean): number {
  const seqs = [...new Set(arrivals.map(({ seq }) => seq))].filter((seq) => !isLate(seq));
  let max = 0;
  seqs.forEach((seq, i) => {
    const from = Math.max(0, i - 100);
    const j = seqs.slice(from, i).findIndex((before) => before > seq);
    if (j >= 0) max = Math.max(max, i - from - j);
  });
  return max;
}

for (const mixed of [false, true]) {
  Deno.test(`SequenceAccount counts 10,000 slots by the list, ${mixed ? "any" : "no"} neighbours`, () => {
    const { fates, arrivals, count } = stream(10_000, 3357, mixed);
    const bursts: Burst[] = [];
    const account = new SequenceAccount(TIMEOUT_US, ({ seq, lost }) => {
      if (lost > 0) bursts.push({ seq, length: lost });
    });
    for (const { atUs, ...slot } of arrivals) {
      account.arrive(slot, atUs as MonoUs);
      adds(account);
    }
    account.settle(Infinity);
    adds(account);
    assert.equal(account.slots, 10_000);
    assert.equal(account.received, count("received", "twice", "swapped"));
    assert.equal(account.lost, count("dropped", "late"));
    assert.equal(account.late, count("late"));
    assert.equal(account.duplicate, count("twice"));
    assert.equal(account.reordered, count("swapped"));
    assert.equal(account.unsent, count("unsent"));
    assert.equal(account.skipped, count("skipped"));
    assert.deepEqual([account.pending, account.misreported], [0, 0]);
    assert.equal(bursts.reduce((sum, { length }) => sum + length, 0), account.lost);
    assert.equal(account.bursts, bursts.length);
    if (mixed) return;
    const expected: Burst[] = [];
    fates.forEach((fate, seq) => {
      if (fate !== "dropped" && fate !== "late") return;
      const last = expected.at(-1);
      if (last && last.seq + last.length === seq) last.length++;
      else expected.push({ seq, length: 1 });
    });
    assert.ok(expected.length > 200 && expected.some(({ length }) => length > 8));
    assert.deepEqual(bursts, expected);
    const longest = Math.max(...expected.map(({ length }) => length));
    assert.deepEqual(account.longestBurst, expected.find(({ length }) => length === longest));
  });
}

Deno.test("SequenceAccount finds the largest extent in 10,000 slots by RFC 4737's definition", () => {
  const { fates, arrivals } = stream(10_000, 4737, false);
  const random = seeded(42);
  // Holds back some more, each for a time of its own within the loss timeout
  for (const arrival of arrivals) {
    if (random() < 0.05) arrival.atUs += Math.floor(random() * 60) * INTERVAL_US;
  }
  arrivals.sort((a, b) => a.atUs - b.atUs);
  const isLate = (seq: number) => fates[seq] === "late";
  const inTime = arrivals.filter(({ seq }) => !isLate(seq));
  const { account } = setup();
  for (const { atUs, ...slot } of inTime) account.arrive(slot, atUs as MonoUs);
  assert.ok(account.reordered > 200);
  assert.equal(account.maxExtent, mostExtentOf(inTime, isLate));
});

function accounts() {
  const lost: [string, Burst][] = [];
  const accounts = new SequenceAccounts(TIMEOUT_US, (run, { seq, lost: length }) => {
    if (length > 0) lost.push([run, { seq, length }]);
  });
  let nowUs = 0;
  const arrive = (run: string, seq: number, afterUs = 1000) =>
    accounts.arrive(run, slotOf(seq), (nowUs += afterUs) as MonoUs);
  return { accounts, lost, arrive };
}

Deno.test("SequenceAccounts takes a restart for a restart and not for a loss", () => {
  const { accounts: all, arrive } = accounts();
  for (const seq of range(0, 99)) arrive("aaaaaaaa", seq);
  arrive("bbbbbbbb", 0);
  assert.ok(all.isNew("bbbbbbbb"));
  arrive("bbbbbbbb", 1);
  assert.ok(!all.isNew("bbbbbbbb"));
  all.settle(Infinity);
  const { slots, received, lost, duplicate, reordered, late } = all.statistics();
  assert.deepEqual([slots, received], [102, 102]);
  assert.deepEqual([lost, duplicate, reordered, late], [0, 0, 0, 0]);
});

Deno.test("SequenceAccounts keeps runs apart that interleave", () => {
  const { accounts: all, arrive, lost } = accounts();
  for (const seq of range(0, 99)) {
    if (seq !== 50) arrive("aaaaaaaa", seq);
    if (seq !== 60 && seq !== 61) arrive("bbbbbbbb", seq + 1000);
  }
  all.settle(Infinity);
  const statistics = all.statistics();
  assert.deepEqual([statistics.slots, statistics.received, statistics.lost], [200, 197, 3]);
  assert.deepEqual([statistics.duplicate, statistics.reordered, statistics.bursts], [0, 0, 2]);
  assert.deepEqual(lost.toSorted(), [
    ["aaaaaaaa", { seq: 50, length: 1 }],
    ["bbbbbbbb", { seq: 1060, length: 2 }],
  ]);
  assert.deepEqual(statistics.longestBurst, { run: "bbbbbbbb", seq: 1060, length: 2 });
  assert.equal(all.account("aaaaaaaa")?.lost, 1);
});

Deno.test("SequenceAccounts keeps the statistics of runs that are long over", () => {
  const { accounts: all, arrive } = accounts();
  for (const n of range(0, 999)) {
    const run = String(10_000_000 + n);
    for (const seq of [0, 1, 4, 4, 3]) arrive(run, seq, 50_000);
  }
  all.settle(Infinity);
  const statistics = all.statistics();
  assert.deepEqual([statistics.slots, statistics.received, statistics.lost], [5000, 4000, 1000]);
  assert.deepEqual([statistics.duplicate, statistics.reordered], [1000, 1000]);
  assert.equal(statistics.bursts, 1000);
  assert.deepEqual(statistics.longestBurst, { run: "10000000", seq: 2, length: 1 });
});

Deno.test("SequenceAccounts forgets the run that has been silent for longest", () => {
  const { accounts: all, arrive } = accounts();
  arrive("00000000", 0);
  for (const n of range(1, 9)) {
    arrive(`1111111${n}`, 0);
    arrive("00000000", n);
    assert.ok(!all.isNew("00000000"));
  }
});

Deno.test("SequenceAccounts closes no account of a run that sends, however many there are", () => {
  const { accounts: all, arrive } = accounts();
  for (const seq of range(0, 999)) {
    for (const n of range(1, 20)) {
      const arrived = arrive(`run-${n}`, seq);
      assert.equal(arrived, n <= 16 ? "in order" : "no account");
    }
  }
  const { slots, received, lost } = all.statistics();
  assert.deepEqual([slots, received, lost], [16_000, 16_000, 0]);
});

Deno.test("SequenceAccounts goes on with a run that sends again after its account was closed", () => {
  const { accounts: all, arrive } = accounts();
  for (const n of range(1, 16)) arrive(`run-${n}`, 10);
  assert.equal(arrive("run-17", 0, 4e6), "in order"); // for which the longest silent one is closed
  assert.equal(all.account("run-1"), undefined);
  assert.equal(arrive("run-1", 10), "over");
  assert.equal(arrive("run-1", 12), "after a gap");
  assert.ok(!all.isNew("run-1"));
  const { slots, received, lost } = all.statistics(true);
  assert.deepEqual([slots, received, lost], [19, 18, 1]);
});

Deno.test("SequenceAccount takes what was overtaken by the first one received for reordered", () => {
  const { account, arrive, settle } = setup();
  arrive({ seq: 5, unsent: 3, skipped: 0 });
  assert.equal(arrive({ seq: 2, unsent: 2, skipped: 0 }), "reordered"); // of 3 and 4 one is unsent
  assert.equal(arrive({ seq: 3, unsent: 2, skipped: 0 }), "reordered");
  assert.deepEqual([account.slots, account.received, account.pending], [4, 3, 1]);
  settle();
  assert.deepEqual([account.unsent, account.lost, account.late, account.maxExtent], [1, 0, 0, 2]);
});

Deno.test("SequenceAccount takes what comes before the first one after the loss timeout for late", () => {
  const { account, arrive } = setup();
  arrive(5);
  assert.equal(arrive(4, TIMEOUT_US + 1), "too old");
  assert.deepEqual([account.late, account.received, account.slots], [1, 1, 1]);
});

Deno.test("SequenceAccount counts an extent without what is late", () => {
  const { account, arrive } = setup();
  for (const seq of [0, 2]) arrive(seq);
  arrive(3, TIMEOUT_US + 1);
  arrive(5);
  arrive(1); // late
  arrive(4);
  assert.deepEqual([account.late, account.maxExtent], [1, 1]);
});

Deno.test("SequenceAccount keeps a gap of any length open until the loss timeout", () => {
  const { account, arrive } = setup();
  arrive(0);
  arrive(50_000);
  assert.equal(arrive(20_000), "reordered");
  assert.equal(arrive(20_000), "too old");
  assert.deepEqual([account.received, account.pending, account.lost], [3, 49_998, 0]);
});

Deno.test("SequenceAccounts counts what is missing of a stretch that was not read as unread, not as lost", () => {
  const given: unknown[] = [];
  const accounts = new SequenceAccounts(
    TIMEOUT_US,
    (_, gap) => given.push(gap),
    (fromUs, toUs) => fromUs < 45_000 && toUs > 35_000,
  );
  const at = (seq: number, unsent = 0) =>
    accounts.arrive("a", { seq, unsent, skipped: 0 }, seq * INTERVAL_US as MonoUs);
  for (const seq of [0, 1, 3]) at(seq); // 2 is lost
  at(9, 2); // of 4 to 8, two were not sent
  at(7, 2); // and one comes after all
  at(10, 2);
  at(12, 2); // 11 is lost
  accounts.settle(Infinity);
  const { slots, received, lost, unread, unsent, bursts, pending } = accounts.statistics();
  assert.deepEqual(
    { slots, received, lost, unread, unsent, bursts, pending },
    { slots: 13, received: 7, lost: 2, unread: 2, unsent: 2, bursts: 2, pending: 0 },
  );
});

Deno.test("SequenceAccounts counts what is still missing at the end of a stretch that was not read as unread", () => {
  const accounts = new SequenceAccounts(TIMEOUT_US, () => {}, () => true);
  for (const seq of [0, 5]) accounts.arrive("a", slotOf(seq), seq as MonoUs);
  assert.deepEqual([accounts.statistics().pending, accounts.statistics(true).unread], [4, 4]);
});
