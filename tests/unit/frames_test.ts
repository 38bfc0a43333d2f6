/** The frames that a bench counts. */

import assert from "node:assert/strict";
import { Frames } from "../bench/frames.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A frame with this header. */
function frame(header: string): string {
  const head = `NATS/1.0\r\nTick: ${header}\r\n\r\n`;
  return `HMSG a 1 ${head.length} ${head.length + 3}\r\n${head}1.5\r\n`;
}

Deno.test("Frames counts what an echo rides on by itself, and what carries no message as one", () => {
  const frames = new Frames();
  const [plain, echoing] = [frame("1; seq=1"), frame("1; seq=2; echo=b,1,2.0,3.0")];
  frames.reader()(bytesOf(`INFO {}\r\n${plain}${echoing}PING\r\n${plain}`));
  assert.deepEqual(Object.fromEntries(frames.kinds), {
    other: {
      plain: { count: 2, bytes: "INFO {}\r\nPING\r\n".length },
      echoing: { count: 0, bytes: 0 },
    },
    HMSG: {
      plain: { count: 2, bytes: 2 * plain.length },
      echoing: { count: 1, bytes: echoing.length },
    },
  });
});

Deno.test("Frames takes bytes however they are cut, and the directions apart", () => {
  const frames = new Frames();
  const [one, other] = [frames.reader(), frames.reader()];
  const text = frame("1; seq=1");
  for (const character of text) {
    one(bytesOf(character));
    other(bytesOf(character));
  }
  assert.deepEqual(frames.kinds.get("HMSG")!.plain, { count: 2, bytes: 2 * text.length });
});
