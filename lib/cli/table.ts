/** The options that there are, in groups, and what --help says of them. */

import { busHelp, busRows, fallbackText } from "../bus/open.ts";
import { metricGroups } from "../stats/metrics.ts";

/** What one app is, before its options change anything. */
export interface Identity {
  name: string;
  publish: string;
  subscribe: string;
}

/** name, placeholder of its value ("" for a switch), meaning, default as shown, and one letter for it. */
export type Row = [name: string, value: string, meaning: string, fallback: string, short?: string];

const GROUPS: [title: string, rows: Row[]][] = [
  ["Connection", [
    [
      ...[
        "server",
        "LIST",
        "servers, by commas, tried in order",
      ] as const,
      fallbackText(),
      "s",
    ],
    ["publish", "SUBJECT", "subject to publish on", "app1_tick by app1"],
    ["subscribe", "SUBJECT", "subject to receive, wildcards allowed", "app2_tick by app1"],
    ["peers", "N", "subjects of a wildcard to receive at most", "10000"],
    ["name", "NAME", "client name, shown in events and on the server", "app1 or app2"],
    ["ping", "TIME", "reconnect if the server does not answer a ping for this long", "250ms"],
    ["dial-timeout", "TIME", "connection timeout", "500ms"],
    ...busRows(),
  ]],
  ["Schedule", [
    ["interval", "TIME", "send interval, 100us to 1h", "10ms", "i"],
    ["count", "N", "stop after sending N ticks", "never", "c"],
    ["duration", "TIME", "stop after this time", "never"],
  ]],
  ["Output", [
    ["digits", "N", "decimals of dt, 0 to 6", "3"],
    ["quiet", "", "print no dt lines", "", "q"],
    ["json", "", "print ticks, events and statistics as one JSON object a line", ""],
    ["every", "TIME", "print interval statistics every TIME, 100ms to 1h", "never"],
    ["live", "", "draw a screen on stderr in place of lines, where that is a terminal", ""],
    ["http", "[HOST:]PORT", "serve a live page and /metrics, on this machine alone by default", ""],
    ["histogram", "FILE", "write the distribution of the delay for HdrHistogram's plotters", ""],
    ["report", "FILE", "write a page of the run with its plots, every minute and at the end", ""],
  ]],
  ["Thresholds", [
    ["expect", "LIST", "thresholds, e.g. p99<5ms,loss=0; repeatable; exit 3 if any fails", ""],
    ["expect-every", "TIME", "apply them to each TIME of the run, 100ms to 24h", "all of it"],
    ["sure", "", "a threshold that the clock's bound leaves open fails too", ""],
    ["loss-timeout", "TIME", "count a tick as lost after this long", "1s"],
    [
      "forget",
      "TIME",
      "forget a peer that sent nothing for this long, if there are others",
      "1h",
    ],
    ["stale", "TIME", "flag and count a tick that is older than this on arrival", "250ms"],
  ]],
  ["Other", [
    ["config", "FILE", "read options from a JSON file; those on the command line override it", ""],
    ["print-config", "", "print the given options as such a file and exit", ""],
    ["completions", "SHELL", "print completions for bash, zsh or fish and exit", ""],
    ["help", "", "show this help and exit", "", "h"],
    ["version", "", "show the version and exit", "", "V"],
  ]],
];

export const ROWS: readonly Row[] = GROUPS.flatMap(([, rows]) => rows);

/** Every option there is, without its dashes. */
export function optionNames(): string[] {
  return ROWS.map(([name]) => name);
}

/** Writes the options of one letter out, as they are read: `-c 5`, `-c5` and `-c=5` are `--count`. */
export function writtenOut(args: string[]): string[] {
  const end = args.indexOf("--");
  return args.map((arg, at) => {
    const [, letter, value] = /^-([a-zA-Z])(.*)$/s.exec(arg) ?? [];
    const row = ROWS.find(([, , , , short]) => short !== undefined && short === letter);
    if (!row || (end >= 0 && at > end)) return arg;
    const [name, placeholder] = row;
    if (value === "") return `--${name}`;
    return placeholder === "" ? arg : `--${name}=${value.replace(/^=/, "")}`;
  });
}

export function helpText({ name, publish, subscribe }: Identity): string {
  return [
    `${name} publishes a time tick on ${publish} and prints dt = t_real - t_sign, in seconds,`,
    `for every tick it receives on ${subscribe}.`,
    "",
    `Usage: deno task ${name} [options]`,
    `Example: deno task ${name} -s localhost:4222 -q --duration 10m --expect 'loss=0,p99<5ms'`,
    ...GROUPS.flatMap(([title, rows]) => ["", `${title}:`, ...rows.map(rowText)]),
    "",
    "Times are written 500us, 10ms, 2s, 1m or 1h.",
    ...busHelp(),
    "",
    "Statistics for --expect, with < <= = >= >, of each peer over the whole run:",
    ...metricGroups().map(([unit, names]) => `  ${unit.padEnd(16)}${names}`),
    "  any percentile, like p95 or p99.95; of raw dt and of PDV with dt. or pdv. before it, like pdv.p99",
    "",
    "Exit status: 0 if a tick was received and all thresholds passed, 1 none was received,",
    "2 usage error, login refused, or output that can't be written, 3 a threshold failed,",
    "130 on a second Ctrl-C. Ctrl-\\ prints interim statistics.",
  ].join("\n");
}

function rowText([option, value, meaning, fallback, short]: Row): string {
  const left = `${short ? `-${short}, ` : "    "}--${option} ${value}`.padEnd(26);
  return `  ${left}${meaning}${fallback && ` (${fallback})`}`;
}
