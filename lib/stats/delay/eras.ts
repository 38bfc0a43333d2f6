/** The eras of a peer: of the sender that is received, and of others before or beside it. */

import type { MonoUs } from "../../time/clock.ts";
import type { ReceivedTick } from "../../arrival.ts";
import { NoOffset } from "../clock/offset.ts";
import { PeerClock } from "../clock/peer_clock.ts";
import type { Distribution } from "./distribution.ts";
import type { Keeping } from "./keeping.ts";
import { type Era, mayBeOneClock, newEra, type Sample, sampleOf, valueOf } from "./sample.ts";

/** So many of a sender that isn't received are kept, for the case that it is from then on. */
const MAX_BESIDE = 16;
/** Senders whose clocks are remembered beside the one that is received. */
const MAX_ASIDE = 4;

export class Eras {
  current: Era;
  /** Ticks of eras that are over, or that weren't received, which never had a delay. */
  unplaced = 0;
  readonly #aside = new Map<string | undefined, Era>();
  readonly #keeping: Partial<Keeping>;
  #run: string | undefined;

  /** @param run of the sender that is received first */
  constructor(run: string | undefined, keeping: Partial<Keeping> = {}) {
    this.#run = run;
    this.#keeping = keeping;
    this.current = this.#new();
  }

  /** Takes in a tick of a run that isn't received now. */
  recordBeside(tick: ReceivedTick) {
    this.unplaced++;
    const run = tick.header?.run;
    let era = this.#aside.get(run);
    if (!era && this.#aside.size >= MAX_ASIDE) return;
    if (!era) this.#aside.set(run, era = this.#new());
    const sample = sampleOf(tick, era);
    era.dt.record(valueOf(sample, sample.dtUs));
    era.beside.push(sample);
    if (era.beside.length > MAX_BESIDE) era.beside.shift();
  }

  /** Another sender is received; returns those of its ticks that came before that, which now wait for its offset. */
  switchTo(run: string | undefined, nowUs: MonoUs): Sample[] {
    this.#aside.set(this.#run, this.current);
    this.current = this.#aside.get(run) ?? this.#new();
    this.#aside.delete(run);
    this.#run = run;
    const first = this.current.beside.splice(0);
    this.unplaced -= first.length;
    this.current.waiting.push(...first);
    if (this.#aside.size > MAX_ASIDE) this.#forgetOldest(nowUs);
    return first;
  }

  /** A clock has stepped: begins anew, with the same sender's clock. */
  restart() {
    for (const era of [this.current, ...this.#aside.values()]) {
      this.unplaced += era.waiting.length;
      era.isOver = true;
    }
    this.#aside.clear();
    const { clock } = this.current;
    clock.restart();
    this.current = this.#new(clock);
  }

  /** Ticks of other eras that still wait for an offset. */
  get waitingAside(): number {
    return this.#aside.values().reduce((sum, { waiting }) => sum + waiting.length, 0);
  }

  /** The dt of all that can be by the clock of the current one. */
  dt(nowUs: MonoUs): Distribution {
    return this.#aside.values().reduce(
      (dt, era) => mayBeOneClock(era, this.current, nowUs) ? dt.merged(era.dt) : dt,
      this.current.dt,
    );
  }

  #new(clock?: PeerClock): Era {
    const { digits, sharesClock } = this.#keeping;
    return newEra(clock ?? (sharesClock ? new PeerClock(new NoOffset()) : undefined), digits);
  }

  #forgetOldest(nowUs: MonoUs) {
    const [run, era] = this.#aside.entries().next().value!;
    this.#aside.delete(run);
    this.unplaced += era.waiting.length;
    const { current } = this;
    if (mayBeOneClock(era, current, nowUs)) current.dt = current.dt.merged(era.dt);
  }
}
