import assert from "node:assert/strict";
import { codeOfTask } from "../../lib/cli/ending.ts";
import { type LineWriter, lineWriter, type Sink } from "../../lib/report/lines.ts";
import { UsageError } from "../../lib/text/usage_error.ts";

/** A reader of all that is written. */
function reader() {
  let text = "";
  const decoder = new TextDecoder();
  const sink: Sink = {
    write(bytes) {
      text += decoder.decode(bytes);
      return Promise.resolve(bytes.length);
    },
  };
  return { writer: lineWriter(sink), text: () => text };
}

const fullDisk = () =>
  lineWriter({ write: () => Promise.reject(new Error("No space left on device")) });

/** What a task ends with that says one line, and what stands on stderr then. */
async function ended(code: number, out: LineWriter) {
  const err = reader();
  const task = () => {
    out.line("what it found");
    return Promise.resolve(code);
  };
  return { code: await codeOfTask("merge", task, { out, err: err.writer }), err: err.text() };
}

Deno.test("a task ends with its own code where all is written", async () => {
  const out = reader();
  assert.deepEqual(await ended(3, out.writer), { code: 3, err: "" });
  assert.equal(out.text(), "what it found\n");
});

Deno.test("a task whose output can't be written says why, and ends with 2", async () => {
  assert.deepEqual(await ended(0, fullDisk()), {
    code: 2,
    err: "merge: cannot write to stdout: No space left on device\n",
  });
});

Deno.test("a task that was interrupted ends with 130, be its output cut or not", async () => {
  assert.equal((await ended(130, fullDisk())).code, 130);
});

Deno.test("a user's mistake is one line without secrets, and 2", async () => {
  const err = reader();
  const task = () =>
    Promise.reject(new UsageError('"nats://me:secret@a:1": no user belongs there'));
  const code = await codeOfTask("compare", task, { out: reader().writer, err: err.writer });
  assert.equal(code, 2);
  assert.match(err.text(), /^compare: "[^\n]*": no user belongs there\n$/);
  assert.doesNotMatch(err.text(), /secret/);
});

Deno.test("what is no mistake of a user's is thrown on", async () => {
  const { writer } = reader();
  const task = () => Promise.reject(new RangeError("ours"));
  await assert.rejects(codeOfTask("demo", task, { out: writer, err: writer }), RangeError);
});
