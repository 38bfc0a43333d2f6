/** How to give an app a permission that it lacks: the whole command, with the user's own options in it. */

import config from "../../deno.json" with { type: "json" };
import type { Needed, NotAllowed } from "../text/usage_error.ts";
import { type Identity, ROWS, writtenOut } from "./table.ts";

/**
 * Both ways: the task that may read and write files, and the command that may do so with just those it needs.
 *
 * @param args as they were given
 */
export function howToAllow({ needed }: NotAllowed, { name }: Identity, args: string[]): string {
  const files = filesOf(args);
  const flags = flagsOf(name);
  const written = args.map(inShell).join(" ");
  const all: Needed = {
    read: [...needed.read ?? [], ...files.read],
    write: [...needed.write ?? [], ...files.write],
  };
  const env = [...new Set(needed.env ?? [])].map((name) => `,${name}`).join("");
  const command = [
    "deno run",
    ...flags.map((flag) => flag.startsWith("--allow-env=") ? flag + env : flag),
    ...(["read", "write"] as const).flatMap((kind) => {
      const paths = [...new Set(all[kind])];
      return paths.length > 0 ? [inShell(`--allow-${kind}=${paths.join(",")}`)] : [];
    }),
    `${name}.ts`,
    written,
  ];
  return `use \`deno task ${name}:files ${written}\`, ` +
    `or, for these files alone, \`${command.join(" ")}\``;
}

/** The flags of the app's task, which reads: deno run FLAGS app1.ts */
function flagsOf(name: string): string[] {
  const tasks: Record<string, { command: string }> = config.tasks;
  return (tasks[name] ?? config.tasks.app1).command.split(" ").slice(2, -1);
}

/** The files that the options name. */
function filesOf(args: string[]): { read: string[]; write: string[] } {
  const files = { read: [] as string[], write: [] as string[] };
  const words = writtenOut(args);
  for (const [at, word] of words.entries()) {
    const [, name, value] = /^--([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const path = value ?? words[at + 1];
    if (!path || ROWS.find(([option]) => option === name)?.[1] !== "FILE") continue;
    const isWritten = name === "histogram" || name === "report";
    files.read.push(...isWritten ? [path, `${path}.part`] : [path]);
    if (isWritten) files.write.push(path, `${path}.part`);
  }
  return files;
}

/** As a shell takes it for one word. */
function inShell(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
