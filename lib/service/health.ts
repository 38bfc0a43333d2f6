/** Whether an app says of itself that ticks come: exit status 0, or 1 with the reason on stderr. */

import { printable } from "../text/printable.ts";

/** Longer than an app whose event loop is busy takes, and shorter than whoever asks waits. */
const PATIENCE_MS = 5000;
/** No reason is longer. */
const MAX_BYTES = 1024;

const [url = "http://127.0.0.1:8080/healthz"] = Deno.args;
const fault = await faultOf(url);
if (fault !== undefined) {
  console.error(`health: ${printable(fault)}`);
  Deno.exit(1);
}

async function faultOf(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (response.ok) {
      await response.body?.cancel();
      return undefined;
    }
    return await startOf(response) || `HTTP status ${response.status}`;
  } catch (error) {
    return `no answer from ${url}: ${(error as Error).message}`;
  }
}

async function startOf(response: Response): Promise<string> {
  let text = "";
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.length > MAX_BYTES) break;
  }
  return text.slice(0, MAX_BYTES).trim();
}
