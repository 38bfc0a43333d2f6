/** Finds what we show a server. Secrets come from files or the environment only, and are never printed. */

import { UsageError } from "../../text/usage_error.ts";
import { type FileOption, readFile } from "../../files.ts";

/** What we show a server so that it lets us in. */
export type Credentials =
  & {
    /** Where they are from, for a person; holds nothing of them. */
    from: string;
  }
  & (
    | { kind: "password"; user: string; password?: string }
    | { kind: "token"; token: string }
    /** Asked for at each connection, as a file may have been renewed. */
    | { kind: "nkey"; seed: () => Uint8Array }
    | { kind: "jwt"; jwt: () => string; seed: () => Uint8Array }
  );

export interface CredentialsOptions {
  creds?: string;
  nkey?: string;
}

/**
 * Finds the credentials: a file named by an option, or else by a variable, or else the variables themselves.
 *
 * @param variable a variable of the environment, where it is set and may be read
 * @throws {UsageError} where a file can't be used, or two kinds are given
 */
export async function readCredentials(
  { creds, nkey }: CredentialsOptions,
  variable: (name: string) => string | undefined,
): Promise<Credentials | undefined> {
  if (creds !== undefined && nkey !== undefined) {
    throw new UsageError("--creds and --nkey are both given; expected one");
  }
  if (creds !== undefined) return await fromCreds({ option: "--creds", path: creds });
  if (nkey !== undefined) return await fromNkey({ option: "--nkey", path: nkey });
  const [credsFile, nkeyFile, user, password, token] = VARIABLES
    .map((name) => variable(name) || undefined);
  if (credsFile !== undefined && nkeyFile !== undefined) {
    throw new UsageError("NATS_CREDS and NATS_NKEY are both set; expected one");
  }
  if (credsFile !== undefined) return await fromCreds({ option: "NATS_CREDS", path: credsFile });
  if (nkeyFile !== undefined) return await fromNkey({ option: "NATS_NKEY", path: nkeyFile });
  if (user !== undefined && token !== undefined) {
    throw new UsageError("NATS_USER and NATS_TOKEN are both set; expected one");
  }
  if (user !== undefined) {
    return { kind: "password", from: "NATS_USER and NATS_PASSWORD", user, password };
  }
  if (password !== undefined) throw new UsageError("NATS_PASSWORD is set, but NATS_USER is not");
  return token === undefined ? undefined : { kind: "token", from: "NATS_TOKEN", token };
}

const VARIABLES = ["NATS_CREDS", "NATS_NKEY", "NATS_USER", "NATS_PASSWORD", "NATS_TOKEN"];

const SEED = /^SU[A-Z2-7]{56}$/m;

async function fromCreds(file: FileOption): Promise<Credentials> {
  const parts = await reread(file, (text) => {
    const [, jwt] = /^-{3,}BEGIN NATS USER JWT-{3,}\n\s*(\S+)\s*\n/m.exec(text) ?? [];
    const [seed] = SEED.exec(text) ?? [];
    return jwt && seed ? { jwt, seed: bytes(seed) } : undefined;
  }, "a JWT and a seed, as `nsc generate creds` writes them");
  const from = `${file.option} ${JSON.stringify(file.path)}`;
  return { kind: "jwt", from, jwt: () => parts().jwt, seed: () => parts().seed };
}

async function fromNkey(file: FileOption): Promise<Credentials> {
  const seed = await reread(file, (text) => {
    const [seed] = SEED.exec(text) ?? [];
    return seed ? bytes(seed) : undefined;
  }, "a user's seed, as `nk -gen user` writes it");
  return { kind: "nkey", from: `${file.option} ${JSON.stringify(file.path)}`, seed };
}

/** Reads a file now, and again at each call; what was good last stands in for one that can't be used. */
async function reread<T>(
  file: FileOption,
  parse: (text: string) => T | undefined,
  expected: string,
): Promise<() => T> {
  const read = (text: string) => parse(text.replaceAll("\r", "").replace(/[ \t]+$/gm, ""));
  const first = read(await readFile(file));
  if (first === undefined) {
    throw new UsageError(`${file.option}: ${JSON.stringify(file.path)} does not hold ${expected}`);
  }
  let good = first;
  return () => {
    try {
      good = read(Deno.readTextFileSync(file.path)) ?? good;
    } catch { /* it is being replaced */ }
    return good;
  };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
