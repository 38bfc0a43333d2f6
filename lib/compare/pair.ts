/** app1 and app2 as two processes on one bus, from the first tick that both received until they are ended. */

import { APP_FLAGS } from "../demo/app_flags.ts";
import { spawnTied } from "../demo/tied_process.ts";
import { withoutSecrets } from "../text/printable.ts";
import { within } from "../time/wait.ts";

/** What is read of an app's JSON. Times in seconds. */
export interface Line {
  type: string;
  event?: string;
  [field: string]: unknown;
}

/** What ends a round without statistics: a bus that can't be reached, or an app that failed. */
export class Unusable extends Error {
  override name = "Unusable";
}

export interface Pair extends AsyncDisposable {
  pids: number[];
  /** Ends both at once. @returns the summary of each @throws {Unusable} where one gave none */
  end(): Promise<Line[]>;
}

/** How long an app may go on trying where its first try has failed: a cluster may still be choosing its leader. */
const REACH_MS = 5000;
/** How long it may take until both receive. */
const RECEIVE_MS = 15_000;

/**
 * Starts both, and resolves once each receives the other.
 *
 * @throws {Unusable} where that takes too long, with what an app said last
 */
export async function startPair(args: string[]): Promise<Pair> {
  const apps = ["app1", "app2"].map((name) => startApp(name, args));
  async function dispose() {
    apps.forEach(({ kill }) => kill("SIGKILL"));
    await Promise.all(apps.map(({ ended }) => ended));
  }
  let reason: string | undefined;
  const receiving = Promise.all(apps.map(({ receiving }) => receiving)).catch((error) => {
    if (error instanceof Unusable) reason = error.message;
    throw error;
  });
  if (!await within(RECEIVE_MS, receiving)) {
    await dispose();
    reason ??= apps.map(({ said }) => said()).find((text) => text !== "");
    throw new Unusable(reason ?? `no tick was received within ${RECEIVE_MS / 1000} s`);
  }
  return {
    pids: apps.map(({ pid }) => pid),
    async end() {
      apps.forEach(({ kill }) => kill("SIGTERM"));
      await Promise.all(apps.map(({ ended }) => ended));
      return apps.map(({ summary, said }) => {
        const found = summary();
        if (!found) throw new Unusable(said() || "an app gave no summary");
        return found;
      });
    },
    [Symbol.asyncDispose]: dispose,
  };
}

function startApp(name: string, args: string[]) {
  const child = spawnTied(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", ...APP_FLAGS],
      new URL(`../../${name}.ts`, import.meta.url).href,
      ...["--json", "--quiet", ...args],
    ],
    stdout: "piped",
    stderr: "piped",
    detached: true, // a Ctrl-C in the terminal is ours to pass on
  });
  const receiving = Promise.withResolvers<void>();
  receiving.promise.catch(() => {}); // told by what it said
  let summary: Line | undefined;
  let said = "";
  let reaching: ReturnType<typeof setTimeout> | undefined;

  async function readOut() {
    for await (const text of linesOf(child.stdout)) {
      const line = JSON.parse(text) as Line;
      if (line.event === "receiving") receiving.resolve();
      if (line.type === "summary") summary = line;
      if (line.type === "event" && line.reason) said = `${line.event}: ${line.reason}`;
      if (line.event === "waiting") reaching ??= setTimeout(outOfReach, REACH_MS);
      if (line.event === "connected") clearTimeout(reaching);
    }
  }

  function outOfReach() {
    const reason = `${withoutSecrets(said)}; not connected ${REACH_MS / 1000} s later`;
    receiving.reject(new Unusable(reason));
  }

  async function readErr() {
    for await (const text of linesOf(child.stderr)) {
      if (/^\S+: |Z \S+: /.test(text)) said = text.replace(/^(\S+Z )?\S+: /, "");
    }
  }

  return {
    pid: child.pid,
    receiving: receiving.promise,
    summary: () => summary,
    said: () => withoutSecrets(said),
    kill: child.kill,
    ended: Promise.all([readOut(), readErr(), child.status]).then(([, , { code }]) => {
      clearTimeout(reaching);
      receiving.reject(new Error(`it has ended with ${code}`));
    }),
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest) yield rest;
}
