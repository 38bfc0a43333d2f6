/** Counts the frames of the NATS protocol in a stream of bytes, that of each direction by itself. */

/** What carries a message; all else is counted as one. */
export type Kind = "PUB" | "HPUB" | "MSG" | "HMSG" | "other";

interface Count {
  count: number;
  bytes: number;
}

export class Frames {
  /** Of each kind, those without an echo in their header and those with one. */
  readonly kinds = new Map<Kind, { plain: Count; echoing: Count }>();

  reset() {
    this.kinds.clear();
  }

  /** A reader of one direction of one connection: takes bytes as they come, however they are cut. */
  reader(): (bytes: Uint8Array) => void {
    let rest = "";
    return (bytes) => {
      rest += latin1.decode(bytes);
      let at = 0;
      while (true) {
        const length = frameLength(rest, at);
        if (length === undefined) break;
        this.#add(rest.slice(at, at + length));
        at += length;
      }
      rest = rest.slice(at);
    };
  }

  #add(frame: string) {
    const word = frame.slice(0, frame.search(/\s/));
    const kind = MESSAGES.has(word) ? word as Kind : "other";
    let counts = this.kinds.get(kind);
    if (!counts) {
      counts = { plain: { count: 0, bytes: 0 }, echoing: { count: 0, bytes: 0 } };
      this.kinds.set(kind, counts);
    }
    const count = /; echo(es)?=/.test(frame) ? counts.echoing : counts.plain;
    count.count++;
    count.bytes += frame.length;
  }
}

/** A character a byte. */
const latin1 = new TextDecoder("latin1");
const MESSAGES = new Set(["PUB", "HPUB", "MSG", "HMSG"]);
const LINE_END = "\r\n";

/** Of the frame from there on; nothing where the rest of it is still to come. */
function frameLength(text: string, at: number): number | undefined {
  const end = text.indexOf(LINE_END, at);
  if (end < 0) return undefined;
  const words = text.slice(at, end).split(" ");
  const line = end + LINE_END.length - at;
  if (!MESSAGES.has(words[0])) return line;
  const length = line + Number(words.at(-1)) + LINE_END.length;
  return at + length <= text.length ? length : undefined;
}
