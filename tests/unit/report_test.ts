import assert from "node:assert/strict";
import { dtText } from "../../lib/report/text/dt.ts";
import { timeText } from "../../lib/report/text/event.ts";
import { flushed as flushedWhile, lineWriter } from "../../lib/report/lines.ts";
import { printable } from "../../lib/text/printable.ts";
import { turn } from "../../lib/time/wait.ts";
import { deadline } from "../support/deadline.ts";

const NOW_US = 1_795_503_377_000_000;

for (
  const [realUs, signUs, digits, text] of [
    [NOW_US + 1_000, NOW_US, 3, "0.001"],
    [NOW_US, NOW_US, 3, "0.000"],
    [NOW_US + 499, NOW_US, 3, "0.000"], // 0.000499 → 0.000
    [NOW_US + 500, NOW_US + 499, 3, "0.001"], // 1 µs apart, but on both sides of a half
    [NOW_US + 1_499, NOW_US + 500, 3, "0.000"], // 999 µs apart, but both 0.001
    [NOW_US + 12_345_678, NOW_US, 3, "12.346"],
    [NOW_US + 12_345_678, NOW_US, 6, "12.345678"],
    [NOW_US + 12_345_678, NOW_US, 1, "12.3"],
    [NOW_US + 12_345_678, NOW_US, 0, "12"],
    [NOW_US + 50_000_000, NOW_US, 0, "50"],
    [NOW_US + 5, NOW_US, 6, "0.000005"],
    [NOW_US, NOW_US + 1_000, 3, "-0.001"],
    [NOW_US, NOW_US + 499, 3, "0.000"], // never -0.000
    [NOW_US, NOW_US + 12_345_678, 3, "-12.346"],
    [NOW_US, 0, 3, "1795503377.000"],
  ] as const
) {
  Deno.test(`dtText() of ${realUs} and ${signUs} with ${digits} digits is ${text}`, () => {
    assert.equal(dtText(realUs, signUs, digits), text);
  });
}

Deno.test("timeText() writes UTC to the millisecond", () => {
  assert.equal(timeText(0), "1970-01-01T00:00:00.000Z");
  assert.equal(timeText(86_400_000_000 + 1_234_999), "1970-01-02T00:00:01.234Z");
});

for (
  const [what, raw, shown] of [
    ["an escape sequence", "\x1b[31mred", "\\u001b[31mred"],
    ["a new line", "a\nb\r", "a\\u000ab\\u000d"],
    ["an 8-bit control", "a\x9bb", "a\\u009bb"],
    ["text that runs backwards", "a\u202eb", "a\\u202eb"],
    ["a zero-width space", "a\u200bb", "a\\u200bb"],
    ["letters of any script", "é 漢字 µ", "é 漢字 µ"],
  ]
) {
  Deno.test(`printable() shows ${what}`, () => {
    assert.equal(printable(raw), shown);
  });
}

Deno.test("printable() cuts what is too long to read", () => {
  assert.equal(printable("abcdef", 3), "abc…");
  assert.equal(printable("abc", 3), "abc");
  assert.ok(printable("a".repeat(1_000_000)).length < 1_000);
});

/** A reader that takes nothing until it is told to. */
function slowSink() {
  const sink = { text: "", take: () => {}, leave: () => {}, write };
  const willing = new Promise<void>((resolve, reject) => {
    sink.take = resolve;
    sink.leave = () => reject(new Deno.errors.BrokenPipe("gone"));
  });
  async function write(bytes: Uint8Array) {
    await willing;
    sink.text += new TextDecoder().decode(bytes);
    return bytes.length;
  }
  return sink;
}

/** A reader that takes a few bytes at a time. */
function narrowSink(max: number) {
  const taken: number[] = [];
  return {
    text: () => new TextDecoder().decode(new Uint8Array(taken)),
    write(bytes: Uint8Array) {
      taken.push(...bytes.subarray(0, max));
      return Promise.resolve(Math.min(bytes.length, max));
    },
  };
}

const flushed = (writer: { flush(): Promise<void> }) => deadline(10_000, "flush", writer.flush());

Deno.test("lineWriter() writes lines in their order", async () => {
  const sink = narrowSink(1000);
  const writer = lineWriter(sink);
  for (const line of ["one", "two", "three"]) writer.line(line);
  await flushed(writer);
  assert.equal(sink.text(), "one\ntwo\nthree\n");
});

Deno.test("lineWriter() goes on where only a part was taken", async () => {
  const sink = narrowSink(2);
  const writer = lineWriter(sink);
  writer.line("dt = 0.001 µ");
  await flushed(writer);
  assert.equal(sink.text(), "dt = 0.001 µ\n");
});

Deno.test("lineWriter() doesn't wait for a slow reader", async () => {
  const sink = slowSink();
  const writer = lineWriter(sink);
  writer.line("one");
  writer.line("two");
  assert.equal(sink.text, "");
  sink.take();
  await flushed(writer);
  assert.equal(sink.text, "one\ntwo\n");
  assert.equal(writer.dropped, 0);
});

Deno.test("lineWriter() drops and counts lines beyond its limit", () => {
  const writer = lineWriter(slowSink(), { limit: 10 });
  writer.line("12345678"); // handed to the sink at once
  for (let line = 0; line < 5; line++) writer.line("123"); // 4 characters each: two fit
  assert.equal(writer.dropped, 3);
});

Deno.test("a reader that goes on taking is waited for to the end, however long it takes", async () => {
  const text = "x".repeat(100_000);
  const sink = narrowSink(1000);
  const slow = { write: (bytes: Uint8Array) => turn().then(() => sink.write(bytes)) };
  const writer = lineWriter(slow);
  writer.keep(text);
  await deadline(
    10_000,
    "flush",
    flushedWhile(writer, 0, async () => {
      for (let turns = 0; turns < 3; turns++) await turn();
    }),
  );
  assert.equal(sink.text(), `${text}\n`);
});

Deno.test("a reader that takes nothing more is given up", async () => {
  const writer = lineWriter(slowSink());
  writer.line("one");
  await deadline(10_000, "flush", flushedWhile(writer, 0, turn));
  assert.equal(writer.waiting, 1);
});

Deno.test("lineWriter() hands over so little at once that it is seen whether any is taken", async () => {
  const sizes: number[] = [];
  const writer = lineWriter({
    write(bytes) {
      sizes.push(bytes.length);
      return Promise.resolve(bytes.length);
    },
  });
  writer.line("x".repeat(200_000));
  await flushed(writer);
  assert.deepEqual(sizes, [65_536, 65_536, 65_536, 200_001 - 3 * 65_536]);
  assert.equal(writer.taken, 200_001);
});

Deno.test("lineWriter() keeps what is to be kept, also beyond its limit", async () => {
  const sink = slowSink();
  const writer = lineWriter(sink, { limit: 10 });
  writer.line("12345678"); // handed to the sink at once
  writer.line("12345678");
  writer.line("dropped");
  writer.keep("summary");
  assert.equal(writer.dropped, 1);
  sink.take();
  await flushed(writer);
  assert.equal(sink.text, "12345678\n12345678\nsummary\n");
});

Deno.test("lineWriter() says once that its reader has gone", async () => {
  const sink = slowSink();
  let closed = 0;
  const writer = lineWriter(sink, { onClosed: () => closed++ });
  writer.line("one");
  sink.leave();
  await flushed(writer);
  writer.line("two");
  await flushed(writer);
  assert.equal(closed, 1);
});

Deno.test("lineWriter() has nothing to flush where nothing was written", async () => {
  await flushed(lineWriter(slowSink()));
});

Deno.test("lineWriter() takes a closed pipe for an ending, not for a failure", async () => {
  const sink = slowSink();
  const writer = lineWriter(sink);
  writer.line("one");
  sink.leave();
  await flushed(writer);
  assert.deepEqual([writer.failure, writer.waiting], [undefined, 0]);
});

Deno.test("lineWriter() keeps the reason why it can't be written to, and says once that it ends", async () => {
  let closed = 0;
  const full = new Error("No space left on device (os error 28)");
  const writer = lineWriter({ write: () => Promise.reject(full) }, { onClosed: () => closed++ });
  writer.line("one");
  await flushed(writer);
  writer.keep("two");
  await flushed(writer);
  assert.deepEqual([writer.failure, closed], [full, 1]);
});

Deno.test("lineWriter() counts the lines that were not taken yet", async () => {
  const sink = slowSink();
  const writer = lineWriter(sink);
  for (const line of ["one", "two", "three"]) writer.line(line);
  assert.equal(writer.waiting, 3);
  sink.take();
  await flushed(writer);
  assert.equal(writer.waiting, 0);
});
