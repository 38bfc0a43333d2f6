/** What the page is made of: read at the start with the code, so that nothing is read later, nor any permission needed. */

import html from "./page.html" with { type: "text" };
import css from "./page.css" with { type: "text" };
import page from "./page.js" with { type: "text" };
import store from "./store.js" with { type: "text" };
import numbers from "./numbers.js" with { type: "text" };
import plots from "./plots.js" with { type: "text" };
import { plotter, plotterCss } from "./plotter.ts";

/** What is answered to a request. */
export interface Endpoint {
  type: string;
  status?: number;
  body: string | ReadableStream<Uint8Array<ArrayBuffer>>;
}

const JS = "text/javascript; charset=utf-8";
const CSS = "text/css; charset=utf-8";

export const ASSETS: Record<string, Endpoint> = {
  "/": { type: "text/html; charset=utf-8", body: html },
  "/page.css": { type: CSS, body: css },
  "/page.js": { type: JS, body: page },
  "/store.js": { type: JS, body: store },
  "/numbers.js": { type: JS, body: numbers },
  "/plots.js": { type: JS, body: plots },
  "/uplot.js": { type: JS, body: plotter },
  "/uplot.css": { type: CSS, body: plotterCss },
};
