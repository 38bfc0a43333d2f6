/** The unit and the container file: what they run, as nobody and from files that can't be written. */

import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { succeeds } from "../../lib/demo/succeeds.ts";
import { spawnTied } from "../../lib/demo/tied_process.ts";
import { startApp } from "../support/app.ts";
import { scratch } from "../support/authentication.ts";
import { deadline } from "../support/deadline.ts";
import { broker, freePort, needsRun } from "../support/nats_server.ts";
import { nextTick } from "../support/pair.ts";

const root = new URL("../../", import.meta.url).pathname;
const file = (name: string) => Deno.readTextFileSync(`${root}lib/service/${name}`);

const canRun = needsRun.ignore === false;
const needsAnalyze = { ignore: !canRun || !await succeeds("systemd-analyze", ["--version"]) };
/** Only root may become nobody. */
const needsRoot = { ignore: !canRun || !await succeeds("sh", ["-c", 'test "$(id -u)" = 0']) };

const UNITS = [
  "tick-observer.service",
  "tick-observer-health.service",
  "tick-observer-health.timer",
];

/** The words of a unit's command. */
function commandOf(unit: string): string[] {
  return /^ExecStart=(.*)$/m.exec(file(unit))![1].split(" ");
}

/** The instructions of the container file, each in a line. */
function instructions(): string[] {
  return file("Containerfile").replace(/\\\n\s*/g, "").split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

function listOf(instruction: string): string[] {
  const line = instructions().find((line) => line.startsWith(instruction))!;
  return JSON.parse(line.slice(line.indexOf("[")));
}

const isFlag = (word: string) => word.startsWith("--allow-") || word.startsWith("--v8-flags=");

/** How much of its memory the engine's heap may have, in MB, which a task has no limit of. */
const HEAP = /,--max-old-space-size=(\d+)/;
const withoutHeap = (words: string[]) => words.map((word) => word.replace(HEAP, ""));

Deno.test(
  "unit and container give an observer what its task gives it, and no more",
  needsRun,
  () => {
    const expected = config.tasks["app1:many"].command.split(" ").filter(isFlag);
    assert.deepEqual(withoutHeap(commandOf("tick-observer.service").filter(isFlag)), expected);
    assert.deepEqual(withoutHeap(listOf("ENTRYPOINT").filter(isFlag)), expected);
    const health = ["--allow-net=127.0.0.1:8080"];
    assert.deepEqual(commandOf("tick-observer-health.service").filter(isFlag), health);
    assert.deepEqual(listOf("HEALTHCHECK").filter(isFlag), health);
  },
);

Deno.test(
  "the heap of unit and container stays below the memory they get, by as much as is not heap",
  needsRun,
  () => {
    const heapMb = (words: string[]) => Number(HEAP.exec(words.join(" "))![1]);
    assert.match(file("tick-observer.service"), /^MemoryMax=1G$/m);
    assert.match(file("Containerfile"), / --memory=1g /);
    assert.equal(heapMb(commandOf("tick-observer.service")), 1024 - 256);
    assert.equal(heapMb(listOf("ENTRYPOINT")), 1024 - 256);
  },
);

Deno.test(
  "the container is nobody's, of the Deno that is tested, with nothing but what it runs",
  needsRun,
  () => {
    const all = instructions();
    const known =
      /^(ARG|FROM|ENV|WORKDIR|COPY|RUN|USER|EXPOSE|HEALTHCHECK|STOPSIGNAL|ENTRYPOINT) \S/;
    assert.deepEqual(all.filter((line) => !known.test(line)), []);
    assert.deepEqual(all.filter((line) => line.startsWith("USER ")), ["USER 65532:65532"]);
    const made = all.filter((line) => line.startsWith("FROM "));
    assert.deepEqual(made, ["FROM ${CACHE} AS cache", "FROM ${RUNTIME}"]);
    const bases = all.filter((line) => line.startsWith("ARG "));
    assert.equal(bases.length, made.length);
    for (const line of bases) {
      assert.match(line, new RegExp(`denoland/deno:(distroless-)?${Deno.version.deno}$`));
    }
    const copied = all.filter((line) => /^COPY (?!--)/.test(line))
      .flatMap((line) => line.split(" ").slice(1, -1));
    for (const path of copied) assert.ok(Deno.statSync(`${root}${path}`));
    assert.deepEqual(copied.filter((path) => /tests|\.git/.test(path)), []);
  },
);

Deno.test(
  "systemd finds nothing wrong with the units, and little that they are exposed to",
  needsAnalyze,
  async () => {
    await using folder = await scratch();
    const paths = [];
    for (const name of UNITS) {
      // What is run isn't where it will be.
      const text = file(name).replaceAll("/usr/local/bin/deno", "/bin/true").replaceAll(
        "/opt/tick",
        "/tmp",
      );
      paths.push(await folder.write(name, text));
    }
    const analyze = async (args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command("systemd-analyze", { args }).output();
      const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      return { code, out, err };
    };
    const verified = await analyze(["verify", "--man=no", ...paths]);
    assert.deepEqual([verified.code, verified.err], [0, ""]);
    for (const path of paths.filter((path) => path.endsWith(".service"))) {
      // From 0, best, to 10; in tenths.
      const { code, out } = await analyze(["security", "--offline=true", "--threshold=15", path]);
      assert.equal(code, 0, out);
    }
  },
);

/** As it is installed: whole, of root's, which no one can write. */
async function installed(folder: string) {
  const at = `${folder}/tick`;
  await run("mkdir", ["-p", `${at}/cache`]);
  const parts = ["app1.ts", "app2.ts", "deno.json", "deno.lock", "lib"].map((part) => root + part);
  await run("cp", ["-r", ...parts, at]);
  await run("cp", [Deno.execPath(), `${folder}/deno`]);
  const { denoDir } = JSON.parse(await run(Deno.execPath(), ["info", "--json"]));
  await run("cp", ["-r", `${denoDir}/npm`, `${at}/cache`]);
  const env = { DENO_DIR: `${at}/cache` };
  const cached = ["cache", "--quiet", "--frozen", "app1.ts", "lib/service/health.ts"];
  await run(`${folder}/deno`, cached, { cwd: at, env });
  await run("chmod", ["-R", "a+rX,a-w", at]);
  await run("chmod", ["a+rx", folder, `${folder}/deno`]);
  return at;
}

async function run(command: string, args: string[], options: Deno.CommandOptions = {}) {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, ...options }).output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stderr));
  return decoder.decode(stdout);
}

/** Starts a command as nobody, with these variables alone. */
function asNobody(words: string[], cwd: string) {
  const env = [`DENO_DIR=${cwd}/cache`, "DENO_NO_UPDATE_CHECK=1", "NO_COLOR=1"];
  const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"];
  const child = spawnTied("setpriv", {
    args: [...nobody, "env", "-i", ...env, ...words],
    ...{ cwd, stdout: "piped", stderr: "piped" },
  });
  const [out, err] = [child.stdout, child.stderr].map((stream) => new Response(stream).text());
  return {
    kill: child.kill,
    async ended() {
      const [{ code }, ...texts] = await deadline(
        60_000,
        "end",
        Promise.all([child.status, out, err]),
      );
      return { code, out: texts[0], err: texts[1] };
    },
  };
}

Deno.test("unit and container run as nobody, and say whether ticks come", needsRoot, async () => {
  await using folder = await scratch();
  const at = await installed(folder.path(""));
  const port = freePort();
  const placed = (words: string[]) =>
    words.map((word) =>
      word.replace(/^\S*\/deno$/, folder.path("deno")).replace("/opt/tick", at)
        .replace(/^(127\.0\.0\.1|0\.0\.0\.0|--allow-net=127\.0\.0\.1):8080$/, `$1:${port}`)
    );
  const health = async (words: string[]) => {
    const url = `http://127.0.0.1:${port}/healthz`;
    return await asNobody([...placed(words), url], at).ended();
  };
  const [unit, unitHealth] = UNITS.slice(0, 2).map(commandOf);
  assert.equal(unit.at(-1), "$TICK_OPTIONS");
  for (
    const [command, check] of [
      [unit.slice(0, -1), unitHealth],
      [listOf("ENTRYPOINT"), listOf("HEALTHCHECK")],
    ]
  ) {
    await using server = await broker();
    const { code, err } = await health(check);
    assert.equal(code, 1);
    assert.match(err, /^health: no answer from http:/);

    const app = asNobody([...placed(command), "--server", server.address], at);
    await using peer = startApp("app2.ts", ["--server", server.address, "--json"]);
    // Each receives the other from the same moment on, within a few slots.
    await nextTick(peer, { after: 20 });
    let found;
    for (let tries = 0; tries < 20; tries++) {
      if ((found = await health(check)).code === 0) break;
    }
    assert.deepEqual(found, { code: 0, out: "", err: "" });
    app.kill("SIGTERM");
    const ended = await app.ended();
    assert.equal(ended.code, 0, ended.err);
    assert.equal(ended.out, "");
    assert.match(ended.err, /--- app1 receives app2_tick, /);
  }
});

Deno.test("a health check has the reason that the app gives", needsRun, async () => {
  await using app = startApp("app1.ts", ["--http", "0"]);
  const index = await app.err.find("page", ({ text }) => text.includes("live page at http://"));
  const [url] = /http:\S+/.exec(app.err.items[index].text)!;
  const { host } = new URL(url);
  await using check = startApp("lib/service/health.ts", [`${url}healthz`], {
    permissions: [`--allow-net=${host}`],
  });
  assert.equal(await check.ended(), 1);
  assert.deepEqual(check.err.items.map(({ text }) => text), ["health: no tick received yet"]);
});
