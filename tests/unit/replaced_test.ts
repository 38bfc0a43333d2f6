/** A file that is written again and again, and whole at any moment. */

import assert from "node:assert/strict";
import { openReplaced } from "../../lib/files/replaced.ts";
import { spawnTied } from "../../lib/demo/tied_process.ts";
import { scratch } from "../support/authentication.ts";

const mayWrite = ["read", "write"].every((name) =>
  Deno.permissions.querySync({ name: name as "read" }).state === "granted"
);
const mayRun = Deno.permissions.querySync({ name: "run" }).state === "granted";
const needsFiles = { ignore: !mayWrite };

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test(
  "each write takes the place of the one before, and leaves nothing beside it",
  needsFiles,
  async () => {
    await using folder = await scratch();
    const path = await folder.write("page", "before");
    const file = (await openReplaced("--report", path))!;
    assert.deepEqual([file.isRegular, await Deno.readTextFile(path)], [true, "before"]);
    for (const text of ["a longer one", "short", ""]) {
      await file.write(text);
      assert.equal(await Deno.readTextFile(path), text);
      assert.deepEqual(names(folder.path("")), ["page"]);
    }
  },
);

Deno.test("where it can't be written, what was there is as it was", needsFiles, async () => {
  await using folder = await scratch();
  const path = await folder.write("page", "before");
  const file = (await openReplaced("--report", path))!;
  await file.write("first");
  await Deno.mkdir(`${path}.part`); // in the way of the next one
  await assert.rejects(file.write("second"), (error: Error) => {
    assert.ok(error.message.startsWith(`--report: cannot write "${path}": `), error.message);
    assert.ok(error.cause instanceof Error);
    return true;
  });
  assert.equal(await Deno.readTextFile(path), "first");
  await Deno.remove(`${path}.part`);
  await file.write("third");
  assert.equal(await Deno.readTextFile(path), "third");
});

Deno.test("a link is followed, and said to be none that is replaced", needsFiles, async () => {
  await using folder = await scratch();
  const target = await folder.write("target", "before");
  await Deno.symlink(target, folder.path("link"));
  const file = (await openReplaced("--report", folder.path("link")))!;
  assert.equal(file.isRegular, false);
  await file.write("after");
  assert.equal(await Deno.readTextFile(target), "after");
  assert.deepEqual(names(folder.path("")), ["link", "target"]);
});

Deno.test("a folder, and a file in none, are refused at once", needsFiles, async () => {
  await using folder = await scratch();
  for (const path of [folder.path(""), folder.path("none/page")]) {
    await assert.rejects(openReplaced("--report", path), {
      name: "UsageError",
      message: /^--report: cannot write "[^\n]*$/,
    });
  }
  assert.equal(await openReplaced("--report", undefined), undefined);
});

Deno.test("who reads it sees a whole one, also after its writer was killed", {
  ignore: !mayWrite || !mayRun,
}, async () => {
  await using folder = await scratch();
  const path = folder.path("page");
  const writer = spawnTied(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", `--allow-read=${path},${path}.part`],
      `--allow-write=${path},${path}.part`,
      new URL("../support/endless_writer.ts", import.meta.url).href,
      path,
    ],
    stdout: "piped",
    stderr: "inherit",
  });
  const reader = writer.stdout.getReader();
  // It says so after each write.
  for (let writes = 0; writes < 50;) {
    const { value, done } = await reader.read();
    assert.equal(done, false);
    writes += value!.length;
    assertWhole(await Deno.readTextFile(path));
  }
  writer.kill("SIGKILL");
  await writer.status;
  await reader.cancel();
  assertWhole(await Deno.readTextFile(path));
});

/** All of one letter, and as long as every one. */
function assertWhole(text: string) {
  assert.equal(text.length, 300_000);
  assert.equal(text, text[0].repeat(300_000));
}
