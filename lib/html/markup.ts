/** HTML out of templates: all that is put into one is escaped, unless it is HTML itself. */

import { escaped } from "../text/printable.ts";

/** Text that is HTML already; made by {@linkcode markup} alone, or out of what this project holds. */
export class Html {
  constructor(readonly text: string) {}
}

export type Part = Html | string | number | undefined | readonly Part[];

/** A template whose values are text, and shown as they are; controls and invisible characters by their codes. */
export function markup(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.map((string, at) => string + written(parts[at])).join(""));
}

function written(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(written).join("");
  return String(part).split("\n").map(escaped).join("\n").replace(
    /[&<>"']/g,
    (each) => ENTITIES[each],
  );
}

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** JSON for an element `script`, which no text in it can end. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

/** An attribute: what it is of is shown as bad. */
export const BAD = new Html(" data-bad");
