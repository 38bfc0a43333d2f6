/** The account of one run of a peer: every slot is received, lost, unsent or skipped; what came twice or late is counted beside. */

import type { MonoUs } from "../../time/clock.ts";
import type { ReceivedCounts } from "../../wire.ts";

/** What an arrival was. */
export type Arrived =
  | "in order"
  /** Slots before it are missing: they are late, lost, unsent or skipped, as will be seen. */
  | "after a gap"
  /** RFC 4737: its number is less than one that came before. */
  | "reordered"
  /** Its number was given up before. */
  | "late"
  /** RFC 5560: it was here before. */
  | "duplicate"
  /** So old that it can't be said whether it was here before. */
  | "too old";

/** What of a tick's header counts here. */
export interface Slot {
  seq: number;
  /** Cumulative, as its sender reports them. */
  unsent: number;
  skipped: number;
}

/** RFC 3357's loss periods: consecutive numbers lost. */
export interface Burst {
  seq: number;
  length: number;
}

/** Numbers that didn't come in their turn. */
interface Gap {
  fromSeq: number;
  missing: number;
  /** How many of them their sender left out, as the tick behind the gap said. */
  unsent: number;
  skipped: number;
  /** What it had left out before the gap. */
  before: Omit<Slot, "seq">;
  /** Behind it: the first number that did come. */
  endSeq: number;
  noticedUs: MonoUs;
}

const WINDOW = 1 << 14;
const MISSING = 0, RECEIVED = 1, LATE = 2;
/** More open gaps than a bus that loses every second tick makes within the window. */
const MAX_GAPS = WINDOW / 2;

export class SequenceAccount implements ReceivedCounts {
  /** Slots from the first one received to the last, all of them. */
  get slots(): number {
    return this.firstSeq < 0 ? 0 : this.highestSeq - this.firstSeq + 1;
  }
  firstSeq = -1;
  highestSeq = -1;
  received = 0;
  lost = 0;
  unsent = 0;
  skipped = 0;
  late = 0;
  duplicate = 0;
  reordered = 0;
  /** The largest extent of a reordered tick, in arrivals (RFC 4737 §4.2.2). */
  maxExtent = 0;
  bursts = 0;
  longestBurst: Burst | undefined;
  /** More slots left out than are missing, as the sender reports it: its account doesn't add up. */
  misreported = 0;

  readonly #timeoutUs: number;
  readonly #onLost: (burst: Burst) => void;
  readonly #state = new Uint8Array(WINDOW);
  /** Each new highest number, with the arrival that brought it: what an extent is looked up in, once there is a gap. */
  #records: { seq: Float64Array; arrival: Float64Array; count: number } | undefined;
  #arrivals = 0;
  #gaps: Gap[] = [];
  #last: Slot = { seq: -1, unsent: 0, skipped: 0 };

  constructor(timeoutUs: number, onLost: (burst: Burst) => void = () => {}) {
    this.#timeoutUs = timeoutUs;
    this.#onLost = onLost;
  }

  /** Missing, but not given up yet: slots = received + lost + unsent + skipped + pending, at any time. */
  get pending(): number {
    return this.#gaps.reduce((sum, gap) => sum + gap.missing, 0);
  }

  arrive(slot: Slot, nowUs: MonoUs): Arrived {
    const { seq } = slot;
    this.settle(nowUs, Math.max(seq, this.highestSeq));
    if (this.firstSeq < 0) {
      this.firstSeq = seq;
      this.#advance(slot);
      return "in order";
    }
    if (seq <= this.highestSeq) return this.#arriveBehind(slot);
    const missing = seq - this.highestSeq - 1;
    if (missing > 0) this.#open(slot, missing, nowUs);
    else if (slot.unsent !== this.#last.unsent || slot.skipped !== this.#last.skipped) {
      this.misreported++;
    }
    this.#advance(slot);
    return missing > 0 ? "after a gap" : "in order";
  }

  /** Gives up what has been missing for longer than the loss timeout, or leaves the window with a number. */
  settle(nowUs: number, highestSeq: number = this.highestSeq) {
    while (this.#gaps.length > 0) {
      const { noticedUs, fromSeq } = this.#gaps[0];
      if (nowUs - noticedUs <= this.#timeoutUs && highestSeq - fromSeq < WINDOW) return;
      this.#giveUp(this.#gaps.shift()!);
    }
  }

  #advance(slot: Slot) {
    this.#arrivals++;
    this.#state[slot.seq % WINDOW] = RECEIVED;
    if (this.#records) this.#keep(slot.seq, this.#arrivals);
    this.highestSeq = slot.seq;
    this.received++;
    this.#last = slot;
  }

  /** Of before the first gap, only the first one received is of use: one that belongs before that may come. */
  #keep(seq: number, arrival: number) {
    if (!this.#records) {
      const [seqs, arrivals] = [new Float64Array(WINDOW), new Float64Array(WINDOW)];
      this.#records = { seq: seqs, arrival: arrivals, count: 0 };
    }
    const at = this.#records.count++ % WINDOW;
    this.#records.seq[at] = seq;
    this.#records.arrival[at] = arrival;
  }

  #open({ seq, unsent, skipped }: Slot, missing: number, noticedUs: MonoUs) {
    if (!this.#records) this.#keep(this.firstSeq, 1);
    const last = this.#last;
    const gap: Gap = {
      fromSeq: this.highestSeq + 1,
      missing,
      unsent: Math.max(0, unsent - last.unsent),
      skipped: Math.max(0, skipped - last.skipped),
      before: { unsent: last.unsent, skipped: last.skipped },
      endSeq: seq,
      noticedUs,
    };
    const over = gap.unsent + gap.skipped - missing;
    if (over > 0 || unsent < last.unsent || skipped < last.skipped) {
      this.misreported++;
      gap.unsent = Math.min(gap.unsent, missing);
      gap.skipped = Math.min(gap.skipped, missing - gap.unsent);
    }
    for (let n = Math.max(gap.fromSeq, seq - WINDOW); n < seq; n++) {
      this.#state[n % WINDOW] = MISSING;
    }
    this.#gaps.push(gap);
    if (this.#gaps.length > MAX_GAPS) this.#giveUp(this.#gaps.shift()!);
  }

  #arriveBehind(slot: Slot): Arrived {
    const { seq } = slot;
    if (seq <= this.highestSeq - WINDOW) return this.#tooOld();
    if (seq < this.firstSeq) {
      // Only next to the first one received can it be known that nothing else was to be received between them.
      if (seq !== this.firstSeq - 1) return this.#tooOld();
      if (!this.#records) this.#keep(this.firstSeq, 1);
      this.firstSeq = seq;
      return this.#reordered(seq);
    }
    if (this.#state[seq % WINDOW] !== MISSING) {
      this.duplicate++;
      return "duplicate";
    }
    const at = this.#gaps.findIndex(({ fromSeq, endSeq }) => fromSeq <= seq && seq < endSeq);
    const gap = this.#gaps[at];
    if (!gap || gap.missing <= gap.unsent + gap.skipped) {
      this.#arrivals++;
      this.#state[seq % WINDOW] = LATE;
      this.late++;
      return "late";
    }
    const parts = split(gap, slot);
    if (parts) this.#gaps.splice(at, 1, ...parts.filter(({ missing }) => missing > 0));
    else gap.missing--;
    return this.#reordered(seq);
  }

  #tooOld(): Arrived {
    this.#arrivals++;
    this.late++;
    return "too old";
  }

  #reordered(seq: number): Arrived {
    this.#arrivals++;
    this.#state[seq % WINDOW] = RECEIVED;
    this.received++;
    this.reordered++;
    this.maxExtent = Math.max(this.maxExtent, this.#extentOf(seq));
    return "reordered";
  }

  /** Arrivals since the first one with a greater number, which was the highest so far when it came. */
  #extentOf(seq: number): number {
    const { seq: seqs, arrival, count } = this.#records!;
    let low = Math.max(0, count - WINDOW);
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (seqs[middle % WINDOW] > seq) high = middle;
      else low = middle + 1;
    }
    return this.#arrivals - arrival[low % WINDOW];
  }

  #giveUp(gap: Gap) {
    const left = gap.unsent + gap.skipped;
    this.unsent += gap.unsent;
    this.skipped += gap.skipped;
    const lost = gap.missing - left;
    this.lost += lost;
    if (lost === 0) return;
    // Where some were left out, or more are missing than the window knows, which ones can't be said.
    if (left > 0 || gap.endSeq - gap.fromSeq > WINDOW) return this.#burst(gap.fromSeq, lost);
    let length = 0;
    for (let seq = gap.fromSeq; seq <= gap.endSeq; seq++) {
      if (seq < gap.endSeq && this.#state[seq % WINDOW] === MISSING) length++;
      else if (length > 0) {
        this.#burst(seq - length, length);
        length = 0;
      }
    }
  }

  #burst(seq: number, length: number) {
    this.bursts++;
    if (length > (this.longestBurst?.length ?? 0)) this.longestBurst = { seq, length };
    this.#onLost({ seq, length });
  }
}

/** The gap before and behind a tick from within it, by what that says was left out; nothing where it can't be so. */
function split(gap: Gap, { seq, unsent, skipped }: Slot): [Gap, Gap] | undefined {
  const missing = seq - gap.fromSeq;
  // Where another one has come from within it, unsplit, which part is short of it isn't known.
  if (gap.endSeq - gap.fromSeq !== gap.missing) return undefined;
  const left = {
    ...gap,
    missing,
    endSeq: seq,
    unsent: unsent - gap.before.unsent,
    skipped: skipped - gap.before.skipped,
  };
  const right = {
    ...gap,
    missing: gap.missing - missing - 1,
    fromSeq: seq + 1,
    before: { unsent, skipped },
    unsent: gap.unsent - left.unsent,
    skipped: gap.skipped - left.skipped,
  };
  return [left, right].every(addsUp) ? [left, right] : undefined;
}

function addsUp({ missing, unsent, skipped }: Gap): boolean {
  return unsent >= 0 && skipped >= 0 && unsent + skipped <= missing;
}
