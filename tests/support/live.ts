/** An app with a live page, and what it answers. */

import { type App, startApp } from "./app.ts";
import { nextEvent } from "./pair.ts";

export interface LiveApp extends AsyncDisposable {
  app: App;
  /** `http://127.0.0.1:port` */
  origin: string;
  get(path: string): Promise<{ status: number; text: string; headers: Headers }>;
}

/** app1 on a free port. */
export async function startLive(address: string, args: string[] = []): Promise<LiveApp> {
  await using stack = new AsyncDisposableStack();
  const all = ["--server", address, "--json", "--http", "0", ...args];
  const app = stack.use(startApp("app1.ts", all));
  const origin = (await originOf(app))!;
  const moved = stack.move();
  return {
    app,
    origin,
    get: (path) => get(origin + path),
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

export async function originOf(app: App): Promise<string> {
  return (await nextEvent(app, "page")).url.replace(/\/$/, "");
}

export async function get(url: string, init?: RequestInit) {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Sends a request as it is written; returns the first line of the answer. */
export async function rawRequest(origin: string, request: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(4096);
  const length = await connection.read(buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, length)).split("\r\n")[0];
}

/** Asks again until it fits, also where it isn't answered at all. */
export async function untilGet(
  url: string,
  fits: (answer: Awaited<ReturnType<typeof get>>) => boolean,
) {
  const untilMs = performance.now() + 60_000;
  while (true) {
    const answer = await get(url).catch((error: Error) => error);
    if (!(answer instanceof Error) && fits(answer)) return answer;
    if (performance.now() > untilMs) {
      const said = answer instanceof Error ? answer.message : answer.text;
      throw new Error(`${url} still answers ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The value of a metric in Prometheus's text. */
export function metric(text: string, name: string): number {
  const line = text.split("\n").find((each) => each.startsWith(name));
  if (!line) throw new Error(`there is no ${name} in ${text}`);
  return Number(line.slice(line.lastIndexOf(" ")));
}
