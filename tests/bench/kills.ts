/** One sender and one receiver on a server that is killed again and again, each tick followed by its sequence number. */

import type { BusEvent } from "../../lib/bus/bus.ts";
import { openBus } from "../../lib/bus/open.ts";
import type { FoundBus } from "../../lib/demo/found.ts";
import { publishTicks, receiveTicks } from "../../lib/tick.ts";
import { timeout } from "../../lib/time/wait.ts";
import { TICK_HEADER } from "../../lib/wire.ts";
import { Log } from "../support/log.ts";
import { Ledger } from "./ledger.ts";

export interface KillOptions {
  kills: number;
  /** Whether the bus stores, so that a receiver may have a durable name. */
  stores: boolean;
  /** What isn't received this long after anything was is lost; a bus brings again after 30 s at the latest. */
  quietMs?: number;
}

export type Killed = ReturnType<Ledger["counts"]> & {
  acknowledges: boolean;
  longestOutageS: number;
};

type OnEvent = (event: BusEvent) => void;

const SUBJECT = "durability_tick";
/** So many are acknowledged, or sent where the bus doesn't, before each kill; and then while the receiver is away. */
const UP_TICKS = 100;
const AWAY_TICKS = 50;
const FLUSH_MS = 10_000;

/**
 * Sends 100 ticks a second. At the first kill, and each second one from there, the receiver is away from before it
 * until after the restart, as only then the store alone has what was acknowledged; it comes back by its durable name.
 *
 * @throws {Error} where what was sent and its fates don't add up
 */
export async function killAgainAndAgain(
  found: FoundBus,
  { kills, stores, quietMs = 35_000 }: KillOptions,
): Promise<Killed> {
  const ledger = new Ledger();
  const events = new Log<BusEvent>();
  const progress = new Log<number>();
  let receivedMs = performance.now();

  async function receiver(): Promise<AsyncDisposable> {
    const end = new AbortController();
    const bus = await opened(found, stores, "receiver");
    async function receive() {
      for await (const { header } of receiveTicks(bus, { subject: SUBJECT, signal: end.signal })) {
        ledger.received(header!.seq);
        receivedMs = performance.now();
      }
    }
    const receiving = receive();
    await bus.ready;
    await bus.flush(FLUSH_MS);
    return {
      async [Symbol.asyncDispose]() {
        end.abort();
        await receiving;
        await bus[Symbol.asyncDispose]();
      },
    };
  }

  await using stack = new AsyncDisposableStack();
  let receiving = await receiver();
  stack.defer(() => receiving[Symbol.asyncDispose]());
  const sender = stack.use(await opened(found, stores, "sender", (event) => events.push(event)));
  await sender.ready;
  const end = new AbortController();
  stack.defer(() => end.abort());
  const { acknowledges } = sender.can;
  const more = (count: number) => progress.reach(progress.items.length + count, "tick");
  async function send() {
    const ticks = publishTicks(sender, {
      subject: SUBJECT,
      signal: end.signal,
      onFate(fate, { seq }) {
        ledger.fate(seq, fate);
        if (fate.type === "acknowledged") progress.push(seq);
      },
    });
    for await (const tick of ticks) {
      ledger.slot(tick);
      if (tick.sent && !acknowledges) progress.push(tick.seq);
    }
  }
  const sending = send();

  for (let kill = 0; kill < kills; kill++) {
    await more(UP_TICKS);
    const isAway = kill % 2 === 0;
    if (isAway) {
      await receiving[Symbol.asyncDispose]();
      await more(AWAY_TICKS);
    }
    const from = events.items.length;
    await found.crash!();
    await events.find("reconnected", ({ type }) => type === "reconnected", { from });
    if (isAway) receiving = await receiver();
  }
  await more(UP_TICKS);
  end.abort();
  await sending;
  await sender.flush(FLUSH_MS);
  await sender[Symbol.asyncDispose](); // what has no word by now is unconfirmed
  const isMissing = () => acknowledges ? ledger.acknowledgedAndLost.length : ledger.counts().lost;
  while (isMissing() > 0 && performance.now() - receivedMs < quietMs) await timeout(100);

  const counts = ledger.counts();
  if (counts.withFate !== (acknowledges ? counts.sent : 0)) {
    throw new Error(`${counts.sent} ticks were sent, and ${counts.withFate} have a fate`);
  }
  if (counts.strangers > 0) throw new Error(`${counts.strangers} were received and never sent`);
  const outages = events.items.map((event) => event.type === "reconnected" ? event.afterMs : 0);
  return { ...counts, acknowledges, longestOutageS: Math.max(...outages) / 1000 };
}

/** As an app would be, with its options. */
function opened({ args }: FoundBus, stores: boolean, name: string, onEvent?: OnEvent) {
  const options: Record<string, string> = {};
  for (let i = 0; i < args.length; i += 2) options[args[i].replace("--", "")] = args[i + 1];
  const { server, ...values } = options;
  const kept = stores ? { durable: "durability", start: "resume" } : {};
  return openBus(server, {
    values: { ...values, ...kept },
    name,
    headerName: TICK_HEADER,
    subjects: [SUBJECT],
    // A busy machine is no silent server.
    silentMs: 1000,
    dialTimeoutMs: 2000,
    onEvent,
  });
}
