/** Histories of two apps, made up by chance: what was lost, doubled, held up, stopped, stepped and slewed. */

import {
  loopbackUs,
  type Random,
  seeded,
  type SimulatedApp,
  type SimulationOptions,
  type Stretch,
} from "./simulation.ts";

const MS = 1000;
const S = 1000 * MS;
const H = 3600 * S;

export const SECONDS = 6;

export interface History extends SimulationOptions {
  /** What is in it, for a person. */
  what: string[];
}

/** The history of a seed: each fault is in some of them, and several in most. */
export function historyOf(seed: number): History {
  const random = seeded(seed * 7919);
  const what: string[] = [];
  const some = <T>(name: string, part: number, make: () => T): T | undefined => {
    if (random() >= part) return undefined;
    what.push(name);
    return make();
  };
  const end = some("restart", 0.15, () => between(random, 2 * S, 4 * S));
  const clock = () => ({
    shiftUs: some("shift", 0.5, () => Math.round((random() - 0.5) * 2 * H)),
    skewPpm: some("skew", 0.5, () => (random() - 0.5) * 100),
    slews: some(
      "slew",
      0.2,
      () => [{ ...stretch(random, 0.3 * S, 2 * S), ppm: 150 * sign(random) }],
    ),
  });
  // After a step of a clock in a new run, which of its ticks are by which clock isn't of interest here.
  const steps = () =>
    end === undefined
      ? some(
        "step",
        0.15,
        () => [{
          atUs: between(random, S, 4 * S),
          byUs: sign(random) * between(random, 0.25 * S, H),
        }],
      )
      : undefined;
  const app = (): SimulatedApp => ({
    ...clock(),
    steps: steps(),
    wayUs: wayOf(random, some),
    disconnected: some("disconnected", 0.2, () => [stretch(random, 0.15 * S, S)]),
    stalls: some("stall", 0.3, () => stretches(random, 0.08 * S, 0.7 * S)),
  });
  const [app1, app2] = [app(), app()];
  if (end === undefined) return { seed, seconds: SECONDS, app1, app2, what };
  const sameClock = some("same clock", 0.5, () => true);
  const isKilled = some("killed", 0.5, () => true);
  const next = {
    ...(sameClock ? app2 : { ...clock(), shiftUs: H + seed * S }),
    startUs: end + between(random, 0.3 * S, S),
    wayUs: app2.wayUs,
  };
  return { seed, seconds: SECONDS, app1, app2: { ...app2, endUs: end, isKilled }, next, what };
}

type Some = <T>(name: string, part: number, make: () => T) => T | undefined;

function wayOf(random: Random, some: Some): SimulatedApp["wayUs"] {
  const loss = some("loss", 0.5, () => random() ** 3 * 0.3) ?? 0;
  const twice = some("duplicates", 0.3, () => random() * 0.05) ?? 0;
  const swapped = some("reordering", 0.3, () => random() * 0.05) ?? 0;
  const late = some("late", 0.15, () => 0.004) ?? 0;
  const bursts = some("bursts", 0.4, () => stretches(random, 0.02 * S, 0.8 * S)) ?? [];
  const held = some("held up", 0.15, () => stretch(random, 0.1 * S, 0.5 * S));
  const slow = some("asymmetry", 0.3, () => stretch(random, 0.5 * S, 3 * S));
  return (random, atUs) => {
    if (random() < loss || bursts.some((burst) => isIn(burst, atUs))) return [];
    let us = loopbackUs(random);
    if (slow && isIn(slow, atUs)) us += 5 * MS;
    // All that was held up comes in its order.
    if (held && isIn(held, atUs)) us += held.toUs - atUs;
    if (random() < swapped) us += random() * 40 * MS;
    if (random() < late) us += 1.3 * S;
    return random() < twice ? [us, us + random() * 30 * MS] : [us];
  };
}

function between(random: Random, from: number, to: number): number {
  return Math.round(from + random() * (to - from));
}

function sign(random: Random): number {
  return random() < 0.5 ? -1 : 1;
}

function stretch(random: Random, leastUs: number, mostUs: number): Stretch {
  const fromUs = between(random, 0.5 * S, (SECONDS - 0.5) * S);
  return { fromUs, toUs: fromUs + between(random, leastUs, mostUs) };
}

/** Up to three, none of which touches another. */
function stretches(random: Random, leastUs: number, mostUs: number): Stretch[] {
  return [0, 1, 2].filter(() => random() < 0.6).map((n) => {
    const fromUs = between(random, (0.5 + 1.8 * n) * S, (1.4 + 1.8 * n) * S);
    return { fromUs, toUs: fromUs + between(random, leastUs, mostUs) };
  });
}

function isIn({ fromUs, toUs }: Stretch, atUs: number): boolean {
  return fromUs <= atUs && atUs < toUs;
}
