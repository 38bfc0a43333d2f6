/** The eras of a peer: of the sender that is received, and of others before or beside it. */

import type { MonoUs } from "../../time/clock.ts";
import type { ReceivedTick } from "../../arrival.ts";
import { NoOffset } from "../clock/offset.ts";
import { PeerClock } from "../clock/peer_clock.ts";
import type { Distribution } from "./distribution.ts";
import { FINE, type Keeping } from "./keeping.ts";
import { Era, mayBeOneClock } from "./era.ts";
import { type Sample, sampleOf, valueOf } from "./sample.ts";

/** So many of a sender that isn't received are kept, for the case that it is from then on. */
const MAX_BESIDE = 16;
/** Senders whose clocks are remembered beside the one that is received. */
const MAX_ASIDE = 4;

export class Eras {
  current: Era;
  /** Ticks of eras that are over, or that weren't received, which never had a delay. */
  unplaced = 0;
  /** Created with the first one. */
  #aside: Map<string | undefined, Era> | undefined;
  readonly #keeping: Keeping;
  #run: string | undefined;

  /** @param run of the sender that is received first */
  constructor(run: string | undefined, keeping: Keeping = FINE) {
    this.#run = run;
    this.#keeping = keeping;
    this.current = this.#new();
  }

  /** Takes in a tick of a run that isn't received now. */
  recordBeside(tick: ReceivedTick) {
    this.unplaced++;
    const run = tick.header?.run;
    const aside = this.#aside ??= new Map();
    let era = aside.get(run);
    if (!era && aside.size >= MAX_ASIDE) return;
    if (!era) aside.set(run, era = this.#new());
    const sample = sampleOf(tick, era);
    era.dt.record(valueOf(sample, sample.dtUs));
    era.beside.push(sample);
    if (era.beside.length > MAX_BESIDE) era.beside.shift();
  }

  /** Another sender is received; returns those of its ticks that came before that: they are to wait for its offset. */
  switchTo(run: string | undefined, nowUs: MonoUs): Sample[] {
    const aside = this.#aside ??= new Map();
    aside.set(this.#run, this.current);
    this.current = aside.get(run) ?? this.#new();
    aside.delete(run);
    this.#run = run;
    const first = this.current.beside.splice(0);
    this.unplaced -= first.length;
    if (aside.size > MAX_ASIDE) this.#forgetOldest(aside, nowUs);
    return first;
  }

  /** A clock has stepped: begins anew, with the same sender's clock. */
  restart() {
    for (const era of [this.current, ...this.#others]) {
      this.unplaced += era.waiting.length;
      era.isOver = true;
    }
    this.#aside = undefined;
    const { clock } = this.current;
    clock.restart();
    this.current = this.#new(clock);
  }

  /** Ticks of other eras that still wait for an offset. */
  get waitingAside(): number {
    return this.#others.reduce((sum, { waiting }) => sum + waiting.length, 0);
  }

  /** The dt of all that can be by the clock of the current one. */
  dt(nowUs: MonoUs): Distribution {
    return this.#others.reduce(
      (dt, era) => mayBeOneClock(era, this.current, nowUs) ? dt.merged(era.dt) : dt,
      this.current.dt,
    );
  }

  #new(clock?: PeerClock): Era {
    const { sharesClock } = this.#keeping;
    const ofItsOwn = sharesClock ? new PeerClock(new NoOffset()) : undefined;
    return new Era(clock ?? ofItsOwn, this.#keeping);
  }

  get #others(): Era[] {
    return this.#aside ? [...this.#aside.values()] : [];
  }

  #forgetOldest(aside: Map<string | undefined, Era>, nowUs: MonoUs) {
    const [run, era] = aside.entries().next().value!;
    aside.delete(run);
    this.unplaced += era.waiting.length;
    const { current } = this;
    if (mayBeOneClock(era, current, nowUs)) current.dt = current.dt.merged(era.dt);
  }
}
