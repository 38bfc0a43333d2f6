import assert from "node:assert/strict";
import { METRICS } from "../../lib/stats/metrics.ts";
import { helpText } from "../../lib/cli/table.ts";
import { quoted } from "../../lib/text/printable.ts";
import { type Options, readOptions } from "../../lib/cli/options.ts";
import { UsageError } from "../../lib/text/usage_error.ts";

const APP1 = { name: "app1", publish: "app1_tick", subscribe: "app2_tick" };

function read(...args: string[]): Promise<Options> {
  return readOptions(args, APP1, () => undefined);
}

async function mistake(...args: string[]): Promise<string> {
  try {
    await read(...args);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    assert.doesNotMatch(error.message, /\n/);
    return error.message;
  }
  throw new Error(`${args.join(" ")} was taken`);
}

Deno.test("readOptions() has defaults for all", async () => {
  const { name, publish, subscribe, target, intervalUs, count, durationUs, digits, ...switches } =
    await read();
  assert.deepEqual({ name, publish, subscribe }, APP1);
  assert.deepEqual(target.address, { servers: ["127.0.0.1:4222"], tls: false });
  assert.deepEqual([intervalUs, digits], [10_000, 3]);
  assert.deepEqual([count, durationUs], [Infinity, Infinity]);
  assert.deepEqual(
    [switches.quiet, switches.help, switches.version],
    [false, false, false],
  );
});

for (
  const [args, name, value] of [
    [["--name", "left"], "name", "left"],
    [["--publish", "a.b"], "publish", "a.b"],
    [["--publish=a.b"], "publish", "a.b"],
    [["--subscribe", "a.*"], "subscribe", "a.*"],
    [["--subscribe", ">"], "subscribe", ">"],
    [["--interval", "500us"], "intervalUs", 500],
    [["--interval=2s"], "intervalUs", 2_000_000],
    [["--count", "20"], "count", 20],
    [["--duration", "1m"], "durationUs", 60_000_000],
    [["--digits", "6"], "digits", 6],
    [["--digits", "0"], "digits", 0],
    [["--quiet"], "quiet", true],
    [["--help"], "help", true],
    [["--version"], "version", true],
  ] as const
) {
  Deno.test(`readOptions() reads ${args.join(" ")}`, async () => {
    assert.equal((await read(...args))[name], value);
  });
}

Deno.test("readOptions() takes the last of an option given twice", async () => {
  assert.equal((await read("--digits", "1", "--digits", "2")).digits, 2);
});

Deno.test("readOptions() reads a list of servers", async () => {
  const { target } = await read("--server", "localhost,tls://b:2");
  assert.deepEqual(target.address, { servers: ["localhost:4222", "b:2"], tls: true });
});

Deno.test("readOptions() reads NATS_URL where no server is given", async () => {
  const { target } = await readOptions([], APP1, () => "nats://server:1");
  assert.deepEqual(target.address.servers, ["server:1"]);
});

Deno.test("readOptions() takes an empty NATS_URL for none", async () => {
  const { target } = await readOptions([], APP1, () => "");
  assert.deepEqual(target.address.servers, ["127.0.0.1:4222"]);
});

Deno.test("readOptions() doesn't ask for NATS_URL where a server is given", async () => {
  const asked = () => assert.fail("asked for it");
  const { target } = await readOptions(["--server", "a"], APP1, asked);
  assert.deepEqual(target.address.servers, ["a:4222"]);
});

Deno.test("readOptions() names NATS_URL where it is wrong", async () => {
  await assert.rejects(
    readOptions([], APP1, () => "http://x"),
    (error: Error) => error instanceof UsageError && /^NATS_URL.*"http:\/\/x"/.test(error.message),
  );
});

for (
  const [option, value] of [
    ["--server", "http://x"],
    ["--server", "a,,b"],
    ["--publish", "a b"],
    ["--publish", "a..b"],
    ["--publish", ".a"],
    ["--publish", "a.*"],
    ["--publish", "a.>"],
    ["--publish", "a\tb"],
    ["--publish", "a".repeat(256)],
    ["--publish", "a\u200bb"],
    ["--subscribe", "a b"],
    ["--subscribe", "a.>.b"],
    ["--subscribe", "a.b*"],
    ["--subscribe", "a."],
    ["--name", "a\x1b[31m"],
    ["--name", "a\nb"],
    ["--name", "a".repeat(65)],
    ["--interval", "10 parsecs"],
    ["--interval", "10"],
    ["--interval", "99us"],
    ["--interval", "61m"],
    ["--interval", "0ms"],
    ["--count", "0"],
    ["--count", "1.5"],
    ["--count", "many"],
    ["--count", "1e3"],
    ["--duration", "0s"],
    ["--duration", "forever"],
    ["--duration", `${"9".repeat(400)}h`],
    ["--digits", "7"],
    ["--digits", "x"],
  ]
) {
  const shown = JSON.stringify(value.slice(0, 20)).replace("\u200b", "\\u200b");
  Deno.test(`readOptions() refuses ${option} ${shown}, names it and quotes the value`, async () => {
    const message = await mistake(option, value);
    assert.ok(message.startsWith(`${option}: `), message);
    assert.match(message, /"/);
    const shown = quoted(option === "--server" ? value.split(",")[1] ?? value : value);
    assert.ok(message.includes(shown), message);
  });
}

for (const option of ["--interval", "--server", "--publish", "--name", "--count", "--digits"]) {
  Deno.test(`readOptions() says that ${option} needs a value`, async () => {
    for (const args of [[option], [`${option}=`], [option, ""]]) {
      assert.match(await mistake(...args), new RegExp(`^${option} needs a value`));
    }
  });
}

Deno.test("readOptions() suggests the option that an unknown one is close to", async () => {
  assert.match(await mistake("--intervall", "5ms"), /"--intervall".*--interval\?/);
  assert.match(await mistake("--sever=x"), /"--sever".*--server\?/);
});

Deno.test("readOptions() suggests nothing for an option that is close to none", async () => {
  assert.match(await mistake("--frobnicate"), /"--frobnicate"; see --help/);
  assert.match(await mistake("--=a=b"), /"--"; see --help/);
  assert.match(await mistake("--constructor=1"), /"--constructor"; see --help/);
  assert.match(await mistake("--constructor\n1"), /"--constructor\\n1"; see --help/);
});

Deno.test("readOptions() refuses the short options it doesn't have", async () => {
  assert.match(await mistake("-x"), /"-x"/);
});

Deno.test("readOptions() refuses the negation of a switch", async () => {
  assert.match(await mistake("--no-quiet"), /"--no-quiet"/);
});

Deno.test("readOptions() refuses what is no option", async () => {
  assert.match(await mistake("hello"), /"hello"/);
  assert.match(await mistake("--", "hello"), /"hello"/);
});

Deno.test("readOptions() refuses a value for a switch", async () => {
  assert.match(await mistake("--quiet=no"), /^--quiet takes no value/);
});

Deno.test("helpText() tells of every option", () => {
  const text = helpText(APP1);
  const options = "server publish subscribe name interval count duration digits quiet help version";
  for (const option of options.split(" ")) assert.ok(text.includes(`--${option}`), option);
});

Deno.test("helpText() tells the subjects of just this app", () => {
  const text = helpText({ name: "app2", publish: "app2_tick", subscribe: "app1_tick" });
  assert.match(text, /deno task app2/);
  assert.match(text, /on app2_tick/);
});

for (
  const [args, name, value] of [
    [["-c", "5"], "count", 5],
    [["-c5"], "count", 5],
    [["-c=5"], "count", 5],
    [["-i", "20ms"], "intervalUs", 20_000],
    [["-q"], "quiet", true],
    [["-h"], "help", true],
    [["-V"], "version", true],
  ] as const
) {
  Deno.test(`readOptions() reads ${args.join(" ")}`, async () => {
    assert.equal((await read(...args))[name], value);
  });
}

Deno.test("readOptions() reads -s as --server", async () => {
  assert.deepEqual((await read("-s", "b:2")).target.address.servers, ["b:2"]);
});

Deno.test("readOptions() refuses a value for -q, and quotes it as it was written", async () => {
  assert.match(await mistake("-q5"), /"-q/);
});

Deno.test("readOptions() reads expectations by commas and repeated", async () => {
  const { expectations } = await read("--expect", "loss=0,p99<5ms", "--expect", " gap<1s ");
  assert.deepEqual(expectations.map(({ written }) => written), ["loss=0", "p99<5ms", "gap<1s"]);
});

Deno.test("helpText() fits a screen of 100 columns", () => {
  for (const line of helpText(APP1).split("\n")) assert.ok(line.length <= 100, line);
});

Deno.test("helpText() names every statistic that --expect knows", () => {
  const help = helpText(APP1);
  for (const name of METRICS.keys()) {
    if (/[.%]/.test(name)) continue;
    assert.match(help, new RegExp(`^  [a-z ]+ .*\\b${name}\\b`, "m"), name);
  }
  assert.match(help, /loss<0\.1%/);
});
