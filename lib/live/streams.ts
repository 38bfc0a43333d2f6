/** Server-sent events: to so many pages at most, and none of them is waited for. */

/** Pages at once. */
export const MAX_STREAMS = 16;
/** What one has not read is kept up to so many messages; then it misses some, and catches up with all at once. */
const MAX_BEHIND = 20;
/** One that has read nothing for so long is closed. */
const STUCK_MS = 15_000;

interface Stream {
  controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  /** Has missed messages, since then. */
  behindMs?: number;
}

export class Streams {
  readonly #streams = new Set<Stream>();
  readonly #whole: () => string;
  readonly #nowMs: () => number;

  /** @param whole all that a page needs to begin with, or begin again */
  constructor(whole: () => string, nowMs = () => performance.now()) {
    this.#whole = whole;
    this.#nowMs = nowMs;
  }

  get count(): number {
    return this.#streams.size;
  }

  open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let stream: Stream;
    const source = {
      start: (controller: Stream["controller"]) => {
        stream = { controller };
        this.#streams.add(stream);
        controller.enqueue(encode(this.#whole()));
      },
      cancel: () => void this.#streams.delete(stream),
    };
    return new ReadableStream(source, { highWaterMark: MAX_BEHIND });
  }

  send(message: string) {
    if (this.#streams.size === 0) return;
    const bytes = encode(message);
    const nowMs = this.#nowMs();
    for (const stream of [...this.#streams]) {
      const { controller, behindMs } = stream;
      if ((controller.desiredSize ?? 0) <= 0) {
        stream.behindMs ??= nowMs;
        if (nowMs - stream.behindMs > STUCK_MS) this.#close(stream);
        continue;
      }
      stream.behindMs = undefined;
      controller.enqueue(behindMs === undefined ? bytes : encode(this.#whole()));
    }
  }

  close() {
    for (const stream of [...this.#streams]) this.#close(stream);
  }

  #close(stream: Stream) {
    this.#streams.delete(stream);
    stream.controller.close();
  }
}

/** One event of `text/event-stream`: its data is JSON, which is one line. */
export function eventOf(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
