/** One word for one thing: what was given up is neither shown nor written about again. */

import assert from "node:assert/strict";
import { filesUnder, textOf } from "../support/import_graph.ts";

/** The word that was given up, and what is said instead. */
const GIVEN_UP: [RegExp, string][] = [
  [/\b(hear|hears|heard|hearing)\b/i, "receive"],
  [/\blateness\b/i, "timer error"],
  [/\b(dark|silence|silent|silenced)\b/i, "outage, no ticks"],
  [/\bbrokers?\b/i, "server"],
  [/\bskew(ed)?\b/i, "drift"],
  [/\bfigures?\b/i, "statistic"],
  [/\b(least|most) (delay|of late)\b|\babove (its|the) least\b/i, "min, max"],
  [/\banew\b/i, "re-"],
  [/\bdial(s|led|ling)?\b(?!-timeout)/i, "connect"],
  [/\blame duck\b/i, "lame-duck mode"],
  [/\bdoors?\b/i, "authentication, TLS"],
  [/\bnumber (\d|\$\{)/i, "seq"],
  [/\bfrom number\b/i, "seq N–M"],
  [/\buntimed\b/i, "during a stall"],
  [/\bgiving up\b|\bgiving the connection up\b/i, "reconnecting"],
  [/\bour own event loop\b|\bour clock\b/i, "local"],
  [/\bstood still\b/i, "blocked"],
  [/\bconnected again\b/i, "reconnected"],
  [/\bbare peer\b/i, "a peer that sends no header"],
  [/\bis no (number|server|subject|address|expectation|statistic)\b/i, 'invalid … "X"'],
  [/\bnobody we trust\b/i, "unknown authority"],
  [/\binsists? on\b/i, "required"],
  [/\bsince the clocks were last set\b/i, "of data"],
];

const root = new URL("../../", import.meta.url);
const canRead = Deno.permissions.querySync({ name: "read", path: root }).state === "granted";

const sources = (folder: string) => [...filesUnder(folder)].filter((path) => path.endsWith(".ts"));

/** What of a file can be shown: its strings and templates. */
function* stringsOf(source: string): Generator<string> {
  const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`/g;
  for (const [text] of source.matchAll(token)) {
    // Neither comments nor what is imported.
    if (!/^(\/|"\.\.?\/)/.test(text)) yield text;
  }
}

function* givenUpIn(text: string): Generator<string> {
  for (const [word, instead] of GIVEN_UP) {
    const found = word.exec(text);
    if (found) yield `"${found[0]}" in ${text.slice(0, 200)}: ${instead}`;
  }
}

Deno.test("stringsOf() finds strings and templates, and no comment", () => {
  const source = '/** "a" */ const b = "c \\" d"; // "e"\nconst f = `g ${h} "i"`;';
  assert.deepEqual([...stringsOf(source)], ['"c \\" d"', '`g ${h} "i"`']);
});

Deno.test({
  name: "no string of lib/ has a word that was given up",
  ignore: !canRead,
  fn() {
    const found = [];
    for (const path of sources("lib/")) {
      // The wire keeps its keys.
      if (/^lib\/wire[./]/.test(path) || path.startsWith("lib/jsr/")) continue;
      const source = textOf(path);
      for (const text of stringsOf(source)) {
        // What a bus calls its states is its own, as long as nobody reads it.
        if (path.startsWith("lib/bus/") && !text.includes(" ")) continue;
        for (const word of givenUpIn(text)) found.push(`${path}: ${word}`);
      }
    }
    assert.deepEqual(found, []);
  },
});

Deno.test({
  name: "README has no word that was given up, but where it quotes the wire",
  ignore: !canRead,
  fn() {
    const text = textOf("README.md");
    const prose = text.replace(/```[\s\S]*?```/g, "").replace(/`[^`\n]*`/g, "");
    const found = prose.split("\n").flatMap((line) => [...givenUpIn(line)]);
    assert.deepEqual(found, []);
  },
});
