/** Server-sent events: to so many pages at most, and none of them is waited for. */

/** Pages at once. */
export const MAX_STREAMS = 16;
/** What one has not read is kept up to so many messages; then it misses some, and catches up with all at once. */
const MAX_BEHIND = 20;

interface Stream {
  controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  /** Has missed messages. */
  isBehind: boolean;
}

export class Streams {
  readonly #streams = new Set<Stream>();
  readonly #whole: () => string;
  #last: string | undefined;

  /** @param whole all that a page needs to begin with, or begin again */
  constructor(whole: () => string) {
    this.#whole = whole;
  }

  get count(): number {
    return this.#streams.size;
  }

  open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let stream: Stream;
    const source = {
      start: (controller: Stream["controller"]) => {
        stream = { controller, isBehind: false };
        controller.enqueue(encode(this.#whole() + (this.#last ?? "")));
        if (this.#last === undefined) this.#streams.add(stream);
        else controller.close();
      },
      cancel: () => void this.#streams.delete(stream),
    };
    return new ReadableStream(source, { highWaterMark: MAX_BEHIND });
  }

  send(message: string) {
    if (this.#streams.size === 0) return;
    const bytes = encode(message);
    for (const stream of this.#streams) {
      const { controller, isBehind } = stream;
      stream.isBehind = (controller.desiredSize ?? 0) <= 0;
      if (!stream.isBehind) controller.enqueue(isBehind ? encode(this.#whole()) : bytes);
    }
  }

  /** The last message: none misses it, be it behind or opened later. Nothing where there was one already. */
  end(message: string) {
    this.#last ??= message;
    for (const { controller, isBehind } of this.#streams) {
      controller.enqueue(encode(isBehind ? this.#whole() + message : message));
      controller.close();
    }
    this.#streams.clear();
  }
}

/** One event of `text/event-stream`: its data is JSON, which is one line. */
export function eventOf(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
