/** app1 and app2 as processes that receive each other, each behind a link of its own, both telling all in JSON. */

import assert from "node:assert/strict";
import { type App, type Line, startApp } from "./app.ts";
import { type Proxy, proxy } from "./proxy.ts";

/** On a busy machine a server may take its time; so it isn't given up for that where something else is tested. */
export const PATIENT = ["--ping", "30s"];

export interface Pair extends AsyncDisposable {
  app1: App;
  app2: App;
  link1: Proxy;
  link2: Proxy;
}

/** Resolves once both have received a second of the other. */
export async function startPair(address: string, args: string[] = []): Promise<Pair> {
  await using stack = new AsyncDisposableStack();
  const [link1, link2] = [proxy(address), proxy(address)];
  for (const link of [link1, link2]) stack.use(link).open();
  const app1 = stack.use(startApp("app1.ts", ["--server", link1.address, "--json", ...args]));
  const app2 = stack.use(startApp("app2.ts", ["--server", link2.address, "--json", ...args]));
  const pair = { app1, app2, link1, link2 };
  await Promise.all([app1, app2].map((app) => nextTick(app, { after: 100 })));
  const all = stack.move();
  return { ...pair, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** A tick as an app prints it. */
export interface TickObject {
  subject: string;
  t_sign: number;
  t_real: number;
  dt: number;
  run: string;
  seq: number;
}

// deno-lint-ignore no-explicit-any -- the JSON's own schema is tested where it is made
export type JsonObject = any;

export function isTick({ text }: Line): boolean {
  return text.includes('"type":"tick"');
}

/** Waits for the first tick from a line on that fits; how many ticks `after` are passed over before. */
export async function nextTick(
  { out }: App,
  { from = 0, after = 0, withinMs = 60_000, fits = (_: TickObject): boolean => true } = {},
): Promise<{ tick: TickObject; index: number; atMs: number }> {
  let passed = 0;
  const index = await out.find(
    "tick",
    (line) => isTick(line) && passed++ >= after && fits(JSON.parse(line.text)),
    { from, withinMs },
  );
  return { tick: JSON.parse(out.items[index].text), index, atMs: out.items[index].atMs };
}

/** Waits for an event of this name. */
export async function nextEvent(
  { out }: App,
  event: string,
  { from = 0, withinMs = 60_000, fits = (_: JsonObject): boolean => true } = {},
): Promise<JsonObject> {
  const index = await out.find(
    `event "${event}"`,
    ({ text }) => text.includes(`"event":"${event}"`) && fits(JSON.parse(text)),
    { from, withinMs },
  );
  return JSON.parse(out.items[index].text);
}

/** Ends both, app2 first, so that app1 has received all of it; what each says at its end. */
export async function endPair(
  { app1, app2 }: Pick<Pair, "app1" | "app2">,
): Promise<[JsonObject, JsonObject]> {
  app2.kill("SIGTERM");
  const code2 = await app2.ended();
  app1.kill("SIGTERM");
  const code1 = await app1.ended();
  assert.deepEqual([code1, code2], [0, 0]);
  return [summaryOf(app1), summaryOf(app2)];
}

export function summaryOf({ out }: App): JsonObject {
  const summary = JSON.parse(out.items.at(-1)!.text);
  assert.equal(summary.type, "summary", out.items.at(-1)!.text);
  return summary;
}

/**
 * That nothing has disappeared: every slot is received, lost, unsent or skipped, at both ends, and what app1
 * says of app2's run is what app2 says of it itself, but for the slots before the first one received.
 */
export function assertAccounts(summaries: JsonObject[]) {
  for (const { schedule, peers } of summaries) {
    assert.equal(schedule.slots, schedule.sent + schedule.unsent + schedule.skipped);
    for (const { sequence: s } of peers) {
      assert.equal(
        s.slots,
        s.received + s.lost + s.unread + s.unsent + s.skipped + s.pending,
        JSON.stringify(s),
      );
      assert.equal(s.misreported, 0);
    }
  }
  if (summaries.length < 2) return;
  const [one, two] = summaries;
  const [{ sequence, run }] = one.peers;
  const { schedule } = two;
  if (one.peers[0].runs > 1 || run !== schedule.run) return;
  const missedAtStart = schedule.slots - sequence.slots;
  // Half a minute: as long as the other app may take to start where the machine is busy.
  assert.ok(
    missedAtStart >= 0 && missedAtStart < 3000,
    `${missedAtStart} slots before the first one received`,
  );
  for (const left of ["unsent", "skipped"]) {
    const before = schedule[left] - sequence[left];
    assert.ok(
      before >= 0 && before <= missedAtStart,
      `${before} ${left} before the first one received`,
    );
  }
}

/**
 * That app2 sent just what app1 received or lost of it. For that app1 has to be there before app2, and to receive its
 * last tick.
 */
export function assertAgreement(one: JsonObject, two: JsonObject) {
  const { schedule } = two;
  const [{ sequence: s }] = one.peers;
  // The first slots may have been left out: an account begins with the first tick.
  const before = schedule.slots - s.slots;
  const left = (of: JsonObject) => of.unsent + of.skipped;
  const said = JSON.stringify({ schedule, sequence: s });
  assert.equal(schedule.sent, s.received + s.lost, said);
  assert.equal(left(schedule), left(s) + before, said);
  assert.equal(s.pending, 0, said);
}

/** What a process has in memory. */
export async function memoryMb({ pid }: App): Promise<number> {
  // Where there is no /proc there is ps, and the other way round.
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `grep VmRSS /proc/${pid}/status 2>/dev/null || ps -o rss= -p ${pid}`],
  }).output();
  return Number(/\d+/.exec(new TextDecoder().decode(stdout))![0]) / 1024;
}

/** For what is to last a known time: a fault, not a guess at how long something takes. */
export function lasting(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
