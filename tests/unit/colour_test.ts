import assert from "node:assert/strict";
import { wantsColour } from "../../lib/report/text/colour.ts";

for (
  const [environment, terminal, elsewhere] of [
    [{}, true, false],
    [{ TERM: "xterm-256color" }, true, false],
    [{ TERM: "dumb" }, false, false],
    [{ NO_COLOR: "1" }, false, false],
    [{ NO_COLOR: "0" }, false, false], // any value
    [{ NO_COLOR: "" }, true, false], // but an empty one
    [{ FORCE_COLOR: "1" }, true, true],
    [{ FORCE_COLOR: "3", NO_COLOR: "1" }, true, true],
    [{ FORCE_COLOR: "1", TERM: "dumb" }, true, true],
    [{ FORCE_COLOR: "0" }, false, false],
    [{ FORCE_COLOR: "false" }, false, false],
    [{ FORCE_COLOR: "" }, true, false],
  ] as [Record<string, string>, boolean, boolean][]
) {
  Deno.test(`wantsColour() with ${JSON.stringify(environment)}: ${terminal} on a terminal, else ${elsewhere}`, () => {
    const variable = (name: string) => environment[name];
    assert.equal(wantsColour({ isTerminal: true, variable }), terminal);
    assert.equal(wantsColour({ isTerminal: false, variable }), elsewhere);
  });
}
