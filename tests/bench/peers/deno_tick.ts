/** What a peer in Deno does besides its bus: ticks on a grid, dt of what it receives, and at its end its timer errors. */

import process from "node:process";
import { type MonoUs, systemClock as clock } from "../../../lib/time/clock.ts";
import { exactSleeper } from "../../../lib/time/exact_sleeper.ts";
import { type Sleeper, timerSleeper } from "../../../lib/time/sleeper.ts";
import { turn } from "../../../lib/time/wait.ts";

/** More often than that, nothing is printed: it would be what is measured. */
const MIN_PRINTED_US = 1000;

/** Never sleeps; lets what has arrived have its turn before each tick. */
function busySleeper(): Sleeper {
  return {
    async until(dueUs) {
      do await turn(); while (clock.monoUs() < dueUs);
    },
    [Symbol.dispose]() {},
  };
}

const SLEEPERS: Record<string, () => Sleeper> = {
  worker: () => exactSleeper(clock),
  timer: () => timerSleeper(clock),
  busy: busySleeper,
};

export const [server, publish, subscribe, interval, sleeper = "worker"] = Deno.args;
const intervalUs = Number(interval);
const timerErrorsUs: number[] = [];
let waiting = "";

function print() {
  Deno.stdout.writeSync(new TextEncoder().encode(waiting));
  waiting = "";
}

/** Prints dt of a body, given when it arrived, in microseconds. */
export function printDt(body: string, arrivedUs: number) {
  if (intervalUs >= MIN_PRINTED_US) {
    waiting += `dt = ${(arrivedUs / 1e6 - Number(body)).toFixed(6)}\n`;
  }
}

/** Sends a body at every slot, until SIGTERM. */
export async function tick(send: (body: string) => void | Promise<void>): Promise<never> {
  let ended = false;
  process.on("SIGTERM", () => ended = true);
  const sleep = SLEEPERS[sleeper]();
  const startUs = clock.monoUs();
  for (let slot = 0; !ended;) {
    const dueUs = startUs + slot * intervalUs as MonoUs;
    await sleep.until(dueUs);
    timerErrorsUs.push(clock.monoUs() - dueUs);
    await send((clock.wallUs() / 1e6).toFixed(6));
    if (slot % 10 === 0) print();
    slot = Math.max(slot + 1, Math.floor((clock.monoUs() - startUs) / intervalUs)); // no burst
  }
  waiting += timerErrorsUs.map((us) => `timer error = ${(us / 1e6).toFixed(6)}\n`).join("");
  while (waiting !== "") {
    waiting = waiting.slice(Deno.stdout.writeSync(new TextEncoder().encode(waiting)));
  }
  Deno.exit();
}
