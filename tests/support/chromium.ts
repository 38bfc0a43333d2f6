/** A Chromium without a screen, driven by the DevTools protocol. */

import { spawnTied } from "../../lib/demo/tied_process.ts";
import { deadline } from "./deadline.ts";

// deno-lint-ignore no-explicit-any -- the protocol's own messages
type Message = any;

export interface Page extends AsyncDisposable {
  open(url: string): Promise<void>;
  /** The value of an expression in the page, once that is neither false nor undefined. */
  until(expression: string): Promise<Message>;
  evaluate(expression: string): Promise<Message>;
  command(method: string, params?: object): Promise<Message>;
  /** What the page wrote to its console as an error, or did not catch. */
  errors: string[];
  /** Every address it has asked for. */
  requests: string[];
}

const COMMANDS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The command that starts it; nothing where there is none, or none may be started. */
export async function findChromium(): Promise<string | undefined> {
  if (Deno.permissions.querySync({ name: "run" }).state !== "granted") return undefined;
  for (const command of COMMANDS) {
    try {
      const { success } = await new Deno.Command(command, { args: ["--version"] }).output();
      if (success) return command;
    } catch { /* that one isn't here */ }
  }
}

/** @param folder for its profile, which is removed by whoever made it */
export async function startChromium(command: string, folder: string): Promise<Page> {
  await using stack = new AsyncDisposableStack();
  const child = spawnTied(command, {
    args: [
      ...["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
      ...["--disable-background-networking", "--disable-component-update", "--no-first-run"],
      ...["--remote-debugging-port=0", "--window-size=1200,1400", `--user-data-dir=${folder}`],
      "about:blank",
    ],
    stdout: "null",
    stderr: "piped",
  });
  const { port, closed } = readStderr(child.stderr);
  stack.defer(async () => {
    child.kill("SIGTERM");
    await deadline(20_000, "end of Chromium", child.status).catch(() => child.kill("SIGKILL"));
    await child.status;
    // Its other processes hold the same stderr, and write to the profile until they end, too.
    await deadline(20_000, "end of Chromium's other processes", closed);
  });
  const address = `127.0.0.1:${await deadline(60_000, "Chromium's port", port)}`;
  const targets = await (await fetch(`http://${address}/json/list`)).json();
  const { webSocketDebuggerUrl } = targets.find(({ type }: Message) => type === "page");
  const page = await connect(webSocketDebuggerUrl);
  const moved = stack.move();
  return {
    ...page,
    async [Symbol.asyncDispose]() {
      await page.close();
      await moved.disposeAsync();
    },
  };
}

/** Reads on for as long as it runs, or else it would stop at a full pipe. */
function readStderr(stderr: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const { promise: port, resolve, reject } = Promise.withResolvers<string>();
  async function read() {
    let text = "";
    for await (const chunk of stderr.pipeThrough(new TextDecoderStream())) {
      text = (text + chunk).slice(-10_000);
      const [, port] = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(text) ?? [];
      if (port) resolve(port);
    }
    reject(new Error(`Chromium has ended: ${text}`));
  }
  return { port, closed: read() };
}

async function connect(url: string) {
  const socket = new WebSocket(url);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const answers = new Map<number, PromiseWithResolvers<Message>>();
  const [errors, requests] = [[] as string[], [] as string[]];
  let loaded = Promise.withResolvers<void>();
  socket.onmessage = ({ data }) => {
    const { id, result, error, method, params } = JSON.parse(data);
    if (id !== undefined) {
      if (error) answers.get(id)!.reject(new Error(error.message));
      else answers.get(id)!.resolve(result);
    }
    if (method === "Page.loadEventFired") loaded.resolve();
    if (method === "Network.requestWillBeSent") requests.push(params.request.url);
    if (method === "Runtime.exceptionThrown") errors.push(JSON.stringify(params));
    if (method === "Log.entryAdded" && params.entry.level === "error") {
      errors.push(`${params.entry.text} ${params.entry.url}`);
    }
    if (method === "Runtime.consoleAPICalled" && params.type === "error") {
      errors.push(JSON.stringify(params.args));
    }
  };
  let last = 0;
  function command(method: string, params: object = {}): Promise<Message> {
    const answer = Promise.withResolvers<Message>();
    answers.set(++last, answer);
    socket.send(JSON.stringify({ id: last, method, params }));
    return deadline(60_000, method, answer.promise);
  }
  async function evaluate(expression: string): Promise<Message> {
    const { result, exceptionDetails } = await command("Runtime.evaluate", {
      ...{ expression, returnByValue: true, awaitPromise: true },
    });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }
  for (const domain of ["Page", "Network", "Runtime", "Log"]) await command(`${domain}.enable`);
  return {
    errors,
    requests,
    command,
    evaluate,
    async open(url: string) {
      loaded = Promise.withResolvers();
      await command("Page.navigate", { url });
      await deadline(60_000, `load of ${url}`, loaded.promise);
    },
    /** Asked again at each frame of the page. */
    until: (expression: string) =>
      evaluate(`new Promise((resolve) => {
        const look = () => {
          const value = ${expression};
          if (value !== undefined && value !== false) resolve(value);
          else requestAnimationFrame(look);
        };
        look();
      })`),
    async close() {
      socket.close();
      await closed;
    },
  };
}
