/** The last few stretches of the monotonic clock in which something was the case. */

export interface Span {
  fromUs: number;
  toUs: number;
}

const MAX_SPANS = 64;

export class Spans {
  #spans: Span[] = [];

  /** Opens a span; one that is open already goes on. */
  open(fromUs: number) {
    if (this.#spans.at(-1)?.toUs === Infinity) return;
    this.#spans.push({ fromUs, toUs: Infinity });
    if (this.#spans.length > MAX_SPANS) this.#spans.shift();
  }

  close(toUs: number) {
    const last = this.#spans.at(-1);
    if (last?.toUs === Infinity) last.toUs = toUs;
  }

  /** Whether a moment is in one of the last, or so shortly after it that it belongs to it. */
  holds(atUs: number, afterUs: (lengthUs: number) => number): boolean {
    for (let n = this.#spans.length - 1; n >= 0; n--) {
      const { fromUs, toUs } = this.#spans[n];
      const endUs = toUs + afterUs(toUs - fromUs);
      if (atUs >= fromUs && atUs <= endUs) return true;
      if (endUs < atUs) return false;
    }
    return false;
  }

  /** What they cover of a stretch, in order. */
  within(fromUs: number, toUs: number): Span[] {
    const covered: Span[] = [];
    // From the last one on, as what is asked for is mostly later than all of them.
    for (let n = this.#spans.length - 1; n >= 0 && this.#spans[n].toUs > fromUs; n--) {
      const span = {
        fromUs: Math.max(fromUs, this.#spans[n].fromUs),
        toUs: Math.min(toUs, this.#spans[n].toUs),
      };
      if (span.fromUs < span.toUs) covered.unshift(span);
    }
    return covered;
  }
}

/** How much all of them cover together: where they overlap, once. */
export function coveredUs(...spans: Span[][]): number {
  let [sumUs, endUs] = [0, -Infinity];
  for (const { fromUs, toUs } of spans.flat().sort((a, b) => a.fromUs - b.fromUs)) {
    sumUs += Math.max(0, toUs - Math.max(fromUs, endUs));
    endUs = Math.max(endUs, toUs);
  }
  return sumUs;
}
