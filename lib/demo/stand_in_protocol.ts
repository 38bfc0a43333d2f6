/** Reads what a NATS client sends, in whatever pieces it arrives: in linear time, and holding one line or one message. */

import { Buffer } from "node:buffer";

/** What a client asks for. Text is latin1: a character is a byte, so that any bytes come out as they went in. */
export type Command =
  | { operation: "CONNECT"; json: string }
  | { operation: "PING" | "PONG" }
  | { operation: "SUB"; subject: string; queue?: string; sid: string }
  | { operation: "UNSUB"; sid: string; afterMessages: number }
  | Publication;

/** A message to be passed on: PUB, and HPUB where it has headers. */
export interface Publication {
  operation: "PUB" | "HPUB";
  subject: string;
  reply?: string;
  /** How many bytes of the payload are headers. */
  headerLength: number;
  /** Headers and body; only valid until the next command is read. */
  payload: Uint8Array;
}

/** What ends a connection. The message is what the client is told of it; nats-server hangs up on some without a word. */
export class Violation extends Error {
  override name = "Violation";
}

/** As nats-server has it, though that leaves out the operation and white space. */
const LONGEST_LINE = 4096;
const CRLF_LENGTH = 2;
/** nats-server reads sizes of nine digits at most. */
const SIZE = /^\d{1,9}$/;
const LINE = /^(CONNECT|PING|PONG|\+OK|(?:H?PUB|(?:UN)?SUB|INFO|-ERR)(?=[ \t]))([^]*)$/i;

/** A message whose payload is still to come, or the end of it. */
type Unfinished = Publication & { filled: number; size: number };

/** The decoder of one connection. */
export class CommandReader {
  #line = "";
  #unfinished?: Unfinished;
  readonly #maxPayload: number;

  /** @param maxPayload bytes of a payload, headers included */
  constructor(maxPayload: number) {
    this.#maxPayload = maxPayload;
  }

  /**
   * Yields each command as soon as its last byte is there.
   *
   * @throws {Violation} where the bytes are not what a client may send; nothing can be read after that
   */
  *read(chunk: Uint8Array): Generator<Command> {
    for (let at = 0; at < chunk.length;) {
      if (this.#unfinished) {
        const piece = chunk.subarray(at, at + this.#unfinished.size - this.#unfinished.filled);
        at += piece.length;
        const publication = this.#takePayload(this.#unfinished, piece);
        if (publication) yield publication;
        continue;
      }
      const end = chunk.indexOf(10, at);
      const piece = chunk.subarray(at, end < 0 ? chunk.length : end);
      if (this.#line.length + piece.length > LONGEST_LINE) {
        throw new Violation("maximum control line exceeded");
      }
      this.#line += latin1(piece);
      if (end < 0) return;
      at = end + 1;
      const line = this.#line;
      this.#line = "";
      const command = this.#commandOf(line);
      if (command) yield command;
    }
  }

  /** The message, once its payload and the line's end behind it are complete. */
  #takePayload(unfinished: Unfinished, piece: Uint8Array): Publication | undefined {
    let whole = piece;
    if (piece.length < unfinished.size) {
      if (unfinished.filled === 0) unfinished.payload = new Uint8Array(unfinished.size);
      unfinished.payload.set(piece, unfinished.filled);
      unfinished.filled += piece.length;
      if (unfinished.filled < unfinished.size) return;
      whole = unfinished.payload;
    }
    this.#unfinished = undefined;
    const length = unfinished.size - CRLF_LENGTH;
    if (whole[length] !== 13 || whole[length + 1] !== 10) throw unknownOperation();
    const { operation, subject, reply, headerLength } = unfinished;
    return { operation, subject, reply, headerLength, payload: whole.subarray(0, length) };
  }

  #commandOf(line: string): Command | undefined {
    const [, word, rest] = LINE.exec(line) ?? [];
    if (!word) throw unknownOperation();
    const operation = word.toUpperCase();
    const args: string[] = rest.match(/[^ \t\r]+/g) ?? [];
    switch (operation) {
      case "CONNECT":
        return { operation, json: rest };
      case "PING":
      case "PONG":
        return { operation };
      case "SUB":
        if (args.length === 2) return { operation, subject: args[0], sid: args[1] };
        if (args.length === 3) {
          return { operation, subject: args[0], queue: args[1], sid: args[2] };
        }
        throw new Violation();
      case "UNSUB": {
        if (args.length < 1 || args.length > 2) throw new Violation();
        const [sid, messages = ""] = args;
        return { operation, sid, afterMessages: SIZE.test(messages) ? Number(messages) : 0 };
      }
      case "PUB":
      case "HPUB":
        this.#expectPayload(operation, args);
        return;
      case "-ERR":
        throw new Violation();
    }
    // +OK and INFO ask for nothing.
  }

  #expectPayload(operation: "PUB" | "HPUB", args: string[]) {
    const sizes = args.splice(operation === "HPUB" ? -2 : -1);
    const [subject, reply] = args;
    if (args.length < 1 || args.length > 2 || !sizes.every((size) => SIZE.test(size))) {
      throw new Violation();
    }
    const length = Number(sizes.at(-1));
    const headerLength = operation === "HPUB" ? Number(sizes[0]) : 0;
    if (headerLength > length) throw new Violation();
    if (length > this.#maxPayload) throw new Violation("Maximum Payload Violation");
    this.#unfinished = {
      ...{ operation, subject, reply, headerLength, payload: new Uint8Array() },
      ...{ filled: 0, size: length + CRLF_LENGTH },
    };
  }
}

function unknownOperation(): Violation {
  return new Violation("Unknown Protocol Operation");
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
