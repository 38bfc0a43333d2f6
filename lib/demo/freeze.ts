/** A process that stands still, as a machine that hangs does. */

/** More than it takes any thread to come to the end of what the system is doing for it. */
const LOOKS = 100;

/**
 * Stops a process; resolves once each of its threads stands still: one that runs on another core goes on until the
 * signal has reached it.
 */
export async function freeze(pid: number): Promise<void> {
  Deno.kill(pid, "SIGSTOP");
  for (let look = 0; look < LOOKS; look++) {
    const states = await statesOf(pid);
    if (states.every((state) => state === "T")) return;
  }
}

/** Of each thread, as `ps` has it; none where it can't tell. */
async function statesOf(pid: number): Promise<string[]> {
  const args = ["-L", "-o", "state=", "-p", String(pid)];
  const { stdout } = await new Deno.Command("ps", { args, stderr: "null" }).output();
  return new TextDecoder().decode(stdout).split("\n").map((line) => line.trim()).filter(Boolean);
}
