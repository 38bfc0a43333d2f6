/** Conversations in bytes: the stand-in answers as nats-server does, and hangs up where that does. */

import assert from "node:assert/strict";
import { testOnEach } from "../support/core_servers.ts";
import { connect, rawClient, WITH_HEADERS } from "../support/raw_client.ts";

/** What is sent after the greeting, in pieces or at once, and the lines that come back. */
type Conversation = [name: string, sent: string | string[], received: string[]];

const QUIET = connect();
const HEADERS = connect(WITH_HEADERS);
const PEDANTIC = connect({ pedantic: true });
const HEADED = "NATS/1.0\r\nA: b c\r\n\r\nhi";
const UNKNOWN = "-ERR 'Unknown Protocol Operation'";
const TOO_LONG = "-ERR 'maximum control line exceeded'";

/** The connection stays: a PING after it is answered. */
const ANSWERED: Conversation[] = [
  ["PING is answered before CONNECT", "PING\r\n", ["PONG"]],
  ["operations are read in lower case", "ping\r\n", ["PONG"]],
  ["without CONNECT a client is verbose", "SUB a 1\r\nPUB a 1\r\nx\r\n", [
    ...["+OK", "+OK", "MSG a 1 1", "x"],
  ]],
  ["CONNECT without options is verbose", "CONNECT {}\r\n", ["+OK"]],
  ["CONNECT null gives no options", "CONNECT null\r\n", ["+OK"]],
  ["verbose acknowledges each command", [connect({ verbose: true }), "SUB a 1\r\nUNSUB 1\r\n"], [
    ...["+OK", "+OK", "+OK"],
  ]],
  ["a second CONNECT counts from then on", [QUIET, "SUB a 1\r\n", connect({ verbose: true })], [
    "+OK",
  ]],
  ["a message goes to its subscriber", [QUIET, "SUB a 7\r\nPUB a 5\r\nhello\r\n"], [
    ...["MSG a 7 5", "hello"],
  ]],
  ["an empty message arrives", [QUIET, "SUB a 7\r\nPUB a 0\r\n\r\n"], ["MSG a 7 0", ""]],
  ["a reply subject is passed on", [QUIET, "SUB a 7\r\nPUB a r 2\r\nhi\r\n"], [
    ...["MSG a 7 r 2", "hi"],
  ]],
  ["bytes that aren't ASCII pass unchanged", [
    QUIET,
    "SUB \xff.* \xe9\r\nPUB \xff.\x80 2\r\n\0\xfe\r\n",
  ], [
    ...["MSG \xff.\x80 \xe9 2", "\0\xfe"],
  ]],
  ["tabs and several spaces separate", [QUIET, "SUB\ta \t 1\r\nPUB  a\t1 \r\nx\r\n"], [
    ...["MSG a 1 1", "x"],
  ]],
  ["a line may end without CR", [QUIET, "SUB a 1\nPUB a 1\nx\r\n"], ["MSG a 1 1", "x"]],
  ["a message may arrive in pieces", [QUIET, "SUB a 1\r\nPU", "B a 5\r\nhe", "llo\r", "\n"], [
    ...["MSG a 1 5", "hello"],
  ]],
  ["headers pass", [HEADERS, `SUB a 1\r\nHPUB a 20 22\r\n${HEADED}\r\n`], [
    ...["HMSG a 1 20 22", "NATS/1.0", "A: b c", "", "hi"],
  ]],
  ["headers pass with a reply subject", [HEADERS, `SUB a 1\r\nHPUB a r 20 22\r\n${HEADED}\r\n`], [
    ...["HMSG a 1 r 20 22", "NATS/1.0", "A: b c", "", "hi"],
  ]],
  ["HPUB without headers is a MSG", [HEADERS, "SUB a 1\r\nHPUB a 0 2\r\nhi\r\n"], [
    ...["MSG a 1 2", "hi"],
  ]],
  ["UNSUB ends a subscription", [QUIET, "SUB a 1\r\nUNSUB 1\r\nPUB a 1\r\nx\r\n"], []],
  ["UNSUB of none is no error", [QUIET, "UNSUB 9\r\n"], []],
  ["UNSUB with a count ends it after so many", [
    ...[QUIET, "SUB a 1\r\nUNSUB 1 2\r\n", "PUB a 1\r\n1\r\nPUB a 1\r\n2\r\nPUB a 1\r\n3\r\n"],
  ], ["MSG a 1 1", "1", "MSG a 1 1", "2"]],
  ["UNSUB with a count that is reached ends it", [
    ...[QUIET, "SUB a 1\r\nPUB a 1\r\n1\r\nUNSUB 1 1\r\nPUB a 1\r\n2\r\n"],
  ], ["MSG a 1 1", "1"]],
  [
    "UNSUB with what isn't a count ends it",
    [QUIET, "SUB a 1\r\nUNSUB 1 x\r\nPUB a 1\r\nx\r\n"],
    [],
  ],
  ["a number that is taken stays with its subscription", [
    ...[QUIET, "SUB a 1\r\nSUB b 1\r\nPUB a 1\r\nx\r\nPUB b 1\r\ny\r\n"],
  ], ["MSG a 1 1", "x"]],
  ["echo: false keeps a client's messages from itself", [
    ...[connect({ echo: false }), "SUB a 1\r\nPUB a 1\r\nx\r\n"],
  ], []],
  ["pedantic names an empty token", [PEDANTIC, "PUB a..b 1\r\nx\r\n"], [
    "-ERR 'Invalid Publish Subject'",
  ]],
  ["pedantic names a wildcard", [PEDANTIC, "PUB a.* 1\r\nx\r\n"], [
    "-ERR 'Invalid Publish Subject'",
  ]],
  ["a star inside a token is no wildcard", [PEDANTIC, "SUB a.*b 1\r\nPUB a.*b 1\r\nx\r\n"], [
    ...["MSG a.*b 1 1", "x"],
  ]],
  ["a subject with an empty token reaches nobody", [
    ...[
      QUIET,
      "SUB > 1\r\n",
      ...["a..b", ".a", "a."].map((subject) => `PUB ${subject} 1\r\nx\r\n`),
    ],
  ], []],
  ["an empty token can't be subscribed to", [QUIET, "SUB a..b 1\r\nSUB .a 2\r\nSUB a. 3\r\n"], [
    ...["-ERR 'Invalid Subject'", "-ERR 'Invalid Subject'", "-ERR 'Invalid Subject'"],
  ]],
  ["> is the last token", [QUIET, "SUB a.>.b 1\r\n"], ["-ERR 'Invalid Subject'"]],
  ["a request without responders gets status 503", [
    ...[HEADERS, "SUB reply.* 7\r\nPUB nobody.here reply.1 2\r\nhi\r\n"],
  ], ["HMSG reply.1 7 16 16", "NATS/1.0 503", "", ""]],
  ["a request without responders is silent where not asked for", [
    ...[connect({ headers: true }), "SUB reply.* 7\r\nPUB nobody.here reply.1 2\r\nhi\r\n"],
  ], []],
  ["a PONG that was not asked for is nothing", [QUIET, "PONG\r\n+OK\r\nINFO {}\r\n"], []],
  ["a subject of 4,000 bytes", [QUIET, `SUB ${"a".repeat(4000)} 1\r\n`], []],
];

/** The server hangs up, after these lines. */
const ENDED: Conversation[] = [
  ["an unknown operation", [QUIET, "FOO\r\n"], [UNKNOWN]],
  ["another protocol", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", [UNKNOWN]],
  ["an empty line", [QUIET, "\r\n"], [UNKNOWN]],
  ["bytes that are no text", "\0\xff\x80\r\n", [UNKNOWN]],
  ["an operation without arguments", [QUIET, "PUB\r\n"], [UNKNOWN]],
  ["what only servers send", [QUIET, "MSG a 1 1\r\nx\r\n"], [UNKNOWN]],
  ["a message longer than said", [QUIET, "PUB a 1\r\nxyz\r\n"], [UNKNOWN]],
  ["a message shorter than said", [QUIET, "PUB a 5\r\nxy\r\nPING\r\n"], [UNKNOWN]],
  ["a message that goes on without an end", [QUIET, "PUB a 1\r\nxyzPING\r\n"], [UNKNOWN]],
  ["a line longer than 4,096 bytes", [QUIET, `SUB ${"a".repeat(5000)} 1\r\n`], [TOO_LONG]],
  ["a line that never ends", [QUIET, `SUB ${"a".repeat(9000)}`], [TOO_LONG]],
  ["a message larger than max_payload", [QUIET, "PUB a 1048577\r\nx"], [
    "-ERR 'Maximum Payload Violation'",
  ]],
  ["a message with headers larger than max_payload", [HEADERS, "HPUB a 20 1048577\r\nN"], [
    "-ERR 'Maximum Payload Violation'",
  ]],
  ["no_responders without headers", connect({ no_responders: true }), [
    "-ERR 'no responders requires headers support'",
  ]],
  ["an unknown protocol version", connect({ protocol: 9 }), ["-ERR 'invalid client protocol'"]],
  ["commands before the fault are done", [QUIET, "SUB a 1\r\nPUB a 1\r\nx\r\nFOO\r\nPING\r\n"], [
    ...["MSG a 1 1", "x", UNKNOWN],
  ]],
  ...[
    ...["CONNECT", "CONNECT {a", "CONNECT []", 'CONNECT {"verbose":"yes"}', "SUB a", "SUB a q 1 2"],
    ...["UNSUB 1 2 3", "PUB a", "PUB a b c 1", "PUB a -1", "PUB a x", "PUB a 1234567890"],
    ...["-ERR 'x'", `HPUB a 20 22\r\n${HEADED}`],
  ].map((
    line,
  ): Conversation => [`${JSON.stringify(line)}, without a word`, [QUIET, `${line}\r\n`], []]),
  ...["HPUB a 23 22", "HPUB a -3 22", "HPUB a 3 x", "HPUB a 3", "HPUB a b c 3 3"].map(
    (line): Conversation => [`"${line}", without a word`, [HEADERS, `${line}\r\n`], []],
  ),
];

testOnEach("stays after", async ({ address }, t) => {
  for (const [name, sent, received] of ANSWERED) {
    await t.step(name, async () => {
      using client = await rawClient(address);
      for (const piece of [sent, "PING\r\n"].flat()) await client.write(piece);
      const pongs = received.filter((line) => line === "PONG").length + 1;
      assert.deepEqual(await client.linesToPong(pongs), [...received, "PONG"]);
    });
  }
});

testOnEach("hangs up after", async ({ address }, t) => {
  for (const [name, sent, received] of ENDED) {
    await t.step(name, async () => {
      using client = await rawClient(address);
      await client.write([sent].flat().join(""));
      assert.deepEqual(await client.linesToEnd(), received);
    });
  }
});
