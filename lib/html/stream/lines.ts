/** A stream of text line by line, in bounded memory. */

import { UsageError } from "../../text/usage_error.ts";

export interface TextLine {
  /** From 1. */
  number: number;
  text: string;
  /** Its end isn't here: the stream ends within it, be it because it was cut off. */
  isLast: boolean;
}

/** A summary of a thousand peers has a few million. */
const MAX_CHARACTERS = 1 << 24;

/** @throws {UsageError} where a line has no end */
export async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  maxCharacters = MAX_CHARACTERS,
): AsyncGenerator<TextLine> {
  let [rest, number] = ["", 0];
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = text.split("\n");
    lines[0] = rest + lines[0];
    rest = lines.pop()!;
    for (const text of lines) yield { number: ++number, text, isLast: false };
    if (rest.length > maxCharacters) {
      throw new UsageError(`line ${number + 1} is longer than ${maxCharacters} characters`);
    }
  }
  if (rest !== "") yield { number: ++number, text: rest, isLast: true };
}
