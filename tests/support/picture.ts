/**
 * Draws `terminal.svg`, the picture of README, from a real run: app1 receives app2 on a server that is killed and
 * started anew. To be run as `deno run --allow-all tests/support/picture.ts`.
 */

import { startApp } from "./app.ts";
import { startServer } from "./nats_server.ts";

const EXPECT = "loss<0.1%,gap<250ms,p99<5ms";
const OUT = new URL("terminal.svg", import.meta.url);

/** How long the server is away. */
const DOWN_MS = 600;

/** What a terminal shows with each colour that the apps use. */
const COLOURS: Record<string, string> = {
  "2": "#8b949e",
  "31": "#ff7b72",
  "32": "#7ee787",
  "33": "#e3b341",
};
const [ROW, COLUMN, MARGIN] = [17, 7.8, 16];

/** Lines with the escapes of colours, as an SVG that needs no font but a monospaced one. */
export function svgOf(lines: string[]): string {
  // deno-lint-ignore no-control-regex -- the colours that the apps put in
  const plain = lines.map((line) => line.replace(/\x1b\[\d*m/g, ""));
  const columns = Math.max(...plain.map((line) => line.length));
  const width = Math.ceil(columns * COLUMN) + 2 * MARGIN;
  const height = lines.length * ROW + 2 * MARGIN;
  const rows = lines.map((line, at) =>
    `<text x="${MARGIN}" y="${Math.round(MARGIN + (at + 0.8) * ROW)}" xml:space="preserve">${
      spansOf(line)
    }</text>`
  );
  const font = "font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\"";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ${font} ` +
    `font-size="13" fill="#e6edf3">`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    ...rows,
    "</svg>\n",
  ].join("\n");
}

function spansOf(line: string): string {
  // deno-lint-ignore no-control-regex -- as above
  return line.split(/(?=\x1b\[\d*m)/).map((part) => {
    // deno-lint-ignore no-control-regex -- as above
    const [, code = "", text] = /^(?:\x1b\[(\d*)m)?(.*)$/s.exec(part)!;
    const written = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    return COLOURS[code] ? `<tspan fill="${COLOURS[code]}">${written}</tspan>` : written;
  }).join("");
}

/** Resolves after so many ticks more. */
async function ticks(app: ReturnType<typeof startApp>, count: number) {
  await app.out.reach(app.out.items.length + count, "ticks");
}

/** Without the events that have nothing to do with the server: a dot for each stretch of them. */
function shortened(lines: string[]): string[] {
  const end = lines.findIndex((line) => line.startsWith("---"));
  const lost = lines.findIndex((line) => /connection to .* lost/.test(line));
  const back = lines.findIndex((line, at) => at > lost && line.includes("outage of"));
  const isShown = (at: number) => at < 2 || (at >= lost && at <= back) || at >= end;
  return lines.filter((_, at) => isShown(at) || isShown(at - 1))
    .map((line) => isShown(lines.indexOf(line)) ? line : "…");
}

async function draw() {
  const server = await startServer();
  const port = Number(server.address.split(":")[1]);
  const env = { FORCE_COLOR: "1", NO_COLOR: "" };
  const args = ["--server", server.address];
  await using _app2 = startApp("app2.ts", args, { env });
  await using app1 = startApp("app1.ts", [...args, "--expect", EXPECT], { env });
  await ticks(app1, 1000);
  Deno.kill(server.pid, "SIGKILL");
  await server.ended;
  await new Promise((resolve) => setTimeout(resolve, DOWN_MS));
  await using _again = await startServer(port);
  await ticks(app1, 2500); // so long that the drift of the clocks is known
  app1.kill("SIGTERM");
  await app1.ended();
  const [out, err] = [app1.out, app1.err].map(({ items }) => items.map(({ text }) => text));
  const command = `$ deno task app1 --expect '${EXPECT}'`;
  await Deno.writeTextFile(OUT, svgOf([command, ...out.slice(0, 3), "…", ...shortened(err)]));
}

if (import.meta.main) await draw();
