/**
 * Apps under random faults, for `--minutes` (10 where it isn't given), the same each time for the same `--seed`:
 * the server killed, frozen and gone; links cut, frozen, deaf in one direction and slow; apps frozen, killed,
 * ended, and with a disk that is full. Ends with 1 where a sum isn't exact or anything unexpected was printed.
 */

import assert from "node:assert/strict";
import { parseArgs } from "@std/cli";
import type { NatsServer } from "../../lib/demo/nats_server.ts";
import { type App, startApp } from "../support/app.ts";
import { delayedLink } from "../support/delayed_link.ts";
import { freePort, startServer } from "../support/nats_server.ts";
import {
  assertAccounts,
  assertAgreement,
  endPair,
  isTick,
  lasting,
  nextEvent,
  nextTick,
  summaryOf,
} from "../support/pair.ts";
import { proxy } from "../support/proxy.ts";
import { seeded } from "../support/simulation.ts";

const args = parseArgs(Deno.args, { string: ["minutes", "seed"] });
const minutes = Number(args.minutes ?? 10);
const seed = Number(args.seed ?? 20_261_125);
const random = seeded(seed);
const between = (from: number, to: number) => from + random() * (to - from);

await using stack = new AsyncDisposableStack();
const port = freePort();
let server: NatsServer = await startServer(port);
stack.defer(() => server[Symbol.asyncDispose]());

/** An app's way to the server: it can be cut and frozen, and be slow. */
function way() {
  const slow = stack.use(delayedLink(server.address));
  const link = stack.use(proxy(slow.address));
  link.open();
  return { slow, link };
}
const ways = [way(), way()];
/** What was written to stderr by those that have ended. */
const written: string[] = [];
const start = (name: string, link: string, more: string[] = [], shell?: string) =>
  startApp(`${name}.ts`, ["--server", link, ...more], { shell });

const app1 = stack.use(start("app1", ways[0].link.address, ["--json"]));
await nextEvent(app1, "connected"); // so that it receives app2 from its first tick on
const app2 = stack.use(start("app2", ways[1].link.address, ["--json"]));
await Promise.all([app1, app2].map((app) => nextTick(app, { after: 100 })));

/** One that comes and goes, and one that receives it all the time. */
const GUEST = ["--publish", "guest_tick", "--subscribe", "app2_tick"];
const host = stack.use(
  start("app1", server.address, ["--publish", "host_tick", "--subscribe", "guest_tick", "--json"]),
);
await nextEvent(host, "connected");
let guest: App = start("app2", server.address, [...GUEST, "--json", "--quiet"]);
stack.defer(() => guest[Symbol.asyncDispose]());

async function frozen(pid: number, ms: number) {
  Deno.kill(pid, "SIGSTOP");
  await lasting(ms);
  Deno.kill(pid, "SIGCONT");
}

async function guestAgain(signal: Deno.Signal) {
  // From its first event on the signal means what it is to.
  await guest.out.find("first event", () => true);
  guest.kill(signal);
  const code = await guest.ended();
  written.push(...guest.err.items.map(({ text }) => text));
  if (signal !== "SIGKILL") {
    assert.ok(code === 0 || code === 1, `the guest ended with ${code}`);
    assertAccounts([summaryOf(guest)]);
  }
  await lasting(between(0, 1000));
  guest = start("app2", server.address, [...GUEST, "--json", "--quiet"]);
}

/**
 * It has to say so, to show its summary all the same, and to end with 2. It sees that at its first line: what it
 * receives is the host's, whose way to the server nothing happens to.
 */
async function fullDisk(shell: string) {
  const subjects = ["--publish", "full_tick", "--subscribe", "host_tick"];
  await using app = start("app2", server.address, subjects, shell);
  const code = await app.ended();
  const lines = app.err.items.map(({ text }) => text);
  written.push(...lines);
  assert.equal(code, 2, lines.join("\n"));
  assert.ok(lines.some((line) => /stdout.*(no space|too large)/i.test(line)), lines.join("\n"));
  assert.ok(lines.some((line) => line.startsWith("--- app2")), lines.join("\n"));
}

/** Deno's cache of compiled code is a file that is larger than that, which another process may have it write to. */
const WITHOUT_CACHE = 'deno="$1"; shift 2; exec "$deno" run --no-code-cache "$@"';

const either = () => ways[Math.floor(random() * 2)];
const FAULTS: Record<string, () => Promise<void>> = {
  async "server killed"() {
    Deno.kill(server.pid, "SIGKILL");
    await server.ended;
    await lasting(between(0, 3000));
    server = await startServer(port);
  },
  "server frozen": () => frozen(server.pid, between(50, 3000)),
  "app1 frozen": () => frozen(app1.pid, between(50, 3000)),
  "app2 frozen": () => frozen(app2.pid, between(50, 3000)),
  async "link cut"() {
    const { link } = either();
    link.cut();
    await lasting(between(0, 2000));
    link.open();
  },
  async "link frozen"() {
    const { link } = either();
    link.freeze([undefined, "up", "down"][Math.floor(random() * 3)] as "up" | undefined);
    await lasting(between(50, 3000));
    link.thaw();
  },
  async "link slow"() {
    const { slow } = either();
    [slow.upUs, slow.downUs] = [between(1000, 300_000), between(1000, 300_000)];
    await lasting(between(500, 5000));
    slow.upUs = slow.downUs = 0;
  },
  "guest killed": () => guestAgain("SIGKILL"),
  "guest ended": () => guestAgain("SIGTERM"),
  "disk full": () => fullDisk('exec "$@" >/dev/full'),
  "file full": () =>
    fullDisk(`file="$(mktemp)"; exec >"$file"; rm "$file"; ulimit -f 1; ${WITHOUT_CACHE}`),
};

const counts: Record<string, number> = {};
const endMs = performance.now() + minutes * 60_000;
while (performance.now() < endMs) {
  const names = Object.keys(FAULTS);
  const name = names[Math.floor(random() * names.length)];
  counts[name] = (counts[name] ?? 0) + 1;
  // Now and then two at a time.
  const other = names[Math.floor(random() * names.length)];
  const kind = (fault: string) => fault.split(" ")[0].replace("file", "disk");
  const both = random() < 0.2 && kind(other) !== kind(name) && kind(other) !== "server";
  if (both) counts[other] = (counts[other] ?? 0) + 1;
  await Promise.all([FAULTS[name](), ...(both ? [FAULTS[other]()] : [])]);
  await lasting(between(0, 2000));
}

// Calm, so that what is under way arrives, and each knows of the other's end.
const from = [app1, app2].map(({ out }) => out.items.length);
await Promise.all([app1, app2].map((app, i) => nextTick(app, { from: from[i], after: 300 })));
const [one, two] = await endPair({ app1, app2 });
guest.kill("SIGTERM");
host.kill("SIGTERM");
await Promise.all([guest.ended(), host.ended()]);
const hosted = summaryOf(host);
assertAccounts([one, two]);
assertAccounts([hosted]);
assertAgreement(one, two);

/** Each tick that was printed, once: an independent count of what was received. */
const printed = new Set(
  app1.out.items.filter(isTick).map(({ text }) => JSON.parse(text)).map(({ run, seq }) =>
    `${run} ${seq}`
  ),
);
assert.equal(printed.size, one.peers[0].sequence.received);
written.push(...[app1, app2, host, guest].flatMap(({ err }) => err.items.map(({ text }) => text)));
const unexpected = written.filter((line) => /^\s+at |Uncaught|warning|error:/i.test(line));
assert.deepEqual(unexpected, []);

console.log(`${minutes} min, seed ${seed}:`, counts);
for (const { name, schedule, peers } of [one, two, hosted]) {
  const { received, lost, unsent, skipped, slots, duplicate, late } = peers[0].sequence;
  console.log(
    `${name}: sent ${schedule.sent} of ${schedule.slots}, ${schedule.unsent} unsent, ` +
      `${schedule.skipped} skipped; of ${peers[0].runs} runs received ${received} of ${slots}, ` +
      `${lost} lost, ${unsent} unsent, ${skipped} skipped; ${duplicate} twice, ${late} late`,
  );
}
