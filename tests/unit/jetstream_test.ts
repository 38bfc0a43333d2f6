import assert from "node:assert/strict";
import { jetstream } from "../../lib/bus/jetstream/kind.ts";
import { Position } from "../../lib/bus/jetstream/position.ts";
import { streamName, withoutCovered } from "../../lib/bus/jetstream/streams.ts";
import { apiErrorText, errorText, isDenied, isOff } from "../../lib/bus/jetstream/words.ts";

const stream = (last_seq: number, created = "monday") =>
  ({ created, state: { last_seq } }) as Parameters<Position["begin"]>[0];
const from = (seq: number) => ({ deliver_policy: "by_start_sequence", opt_start_seq: seq });

Deno.test("Position begins behind, at or before what is stored", () => {
  assert.deepEqual(new Position().begin(stream(7), "new"), from(8));
  assert.deepEqual(new Position().begin(stream(7), "resume"), from(8));
  assert.deepEqual(new Position().begin(stream(7), "all"), from(1));
  assert.deepEqual(new Position().begin(stream(7), "last"), { deliver_policy: "last_per_subject" });
});

Deno.test("Position goes on behind the last one received", () => {
  const position = new Position();
  position.begin(stream(7), "new");
  for (const seq of [8, 10, 9]) position.received(seq);
  assert.deepEqual(position.begin(stream(20), "new"), from(11));
});

Deno.test("Position goes on where it began, where nothing was received", () => {
  const position = new Position();
  position.begin(stream(7), "new");
  assert.deepEqual(position.begin(stream(20), "new"), from(8));
});

Deno.test("Position takes all of a stream that was made again", () => {
  const position = new Position();
  position.begin(stream(7), "new");
  position.received(8);
  assert.deepEqual(position.begin(stream(3, "tuesday"), "new"), from(1));
});

Deno.test("Position goes on from what is left of a stream that lost its end", () => {
  const position = new Position();
  position.begin(stream(7), "new");
  position.received(8);
  assert.deepEqual(position.begin(stream(5), "new"), from(6));
});

Deno.test("streamName() is the same for the same subjects, in any order", () => {
  assert.equal(streamName(["b", "a.c"]), "tick-a_c-b");
  assert.equal(streamName(["a.c", "b"]), "tick-a_c-b");
  assert.equal(streamName(["*_tick", "a.>"]), "tick-any_tick-a_all");
});

Deno.test("withoutCovered() leaves out what another one has", () => {
  assert.deepEqual(withoutCovered(["a.b", "a.*", "c"]), ["a.*", "c"]);
  assert.deepEqual(withoutCovered(["a", "a.b", "a.b.c", "a.>"]), ["a", "a.>"]);
  assert.deepEqual(withoutCovered(["a.*", "a.b.c"]), ["a.*", "a.b.c"]);
});

Deno.test("jetstream:// reads as nats:// does, and jetstream+tls:// insists on TLS", () => {
  assert.deepEqual(jetstream.readAddress("jetstream://a,b:7"), {
    servers: ["a:4222", "b:7"],
    tls: false,
  });
  assert.deepEqual(jetstream.readAddress("jetstream+tls://a, jetstream://b"), {
    servers: ["a:4222", "b:4222"],
    tls: true,
  });
});

Deno.test("jetstream:// refuses credentials without a word of them", () => {
  assert.throws(
    () => jetstream.readAddress("jetstream://me:secret@a"),
    (error: Error) => error instanceof SyntaxError && !/secret/.test(error.message),
  );
});

/** As the client throws them: by name, some wrapped in others. */
function thrown(name: string, message: string, cause?: Error): Error {
  return Object.assign(new Error(message, { cause }), { name });
}

Deno.test("errorText() tells apart that JetStream is off, not allowed, or without the stream", () => {
  const off = thrown("RequestError", "no responders", thrown("NoResponders", "503"));
  assert.ok(isOff(off));
  assert.match(errorText(off), /^JetStream is off/);
  const denied = thrown("PermissionViolationError", 'Permissions Violation for Publish to "$JS"');
  assert.ok(isDenied(denied));
  assert.match(errorText(denied), /^not allowed: Permissions/);
  const error = { code: 404, err_code: 10059, description: "stream not found" };
  const missing = Object.assign(new Error("stream not found"), { apiError: () => error });
  assert.equal(errorText(missing), "stream not found");
});

Deno.test("apiErrorText() says that a stream is full, and by what", () => {
  const error = { code: 503, err_code: 10077, description: "maximum messages exceeded" };
  assert.equal(apiErrorText(error), "stream full: maximum messages exceeded");
  assert.equal(apiErrorText({ description: "something new" }), "something new");
});
