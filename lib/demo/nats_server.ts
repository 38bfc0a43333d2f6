/** Finds a nats-server on this machine and runs it, for the demo and for the tests. Needs --allow-run. */

import { succeeds } from "./succeeds.ts";
import { spawnTied } from "./tied_process.ts";

/** A nats-server started here; disposing of it stops it. */
export interface NatsServer extends AsyncDisposable {
  /** host:port to connect to. */
  address: string;
  pid: number;
  /** Resolves once it has ended, for whatever reason. */
  ended: Promise<void>;
}

/** Debian keeps it where only root's PATH looks. */
const COMMANDS = ["nats-server", "/usr/sbin/nats-server"];

/** The command that starts a nats-server here, or nothing where there is none. */
export async function findNatsServer(): Promise<string | undefined> {
  for (const command of COMMANDS) {
    if (await succeeds(command, ["--version"])) return command;
  }
}

/** The command that gets a nats-server on this kind of machine. */
export const HOW_TO_GET_ONE = {
  linux: "sudo apt-get install nats-server",
  darwin: "brew install nats-server",
  windows: "winget install NATSAuthors.NATSServer",
}[Deno.build.os as string] ?? "docker run -p 4222:4222 nats";

/** Whether a NATS server greets at host:port. Needs only --allow-net. */
export async function answers(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`http://${address}`);
  const signal = AbortSignal.timeout(500);
  let close = () => {};
  try {
    using connection = await Deno.connect({
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port || 80),
      signal,
    });
    close = () => connection.close();
    signal.addEventListener("abort", close);
    const greeting = new Uint8Array(5);
    await connection.read(greeting);
    return new TextDecoder().decode(greeting) === "INFO ";
  } catch {
    return false; // nothing there, or nothing that greets
  } finally {
    signal.removeEventListener("abort", close); // closing twice would throw
  }
}

/**
 * Starts a nats-server on 127.0.0.1, on a free port of its own choice, and waits until it listens.
 *
 * @param args further arguments, like `["-js", "-sd", directory]`
 * @throws {Error} where it ends instead of listening, with what it said
 */
export async function startNatsServer(
  command: string,
  args: string[] = [],
  port = -1,
): Promise<NatsServer> {
  const child = spawnTied(command, {
    args: ["-a", "127.0.0.1", "-p", String(port), ...args],
    stdout: "null",
    stderr: "piped",
    detached: true, // a Ctrl-C in the terminal is ours to pass on, after the apps have ended
  });
  const listening = Promise.withResolvers<string>();
  const ended = readLog(child.stderr, listening).then(async () => void await child.status);
  try {
    return {
      address: await listening.promise,
      pid: child.pid,
      ended,
      async [Symbol.asyncDispose]() {
        child.kill("SIGTERM");
        child.kill("SIGCONT"); // one that was stopped takes nothing in before
        await ended;
      },
    };
  } catch (error) {
    await ended;
    throw error;
  }
}

async function readLog(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  listening: PromiseWithResolvers<string>,
) {
  let log = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    log = (log + text).slice(-10_000); // read on, or else the server blocks
    const [, address] = /client connections on (\S+)/.exec(log) ?? [];
    if (address && log.includes("Server is ready")) listening.resolve(address);
  }
  listening.reject(new Error(`nats-server ended instead of listening: ${log.trim()}`));
}
