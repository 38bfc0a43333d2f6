/** One round on one bus: both apps for so long, with a restart in the middle where one is asked for. */

import { timeout } from "../time/wait.ts";
import { cpuBetween, sampleCpu } from "./cpu.ts";
import { type Figures, figuresOf } from "./figures.ts";
import { startPair, Unusable } from "./pair.ts";

export interface RoundOptions {
  args: string[];
  durationMs: number;
  /** Resolves once it has ended. */
  restart?: () => Promise<void>;
  /** Ends the round early. */
  signal: AbortSignal;
}

/** @throws {Unusable} where the bus can't be used */
export async function runRound(
  { args, durationMs, restart, signal }: RoundOptions,
): Promise<Figures> {
  await using pair = await startPair(args);
  const before = await sampleCpu(pair.pids);
  await timeout(durationMs / 2, signal);
  const restarted = signal.aborted ? undefined : restart?.();
  await Promise.all([restarted, timeout(durationMs / 2, signal)]);
  const after = await sampleCpu(pair.pids);
  return figuresOf(await pair.end(), cpuBetween(before, after));
}

/** Runs a command by the shell; @throws {Unusable} where it fails, with the last line of its stderr */
export async function runCommand(command: string, url: string): Promise<void> {
  const windows = Deno.build.os === "windows";
  const { code, stderr } = await new Deno.Command(windows ? "cmd" : "sh", {
    args: [windows ? "/c" : "-c", command],
    env: { TICK_SERVER: url },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code === 0) return;
  const said = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
  throw new Unusable(`the restart command has ended with ${code}${said ? `: ${said}` : ""}`);
}
