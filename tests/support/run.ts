/**
 * `deno task test`: runs the tests, or the files given, several at a time, and says at the end what was left out
 * for want of a server. Ends with the exit code of the tests.
 */

import { findNatsServer, HOW_TO_GET_ONE } from "../../lib/demo/nats_server.ts";
import { onOrphaned, spawnTied } from "../../lib/demo/tied_process.ts";
import { HOW_TO_GET_RABBITMQ, needsRabbitMq } from "./rabbitmq_server.ts";
import { writeUnitShares } from "./unit_shares.ts";

/**
 * Most of them wait for processes of theirs much of the time: more at once than there are cores. On two cores six at
 * once took 168 s, and eight 167 s with a tenth more CPU, as they starve each other. They begin in the order of their
 * names: one that waits for long shouldn't have one of the last.
 */
const AT_ONCE = Math.max(4, 3 * navigator.hardwareConcurrency);

/** As they aren't equally long, more than a small machine has cores. */
const UNIT_SHARES = 4;

const PERMISSIONS = [
  "--allow-net",
  "--allow-run",
  "--allow-read",
  "--allow-write",
  "--allow-env=LONG,NATS_STREAMING_SERVER,XDG_CONFIG_HOME,HOME",
];

/** Copies it to stdout; returns how many tests its last line says were ignored. */
async function copy(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onFirst: () => void,
): Promise<number> {
  const decoder = new TextDecoder();
  let last = "";
  for await (const chunk of stream) {
    if (last === "") onFirst();
    for (let at = 0; at < chunk.length;) at += await Deno.stdout.write(chunk.subarray(at));
    last = (last + decoder.decode(chunk, { stream: true })).slice(-1000);
  }
  return Number(/(\d+) ignored/.exec(last)?.[1] ?? 0);
}

// What isn't an option may be a file, and then the tests aren't all.
const isAll = Deno.args.every((arg) => arg.startsWith("-"));
let scratch = isAll ? await Deno.makeTempDir() : undefined;
const files = scratch === undefined
  ? []
  : ["tests/e2e", "tests/faults", ...await writeUnitShares(scratch, UNIT_SHARES)];

function removeScratch() {
  if (scratch !== undefined) Deno.removeSync(scratch, { recursive: true });
  scratch = undefined;
}

const tests = spawnTied(Deno.execPath(), {
  args: ["test", "--parallel", ...PERMISSIONS, ...Deno.args, ...files],
  env: {
    DENO_JOBS: String(AT_ONCE),
    ...(Deno.stdout.isTerminal() && !Deno.noColor ? { FORCE_COLOR: "1" } : {}),
  },
  stdout: "piped",
  stderr: "inherit",
});
// A killed parent can't stop this one; it ends, and with it all that was started.
onOrphaned(() => {
  removeScratch();
  Deno.exit(1);
});
// All modules are read before the first test begins; so nothing stays behind of a run that is interrupted then.
const ignored = await copy(tests.stdout, removeScratch);
const { code } = await tests.status;
removeScratch();
if (ignored > 0) {
  const missing = [
    ...await findNatsServer() === undefined
      ? [`nats-server not found; install it: ${HOW_TO_GET_ONE}`]
      : [],
    ...needsRabbitMq.ignore
      ? [`there is no rabbitmq-server here; get it: ${HOW_TO_GET_RABBITMQ}`]
      : [],
  ];
  if (missing.length === 0) {
    missing.push(
      "not all of these are here: a nats-streaming-server, named in NATS_STREAMING_SERVER; " +
        "Debian's packages prometheus and chromium",
    );
  }
  console.log(`${ignored} tests left out, as ${missing.join("; and ")}`);
}
Deno.exit(code);
