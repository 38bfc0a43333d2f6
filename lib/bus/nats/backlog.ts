/**
 * Whether what comes is read in time. All that the server had when it was asked for an answer has been read once
 * that is there. What isn't read since then waits for us where there was mostly something to read, and mostly more
 * than one read takes; else it waits for the server, or for the link.
 */

import type { Clock, MonoUs } from "../../time/clock.ts";
import type { Reading } from "../driver.ts";

/** A read that brings so much may have left more behind: it is the buffer of a plain socket, and a record of TLS. */
const FULL_BYTES = 16 * 1024;
/** So much of that is a backlog: the system keeps 128 KiB for who doesn't read at all. */
const MIN_FULL_BYTES = 3 * FULL_BYTES;
/** Where all there was hasn't been read for so long, and two round trips, it isn't read in time; */
const MIN_US = 300_000;
const MAX_ROUND_TRIP_US = 250_000;
/** from this long on, that is told. */
const TOLD_US = 1e6;
/** An answer is asked for where the last one that was is older. */
const ASK_US = 150_000;
/**
 * What looks like a wait may be a standstill of our own, or another task's turn: from so long on, only as much of it
 * counts as we were awake; from less on, where we show up so often that this is known.
 */
const MAX_WAIT_US = 150_000;
const OFTEN_US = 20_000;
/** How often we show up is taken of so many times; */
const TIMES = 16;
/** where it is that much longer, we weren't awake. */
const ASLEEP = 3;

export interface BacklogOptions {
  clock: Clock;
  /** For so long it hasn't read all there was; told once, until it has. */
  onBehind: (forMs: number) => void;
  onCaughtUp: (forMs: number) => void;
  /** Called where an answer of the server's would tell, and none is under way. */
  onDoubt: () => void;
}

/** What was read by a moment, and for how long that was waited for. */
interface Sums {
  atUs: MonoUs;
  waitedUs: number;
  bytes: number;
  fullBytes: number;
}

/** Whether most of what was read from one moment to another may have left more behind. */
function isFull(from: Sums, to: Sums): boolean {
  const fullBytes = to.fullBytes - from.fullBytes;
  return fullBytes >= MIN_FULL_BYTES && 2 * fullBytes >= to.bytes - from.bytes;
}

export class Backlog implements Reading {
  readonly #options: BacklogOptions;
  /** Up to the last read. */
  #sums: Sums | undefined;
  /** When all there was then is known to have been read. */
  #known: Sums | undefined;
  /** Whether most of what was read before that may have left more behind. */
  #flowed = false;
  #endedUs: MonoUs | undefined;
  /** When each question was asked that isn't answered yet. */
  readonly #askedUs: MonoUs[] = [];
  readonly #sinceUs: MonoUs;
  /** The shortest there was; at first, what the greeting took. */
  #roundTripUs = MAX_ROUND_TRIP_US;
  /** For how long we were awake, now and at the last read, when we showed up last, and how often we do. */
  readonly #awake = { us: 0, atReadUs: 0, untilUs: -Infinity, everyUs: MAX_WAIT_US };
  readonly #shownUs: MonoUs[] = [];
  #toldUs: MonoUs | undefined;

  constructor(options: BacklogOptions) {
    this.#options = options;
    this.#sinceUs = options.clock.monoUs();
  }

  /** Takes in that a read brought so much, and how long it waited for that; 0 bytes where it brought the end. */
  read(bytes: number, waitedMs: number, atUs: MonoUs) {
    const sums = this.#sums ??= { atUs, waitedUs: 0, bytes: 0, fullBytes: 0 };
    if (!this.#known) {
      this.#known = { ...sums };
      this.#roundTripUs = Math.min(MAX_ROUND_TRIP_US, atUs - this.#sinceUs);
    }
    sums.waitedUs += this.#ofWait(waitedMs * 1000);
    this.#awake.atReadUs = this.#awake.us;
    sums.atUs = atUs;
    sums.bytes += bytes;
    if (bytes >= FULL_BYTES) sums.fullBytes += bytes;
    if (bytes === 0) this.#endedUs ??= atUs;
    if (atUs - this.#known.atUs < ASK_US) return;
    const forMs = this.behindMs;
    if (forMs === 0) return;
    if (this.#askedUs.length === 0) this.#options.onDoubt();
    if (this.#toldUs !== undefined || forMs * 1000 < TOLD_US) return;
    if (atUs - (this.#askedUs[0] ?? atUs) < MIN_US) return;
    this.#toldUs = this.#known.atUs;
    this.#options.onBehind(forMs);
  }

  /** Takes in that we aren't standing still. */
  awake() {
    const nowUs = this.#options.clock.monoUs();
    const awake = this.#awake;
    const sinceUs = nowUs - awake.untilUs;
    if (sinceUs <= ASLEEP * awake.everyUs) awake.us += sinceUs;
    awake.untilUs = nowUs;
    if (this.#shownUs.push(nowUs) < TIMES) return;
    awake.everyUs = Math.min(awake.everyUs, (nowUs - this.#shownUs[0]) / (TIMES - 1));
    this.#shownUs.length = 0;
  }

  /** Takes in that the server is asked for an answer; what is returned, that it is there. */
  ask(): () => void {
    this.awake();
    const { clock, onCaughtUp } = this.#options;
    const askedUs = clock.monoUs();
    const asked = this.#sumsAt(askedUs);
    this.#askedUs.push(askedUs);
    return () => {
      this.#askedUs.shift();
      const nowUs = clock.monoUs();
      this.#roundTripUs = Math.min(this.#roundTripUs, nowUs - askedUs);
      if (this.#known && asked) this.#flowed = isFull(this.#known, asked);
      this.#known = asked;
      if (this.#toldUs === undefined || nowUs - askedUs >= TOLD_US / 2) return;
      onCaughtUp((nowUs - this.#toldUs) / 1000);
      this.#toldUs = undefined;
    };
  }

  /** For how long it has been behind, now or at its end; 0 where it isn't. */
  get behindMs(): number {
    const [known, now] = [this.#known, this.#sumsAt(this.#endedUs ?? this.#options.clock.monoUs())];
    if (!known || !now) return 0;
    const forUs = now.atUs - known.atUs;
    const isLong = forUs >= MIN_US + 2 * this.#roundTripUs;
    const isOurs = isFull(known, now) && 2 * (now.waitedUs - known.waitedUs) < forUs;
    return isLong && isOurs ? forUs / 1000 : 0;
  }

  /** Whether most of what was read since the last answer, or before it if that is little, may have left more behind. */
  get isFlowing(): boolean {
    const [known, now] = [this.#known, this.#sums];
    if (!known || !now) return false;
    return now.bytes - known.bytes < MIN_FULL_BYTES ? this.#flowed : isFull(known, now);
  }

  get readUs(): number {
    return this.#sums?.atUs ?? -Infinity;
  }

  /** What was waited for since the last read, which there was, included. */
  #sumsAt(atUs: MonoUs): Sums | undefined {
    const sums = this.#sums;
    return sums && { ...sums, atUs, waitedUs: sums.waitedUs + this.#ofWait(atUs - sums.atUs) };
  }

  /** How much of a wait since the last read there was nothing to read, as far as that is known. */
  #ofWait(us: number): number {
    const { us: nowUs, atReadUs, everyUs } = this.#awake;
    const doubtUs = everyUs <= OFTEN_US ? 2 * everyUs : MAX_WAIT_US;
    return us <= doubtUs ? us : Math.min(us, nowUs - atReadUs);
  }
}
