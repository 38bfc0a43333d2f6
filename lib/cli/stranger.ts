/** What is said of an argument that is no option: the one that was meant, where that can be guessed. */

import { quoted } from "../text/printable.ts";
import { ROWS } from "./table.ts";

export async function strangerText(arg: string): Promise<string> {
  if (!arg.startsWith("-")) {
    return `unexpected argument ${quoted(arg)}; see --help`;
  }
  const name = arg.replace(/^-+/, "").replace(/=.*/s, "");
  const { closest, distance } = await import("fastest-levenshtein");
  const near = closest(name, ROWS.map(([option]) => option));
  const hint = distance(name, near) <= Math.max(2, name.length / 3)
    ? `did you mean --${near}?`
    : "see --help";
  return `unknown option ${quoted(arg.replace(/=.*/s, ""))}; ${hint}`;
}
