/** The processes of this machine, as far as a test needs to know them. */

export interface Process {
  pid: number;
  parent: number;
  command: string;
}

/** Every process that runs; one that has ended and was not yet asked how doesn't. */
export async function processes(): Promise<Process[]> {
  // Files under /proc are not for Deno to read without all permissions; `ps` is not everywhere.
  const linux = Deno.build.os === "linux";
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", linux ? "cat /proc/[0-9]*/stat" : "ps -A -o pid=,comm=,stat=,ppid="],
    stderr: "null",
  }).output();
  const row = linux ? /^(\d+) \((.*)\) (\S) (\d+)/gm : /^ *(\d+) (.*\S) +(\S)\S* +(\d+)$/gm;
  return [...new TextDecoder().decode(stdout).matchAll(row)]
    .filter(([, , , state]) => state !== "Z")
    .map(([, pid, command, , parent]) => ({ pid: Number(pid), parent: Number(parent), command }));
}

export async function childrenOf(pid: number): Promise<Process[]> {
  return (await processes()).filter(({ parent }) => parent === pid);
}
