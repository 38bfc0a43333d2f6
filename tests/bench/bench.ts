/**
 * tick beside other pairs that do the same, on one nats-server, in turn, round after round: what it adds to
 * a delay, and what it costs. With a second checkout's path, that one beside this one. Linux only.
 *
 *     deno task bench [CHECKOUT] [--rounds N] [--seconds S] [--pairs LIST] [--json]
 *     deno task bench senders [COUNT@INTERVAL_MS …] [--seconds S] [--json]
 */

import { parseArgs } from "@std/cli/parse-args";
import { freePort } from "../../lib/demo/free_port.ts";
import { findNatsServer, HOW_TO_GET_ONE, startNatsServer } from "../../lib/demo/nats_server.ts";
import { UsageError } from "../../lib/text/usage_error.ts";
import { measure } from "./measure.ts";
import { type Noise, noise } from "./noise.ts";
import { OTHER, type Pair, peersFor } from "./peers.ts";
import { endWithUs } from "./process.ts";
import { spreadOf } from "./statistics.ts";
import { type Results, tableOf, tableText } from "./table.ts";

const NOISE_S = 5;

function optionsOf(args: string[]) {
  const given = parseArgs(args, {
    string: ["rounds", "seconds", "pairs"],
    boolean: ["json"],
    default: { rounds: "5", seconds: "10" },
    unknown(arg: string) {
      if (arg.startsWith("-")) throw new UsageError(`unknown option ${arg}`);
    },
  });
  const number = (name: "rounds" | "seconds") => {
    const value = Number(given[name]);
    if (!(value >= 1)) throw new UsageError(`--${name} needs a number from 1 up`);
    return value;
  };
  const [checkout, ...more] = given._.map(String);
  if (more.length > 0) throw new UsageError(`one checkout at most: ${more.join(" ")}`);
  const pairs = (given.pairs as string | undefined)?.split(",") ??
    (checkout ? ["tick", OTHER] : undefined);
  return {
    checkout,
    pairs,
    rounds: number("rounds"),
    seconds: number("seconds"),
    json: given.json,
  };
}

async function bench(args: string[]) {
  const { checkout, pairs: names, rounds, seconds, json } = optionsOf(args);
  const command = await findNatsServer();
  if (!command) throw new UsageError(`there is no nats-server; to get it: ${HOW_TO_GET_ONE}`);
  const scratch = await Deno.makeTempDir();
  try {
    const { pairs: all, missing } = await peersFor(checkout, scratch);
    const pairs = names ? all.filter(({ name }) => names.includes(name)) : all;
    const unknown = names?.filter((name) => !all.some((pair) => pair.name === name)) ?? [];
    if (unknown.length > 0) {
      const known = new Set(all.map(({ name }) => name));
      throw new UsageError(`no such pair: ${unknown}; there are ${[...known].join(", ")}`);
    }
    const monitor = `127.0.0.1:${freePort()}`;
    await using server = await startNatsServer(command, ["-m", monitor.split(":")[1]]);
    endWithUs(server.pid);
    const { results, noises } = await inTurn(pairs, rounds, seconds, server.address, monitor);
    const machine = { cores: navigator.hardwareConcurrency, load: Deno.loadavg(), noise: noises };
    const leftOut = missing.map(({ name, get }) => ({ name, get }));
    if (json) {
      const figures = Object.fromEntries(results);
      console.log(
        JSON.stringify({ rounds, seconds, machine, leftOut, table: tableOf(results), figures }),
      );
    } else console.log(`${tableText(results)}\n\n${noiseText(noises)}`);
    for (const { name, get } of json ? [] : leftOut) {
      console.log(`Left out: ${name}; to get it: ${get}`);
    }
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** Round robin, every other round backwards, so that none is always measured after the same one. */
async function inTurn(
  pairs: Pair[],
  rounds: number,
  seconds: number,
  server: string,
  monitor: string,
) {
  const results: Results = new Map(pairs.map(({ name }) => [name, []]));
  const noises: (Noise | undefined)[] = [];
  for (let round = 0; round < rounds; round++) {
    noises.push(await noise(Math.min(NOISE_S, seconds)));
    for (const pair of round % 2 === 0 ? pairs : pairs.toReversed()) {
      console.error(
        `round ${round + 1} of ${rounds}: ${pair.name}: ${pair.parts.join(", ")}`,
      );
      const figures = await measure(pair, { server, monitor, seconds });
      const ofRound = results.get(pair.name)!;
      ofRound[round] = { ...ofRound[round], ...figures };
    }
  }
  return { results, noises };
}

function noiseText(noises: (Noise | undefined)[]): string {
  const text = (key: keyof Noise) => {
    const { median, min, max } = spreadOf(noises.map((noise) => noise?.[key]))!;
    return `${key} ${median} (${min}–${max})`;
  };
  if (noises.some((noise) => !noise)) {
    return "Left out: the machine's own timer error by cyclictest; to get it: apt-get install rt-tests. " +
      "The timer error of the TCP echo, whose ends sleep in clock_nanosleep, stands for it.";
  }
  const machine = `${navigator.hardwareConcurrency} cores, load ${Deno.loadavg()[0].toFixed(1)}`;
  return `${machine}. This machine's own timer error by cyclictest, µs: ${text("p50")}, ${
    text("p99")
  }, ${text("max")}`;
}

try {
  if (Deno.args[0] === "senders") {
    const { benchSenders } = await import("./senders.ts");
    await benchSenders(Deno.args.slice(1));
  } else await bench(Deno.args);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  Deno.exit(2);
}
