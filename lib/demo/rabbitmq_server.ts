/** A RabbitMQ broker as Debian has it, to be killed, frozen and started anew, for comparisons and for tests. */

import { freeze } from "./freeze.ts";
import { freePort } from "./free_port.ts";
import { linkHome } from "./rabbitmq_home.ts";
import { succeeds } from "./succeeds.ts";
import { spawnTied, type TiedProcess } from "./tied_process.ts";

/** Debian's `rabbitmq-server` on the PATH changes to a user who can't write our folder; this is what it calls. */
const SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server";
const CONTROL = "/usr/lib/rabbitmq/bin/rabbitmqctl";

export interface RabbitMqServer extends AsyncDisposable {
  /** host:port to connect to. */
  address: string;
  /** The same by TLS, where there are certificates. */
  tlsAddress: string;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on what it has stored; resolves once it says that it is up. */
  restart(): Promise<void>;
  /** Resolves once it stands still. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Runs `rabbitmqctl`, which takes a second or two. */
  control(...args: string[]): Promise<void>;
}

export interface RabbitMqOptions {
  /** What it begins with: users, virtual hosts, permissions, as RabbitMQ exports them. */
  definitions: Definitions;
  /** Path of each file, where it listens by TLS as well; it demands a certificate from the same authority. */
  tls?: { ca: string; cert: string; key: string };
}

export interface Definitions {
  users: { name: string; password: string }[];
  vhosts: string[];
  /** What each user may configure, write and read, as regular expressions. */
  permissions: [user: string, vhost: string, configure: string, write: string, read: string][];
  /** What of an exchange each may write and read, by routing key. */
  topics?: [user: string, vhost: string, exchange: string, write: string, read: string][];
}

/** Whether one can be started here. Needs --allow-run. */
export function findRabbitMq(): Promise<boolean> {
  return succeeds("sh", ["-c", `test -x ${SERVER} && command -v epmd`]);
}

export const HOW_TO_GET_RABBITMQ = "sudo apt-get install rabbitmq-server";

export async function startRabbitMq(
  { definitions, tls }: RabbitMqOptions,
): Promise<RabbitMqServer> {
  const folder = await Deno.makeTempDir({ prefix: "tick-rabbitmq-" });
  const [port, tlsPort, distPort, epmdPort] = Array.from({ length: 4 }, freePort);
  const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text);
  await linkHome(`${folder}/home`, SERVER);
  await write("environment", `RABBITMQ_HOME=${folder}/home\n`);
  await write("plugins", "[].");
  await write("definitions.json", JSON.stringify(await exported(definitions)));
  await write("rabbitmq.conf", configuration(folder, port, tls && { ...tls, port: tlsPort }));
  const env = {
    HOME: folder, // its cookie is there
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    RABBITMQ_CONF_ENV_FILE: `${folder}/environment`,
    RABBITMQ_CONFIG_FILE: `${folder}/rabbitmq.conf`,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/plugins`,
    RABBITMQ_MNESIA_BASE: `${folder}/data`,
    RABBITMQ_LOG_BASE: `${folder}/log`,
    RABBITMQ_NODENAME: `tick${port}@localhost`,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+S 1 +sbwt none +sbwtdcpu none +sbwtdio none",
    RUNNING_UNDER_SYSTEMD: "1", // or else the server is a child of the script
  };
  const quiet = { stdout: "null", stderr: "null", detached: true } as const;
  const names = spawnTied("epmd", { ...quiet, args: ["-address", "127.0.0.1"], env });
  let server = await boot(env);

  async function kill() {
    server.kill("SIGKILL");
    await server.status;
  }

  return {
    address: `127.0.0.1:${port}`,
    tlsAddress: `127.0.0.1:${tlsPort}`,
    kill,
    async restart() {
      server = await boot(env);
    },
    freeze: () => freeze(server.pid),
    thaw: () => server.kill("SIGCONT"),
    async control(...args) {
      const { success, stderr } = await new Deno.Command(CONTROL, { args, env }).output();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
    },
    async [Symbol.asyncDispose]() {
      await kill();
      names.kill("SIGKILL");
      await names.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Resolves once it takes connections; it writes where to nobody has to read. */
async function boot(env: Record<string, string>): Promise<TiedProcess> {
  const child = spawnTied(SERVER, { env, stdout: "piped", stderr: "null", detached: true });
  let said = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (!said.includes("completed with")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`rabbitmq-server ended instead of listening: ${said.trim()}`);
    said += value;
  }
  await reader.cancel(); // it says nothing more
  return child;
}

function configuration(
  folder: string,
  port: number,
  tls?: { ca: string; cert: string; key: string; port: number },
): string {
  return [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    `load_definitions = ${folder}/definitions.json`,
    "log.file = false",
    "log.console = false",
    ...(tls
      ? [
        `listeners.ssl.1 = 127.0.0.1:${tls.port}`,
        `ssl_options.cacertfile = ${tls.ca}`,
        `ssl_options.certfile = ${tls.cert}`,
        `ssl_options.keyfile = ${tls.key}`,
        "ssl_options.verify = verify_peer",
        "ssl_options.fail_if_no_peer_cert = true",
      ]
      : []),
  ].join("\n") + "\n";
}

async function exported({ users, vhosts, permissions, topics = [] }: Definitions) {
  return {
    users: await Promise.all(users.map(async ({ name, password }) => ({
      name,
      password_hash: await hashOf(password),
      hashing_algorithm: "rabbit_password_hashing_sha256",
      tags: "",
    }))),
    vhosts: vhosts.map((name) => ({ name })),
    permissions: permissions.map(([user, vhost, configure, write, read]) => ({
      ...{ user, vhost, configure, write, read },
    })),
    topic_permissions: topics.map(([user, vhost, exchange, write, read]) => ({
      ...{ user, vhost, exchange, write, read },
    })),
  };
}

/** Salt and SHA-256 of salt and password, as RabbitMQ keeps them. */
async function hashOf(password: string): Promise<string> {
  const salt = new Uint8Array(4);
  const salted = new Uint8Array([...salt, ...new TextEncoder().encode(password)]);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", salted));
  return btoa(String.fromCharCode(...salt, ...hash));
}
