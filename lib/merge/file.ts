/** The summary that a file of JSON lines ends with, in bounded memory: the lines before it are passed by. */

import type { JsonLine } from "../html/stream/json_line.ts";
import { readJsonLine } from "../html/stream/json_line.ts";
import { linesOf, type TextLine } from "../html/stream/lines.ts";
import { JSON_VERSION } from "../report/json.ts";
import { printable, quoted } from "../text/printable.ts";
import { UsageError } from "../text/usage_error.ts";

/** A summary of ten thousand peers, each with its ten longest outages and runs of losses, has as many. */
const MAX_CHARACTERS = 1 << 26;
/** In JSON no string can hold it: there, quotes have a backslash before them. */
const SUMMARY = /"type"\s*:\s*"summary"/;

/** @throws {UsageError} where there is no summary in it, or it is none of this version */
export async function readSummary(path: string): Promise<JsonLine> {
  const wrong = (what: string) => new UsageError(`${quoted(path)}: ${what}`);
  try {
    using file = await Deno.open(path);
    const summary = await summaryWithin(linesOf(chunksOf(file), MAX_CHARACTERS));
    if (summary === undefined) {
      throw new UsageError("there is no summary in it: the output of --json of a run that ended");
    }
    return summary;
  } catch (error) {
    if (error instanceof UsageError) throw wrong(error.message);
    if (error instanceof Deno.errors.NotFound) throw wrong("there is no such file");
    if (error instanceof Error) throw wrong(`cannot read it: ${printable(error.message)}`);
    throw error;
  }
}

async function summaryWithin(lines: AsyncIterable<TextLine>): Promise<JsonLine | undefined> {
  let summary: JsonLine | undefined;
  for await (const line of lines) {
    const { number, text } = line;
    if (text.trim() === "") continue;
    if (summary) throw new UsageError(`line ${number} comes after the summary: one run a file`);
    if (SUMMARY.test(text)) {
      checkVersion(text, number);
      summary = readJsonLine(line);
    } else if (!isJson(text) && (number === 1 || !line.isLast)) {
      throw new UsageError(`line ${number} is not JSON: ${quoted(text.slice(0, 60))}`);
    }
  }
  return summary;
}

/** Before the schema has a say, which would only say that something is wrong with it. */
function checkVersion(text: string, number: number) {
  const { v } = jsonOf(text) ?? {};
  if (v === undefined || v === JSON_VERSION) return;
  throw new UsageError(
    `line ${number} is of version ${quoted(String(v))} of --json; expected ${JSON_VERSION}`,
  );
}

function isJson(text: string): boolean {
  return text.startsWith("{") && jsonOf(text) !== undefined;
}

function jsonOf(text: string): { v?: unknown } | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // it is cut off, or none at all; whoever reads the line says so
  }
}

/** Not by the file's own stream: that closes the file when it comes to the end, and this does in any case. */
function chunksOf(file: Deno.FsFile): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller) {
      const chunk = new Uint8Array(1 << 16);
      const length = await file.read(chunk);
      if (length === null) controller.close();
      else controller.enqueue(chunk.subarray(0, length));
    },
  });
}
