/** Names, subjects and servers that would do harm on a wire or a screen: refused before anything connects. */

import assert from "node:assert/strict";
import { readOptions } from "../../lib/cli/options.ts";
import { UsageError } from "../../lib/text/usage_error.ts";
import { isPrintable, printable } from "../../lib/text/printable.ts";
import { startApp } from "../support/app.ts";
import { needsRun } from "../support/nats_server.ts";

const APP1 = { name: "app1", publish: "app1_tick", subscribe: "app2_tick" };

/** What it is, and how it is written. */
const HOSTILE: [what: string, value: string][] = [
  ["a space", "a b"],
  ["a tab", "a\tb"],
  ["a new line", "a\nb"],
  ["a command behind a line's end", "a\r\nPUB b 1\r\nx\r\n"],
  ["a NUL", "a\0b"],
  ["a bell", "a\x07b"],
  ["a backspace", "a\bb"],
  ["an escape sequence", "a\x1b[2Jb"],
  ["a title sequence", "\x1b]0;owned\x07"],
  ["an 8-bit control sequence", "a\x9b31mb"],
  ["a DEL", "a\x7fb"],
  ["text that runs backwards", "a\u202eb"],
  ["an isolate of direction", "a\u2066b\u2069"],
  ["a mark of direction", "a\u200fb"],
  ["a zero-width space", "a\u200bb"],
  ["a zero-width joiner", "a\u200db"],
  ["a word joiner", "a\u2060b"],
  ["a byte order mark", "\ufeffa"],
  ["a soft hyphen", "a\u00adb"],
  ["a no-break space", "a\u00a0b"],
  ["an ideographic space", "a\u3000b"],
  ["a line separator", "a\u2028b"],
  ["a Hangul filler", "a\u3164b"],
  ["a tag", "a\u{e0041}b"],
  ["half of a pair", "a\ud800b"],
  ["a private character", "a\ue000b"],
  ["what is longer than a line of the protocol", "a".repeat(5000)],
];

const SUBJECTS: [what: string, value: string][] = [
  ...HOSTILE,
  ["only a dot", "."],
  ["an empty first part", ".a"],
  ["an empty last part", "a."],
  ["an empty part", "a..b"],
  ["> in the middle", "a.>.b"],
  ["> within a part", "a>"],
  ["* within a part", "a*b"],
];

const PUBLISHED: [what: string, value: string][] = [
  ["a wildcard", "a.*"],
  ["everything", ">"],
  ["a command to JetStream", "$JS.API.STREAM.DELETE.ticks"],
  ["the server's own", "$SYS.REQ.SERVER.PING"],
];

const NAMES: [what: string, value: string][] = [
  ...HOSTILE.filter(([what]) => what !== "a space"),
  ["a quote", 'a"b'],
  ["the syntax of a shell", "$(reboot)"],
  ["only a space", " "],
  ["letters that look like others", "\u0430pp1"],
];

const SERVERS: [what: string, value: string][] = [
  // At an end, that is white space, and cut off.
  ...HOSTILE.filter(([what]) => what !== "a byte order mark"),
  ["another protocol", "http://a:4222"],
  ["a file", "file:///etc/passwd"],
  ["no port", "a:"],
  ["port 0", "a:0"],
  ["a port that is too large", "a:65536"],
  ["a port in another alphabet", "a:\u0664\u0662\u0662\u0662"],
  ["a path", "nats://a/b"],
  ["a query", "nats://a?b"],
  ["an empty one of several", "a,,b"],
  ["half an address", "[::1"],
  ["an address out of range", "999.1.1.1"],
  ["a name in another alphabet", "\u0430.example"],
];

/** The one line an app says of it. */
async function lineOf(args: string[], natsUrl?: string): Promise<string> {
  try {
    await readOptions(args, APP1, () => natsUrl);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return printable(error.message, 1000);
  }
  throw new Error(`${JSON.stringify([...args, natsUrl])} was taken`);
}

function assertQuoted(line: string, of: string, value: string) {
  assert.match(line, new RegExp(`^${of}: invalid (server|subject|name) "`));
  assert.ok(isPrintable(line), line);
  assert.ok(line.length <= 1001);
  // Of several servers, the one that is wrong.
  const shown = value.includes(",") ? "" : /^[\w./:$*>-]{0,20}/.exec(value)![0];
  assert.ok(line.includes(`"${shown}`), line);
}

for (
  const [option, values] of [
    ["--publish", [...SUBJECTS, ...PUBLISHED]],
    ["--subscribe", SUBJECTS],
    ["--name", NAMES],
    ["--server", SERVERS],
  ] as const
) {
  for (const [what, value] of values) {
    Deno.test(`${option} refuses ${what} in one line that shows it`, async () => {
      assertQuoted(await lineOf([`${option}=${value}`]), option, value);
    });
  }
}

for (const [what, value] of SERVERS) {
  Deno.test(`NATS_URL refuses ${what} in one line that shows it`, async () => {
    assertQuoted(await lineOf([], value), "NATS_URL", value);
  });
}

Deno.test("an option's name that would do harm is shown escaped", async () => {
  const line = await lineOf(["--\x1b[2J\u202e=1"]);
  assert.ok(isPrintable(line), line);
  assert.ok(line.includes("\\u001b[2J\\u202e"), line);
});

for (
  const [what, args, env] of [
    ["a subject with a command in it", ["--publish", "a\r\nPUB b 1\r\nx\r\n"], {}],
    ["a subject that runs backwards", ["--subscribe", "a\u202eb"], {}],
    ["a name with an escape sequence", ["--name", "a\x1b[2Jb"], {}],
    ["a server with an 8-bit control", ["--server", "a\x9b31mb:4222"], {}],
    ["a NATS_URL with an escape sequence", [], { NATS_URL: "nats://a\x1b]0;owned\x07b" }],
  ] as [string, string[], Record<string, string>][]
) {
  Deno.test(
    `app1 ends with 2 and one line, and connects to nothing: ${what}`,
    needsRun,
    async () => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      let connections = 0;
      const accepting = (async () => {
        for await (const connection of listener) {
          connections++;
          connection.close();
        }
      })();
      const server = `127.0.0.1:${listener.addr.port}`;
      const own = args.includes("--server") || env.NATS_URL ? [] : ["--server", server];
      await using app = startApp("app1.ts", [...own, ...args], { env });
      assert.equal(await app.ended(), 2);
      const lines = app.err.items.map(({ text }) => text);
      assert.equal(lines.length, 1, lines.join("\n"));
      assert.match(lines[0], /^app1: (--\w+|NATS_URL): invalid \w+ "(a|nats)/);
      assert.ok(isPrintable(lines[0]), lines[0]);
      assert.deepEqual([connections, app.out.items.length], [0, 0]);
      listener.close();
      await accepting;
    },
  );
}
