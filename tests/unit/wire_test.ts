import assert from "node:assert/strict";
import type { WallUs } from "../../lib/time/clock.ts";
import { bodyOf, headerOf, readBody, type TickHeader } from "../../lib/wire.ts";
import { readHeader } from "../../lib/wire/read_header.ts";
import { echoAmong, echoText } from "../../lib/wire/more_echoes.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const us = (value: number) => value as WallUs;

const HEADER: TickHeader = { run: "3fa9c2d1", seq: 123, timerErrorUs: -17, unsent: 4, skipped: 5 };

Deno.test("bodyOf() writes seconds with six decimals", () => {
  assert.equal(bodyOf(1_795_503_377_582_859), "1795503377.582859");
  assert.equal(bodyOf(1_795_503_377_000_000), "1795503377.000000");
});

Deno.test("bodyOf() keeps the zeros of less than a second", () => {
  assert.equal(bodyOf(0), "0.000000");
  assert.equal(bodyOf(5), "0.000005");
  assert.equal(bodyOf(1_000_000), "1.000000");
});

Deno.test("bodyOf() writes a time before 1970 with its sign", () => {
  assert.equal(bodyOf(-1), "-0.000001");
  assert.equal(bodyOf(-1_500_000), "-1.500000");
});

Deno.test("readBody() reads to the microsecond what bodyOf() wrote", () => {
  const readsBack = (signUs: number) =>
    assert.deepEqual(readBody(encode(bodyOf(signUs))), { signUs });
  for (let step = 0; step < 1000; step++) readsBack(1_795_503_377_000_001 + step * 1_009_999);
  readsBack(0);
  readsBack(-1);
  readsBack(4_102_444_799_999_999); // the last of 2099
});

for (
  const [form, body, signUs] of [
    ["whole seconds", "1795503377", 1_795_503_377_000_000],
    ["three decimals", "1795503377.582", 1_795_503_377_582_000],
    ["nine decimals", "1795503377.582859123", 1_795_503_377_582_859],
    ["hundreds of decimals", `1.5${"0".repeat(400)}`, 1_500_000],
    ["no digit after the point", "5.", 5_000_000],
    ["no digit before the point", ".5", 500_000],
    ["a plus", "+1.5", 1_500_000],
    ["a minus", "-1.5", -1_500_000],
    ["an exponent", "1.795503377582859e9", 1_795_503_377_582_859],
    ["a capital and signed exponent", "15E-1", 1_500_000],
    ["digits grouped as Python does", "1_795_503_377.582_859", 1_795_503_377_582_859],
    ["leading zeros", "0001.5", 1_500_000],
    ["white space around it", " \t1.5\r\n", 1_500_000],
  ] as const
) {
  Deno.test(`readBody() reads a number with ${form}`, () => {
    assert.deepEqual(readBody(encode(body)), { signUs });
  });
}

for (
  const [form, body] of [
    ["nothing", ""],
    ["only white space", " \n"],
    ["a word", "hello"],
    ["nan", "nan"],
    ["inf", "-inf"],
    ["Infinity", "Infinity"],
    ["a hexadecimal number", "0x10"],
    ["a decimal comma", "1,5"],
    ["two numbers", "1 2"],
    ["two points", "1.2.3"],
    ["two signs", "--1"],
    ["a unit", "1.5s"],
    ["only a point", "."],
    ["an exponent without digits", "1e"],
    ["an underscore at its end", "1_"],
    ["a number too large to be a time", "1e400"],
    ["a number whose microseconds are no longer exact", "9007199255"],
    ["a million digits", "1".repeat(1_000_000)],
  ]
) {
  Deno.test(`readBody() refuses ${form}`, () => {
    const read = readBody(encode(body));
    assert.ok(read.fault, `read as ${JSON.stringify(read)}`);
  });
}

Deno.test("readBody() refuses bytes that are no text", () => {
  assert.ok(readBody(new Uint8Array([0xff, 0xfe, 0x00])).fault);
});

Deno.test("readHeader() reads what headerOf() wrote", () => {
  assert.deepEqual(readHeader(headerOf(HEADER)), { header: HEADER });
});

Deno.test("readHeader() reads the echo that headerOf() wrote", () => {
  const echo = {
    run: "0badcafe",
    seq: 122,
    signUs: us(1_795_503_377_572_859),
    realUs: us(1_795_503_377_573_000),
  };
  assert.deepEqual(readHeader(headerOf({ ...HEADER, echo })).header?.echo, echo);
});

Deno.test("readHeader() reads the echo of a bare peer's tick", () => {
  const echo = { run: "-", seq: -1, signUs: us(1_500_000), realUs: us(-1_500_000) };
  assert.deepEqual(readHeader(headerOf({ ...HEADER, echo })).header?.echo, echo);
});

Deno.test("an echo among others is read as it was written, by its run alone", () => {
  const nowUs = us(1_795_503_377_582_859);
  const echoes = ["aaaa", "aaaaaaaa", "bbbbbbbb"].map((run, n) => ({
    run,
    seq: 100 + n,
    signUs: us(nowUs - 48_000 + 1000 * n - 3600e6),
    realUs: us(nowUs - 48_000 + 1000 * n),
  }));
  const moreEchoes = echoes.map((echo) => echoText(echo, nowUs)).join(" ");
  assert.equal(moreEchoes.split(" ")[0], "aaaa,100,48000,3600000000");
  const read = readHeader(headerOf({ ...HEADER, moreEchoes })).header!.moreEchoes!;
  for (const echo of echoes) assert.deepEqual(echoAmong(read, echo.run, nowUs), echo);
  for (const run of ["aaa", "aaaaaa", "100", "cccccccc"]) {
    assert.equal(echoAmong(read, run, nowUs), undefined);
  }
});

for (
  const broken of [
    "aaaa",
    "aaaa,",
    "aaaa,1",
    "aaaa,1,2",
    "aaaa,-1,2,3",
    "aaaa,1,2,3,4",
    "aaaa,x,2,3",
  ]
) {
  Deno.test(`an echo among others that reads ${broken} is none`, () => {
    assert.equal(echoAmong(`b,1,2,3 ${broken} c,1,2,3`, "aaaa", us(0)), undefined);
  });
}

Deno.test("readHeader() finds nothing where there is none", () => {
  assert.deepEqual(readHeader(undefined), {});
});

Deno.test("readHeader() needs no more than a run and a sequence number", () => {
  assert.deepEqual(readHeader("1; run=a; seq=0").header, {
    run: "a",
    seq: 0,
    timerErrorUs: 0,
    unsent: 0,
    skipped: 0,
  });
});

Deno.test("readHeader() leaves aside keys it doesn't know", () => {
  assert.equal(readHeader("1; new=7; run=a; seq=4; newer=x,y=z").header?.seq, 4);
});

Deno.test("readHeader() leaves aside a part that is no key=value", () => {
  assert.equal(readHeader("1; run=a; seq=4; runs").header?.run, "a");
});

Deno.test("readHeader() takes pairs in any order and spacing", () => {
  const { header } = readHeader("1;seq=4;  run=a ;late=-3");
  assert.deepEqual([header?.seq, header?.run, header?.timerErrorUs], [4, "a", -3]);
});

for (
  const [fault, header] of [
    ["an unknown version", "2; run=a; seq=4"],
    ["no version", "run=a; seq=4"],
    ["any text", "hello"],
    ["no run", "1; seq=4"],
    ["no sequence number", "1; run=a"],
    ["a sequence number that is none", "1; run=a; seq=four"],
    ["a negative sequence number", "1; run=a; seq=-1"],
    ["a fraction of a sequence number", "1; run=a; seq=1.5"],
    ["a run with a control character", "1; run=a\x1b[2J; seq=4"],
    ["a run that is too long", `1; run=${"a".repeat(1000)}; seq=4`],
    ["a negative count of unsent slots", "1; run=a; seq=4; unsent=-1"],
    ["a negative count of skipped slots", "1; run=a; seq=4; skipped=-1"],
    ["half an echo", "1; run=a; seq=4; echo=b,3"],
    ["an echo of no time", "1; run=a; seq=4; echo=b,3,x,y"],
    ["a million characters", `1; run=a; seq=4; x=${"y".repeat(1_000_000)}`],
  ]
) {
  Deno.test(`readHeader() says what is wrong with a header of ${fault}`, () => {
    const read = readHeader(header);
    assert.ok(read.headerFault);
    assert.equal(read.header, undefined);
  });
}
