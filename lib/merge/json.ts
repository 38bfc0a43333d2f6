/** Several observers as one, as a line of JSON; lib/report/schema.json describes each field. */

import { JSON_VERSION } from "../report/json.ts";
import { inSeconds } from "../report/seconds.ts";
import { escaped } from "../text/printable.ts";
import type { Merged } from "./merged.ts";
import type { Observer } from "./observer.ts";

export function mergedJson({ observers, worst: _, ...total }: Merged): string {
  const fields = inSeconds({ ...total, observers: observers.map(fieldsOf) }) as object;
  return escaped(JSON.stringify({ v: JSON_VERSION, type: "merged", ...fields }));
}

/** Without the worst senders, which are in its own file, and without what of its histograms is in those joined. */
function fieldsOf({ worst: _, joined, ...observer }: Observer): object {
  const distributions = Object.entries(joined).map(([kind, { statistics }]) => [kind, statistics]);
  return { ...observer, ...Object.fromEntries(distributions) };
}
