/** CPU time of a process and all its threads, as Linux's scheduler counts it. Needs --allow-run. */

export interface CpuSample {
  atMs: number;
  /** Of each thread of each process, in ns. */
  ns: Map<string, number>;
}

/** Nothing where there is no schedstat, or one of them has ended. */
export async function sampleCpu(pids: number[]): Promise<CpuSample | undefined> {
  if (Deno.build.os !== "linux") return;
  const files = pids.map((pid) => `/proc/${pid}/task/*/schedstat`);
  // Files under /proc are not for Deno to read without all permissions.
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `grep -sH . ${files.join(" ")}`],
    stdin: "null",
    stderr: "null",
  }).output();
  const atMs = performance.now();
  const found = [...new TextDecoder().decode(stdout).matchAll(/^(\S+?):(\d+) /gm)];
  if (pids.some((pid) => !found.some(([, file]) => file.startsWith(`/proc/${pid}/`)))) return;
  return { atMs, ns: new Map(found.map(([, file, ns]) => [file, Number(ns)])) };
}

/** Share of a core between two samples; the time of a thread that ended in between is left out. */
export function cpuBetween(before?: CpuSample, after?: CpuSample): number | undefined {
  if (!before || !after || after.atMs <= before.atMs) return;
  let ns = 0;
  for (const [file, used] of after.ns) ns += used - (before.ns.get(file) ?? 0);
  return ns / 1e6 / (after.atMs - before.atMs);
}
