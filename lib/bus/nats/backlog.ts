/** Whether what comes is read in time, by how full reads are: one that fills less than the buffer has read all there was. */

import type { MonoUs } from "../../time/clock.ts";

/** A read that brings so much may have left more behind: it is the buffer of a plain socket, and a record of TLS. */
const FULL_BYTES = 16 * 1024;
/** So many of those on end are a backlog: the system keeps 128 KiB for who doesn't read at all, */
const MIN_FULL = 3;
/** where all there was hasn't been read for so long; answers to our own probes come more often. */
const MIN_US = 1e6;
/** An end that is read so soon behind a backlog came while that waited; a process that is behind may take its time. */
const RIGHT_BEHIND_US = 1e6;

export interface BacklogEvents {
  /** For so long it hasn't read all there was; told once, until it has. */
  onBehind: (forMs: number) => void;
  onCaughtUp: (forMs: number) => void;
}

export class Backlog {
  readonly #events: BacklogEvents;
  /** When all there was had been read last, and how many reads since then were full; undefined before the first. */
  #readAllUs: number | undefined;
  #full = 0;
  /** The same of the backlog before that. */
  #before = { readAllUs: 0, full: 0 };
  #lastUs = -Infinity;
  #endedUs: number | undefined;
  #isTold = false;

  constructor(events: BacklogEvents) {
    this.#events = events;
  }

  /** Takes in that a read brought so much; 0 where it brought the end. */
  read(bytes: number, nowUs: MonoUs) {
    if (bytes === 0) return void (this.#endedUs ??= nowUs);
    this.#lastUs = nowUs;
    this.#readAllUs ??= nowUs;
    const forUs = nowUs - this.#readAllUs;
    if (bytes >= FULL_BYTES) {
      this.#full++;
      if (this.#isTold || this.#full < MIN_FULL || forUs < MIN_US) return;
      this.#isTold = true;
      this.#events.onBehind(forUs / 1000);
      return;
    }
    this.#before.readAllUs = this.#readAllUs;
    this.#before.full = this.#full;
    this.#readAllUs = nowUs;
    this.#full = 0;
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#events.onCaughtUp(forUs / 1000);
  }

  /** For how long it has been behind, at its end or else at a moment that isn't before the last read; 0 where it isn't. */
  behindMs(momentUs: MonoUs): number {
    const nowUs = this.#endedUs ?? momentUs;
    if (nowUs - this.#lastUs > RIGHT_BEHIND_US || this.#readAllUs === undefined) return 0;
    // What was read last may have been the last there was.
    const { readAllUs, full } = this.#full > 0 || this.#before.full === 0
      ? { readAllUs: this.#readAllUs, full: this.#full }
      : this.#before;
    return full >= MIN_FULL && nowUs - readAllUs >= MIN_US ? (nowUs - readAllUs) / 1000 : 0;
  }
}
