/** A mesh as a process of its own, and what its JSON says. */

import config from "../../deno.json" with { type: "json" };
import { spawnTied } from "../../lib/demo/tied_process.ts";

const FLAGS = config.tasks.mesh.command.split(" ").slice(2, -1);

/** What is read of it; times in seconds. */
export interface MeshPath {
  from: string;
  to: string;
  ill?: string;
  slots: number;
  before: number;
  received: number;
  lost: number;
  unsent: number;
  skipped: number;
  pending: number;
  delay?: { count: number; min: number; p50: number; p99: number };
  outages?: { count: number; open?: number; longestOnes: { via?: [string, string] }[] };
}

export interface MeshServer {
  server: string;
  name?: string;
  cluster?: string;
  slots: number;
  sent: number;
  unsent: number;
  skipped: number;
}

export interface MeshResult {
  servers: MeshServer[];
  paths: MeshPath[];
}

export interface RunningMesh {
  pid: number;
  kill(signal: Deno.Signal): void;
  /** Resolves with all that it has printed, once it has ended. */
  ended: Promise<{ code: number; lines: Record<string, unknown>[]; err: string }>;
  /** Resolves with the first line of its JSON that fits. */
  line(fits: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
}

/** Starts `deno task mesh` with these arguments, and `--json`. */
export function startMesh(args: string[]): RunningMesh {
  const script = new URL("../../lib/mesh.ts", import.meta.url).href;
  const child = spawnTied(Deno.execPath(), {
    args: ["run", "--no-prompt", ...FLAGS, script, "--json", ...args],
    stdout: "piped",
    stderr: "piped",
  });
  const lines: Record<string, unknown>[] = [];
  let isOver = false;
  let more = Promise.withResolvers<void>();
  function wake() {
    more.resolve();
    more = Promise.withResolvers();
  }

  async function read() {
    let rest = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split("\n");
      rest = parts.pop()!;
      lines.push(...parts.map((part) => JSON.parse(part)));
      wake();
    }
    isOver = true;
    wake();
  }

  const err = new Response(child.stderr).text();
  const ended = Promise.all([read(), err, child.status])
    .then(([, err, { code }]) => ({ code, lines, err }));
  return {
    pid: child.pid,
    kill: child.kill,
    ended,
    async line(fits) {
      for (let at = 0;;) {
        for (; at < lines.length; at++) if (fits(lines[at])) return lines[at];
        if (isOver) throw new Error(`the mesh has ended before: ${await err}`);
        await more.promise;
      }
    },
  };
}

/** Resolves once ticks have come by every path; needs `--every`. */
export async function allPathsReceived(mesh: RunningMesh): Promise<void> {
  await mesh.line(({ type, paths }) =>
    type === "mesh" && (paths as MeshPath[]).every(({ received }) => received > 10)
  );
}

/** The matrix that it printed last. */
export function resultOf(lines: Record<string, unknown>[]): MeshResult {
  const last = lines.findLast(({ type }) => type === "mesh");
  if (last === undefined) throw new Error("the mesh has printed no matrix");
  return last as unknown as MeshResult;
}
