/** A page in one file, which opens from disk: all that it needs is in it, and its policy allows nothing else. */

import { createHash } from "node:crypto";
import css from "../live/page.css" with { type: "text" };
import numbers from "../live/numbers.js" with { type: "text" };
import plots from "../live/plots.js" with { type: "text" };
import { plotter, plotterCss } from "../live/plotter.ts";
import report from "./report.js" with { type: "text" };
import reportCss from "./report.css" with { type: "text" };
import { Html, jsonForScript, markup } from "./markup.ts";

export interface DocumentOptions {
  title: string;
  body: Html;
  /** What the plots draw; without it there is no script at all. */
  data?: unknown;
}

/** Its other colours, which the live page's script chooses: a page without one follows the system by itself. */
const [, colours] = /:root\[data-theme=[^\]]*\] \{([^}]*)\}/.exec(css)!;
const STYLE = [plotterCss, css, reportCss.replace("/* the other colours of page.css */", colours)]
  .join("\n");
/** The plotter is no module, and is there before the module is run. */
const SCRIPTS = [plotter, asOneModule([plots, numbers, report])];

/**
 * Scripts and the style are allowed by what they are (CSP's hashes): nothing that anybody wrote into a name can be run,
 * and nothing is asked for, be it from this machine.
 */
export function documentOf({ title, body, data }: DocumentOptions): string {
  const scripts = data === undefined ? [] : SCRIPTS;
  const policy = [
    "default-src 'none'",
    `style-src ${hashOf(STYLE)}`,
    ...scripts.length > 0 ? [`script-src ${scripts.map(hashOf).join(" ")}`] : [],
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const page = markup`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="content-security-policy" content="${policy}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="referrer" content="no-referrer">
        <title>${title}</title>
        <link rel="icon" href="data:,">
        <style>${new Html(STYLE)}</style>
      </head>
      <body>
    ${body}
    ${data === undefined ? undefined : scriptsWith(data)}
      </body>
    </html>
  `;
  return page.text.trimStart();
}

function scriptsWith(data: unknown): Html {
  const [plotter, module] = SCRIPTS.map((script) => new Html(script));
  const json = new Html(jsonForScript(data));
  return markup`<script type="application/json" id="data">${json}</script>
<script>${plotter}</script>
<script type="module">${module}</script>`;
}

/** Modules that import nothing but one another, in the order in which they need each other. */
function asOneModule(sources: string[]): string {
  return sources.map((source) => source.replace(/^import [^;]*;\n/gm, "").replace(/^export /gm, ""))
    .join("\n");
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
