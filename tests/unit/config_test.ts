import assert from "node:assert/strict";
import { completionsText, readShell, SHELLS } from "../../lib/cli/completions.ts";
import { configArgs, configOf, configText } from "../../lib/cli/config.ts";
import { optionNames } from "../../lib/cli/table.ts";
import { UsageError } from "../../lib/text/usage_error.ts";

const canWrite = Deno.permissions.querySync({ name: "write" }).state === "granted";
const APP1 = { name: "app1", publish: "app1_tick", subscribe: "app2_tick" };

async function argsOf(text: string): Promise<string[]> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, text);
    return await configArgs(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test({
  name: "configArgs() reads switches, values, numbers and lists",
  ignore: !canWrite,
  async fn() {
    const config = {
      quiet: true,
      json: false,
      count: 5,
      interval: "20ms",
      expect: ["loss=0", "p99<1s"],
    };
    assert.deepEqual(await argsOf(JSON.stringify(config)), [
      ...["--quiet", "--count=5", "--interval=20ms", "--expect=loss=0", "--expect=p99<1s"],
    ]);
  },
});

for (
  const [text, said] of [
    ["{", /is not JSON$/],
    ["[]", /holds no JSON object$/],
    ["null", /holds no JSON object$/],
    ['{"intervall": "5ms"}', /unknown option "intervall"$/],
    ['{"config": "x"}', /unknown option "config"$/],
    ['{"quiet": "yes"}', /invalid value of "quiet": use true or false$/],
    ['{"count": true}', /invalid value of "count": use a string, a number or a list of them$/],
    ['{"interval": {"ms": 5}}', /invalid value of "interval"/],
    ['{"__proto__": 1}', /unknown option "__proto__"$/],
  ] as const
) {
  Deno.test({
    name: `configArgs() refuses ${text}`,
    ignore: !canWrite,
    async fn() {
      await assert.rejects(argsOf(text), (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, /^--config: /);
        assert.match(error.message, said);
        return true;
      });
    },
  });
}

Deno.test({
  name: "configText() writes what configArgs() reads",
  ignore: !canWrite,
  async fn() {
    const given = { quiet: true, json: false, count: "5", expect: ["loss=0"], help: true, _: [] };
    assert.deepEqual(await argsOf(configText(configOf(given))), [
      "--count=5",
      "--quiet",
      "--expect=loss=0",
    ]);
  },
});

for (const shell of SHELLS) {
  Deno.test(`completionsText() has every option for ${shell}`, () => {
    const text = completionsText(shell, APP1);
    for (const name of optionNames()) assert.match(text, new RegExp(`(--|-l )${name}\\b`), name);
  });
}

Deno.test("readShell() names the shells that there are", () => {
  assert.throws(() => readShell("tcsh"), /invalid shell "tcsh": use bash, zsh, fish/);
});

Deno.test({
  name: "configArgs() reads a file with the line ends and the mark of Windows",
  ignore: !canWrite,
  async fn() {
    const text = '\ufeff{\r\n  "interval": "20ms",\r\n  "quiet": true\r\n}\r\n';
    assert.deepEqual(await argsOf(text), ["--interval=20ms", "--quiet"]);
  },
});
