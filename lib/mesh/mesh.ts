/** All servers of a mesh, and the matrix of the paths between them. */

import type { Outcome } from "../expect.ts";
import { outcomeOf, percentsOf, wantedText } from "../expect.ts";
import { TAKEN_IN_US } from "../exchange.ts";
import type { TickEvent } from "../stats/events.ts";
import type { Summary } from "../stats/summary.ts";
import { newRun } from "../tick.ts";
import type { Clock, MonoUs } from "../time/clock.ts";
import { OwnPath } from "../time/own_path.ts";
import { timeout } from "../time/wait.ts";
import { labelsOf } from "./labels.ts";
import { MeshNode } from "./node.ts";
import type { MeshOptions } from "./options.ts";
import { type Path, pathOf } from "./path.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

export interface MeshOutcome extends Outcome {
  /** Indices of the two servers. */
  from: number;
  to: number;
}

/** The matrix at one moment. */
export interface Matrix {
  /** What each server is called, and what is known of its end. */
  labels: string[];
  ends: Summary[];
  paths: Path[];
  verdict: Verdict;
  outcomes: MeshOutcome[];
  ranMs: number;
  ended: boolean;
}

/** How often it is looked whether all has arrived at the end. */
const ARRIVED_CHECK_MS = 20;

export class Mesh {
  readonly nodes: MeshNode[];
  readonly #options: MeshOptions;
  readonly #clock: Clock;
  readonly #percents: number[];
  readonly #signal: AbortSignal;
  #flushing = 0;
  #ended = 0;
  #sentAllUs: MonoUs | undefined;
  #arrived: Promise<void> | undefined;

  /** @param report takes what happened at the end at the n-th server */
  constructor(
    options: MeshOptions,
    { servers, clock, report, signal }: {
      servers: readonly string[];
      clock: Clock;
      report: (event: TickEvent, node: number) => void;
      signal: AbortSignal;
    },
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#signal = signal;
    this.#percents = percentsOf(options.expectations);
    const prefix = `${options.publish}.${newRun()}`;
    const subjects = servers.map((_, n) => `${prefix}.${n + 1}`);
    const ownPath = new OwnPath();
    this.nodes = servers.map((server, n) =>
      new MeshNode({
        ...{ options, clock, server, signal, subject: subjects[n], subscribe: `${prefix}.*` },
        others: subjects.filter((_, other) => other !== n),
        ownPath: n === 0 ? ownPath : undefined,
        report: (event) => report(event, n),
        allArrived: () => this.#allArrived(),
        sentAllUs: () => this.#sentAllUs,
      })
    );
  }

  /** @throws {BusRefusal} or {UsageError} where one of the servers can't be used at all */
  async run(): Promise<void> {
    await Promise.all(this.nodes.map(async (node) => {
      try {
        await node.run();
      } finally {
        this.#ended++;
      }
    }));
  }

  get labels(): string[] {
    return labelsOf(this.nodes);
  }

  /** The index of the node that sends on a subject. */
  senderOf(subject: string): number {
    return this.nodes.findIndex((node) => node.subject === subject);
  }

  matrix(ended = false): Matrix {
    const { nodes } = this;
    const { lossTimeoutUs, intervalUs } = this.#options;
    const ends = nodes.map((node) => node.summary(ended, this.#percents));
    const underWay = ended ? 0 : Math.ceil((lossTimeoutUs + TAKEN_IN_US) / intervalUs);
    const paths = nodes.flatMap((to, at) =>
      nodes.flatMap((from, n) =>
        from === to ? [] : pathOf({
          ...{ from: n, to: at, schedule: ends[n].schedule, underWay },
          reception: to.receptionOf(from, ends[at]),
        })
      )
    );
    const outcomes = paths.flatMap((path) => this.#outcomesOf(path, ends[path.to]));
    const ranMs = Math.max(...ends.map(({ ranMs }) => ranMs));
    const verdict = verdictOf(paths, nodes.length);
    return { labels: this.labels, ends, paths, verdict, outcomes, ranMs, ended };
  }

  #outcomesOf({ from, to, peer }: Path, summary: Summary): MeshOutcome[] {
    return this.#options.expectations.map((expectation) => {
      const { written } = expectation;
      const outcome = peer
        ? outcomeOf(expectation, peer, summary, this.#options)
        : { written, ok: false, wanted: wantedText(expectation), found: "nothing was received" };
      return { ...outcome, from, to };
    });
  }

  /** A tick that is sent last by one server may come by a slow path long after another one has sent its own. */
  #allArrived(): Promise<void> {
    this.#flushing++;
    this.#sentAllUs ??= this.#clock.monoUs();
    return this.#arrived ??= this.#arrive();
  }

  async #arrive() {
    const { nodes } = this;
    const untilUs = this.#clock.monoUs() + this.#options.lossTimeoutUs;
    const isOver = () =>
      this.#flushing + this.#ended >= nodes.length &&
      nodes.every((to) => nodes.every((from) => from === to || to.hasAllOf(from)));
    while (!isOver() && this.#clock.monoUs() < untilUs) await timeout(ARRIVED_CHECK_MS);
  }
}
