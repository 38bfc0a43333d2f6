/** One server of a mesh: a connection that stays with it, the ticks sent by it, and those received. */

import type { Bus, BusEvent, ServerIdentity } from "../bus/bus.ts";
import { openBus } from "../bus/open.ts";
import { exchange, TAKEN_IN_US } from "../exchange.ts";
import type { TickEvent } from "../stats/events.ts";
import { Recorder } from "../stats/recorder.ts";
import { type Summary, summaryOf } from "../stats/summary.ts";
import { newRun } from "../tick.ts";
import type { Clock, MonoUs } from "../time/clock.ts";
import type { OwnPath } from "../time/own_path.ts";
import { timerSleeper } from "../time/sleeper.ts";
import { TICK_HEADER } from "../wire.ts";
import { type MeshOptions, targetOf } from "./options.ts";
import type { Reception } from "./path.ts";

export interface NodeOptions {
  options: MeshOptions;
  clock: Clock;
  /** host:port */
  server: string;
  /** What its ticks are sent on, and what those of the others are. */
  subject: string;
  others: readonly string[];
  /** What is received, for a person. */
  subscribe: string;
  report: (event: TickEvent) => void;
  /** Resolves once all that was sent by any node has arrived, or had its time. */
  allArrived: () => Promise<void>;
  /** When the first of them had sent its last tick. */
  sentAllUs: () => MonoUs | undefined;
  ownPath?: OwnPath;
  signal: AbortSignal;
}

export class MeshNode {
  readonly server: string;
  readonly subject: string;
  readonly recorder: Recorder;
  readonly startUs: MonoUs;
  /** What the server says of itself, once it was connected to. */
  identity: ServerIdentity = {};
  isConnected = false;
  readonly #options: NodeOptions;
  readonly #run = newRun();

  constructor(options: NodeOptions) {
    const { options: { lossTimeoutUs, staleUs, intervalUs, everyUs }, clock, subscribe } = options;
    this.server = options.server;
    this.subject = options.subject;
    this.startUs = clock.monoUs();
    this.#options = options;
    this.recorder = new Recorder({
      ...{ lossTimeoutUs, staleUs, intervalUs, everyUs, subscribe },
      run: this.#run,
      sharesClock: true,
    });
  }

  /**
   * Sends and receives until the end.
   *
   * @throws {BusRefusal} where the server will not have us
   * @throws {UsageError} where an option, a file or a variable can't be used
   */
  async run(): Promise<void> {
    const { options, clock, server, subject, others, report, ownPath, signal } = this.#options;
    await using bus = await openBus(targetOf(options.target, server), {
      ...{ values: options.busValues, variable: options.variable, headerName: TICK_HEADER },
      ...{ dialTimeoutMs: options.dialTimeoutMs, silentMs: options.silentMs, clock, pinned: true },
      name: options.name,
      subjects: [subject, ...others],
      onRoundTrip: (us) => this.recorder.roundTrip(us),
      onEvent: (event) => this.#follow(event),
    });
    await exchange(this.#among(bus), {
      ...{ run: this.#run, publish: subject, subscribe: this.#options.subscribe, clock, signal },
      ...{ intervalUs: options.intervalUs, durationUs: options.durationUs, ownPath },
      recorder: this.recorder,
      report: { tick() {}, event: report },
      // When a tick was due says nothing of a path; a thread for each server would cost more.
      sleeper: () => timerSleeper(clock),
    });
  }

  /** What is known now; at the very end all of it, where nothing is an outage that began with the end. */
  summary(ended: boolean, percents: readonly number[]): Summary {
    const { clock, ownPath, sentAllUs } = this.#options;
    const untilUs = sentAllUs() ?? clock.monoUs();
    return summaryOf({
      ...{ name: this.server, startUs: this.startUs, recorder: this.recorder, clock, ended },
      ...{ percents, lingerUs: ended ? clock.monoUs() - untilUs : TAKEN_IN_US, ownUs: ownPath?.us },
    });
  }

  /** What it received of a node, by its summary. */
  receptionOf(sender: MeshNode, { peers }: Summary): Reception | undefined {
    const peer = peers.find(({ subject }) => subject === sender.subject);
    const account = this.recorder.peers.get(sender.subject)?.sequences.account(sender.#run);
    return peer && account && { peer, firstSeq: account.firstSeq, last: account.last };
  }

  /** Whether it has received the last tick that a node sent. */
  hasAllOf(sender: MeshNode): boolean {
    const { slots, sent } = sender.recorder.schedule.statistics();
    const account = this.recorder.peers.get(sender.subject)?.sequences.account(sender.#run);
    return sent === 0 || account?.highestSeq === slots - 1;
  }

  #follow(event: BusEvent) {
    if (event.type === "connected" || event.type === "reconnected") {
      const { product, name, cluster } = event;
      this.identity = { product, name, cluster };
      this.isConnected = true;
    }
    if (event.type === "disconnected") this.isConnected = false;
    this.recorder.bus(event, this.#options.clock.monoUs());
    this.#options.report(event);
  }

  /** The bus, with a subscription to each of the others in place of one, and an end that waits for all of them. */
  #among(bus: Bus): Bus {
    const { others, allArrived } = this.#options;
    return {
      can: bus.can,
      ready: bus.ready,
      refused: bus.refused,
      publish: (...message) => bus.publish(...message),
      subscribe(_, onMessage, options) {
        const stack = new DisposableStack();
        for (const subject of others) stack.use(bus.subscribe(subject, onMessage, options));
        return stack;
      },
      async flush(timeoutMs) {
        const isFlushed = await bus.flush(timeoutMs);
        await allArrived();
        return isFlushed;
      },
      [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
    };
  }
}
