/** Writes the file that is named again and again, each time all of another letter, until it is killed. */

import { openReplaced } from "../../lib/files/replaced.ts";

const file = (await openReplaced("--report", Deno.args[0]))!;
for (let n = 0;; n++) {
  await file.write("abcdefghij"[n % 10].repeat(300_000));
  await Deno.stdout.write(new Uint8Array(1));
}
